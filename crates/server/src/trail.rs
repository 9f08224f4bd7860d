//! The trail as evidence, outside the database: the key that signs, the anchors, the loop that does both, and whoever
//! verifies (ADR 0027).

use std::io;
use std::path::PathBuf;

use homeward_domain::id::AgencyId;
use homeward_store::StoreError;
use homeward_store::audit::trail::{NoSigner, NotHex, Unfinished};

mod anchors;
mod key;
mod notary;
mod verify;

pub use anchors::Anchors;
pub use key::load_or_create;
pub use notary::Notary;
pub use verify::{Trusted, export, verify, verify_copies};

/// Why the trail could not be signed, anchored or verified.
#[derive(Debug, thiserror::Error)]
pub enum TrailError {
    /// The database did not do what it should.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file could not be used.
    #[error("{path} cannot be used")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The disk is nearly full.
    #[error("the disk of {path} has too little room for what can wait")]
    LittleRoom {
        /// The file that was to be written.
        path: PathBuf,
    },
    /// It is no key.
    #[error("the audit key {path} is not 32 bytes in hexadecimal")]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: NotHex,
    },
    /// It cannot sign.
    #[error(transparent)]
    NoSigner(#[from] NoSigner),
    /// The database is older than the anchor, or another one.
    #[error("alarm: the anchor {path} holds a checkpoint {number} of agency {agency} that the database does not have")]
    Ahead {
        /// Which file.
        path: PathBuf,
        /// Whose checkpoint.
        agency: AgencyId,
        /// Which one.
        number: u64,
    },
    /// A line is none.
    #[error("{path}, line {line}: it is no line of an export")]
    NoLine {
        /// Which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// The lines end too early.
    #[error(transparent)]
    Unfinished(#[from] Unfinished),
}

impl TrailError {
    fn file(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}
