//! How an episode ends: recovery, finished tasks, closure.

use actix_web::{get, post, put};
use chrono::{DateTime, Utc};
use homeward_domain::audit::{Change, Entry};
use homeward_domain::episode::{Closure, ClosureReason, Recovery, check_moments, merged_receipt};
use homeward_domain::id::{DutyId, EpisodeId, Id, names};
use homeward_domain::impossible::untimely;
use homeward_domain::policy::{CloseEpisode, CloseUndone, CompleteTask, Permit, ReadChild, RecordRecovery};
use homeward_store::completions::{self, Completion, NewCompletion};
use homeward_store::duties::{self, Owed};
use homeward_store::episodes::{self, Episode};
use homeward_store::{Audited, Seen, WriteTx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::views::EpisodeView;
use crate::auth::{KeyRule, OfChild};
use crate::paging::List;
use crate::problem::{Fault, Problem, refuse, refuse_impossible};
use crate::reply::{Created, Made, Shown, Versioned};
use crate::wire::codes::{ClosureReasonCode, RecoveryTypeCode, TaskKindCode};
use crate::wire::{self, Code, Instant, Name, Narrative, Reason};

/// Being located, recovered and returned are three events, kept apart. The whole recovery is replaced.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRecovery {
    /// Whereabouts known; the child may still be away.
    located_at: Option<Instant>,
    /// In safe physical custody.
    recovered_at: Option<Instant>,
    /// Back in an approved placement.
    returned_to_care_at: Option<Instant>,
    /// Placed somewhere other than where the child was missing from.
    placed_elsewhere_at: Option<Instant>,
    recovery_type: RecoveryTypeCode,
    place: Option<Name>,
    circumstances: Option<Narrative>,
}

impl NewRecovery {
    fn recovery(&self) -> Recovery {
        Recovery {
            located_at: wire::at(self.located_at),
            recovered_at: wire::at(self.recovered_at),
            returned_to_care_at: wire::at(self.returned_to_care_at),
            placed_elsewhere_at: wire::at(self.placed_elsewhere_at),
            kind: Some(self.recovery_type.0),
        }
    }
}

/// Record that the child was located, recovered or returned
///
/// Once the child is safe, a notice is owed to both recipients, and the return interview and the screening for every
/// child (42 U.S.C. 671(a)(35)(A)). A report that was never made stays owed (CLK-7).
#[utoipa::path(tag = "episodes", operation_id = "record_recovery",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("If-Match" = String, Header)),
               request_body = NewRecovery, responses((status = 200, body = EpisodeView)))]
#[put("/v1/children/{child_id}/missing-episodes/{episode_id}/recovery")]
pub(super) async fn recover(request: OfChild<RecordRecovery>) -> Result<Versioned<EpisodeView>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    request
        .write(async |tx, permit, body: NewRecovery| {
            let before = lock_open(tx, permit, id, request.version()?).await?;
            let recovery = body.recovery();
            refuse_empty(&recovery)?;
            refuse_impossible(&check_moments(&before.moments, &recovery, tx.at()))?;
            let changed = Episode {
                recovery,
                recovery_place: wire::text(body.place),
                recovery_circumstances: wire::text(body.circumstances),
                ..before
            };
            let change = Change::RecoveryRecorded { episode_id: id };
            let view = save(tx, permit, changed).await?;
            Ok(Audited::new(view, permit.did(change)))
        })
        .await
}

fn refuse_empty(recovery: &Recovery) -> Result<(), Problem> {
    if recovery.located_at.is_none() && recovery.ended_at().is_none() {
        return Err(Problem::Impossible(vec![Fault::of("located_at", "one of the four instants is required")]));
    }
    Ok(())
}

async fn lock_open<A: homeward_domain::policy::Action>(
    tx: &WriteTx,
    permit: &Permit<A>,
    id: EpisodeId,
    version: i32,
) -> Result<Episode, Problem> {
    let episode = episodes::lock(tx, permit, id).await?;
    if episode.version != version {
        return Err(Problem::Stale);
    }
    if episode.closure.is_some() {
        return Err(Problem::EpisodeClosed);
    }
    Ok(episode)
}

