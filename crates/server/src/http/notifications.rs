//! Contacts with recipients: who was told, and who could not be.

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::{EpisodeId, Id, names};
use homeward_domain::notification::check_made_at;
use homeward_domain::policy::{Notify, Permit, ReadChild};
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_store::notifications::{self, Contact, Notification};
use homeward_store::packets::{self, PACKETS};
use homeward_store::{ReadTx, Seen, StoreError, episodes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::refusal::{self, Help, RefusalView};
use crate::auth::{KeyRule, OfChild};
use crate::paging::List;
use crate::problem::{Fault, Problem};
use crate::reply::{Created, Made, Shown};
use crate::wire::codes::{NotificationKindCode, NotificationMethodCode, NotificationStatusCode, RecipientCode};
use crate::wire::{self, Code, Instant, Name, Narrative, Reason, Reference};

/// A contact with a recipient, or a try at one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewNotification {
    recipient: RecipientCode,
    kind: NotificationKindCode,
    /// Only `completed` discharges a duty.
    status: NotificationStatusCode,
    method: NotificationMethodCode,
    /// When they were told: not before the receipt, not in the future.
    made_at: Instant,
    agency_name: Option<Name>,
    person_contacted: Option<Name>,
    badge: Option<Reference>,
    case_number: Option<Reference>,
    ncic_number: Option<Reference>,
    ncic_entry_confirmed_at: Option<Instant>,
    reference_number: Option<Reference>,
    refusal_reason: Option<Reason>,
    note: Option<Narrative>,
    /// The packet that they got: one of this episode, made for this recipient, and not after they were told.
    packet_id: Option<Uuid>,
}

/// A recorded contact.
#[derive(Serialize, ToSchema)]
pub(super) struct NotificationView {
    id: Uuid,
    /// Null where it is about a determination.
    episode_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    determination_id: Option<Uuid>,
    recipient: RecipientCode,
    kind: NotificationKindCode,
    status: NotificationStatusCode,
    method: NotificationMethodCode,
    made_at: DateTime<Utc>,
    agency_name: Option<String>,
    person_contacted: Option<String>,
    badge: Option<String>,
    case_number: Option<String>,
    ncic_number: Option<String>,
    ncic_entry_confirmed_at: Option<DateTime<Utc>>,
    reference_number: Option<String>,
    refusal_reason: Option<String>,
    note: Option<String>,
    /// The packet that they got.
    packet_id: Option<Uuid>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    /// Null while it stands.
    retracted_at: Option<DateTime<Utc>>,
    retracted_by: Option<Uuid>,
    retraction_reason: Option<String>,
    /// What to do, where the recipient refused; null otherwise.
    refusal: Option<RefusalView>,
}

/// Why something is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRetraction {
    reason: Reason,
}

impl NewRetraction {
    /// The reason in the body.
    pub(super) fn reason(self) -> String {
        self.reason.into()
    }
}

impl From<NewNotification> for Contact {
    fn from(new: NewNotification) -> Self {
        Self {
            recipient: new.recipient.0,
            kind: new.kind.0,
            status: new.status.0,
            method: new.method.0,
            made_at: new.made_at.0,
            agency_name: wire::text(new.agency_name),
            person_contacted: wire::text(new.person_contacted),
            badge: wire::text(new.badge),
            case_number: wire::text(new.case_number),
            ncic_number: wire::text(new.ncic_number),
            ncic_entry_confirmed_at: wire::at(new.ncic_entry_confirmed_at),
            reference_number: wire::text(new.reference_number),
            refusal_reason: wire::text(new.refusal_reason),
            note: wire::text(new.note),
            packet: new.packet_id.map(Id::from_uuid),
        }
    }
}

impl NotificationView {
    /// The contact as it is shown, with help where it was refused.
    pub(super) fn of(it: Notification, help: &Help) -> Self {
        let refusal = help.for_refused(&it.contact);
        let contact = it.contact;
        Self {
            id: it.id.uuid(),
            episode_id: it.about.episode().map(Id::uuid),
            determination_id: it.about.determination().map(Id::uuid),
            recipient: Code(contact.recipient),
            kind: Code(contact.kind),
            status: Code(contact.status),
            method: Code(contact.method),
            made_at: contact.made_at,
            agency_name: contact.agency_name,
            person_contacted: contact.person_contacted,
            badge: contact.badge,
            case_number: contact.case_number,
            ncic_number: contact.ncic_number,
            ncic_entry_confirmed_at: contact.ncic_entry_confirmed_at,
            reference_number: contact.reference_number,
            refusal_reason: contact.refusal_reason,
            note: contact.note,
            packet_id: contact.packet.map(Id::uuid),
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
            retracted_at: it.retracted.as_ref().map(|it| it.at),
            retracted_by: it.retracted.as_ref().map(|it| it.by.uuid()),
            retraction_reason: it.retracted.map(|it| it.reason),
            refusal,
        }
    }
}

