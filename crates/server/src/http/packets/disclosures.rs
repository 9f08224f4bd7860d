//! What left the agency: which packet, to whom, when, how and on what basis.

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::disclosure::Destination;
use homeward_domain::id::{EpisodeId, PacketId};
use homeward_domain::policy::{ReadChild, RecordDisclosure};
use homeward_store::Seen;
use homeward_store::disclosures::{self, Disclosure, Sending};
use homeward_store::packets::{self, PACKETS, POSTERS};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::posters;
use super::kept::named_of;
use super::laid::as_known;
use crate::auth::{KeyRule, OfChild};
use crate::paging::List;
use crate::problem::{Fault, Problem};
use crate::reply::{Created, Made, Shown};
use crate::wire::codes::{LegalBasisCode, NotificationMethodCode};
use crate::wire::{self, Code, Instant, Name, Reason};

/// A packet or a poster that went out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewDisclosure {
    recipient_name: Name,
    recipient_agency: Name,
    method: NotificationMethodCode,
    /// Not before the packet was made, not in the future.
    sent_at: Instant,
    legal_basis: LegalBasisCode,
    /// Required with `state_law` and `other`.
    legal_basis_text: Option<Reason>,
}

/// A recorded disclosure.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct DisclosureView {
    id: Uuid,
    /// The packet or the poster.
    packet_id: Uuid,
    recipient_name: String,
    recipient_agency: String,
    method: NotificationMethodCode,
    sent_at: DateTime<Utc>,
    legal_basis: LegalBasisCode,
    legal_basis_text: Option<String>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

impl From<NewDisclosure> for Sending {
    fn from(new: NewDisclosure) -> Self {
        Self {
            recipient_name: new.recipient_name.into(),
            recipient_agency: new.recipient_agency.into(),
            method: new.method.0,
            sent_at: new.sent_at.0,
            legal_basis: new.legal_basis.0,
            legal_basis_text: wire::text(new.legal_basis_text),
        }
    }
}

impl DisclosureView {
    fn of(it: Disclosure) -> Self {
        Self {
            id: it.id.uuid(),
            packet_id: it.packet.uuid(),
            recipient_name: it.sending.recipient_name,
            recipient_agency: it.sending.recipient_agency,
            method: Code(it.sending.method),
            sent_at: it.sending.sent_at,
            legal_basis: Code(it.sending.legal_basis),
            legal_basis_text: it.sending.legal_basis_text,
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
        }
    }
}

/// Record that a packet went out
///
/// It is the account of the disclosure, and discharges no duty: that takes the record of the contact.
#[utoipa::path(tag = "packets", operation_id = "record_disclosure",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("packet_id" = Uuid, Path),
                      ("Idempotency-Key" = String, Header, max_length = 255)),
               request_body = NewDisclosure, responses((status = 201, body = DisclosureView)))]
#[post("/v1/children/{child_id}/missing-episodes/{episode_id}/packets/{packet_id}/disclosures")]
pub(in crate::http) async fn record(request: OfChild<RecordDisclosure>) -> Result<Created, Problem> {
    let ids = named_of(&request)?;
    sent(request, ids, PACKETS).await
}

/// Record that a poster was handed out
///
/// It is the account of the disclosure, and discharges no duty.
#[utoipa::path(tag = "packets", operation_id = "record_poster_disclosure",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("poster_id" = Uuid, Path),
                      ("Idempotency-Key" = String, Header, max_length = 255)),
               request_body = NewDisclosure, responses((status = 201, body = DisclosureView)))]
#[post("/v1/children/{child_id}/missing-episodes/{episode_id}/posters/{poster_id}/disclosures")]
pub(in crate::http) async fn record_of_poster(request: OfChild<RecordDisclosure>) -> Result<Created, Problem> {
    let ids = posters::named_of(&request)?;
    sent(request, ids, POSTERS).await
}

type Ids = (EpisodeId, PacketId);

async fn sent(request: OfChild<RecordDisclosure>, ids: Ids, among: &[Destination]) -> Result<Created, Problem> {
    request
        .create(KeyRule::Required, async |tx, permit, body: NewDisclosure| {
            let packet = packets::find(tx, permit, ids, among).await?;
            let sending = Sending::from(body);
            refuse_impossible(&sending, packet.made_at, tx.at())?;
            let sent = disclosures::insert(tx, permit, &packet, sending).await?;
            let (episode_id, packet_id) = ids;
            let kind = if among == POSTERS { "posters" } else { "packets" };
            let episode = format!("/v1/children/{}/missing-episodes/{episode_id}", permit.child());
            let location = format!("{episode}/{kind}/{packet_id}/disclosures/{}", sent.id);
            let recorded = Change::DisclosureRecorded { episode_id, packet_id, disclosure_id: sent.id };
            let entry = permit.did(as_known(recorded, sent.id.uuid(), packet.for_few));
            Ok((Made { view: DisclosureView::of(sent), location, version: None }, entry))
        })
        .await
}

fn refuse_impossible(sending: &Sending, made_at: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Problem> {
    let mut faults = Vec::new();
    if sending.sent_at < made_at {
        faults.push(Fault::of("sent_at", "is before the packet was made"));
    }
    if now < sending.sent_at {
        faults.push(Fault::of("sent_at", "is in the future"));
    }
    if let Err(fault) = sending.legal_basis.check(sending.legal_basis_text.as_deref()) {
        faults.push(Fault::of("legal_basis_text", fault.to_string()));
    }
    if faults.is_empty() { Ok(()) } else { Err(Problem::Impossible(faults)) }
}

/// Where a packet went, in the order it went there
#[utoipa::path(tag = "packets", operation_id = "list_disclosures",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("packet_id" = Uuid, Path)),
               responses((status = 200, body = List<DisclosureView>)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/packets/{packet_id}/disclosures")]
pub(in crate::http) async fn list(request: OfChild<ReadChild>) -> Result<Shown<List<DisclosureView>>, Problem> {
    let ids = named_of(&request)?;
    went(&request, ids, PACKETS).await
}

/// Where a poster went, in the order it went there
#[utoipa::path(tag = "packets", operation_id = "list_poster_disclosures",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("poster_id" = Uuid, Path)),
               responses((status = 200, body = List<DisclosureView>)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/posters/{poster_id}/disclosures")]
pub(in crate::http) async fn list_of_poster(
    request: OfChild<ReadChild>,
) -> Result<Shown<List<DisclosureView>>, Problem> {
    let ids = posters::named_of(&request)?;
    went(&request, ids, POSTERS).await
}

async fn went(
    request: &OfChild<ReadChild>,
    ids: Ids,
    among: &[Destination],
) -> Result<Shown<List<DisclosureView>>, Problem> {
    let views = request
        .read(async |tx, permit| {
            let packet = packets::find(tx, permit, ids, among).await?;
            let all = disclosures::of_packet(tx, permit, &packet).await?;
            Ok(Seen(all.into_iter().map(DisclosureView::of).collect(), permit.saw()))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}
