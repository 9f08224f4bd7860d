//! A packet on its way: asked for, ready to be kept, and as it is told of.

use chrono::{DateTime, Utc};
use homeward_domain::disclosure::{Destination, PacketRecipient};
use homeward_domain::id::{EpisodeId, Id, PacketId, UserId, names};
use homeward_domain::policy::Action;
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_store::StoreError;
use homeward_store::packets;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::OfChild;
use crate::packet::{Asked, Draft};
use crate::pdf;
use crate::problem::{Fault, Problem};
use crate::wire::codes::PacketRecipientCode;
use crate::wire::{self, Code, Narrative, Reason};

/// A packet that a person wants.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewPacket {
    recipient: PacketRecipientCode,
    /// Each named by a person; they stand in the packet by date. None where left out.
    #[serde(default)]
    #[schema(max_items = 100)]
    observation_ids: Vec<Uuid>,
    /// Why records of a program under 42 CFR part 2 may go in. Without it they stay out.
    part2_basis: Option<Reason>,
    /// Why school records may go in (34 CFR 99.31, 99.36). Without it they stay out.
    ferpa_basis: Option<Reason>,
    /// For the recipient.
    note: Option<Narrative>,
}

/// A packet, without what is in it.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct PacketView {
    id: Uuid,
    episode_id: Uuid,
    recipient: PacketRecipientCode,
    /// Counts up from 1 for each recipient.
    version: i32,
    made_at: DateTime<Utc>,
    made_by: Uuid,
    /// Of `content.json`.
    sha256_json: String,
    /// Of `content.pdf`.
    sha256_pdf: String,
    photo_id: Option<Uuid>,
    /// Items that nobody had stated. The report goes out all the same.
    open_items: Vec<String>,
    /// Items that were stated and stayed out: they may not go there, or not without a recorded basis.
    left_out_items: Vec<String>,
}

/// A packet that is laid out and not kept yet.
pub(in crate::http) struct Ready {
    pub(in crate::http) draft: Draft,
    content: Vec<u8>,
    document: Vec<u8>,
}

impl NewPacket {
    pub(in crate::http) fn asked(&self) -> Asked {
        Asked {
            recipient: self.recipient.0,
            observations: self.observation_ids.iter().copied().map(Id::from_uuid).collect(),
            part2_basis: wire::text(self.part2_basis.clone()),
            ferpa_basis: wire::text(self.ferpa_basis.clone()),
            note: wire::text(self.note.clone()),
        }
    }

    /// One that is not the child's, or was taken back, cannot go.
    pub(in crate::http) fn refuse_unknown(&self, draft: &Draft) -> Result<(), Problem> {
        let observed = draft.content.report().observed.as_ref();
        let sent = |id: &Uuid| observed.is_some_and(|it| it.sightings.iter().any(|it| it.id == *id));
        if self.observation_ids.iter().all(sent) {
            return Ok(());
        }
        Err(Problem::Impossible(vec![Fault::of("observation_ids", "names one that is not there or was taken back")]))
    }
}

impl PacketView {
    pub(in crate::http) fn of(it: packets::Packet) -> Result<Self, Problem> {
        Ok(Self {
            id: it.id.uuid(),
            episode_id: it.episode.uuid(),
            recipient: Code(recipient(it.destination)?),
            version: it.version,
            made_at: it.made_at,
            made_by: it.made_by.uuid(),
            sha256_json: it.sha256_json,
            sha256_pdf: it.sha256_pdf,
            photo_id: it.made_of.photo,
            open_items: it.made_of.open_items,
            left_out_items: it.made_of.left_out,
        })
    }
}

impl Ready {
    /// Lays the document out beside the event loop.
    pub(in crate::http) async fn new(draft: Draft, document: pdf::Document) -> Result<Self, Problem> {
        let content = serde_json::to_vec(&draft.content).map_err(|error| Problem::Internal(Box::new(error)))?;
        let written = tokio::task::spawn_blocking(move || pdf::write(&document)).await;
        let written = written.map_err(|error| Problem::Internal(Box::new(error)))?;
        let document = written.map_err(|error| Problem::Internal(Box::new(error)))?;
        Ok(Self { draft, content, document })
    }

    pub(in crate::http) fn packet(self, id: PacketId, episode: EpisodeId, made_by: UserId) -> packets::NewPacket {
        let report = self.draft.content.report();
        let packet = packets::Packet {
            id,
            episode,
            destination: report.recipient.0.into(),
            version: report.version,
            made_at: report.made_at,
            made_by,
            made_of: self.draft.made_of,
            sha256_json: sha256(&self.content),
            sha256_pdf: sha256(&self.document),
        };
        packets::NewPacket { packet, content: self.content, document: self.document }
    }
}

fn recipient(destination: Destination) -> Result<PacketRecipient, Problem> {
    PacketRecipient::parse(destination.code()).map_err(|_| StoreError::Corrupt("packets.destination").into())
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|it| format!("{it:02x}")).collect()
}

/// The episode and the packet in the path.
pub(in crate::http) fn named_of<A: Action>(request: &OfChild<A>) -> Result<(EpisodeId, PacketId), Problem> {
    Ok((request.id::<names::Episode>("episode_id")?, request.id::<names::Packet>("packet_id")?))
}

/// What was asked for when a packet was made.
pub(in crate::http) fn asked_again(destination: Destination, was: &Value) -> Result<Asked, Problem> {
    let text = |name: &str| was.get(name).and_then(Value::as_str).map(str::to_owned);
    let sightings = was.pointer("/observed/sightings").and_then(Value::as_array);
    let id = |it: &Value| it.get("id")?.as_str()?.parse().ok();
    Ok(Asked {
        recipient: recipient(destination)?,
        observations: sightings.into_iter().flatten().filter_map(id).collect(),
        part2_basis: text("part2_basis"),
        ferpa_basis: text("ferpa_basis"),
        note: text("note"),
    })
}
