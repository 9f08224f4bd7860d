//! The end of an episode by a person's word, and taking that word back.

use actix_web::put;
use chrono::{DateTime, Utc};
use homeward_domain::audit::{Change, Entry};
use homeward_domain::episode::{Closure, ClosureReason, is_still_missing, merged_receipt};
use homeward_domain::id::{DutyId, EpisodeId, Id, names};
use homeward_domain::policy::{CloseEpisode, CloseUndone, Permit, ReopenEpisode};
use homeward_store::duties::{self, Owed};
use homeward_store::episodes::{self, Confirmation, Confirmed, Episode};
use homeward_store::{Audited, WriteTx};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::outcomes::{lock_open, save};
use super::views::EpisodeView;
use crate::auth::OfChild;
use crate::problem::{Fault, Problem};
use crate::reply::Versioned;
use crate::wire::codes::ClosureReasonCode;
use crate::wire::{Instant, Name, Narrative, Reason};

/// The end of an episode, by a named person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewClosure {
    reason: ClosureReasonCode,
    /// What the person who closes it states.
    statement: Narrative,
    /// The episode that this one duplicates; required for `merged_duplicate`, and only for it.
    merged_into_episode_id: Option<Uuid>,
    /// For each duty that stands open, why it is closed undone. Supervisors only.
    undone: Option<Vec<UndoneDuty>>,
    /// Required while the child is still missing: who confirms that law enforcement was told, and when it was.
    confirmed_told_law_enforcement: Option<NewConfirmation>,
    /// The same for NCMEC. Neither discharges a duty: only a recorded contact does.
    confirmed_told_ncmec: Option<NewConfirmation>,
}

/// A named person's word that a recipient was told.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewConfirmation {
    by_name: Name,
    at: Instant,
}

/// Why a closure is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewReopening {
    reason: Reason,
}

/// Why one duty is closed undone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UndoneDuty {
    duty_id: Uuid,
    reason: Reason,
}

/// Close an episode
///
/// Refused while duties stand open, unless a supervisor gives a reason for each; those then count as `never`. A
/// merged duplicate keeps the earliest receipt (domain rule T28). A birthday closes nothing. While the child is still
/// missing it takes a supervisor, and a named person's word for each recipient that they were told (T27).
#[utoipa::path(tag = "episodes", operation_id = "close_missing_episode",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("If-Match" = String, Header)),
               request_body = NewClosure, responses((status = 200, body = EpisodeView)))]
#[put("/v1/children/{child_id}/missing-episodes/{episode_id}/closure")]
pub(super) async fn close(request: OfChild<CloseEpisode>) -> Result<Versioned<EpisodeView>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    request
        .write(async |tx, permit, body: NewClosure| {
            let before = lock_open(tx, permit, id, request.version()?).await?;
            let open: Vec<Owed> = duties::of_episode(tx, permit, id).await?;
            let due = |it: &Owed| it.duty.is_outstanding() && it.duty.starts_at <= tx.at();
            let open: Vec<Owed> = open.into_iter().filter(due).collect();
            let undone = reasons(tx, &open, body.undone)?;
            let reason = body.reason.0;
            let confirmed = confirmed(body.confirmed_told_law_enforcement, body.confirmed_told_ncmec);
            if is_still_missing(&before.recovery, reason) {
                tx.also::<CloseUndone>()?;
                refuse_unconfirmed(&confirmed, tx.at())?;
            }
            duties::let_lapse(tx, permit, &undone).await?;
            let merged_into = merged_into(&before, reason, body.merged_into_episode_id)?;
            let receipt = before.moments.received_at;
            let changed = Episode {
                closure: Some(Closure { closed_at: tx.at(), reason }),
                closure_statement: Some(body.statement.into()),
                merged_into,
                confirmed,
                ..before
            };
            let undone = undone.into_iter().map(|(id, _)| id).collect();
            let change = Change::EpisodeClosed { episode_id: id, reason, undone };
            let view = save(tx, permit, changed).await?;
            let mut entries = vec![permit.did(change)];
            if let Some(stays) = merged_into {
                entries.extend(hand_over(tx, permit, stays, receipt).await?);
            }
            Ok(Audited(view, entries))
        })
        .await
}

