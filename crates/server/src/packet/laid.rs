//! A packet or a poster laid out and hashed, as it will be kept.

use chrono::{DateTime, Utc};
use homeward_domain::disclosure::Destination;
use homeward_domain::id::{EpisodeId, PacketId, UserId};
use homeward_store::packets::{MadeOf, NewPacket, Packet};
use sha2::{Digest as _, Sha256};

use super::Draft;
use crate::hex::hex;
use crate::pdf;
use crate::problem::Problem;

/// Both forms of it.
pub struct Laid {
    content: Vec<u8>,
    document: Vec<u8>,
}

/// What is known of it besides.
pub struct Making {
    pub id: PacketId,
    pub episode: EpisodeId,
    pub destination: Destination,
    pub version: i32,
    pub made_at: DateTime<Utc>,
    pub made_by: UserId,
    pub made_of: MadeOf,
    pub for_few: bool,
}

impl Making {
    /// Of what was composed.
    pub fn of(id: PacketId, episode: EpisodeId, made_by: UserId, draft: Draft) -> Self {
        let for_few = !draft.content.determinations().is_empty();
        let report = draft.content.report();
        let (version, made_at) = (report.version, report.made_at);
        let (destination, made_of) = (report.recipient.0.into(), draft.made_of);
        Self { id, episode, destination, version, made_at, made_by, made_of, for_few }
    }
}

impl Laid {
    /// Writes the document. It takes a while.
    pub fn of(content: Vec<u8>, document: &pdf::Document) -> Result<Self, Problem> {
        let document = pdf::write(document).map_err(|error| Problem::Internal(Box::new(error)))?;
        Ok(Self { content, document })
    }

    /// As it will be kept.
    pub fn keep(self, making: Making) -> NewPacket {
        let packet = Packet {
            id: making.id,
            episode: making.episode,
            destination: making.destination,
            version: making.version,
            made_at: making.made_at,
            made_by: making.made_by,
            made_of: making.made_of,
            sha256_json: sha256(&self.content),
            sha256_pdf: sha256(&self.document),
            for_few: making.for_few,
        };
        NewPacket { packet, content: self.content, document: self.document }
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