/// Record that a recipient was told, or could not be
///
/// Telling one recipient never discharges what is owed to another, and an NCIC number is not a report to NCMEC
/// (CLK-3). Late is still done. A refusal needs its reason, discharges nothing, and is answered with what to do.
#[utoipa::path(tag = "episodes", operation_id = "record_notification",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path),
                      ("Idempotency-Key" = String, Header, max_length = 255)),
               request_body = NewNotification, responses((status = 201, body = NotificationView)))]
#[post("/v1/children/{child_id}/missing-episodes/{episode_id}/notifications")]
pub(super) async fn record(request: OfChild<Notify>) -> Result<Created, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    request
        .create(KeyRule::Required, async |tx, permit, body: NewNotification| {
            let contact = Contact::from(body);
            let episode = episodes::lock(tx, permit, id).await?;
            check_made_at(contact.made_at, episode.moments.received_at, tx.at())?;
            refuse_future_entry(&contact, tx.at())?;
            refusal::refuse_unexplained(&contact)?;
            refuse_other_packet(tx, permit, id, &contact).await?;
            let told = notifications::insert(tx, permit, episode, contact).await?;
            let help = Help::with(tx, [&told]).await?;
            let location = format!("/v1/children/{}/missing-episodes/{id}/notifications/{}", permit.child(), told.id);
            let entry = permit.did(Change::NotificationRecorded { episode_id: id, notification_id: told.id });
            Ok((Made { view: NotificationView::of(told, &help), location, version: None }, entry))
        })
        .await
}

/// The same whether there is none, or the caller may not know of it.
async fn refuse_other_packet(
    tx: &ReadTx,
    permit: &Permit<Notify>,
    episode: EpisodeId,
    contact: &Contact,
) -> Result<(), Problem> {
    let Some(id) = contact.packet else { return Ok(()) };
    let fault = match packets::find(tx, permit, (episode, id), PACKETS).await {
        Ok(it) if it.destination.code() != contact.recipient.code() => "is not for this recipient",
        Ok(it) if contact.made_at < it.made_at => "was made after they were told",
        Ok(_) => return Ok(()),
        Err(StoreError::NotFound) => "is no packet of this episode",
        Err(error) => return Err(error.into()),
    };
    Err(Problem::Impossible(vec![Fault::of("packet_id", fault)]))
}

fn refuse_future_entry(contact: &Contact, now: DateTime<Utc>) -> Result<(), Problem> {
    match contact.ncic_entry_confirmed_at {
        Some(at) if now < at => {
            Err(Problem::Impossible(vec![Fault::of("ncic_entry_confirmed_at", "is in the future")]))
        }
        _ => Ok(()),
    }
}

/// The contacts about an episode, in the order they were made
#[utoipa::path(tag = "episodes", operation_id = "list_notifications",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path)),
               responses((status = 200, body = List<NotificationView>)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/notifications")]
pub(super) async fn list(request: OfChild<ReadChild>) -> Result<Shown<List<NotificationView>>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    let views = request
        .read(async |tx, permit| {
            episodes::find(tx, permit, id).await?;
            let all = notifications::of_episode(tx, permit, id).await?;
            let help = Help::with(tx, &all).await?;
            Ok(Seen(all.into_iter().map(|it| NotificationView::of(it, &help)).collect(), permit.saw()))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}

/// Take a contact back
///
/// The record stays and says so. A duty that it discharged is owed again.
#[utoipa::path(tag = "episodes", operation_id = "retract_notification",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("notification_id" = Uuid, Path)),
               request_body = NewRetraction, responses((status = 201, body = NotificationView)))]
#[post("/v1/children/{child_id}/missing-episodes/{episode_id}/notifications/{notification_id}/retraction")]
pub(super) async fn retract(request: OfChild<Notify>) -> Result<Created, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    let notification_id = request.id::<names::Notification>("notification_id")?;
    request
        .create(KeyRule::Optional, async |tx, permit, body: NewRetraction| {
            let episode = episodes::lock(tx, permit, id).await?;
            let told = notifications::find(tx, permit, id, notification_id).await?;
            let retracted = notifications::retract(tx, permit, episode, told, body.reason()).await??;
            let help = Help::with(tx, [&retracted]).await?;
            let location =
                format!("/v1/children/{}/missing-episodes/{id}/notifications/{notification_id}", permit.child());
            let entry = permit.did(Change::NotificationRetracted { episode_id: id, notification_id });
            Ok((Made { view: NotificationView::of(retracted, &help), location, version: None }, entry))
        })
        .await
}