/// A reason for each duty that stands open, from someone who may give it.
fn reasons(tx: &WriteTx, open: &[Owed], given: Option<Vec<UndoneDuty>>) -> Result<Vec<(DutyId, String)>, Problem> {
    let given = given.unwrap_or_default();
    let reason = |it: &Owed| given.iter().find(|new| new.duty_id == it.id.uuid()).map(|new| after(it, &new.reason));
    let reasons: Vec<(DutyId, Option<String>)> = open.iter().map(|it| (it.id, reason(it))).collect();
    let duty_ids: Vec<DutyId> = reasons.iter().filter(|it| it.1.is_none()).map(|it| it.0).collect();
    if !duty_ids.is_empty() {
        return Err(Problem::DutiesOpen { duty_ids });
    }
    if !reasons.is_empty() {
        tx.also::<CloseUndone>()?;
    }
    Ok(reasons.into_iter().filter_map(|(id, reason)| Some((id, reason?))).collect())
}

/// What was said when it was closed before stays said.
fn after(owed: &Owed, reason: &Reason) -> String {
    let before = owed.undone_reason.iter().map(String::as_str);
    before.chain([reason.as_str()]).collect::<Vec<_>>().join("\n")
}

fn confirmed(law_enforcement: Option<NewConfirmation>, ncmec: Option<NewConfirmation>) -> Confirmed {
    let confirmation = |it: NewConfirmation| Confirmation { by_name: it.by_name.into(), at: it.at.0 };
    Confirmed { law_enforcement: law_enforcement.map(confirmation), ncmec: ncmec.map(confirmation) }
}

fn refuse_unconfirmed(confirmed: &Confirmed, now: DateTime<Utc>) -> Result<(), Problem> {
    let fields =
        [("confirmed_told_law_enforcement", &confirmed.law_enforcement), ("confirmed_told_ncmec", &confirmed.ncmec)];
    let fault = |(field, it): (&str, &Option<Confirmation>)| match it {
        None => Some(Fault::of(field, "is required while the child is still missing")),
        Some(it) if now < it.at => Some(Fault::of(&format!("{field}/at"), "is in the future")),
        Some(_) => None,
    };
    let faults: Vec<Fault> = fields.into_iter().filter_map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(Problem::Impossible(faults)) }
}

/// Which episode stays, for a merged duplicate and for nothing else.
fn merged_into(duplicate: &Episode, reason: ClosureReason, into: Option<Uuid>) -> Result<Option<EpisodeId>, Problem> {
    let fault = |detail: &str| Err(Problem::Impossible(vec![Fault::of("merged_into_episode_id", detail)]));
    match (reason == ClosureReason::MergedDuplicate, into.map(Id::from_uuid)) {
        (false, None) => Ok(None),
        (false, Some(_)) => fault("is for merged_duplicate only"),
        (true, None) => fault("is required for merged_duplicate"),
        (true, Some(into)) if into == duplicate.id => fault("must be another episode"),
        (true, Some(into)) => Ok(Some(into)),
    }
}

/// Gives the receipt of a duplicate to the episode that stays, if it is the earlier one. The duplicate is closed
/// first: from then on the two no longer overlap.
async fn hand_over(
    tx: &WriteTx,
    permit: &Permit<CloseEpisode>,
    stays: EpisodeId,
    receipt: DateTime<Utc>,
) -> Result<Option<Entry>, Problem> {
    let mut stays = episodes::lock(tx, permit, stays).await?;
    let (from, to) = (stays.moments.received_at, merged_receipt(stays.moments.received_at, receipt));
    if from == to {
        return Ok(None);
    }
    let episode_id = stays.id;
    stays.moments.received_at = to;
    stays.change_reason = Some("merged with a duplicate".to_owned());
    episodes::save(tx, permit, stays).await?;
    let fields = vec!["agency_information_received_at"];
    Ok(Some(permit.did(Change::ReceiptMoved { episode_id, from, to, fields })))
}

/// Take a closure back
///
/// Supervisors only. What the closure said is kept among the versions, and duties that were closed undone are owed
/// again from the instant they always were. A new absence after a return is a new episode.
#[utoipa::path(tag = "episodes", operation_id = "reopen_missing_episode",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("If-Match" = String, Header)),
               request_body = NewReopening, responses((status = 200, body = EpisodeView)))]
#[put("/v1/children/{child_id}/missing-episodes/{episode_id}/reopening")]
pub(super) async fn reopen(request: OfChild<ReopenEpisode>) -> Result<Versioned<EpisodeView>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    request
        .write(async |tx, permit, body: NewReopening| {
            let before = episodes::lock(tx, permit, id).await?;
            if before.version != request.version()? {
                return Err(Problem::Stale);
            }
            if before.closure.is_none() {
                return Err(Problem::EpisodeOpen);
            }
            let changed = Episode {
                closure: None,
                closure_statement: None,
                merged_into: None,
                confirmed: Confirmed::default(),
                change_reason: Some(body.reason.into()),
                ..before
            };
            let view = save(tx, permit, changed).await?;
            Ok(Audited::new(view, permit.did(Change::EpisodeReopened { episode_id: id })))
        })
        .await
}
