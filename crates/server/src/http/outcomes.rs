//! How an absence ends: recovery, and the tasks that follow it.

use actix_web::{get, post, put};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::episode::{Recovery, check_moments};
use homeward_domain::id::{EpisodeId, names};
use homeward_domain::impossible::untimely;
use homeward_domain::policy::{CompleteTask, Permit, ReadChild, RecordRecovery};
use homeward_store::completions::{self, Completion, NewCompletion};
use homeward_store::duties;
use homeward_store::episodes::{self, Episode};
use homeward_store::{Audited, Seen, WriteTx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::notifications::NewRetraction;
use super::views::EpisodeView;
use crate::auth::{KeyRule, OfChild};
use crate::paging::List;
use crate::problem::{Fault, Problem, refuse, refuse_impossible};
use crate::reply::{Created, Made, Shown, Versioned};
use crate::wire::codes::{RecoveryTypeCode, TaskKindCode};
use crate::wire::{self, Code, Instant, Name, Narrative};

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

/// The open episode of this version, held against other writers.
pub(super) async fn lock_open<A: homeward_domain::policy::Action>(
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

/// Saves what was changed, and shows it with what is owed now.
pub(super) async fn save<A: homeward_domain::policy::Action>(
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
    /// The interview or the screening that it came with, and stands and falls with.
    came_with: Option<Uuid>,
    /// Null while it stands.
    retracted_at: Option<DateTime<Utc>>,
    retracted_by: Option<Uuid>,
    /// Why; where it came with something, the reason stands there.
    retraction_reason: Option<String>,
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
            came_with: it.came_with,
            retracted_at: it.retracted.as_ref().map(|it| it.at),
            retracted_by: it.retracted.as_ref().map(|it| it.by.uuid()),
            retraction_reason: it.retracted.filter(|_| it.came_with.is_none()).map(|it| it.reason),
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
                came_with: None,
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

/// Take a finished task back
///
/// The record stays and says so; the task is owed again.
#[utoipa::path(tag = "episodes", operation_id = "retract_task_completion",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("completion_id" = Uuid, Path)),
               request_body = NewRetraction, responses((status = 201, body = TaskCompletionView)))]
#[post("/v1/children/{child_id}/missing-episodes/{episode_id}/completions/{completion_id}/retraction")]
pub(super) async fn retract(request: OfChild<CompleteTask>) -> Result<Created, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    let completion_id = request.id::<names::Completion>("completion_id")?;
    request
        .create(KeyRule::Optional, async |tx, permit, body: NewRetraction| {
            let episode = episodes::lock(tx, permit, id).await?;
            let done = completions::find(tx, permit, id, completion_id).await?;
            if done.came_with.is_some() {
                return Err(Problem::CameWithARecord);
            }
            if done.retracted.is_some() {
                return Err(Problem::AlreadyRetracted);
            }
            let retracted = completions::retract(tx, permit, episode, (done, body.reason())).await?;
            let location = format!("/v1/children/{}/missing-episodes/{id}/completions", permit.child());
            let entry = permit.did(Change::TaskRetracted { episode_id: id, completion_id });
            Ok((Made { view: TaskCompletionView::of(retracted), location, version: None }, entry))
        })
        .await
}
