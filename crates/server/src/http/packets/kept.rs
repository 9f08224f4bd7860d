//! A packet on its way: asked for, ready to be kept, and as it is told of.

use chrono::{DateTime, NaiveDate, Utc};
use homeward_domain::disclosure::{Destination, PacketRecipient};
use homeward_domain::id::{EpisodeId, Id, PacketId, PhotoId, names};
use homeward_domain::photo;
use homeward_domain::policy::Action;
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_domain::zone::Zone;
use homeward_store::StoreError;
use homeward_store::packets;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::OfChild;
use crate::packet::{Asked, Draft};
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
    /// Each named by a person who may read them; to law enforcement only. Fewer people find such a packet.
    #[serde(default)]
    #[schema(max_items = 100)]
    determination_ids: Vec<Uuid>,
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
    /// Counts up from 1 for each recipient, and by itself where `is_for_few`.
    version: i32,
    /// It holds what fewer people may know of; nobody else finds it.
    is_for_few: bool,
    made_at: DateTime<Utc>,
    made_by: Uuid,
    /// Of `content.json`.
    sha256_json: String,
    /// Of `content.pdf`.
    sha256_pdf: String,
    photo: Option<PacketPhotoView>,
    /// Items that nobody had stated. The report goes out all the same.
    open_items: Vec<String>,
    /// Items that were stated and stayed out: they may not go there, or not without a recorded basis.
    left_out_items: Vec<String>,
}

/// The photo in a packet.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct PacketPhotoView {
    id: Uuid,
    taken_on: NaiveDate,
    /// Older than 180 days on the day the packet was made.
    is_stale: bool,
    /// What to do about that; null where there is nothing.
    prompt: Option<&'static str>,
}

const STALE: &str = "The photo is older than 180 days. Ask for a newer one; the report goes out all the same.";

impl PacketPhotoView {
    fn of((id, taken_on): (PhotoId, NaiveDate), made_on: NaiveDate) -> Self {
        let is_stale = photo::is_stale(taken_on, made_on);
        Self { id: id.uuid(), taken_on, is_stale, prompt: is_stale.then_some(STALE) }
    }
}

/// The same whether there is none, or it may not be read, or it may not go to this recipient.
const NOT_THERE: &str = "names one that is not there, has another in its place or does not go to this recipient";

impl NewPacket {
    pub(in crate::http) fn asked(&self) -> Asked {
        Asked {
            recipient: self.recipient.0,
            observations: self.observation_ids.iter().copied().map(Id::from_uuid).collect(),
            determinations: self.determination_ids.iter().copied().map(Id::from_uuid).collect(),
            part2_basis: wire::text(self.part2_basis.clone()),
            ferpa_basis: wire::text(self.ferpa_basis.clone()),
            note: wire::text(self.note.clone()),
        }
    }

    /// One that is not the child's, or was taken back, cannot go.
    pub(in crate::http) fn refuse_unknown(&self, draft: &Draft) -> Result<(), Problem> {
        let observed = draft.content.report().observed.as_ref();
        let sent = |id: &Uuid| observed.is_some_and(|it| it.sightings.iter().any(|it| it.id == *id));
        let concluded = |id: &Uuid| draft.content.determinations().iter().any(|it| it.id == *id);
        let mut faults = Vec::new();
        if !self.observation_ids.iter().all(sent) {
            faults.push(Fault::of("observation_ids", "names one that is not there or was taken back"));
        }
        if !self.determination_ids.iter().all(concluded) {
            faults.push(Fault::of("determination_ids", NOT_THERE));
        }
        if faults.is_empty() { Ok(()) } else { Err(Problem::Impossible(faults)) }
    }
}

impl PacketView {
    pub(in crate::http) fn of(it: packets::Packet, zone: Zone) -> Result<Self, Problem> {
        let made_on = zone.local_date(it.made_at);
        Ok(Self {
            id: it.id.uuid(),
            episode_id: it.episode.uuid(),
            recipient: Code(recipient(it.destination)?),
            version: it.version,
            is_for_few: it.for_few,
            made_at: it.made_at,
            made_by: it.made_by.uuid(),
            sha256_json: it.sha256_json,
            sha256_pdf: it.sha256_pdf,
            photo: it.made_of.photo.map(|it| PacketPhotoView::of(it, made_on)),
            open_items: it.made_of.open_items,
            left_out_items: it.made_of.left_out,
        })
    }
}

fn recipient(destination: Destination) -> Result<PacketRecipient, Problem> {
    PacketRecipient::parse(destination.code()).map_err(|_| StoreError::Corrupt("packets.destination").into())
}

/// The episode and the packet in the path.
pub(in crate::http) fn named_of<A: Action>(request: &OfChild<A>) -> Result<(EpisodeId, PacketId), Problem> {
    Ok((request.id::<names::Episode>("episode_id")?, request.id::<names::Packet>("packet_id")?))
}

/// What was asked for when a packet was made.
pub(in crate::http) fn asked_again(destination: Destination, was: &Value) -> Result<Asked, Problem> {
    let text = |name: &str| was.get(name).and_then(Value::as_str).map(str::to_owned);
    let sightings = was.pointer("/observed/sightings").and_then(Value::as_array);
    let concluded = was.get("determinations").and_then(Value::as_array);
    let id = |it: &Value| -> Option<Uuid> { it.get("id")?.as_str()?.parse().ok() };
    Ok(Asked {
        recipient: recipient(destination)?,
        observations: sightings.into_iter().flatten().filter_map(id).map(Id::from_uuid).collect(),
        determinations: concluded.into_iter().flatten().filter_map(id).map(Id::from_uuid).collect(),
        part2_basis: text("part2_basis"),
        ferpa_basis: text("ferpa_basis"),
        note: text("note"),
    })
}