async fn save<A: homeward_domain::policy::Action>(
    tx: &WriteTx,
    permit: &Permit<A>,
    changed: Episode,
) -> Result<Versioned<EpisodeView>, Problem> {
    let saved = episodes::save(tx, permit, changed).await?;
    tx.plan().await?;
    let owed = duties::of_episode(tx, permit, saved.id).await?;
    Ok(Versioned(EpisodeView::of(&saved, &owed, tx.at()), saved.version))
}

/// A task that a person finished: the fact, never a result.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTaskCompletion {
    task: TaskKindCode,
    completed_at: Instant,
    completed_by_name: Name,
    note: Option<Narrative>,
}

/// A finished task.
#[derive(Serialize, ToSchema)]
pub(super) struct TaskCompletionView {
    id: Uuid,
    task: TaskKindCode,
    completed_at: DateTime<Utc>,
    completed_by_name: String,
    note: Option<String>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

impl TaskCompletionView {
    fn of(it: Completion) -> Self {
        Self {
            id: it.id.uuid(),
            task: Code(it.task),
            completed_at: it.completed_at,
            completed_by_name: it.completed_by_name,
            note: it.note,
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
        }
    }
}

/// Record that the return interview, the screening or the birthday review was held
#[utoipa::path(tag = "episodes", operation_id = "record_task_completion",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path),
                      ("Idempotency-Key" = Option<String>, Header, max_length = 255)),
               request_body = NewTaskCompletion, responses((status = 201, body = TaskCompletionView)))]
#[post("/v1/children/{child_id}/missing-episodes/{episode_id}/completions")]
pub(super) async fn complete(request: OfChild<CompleteTask>) -> Result<Created, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    request
        .create(KeyRule::Optional, async |tx, permit, body: NewTaskCompletion| {
            let (task, completed_at) = (body.task.0, body.completed_at.0);
            let episode = episodes::lock(tx, permit, id).await?;
            let fault = untimely("completed_at", completed_at, episode.moments.received_at, tx.at());
            refuse(fault.into_iter().collect())?;
            let new = NewCompletion {
                task,
                completed_at,
                completed_by_name: body.completed_by_name.into(),
                note: wire::text(body.note),
            };
            let done = completions::insert(tx, permit, episode, new).await?;
            let location = format!("/v1/children/{}/missing-episodes/{id}/completions", permit.child());
            let entry = permit.did(Change::TaskCompleted { episode_id: id, completion_id: done.id, task });
            Ok((Made { view: TaskCompletionView::of(done), location, version: None }, entry))
        })
        .await
}

/// The finished tasks of an episode, in the order they were finished
#[utoipa::path(tag = "episodes", operation_id = "list_task_completions",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path)),
               responses((status = 200, body = List<TaskCompletionView>)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/completions")]
pub(super) async fn finished_tasks(request: OfChild<ReadChild>) -> Result<Shown<List<TaskCompletionView>>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    let views = request
        .read(async |tx, permit| {
            episodes::find(tx, permit, id).await?;
            let all = completions::of_episode(tx, permit, id).await?;
            Ok(Seen(all.into_iter().map(TaskCompletionView::of).collect(), permit.saw()))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}

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
/// merged duplicate keeps the earliest receipt (domain rule T28). A birthday closes nothing.
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
            duties::let_lapse(tx, permit, &undone).await?;
            let reason = body.reason.0;
            let merged_into = merged_into(&before, reason, body.merged_into_episode_id)?;
            let receipt = before.moments.received_at;
            let changed = Episode {
                closure: Some(Closure { closed_at: tx.at(), reason }),
                closure_statement: Some(body.statement.into()),
                merged_into,
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
    let reason = |id: DutyId| given.iter().find(|it| it.duty_id == id.uuid()).map(|it| it.reason.clone().into());
    let reasons: Vec<(DutyId, Option<String>)> = open.iter().map(|it| (it.id, reason(it.id))).collect();
    let duty_ids: Vec<DutyId> = reasons.iter().filter(|it| it.1.is_none()).map(|it| it.0).collect();
    if !duty_ids.is_empty() {
        return Err(Problem::DutiesOpen { duty_ids });
    }
    if !reasons.is_empty() {
        tx.also::<CloseUndone>()?;
    }
    Ok(reasons.into_iter().filter_map(|(id, reason)| Some((id, reason?))).collect())
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
