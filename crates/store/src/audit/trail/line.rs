//! The trail of an agency as lines: what is exported, and what is verified. Checkpoints first, then links in order.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::bytes::Hash;
use super::checkpoint::Checkpoint;
use super::record::Record;
use crate::audit::TraceKind;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum Line {
    /// What follows is of this agency.
    Agency {
        /// Which.
        agency: Uuid,
    },
    /// What the database has of the checkpoints.
    Checkpoint(Checkpoint),
    /// Links before this checkpoint are left out; the peaks stand for them.
    From {
        /// Its number.
        checkpoint: u64,
        /// Those of the tree of its size.
        peaks: Vec<Hash>,
    },
    /// One link, and what it is made of.
    Link {
        /// The how manieth.
        sequence: u64,
        /// An entry or a look.
        kind: TraceKind,
        /// Which.
        id: Uuid,
        /// As it was kept.
        hash: Hash,
        /// None where the row is gone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        record: Option<Record>,
    },
    /// A row that is no link and does not wait to become one.
    Loose {
        /// An entry or a look.
        kind: TraceKind,
        /// Which.
        id: Uuid,
        /// When it says it was written.
        at: DateTime<Utc>,
    },
    /// Rows that wait to become links.
    Waiting {
        /// How many.
        count: u64,
    },
    /// Nothing more of this agency. What ends without it was cut.
    End,
}
