//! The report of an identified victim to law enforcement: what discharges its duty.

use actix_web::{get, post};
use homeward_domain::audit::Change;
use homeward_domain::determination::{Identification, identifications};
use homeward_domain::id::{DeterminationId, names};
use homeward_domain::notification::{NotificationKind, Recipient, check_made_at};
use homeward_domain::policy::{Notify, ReadDeterminations};
use homeward_store::notifications::Contact;
use homeward_store::{ReadTx, Seen, determinations};

use super::super::notifications::{NewNotification, NewRetraction, NotificationView};
use super::super::refusal::{self, Help};
use crate::auth::{KeyRule, OfChild};
use crate::paging::List;
use crate::problem::{Fault, Problem};
use crate::reply::{Created, Made, Shown};

/// The identification that the determination in the path states or restates. Of another type there is none.
async fn identification(tx: &ReadTx, id: DeterminationId) -> Result<Identification, Problem> {
    let all = determinations::recorded(tx, &tx.also::<ReadDeterminations>()?).await?;
    if !all.iter().any(|it| it.id == id) {
        return Err(Problem::NotFound);
    }
    let nothing_owed = || Problem::Impossible(vec![Fault::of("kind", "nothing is owed for this determination")]);
    identifications(&all).into_iter().find(|it| it.rows.contains(&id)).ok_or_else(nothing_owed)
}

/// 42 U.S.C. 671(a)(34)(A) knows one recipient and one report.
fn refuse_others(contact: &Contact) -> Result<(), Problem> {
    let mut faults = Vec::new();
    if contact.recipient != Recipient::LawEnforcement {
        faults.push(Fault::of("recipient", "must be law_enforcement"));
    }
    if contact.kind != NotificationKind::InitialReport {
        faults.push(Fault::of("kind", "must be initial_report"));
    }
    if contact.packet.is_some() {
        faults.push(Fault::of("packet_id", "belongs to a contact about a missing episode"));
    }
    if faults.is_empty() { Ok(()) } else { Err(Problem::Impossible(faults)) }
}

/// Record that law enforcement was told, or could not be
///
/// Only a completed `initial_report` to `law_enforcement` discharges the duty. Late is still done.
#[utoipa::path(tag = "determinations", operation_id = "record_determination_notification",
               params(("child_id" = Uuid, Path), ("determination_id" = Uuid, Path),
                      ("Idempotency-Key" = String, Header, max_length = 255)),
               request_body = NewNotification, responses((status = 201, body = NotificationView)))]
#[post("/v1/children/{child_id}/determinations/{determination_id}/notifications")]
pub(in crate::http) async fn record(request: OfChild<Notify>) -> Result<Created, Problem> {
    let id = request.id::<names::Determination>("determination_id")?;
    request
        .create(KeyRule::Required, async |tx, permit, body: NewNotification| {
            let contact = Contact::from(body);
            determinations::hold(tx, permit).await?;
            let about = identification(tx, id).await?;
            refuse_others(&contact)?;
            check_made_at(contact.made_at, about.received_at, tx.at())?;
            refusal::refuse_unexplained(&contact)?;
            let told = determinations::insert_contact(tx, permit, id, contact).await?;
            let help = Help::with(tx, [&told]).await?;
            let location = format!("/v1/children/{}/determinations/{id}/notifications/{}", permit.child(), told.id);
            let entry = permit.did(Change::EntryRecorded { entry_id: told.id.uuid() });
            Ok((Made { view: NotificationView::of(told, &help), location, version: None }, entry))
        })
        .await
}

/// The contacts about a determination, in the order they were made
#[utoipa::path(tag = "determinations", operation_id = "list_determination_notifications",
               params(("child_id" = Uuid, Path), ("determination_id" = Uuid, Path)),
               responses((status = 200, body = List<NotificationView>)))]
#[get("/v1/children/{child_id}/determinations/{determination_id}/notifications")]
pub(in crate::http) async fn list(
    request: OfChild<ReadDeterminations>,
) -> Result<Shown<List<NotificationView>>, Problem> {
    let id = request.id::<names::Determination>("determination_id")?;
    let views = request
        .read(async |tx, permit| {
            let all = determinations::recorded(tx, permit).await?;
            if !all.iter().any(|it| it.id == id) {
                return Err(Problem::NotFound);
            }
            let contacts = determinations::of_determination(tx, permit, id).await?;
            let help = Help::with(tx, &contacts).await?;
            Ok(Seen(contacts.into_iter().map(|it| NotificationView::of(it, &help)).collect(), permit.saw()))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}

/// Take such a contact back
///
/// The record stays and says so. A duty that it discharged is owed again.
#[utoipa::path(tag = "determinations", operation_id = "retract_determination_notification",
               params(("child_id" = Uuid, Path), ("determination_id" = Uuid, Path), ("report_id" = Uuid, Path)),
               request_body = NewRetraction, responses((status = 201, body = NotificationView)))]
#[post("/v1/children/{child_id}/determinations/{determination_id}/notifications/{report_id}/retraction")]
pub(in crate::http) async fn retract(request: OfChild<Notify>) -> Result<Created, Problem> {
    let id = request.id::<names::Determination>("determination_id")?;
    let report_id = request.id::<names::Notification>("report_id")?;
    request
        .create(KeyRule::Optional, async |tx, permit, body: NewRetraction| {
            let reader = tx.also::<ReadDeterminations>()?;
            determinations::hold(tx, permit).await?;
            let told = determinations::find_contact(tx, &reader, id, report_id).await?;
            let retracted = determinations::retract_contact(tx, permit, told, body.reason()).await??;
            let help = Help::with(tx, [&retracted]).await?;
            let location = format!("/v1/children/{}/determinations/{id}/notifications/{report_id}", permit.child());
            let entry = permit.did(Change::EntryRecorded { entry_id: report_id.uuid() });
            Ok((Made { view: NotificationView::of(retracted, &help), location, version: None }, entry))
        })
        .await
}
