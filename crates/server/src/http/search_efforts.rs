//! What was done to find a child.

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::names;
use homeward_domain::policy::{LogSearch, ReadChild};
use homeward_domain::search_effort::untimely;
use homeward_store::search_efforts::{self, Effort, SearchEffort};
use homeward_store::{Seen, episodes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::notifications::NewRetraction;
use crate::auth::{KeyRule, OfChild};
use crate::paging::List;
use crate::problem::{Problem, refuse};
use crate::reply::{Created, Made, Shown};
use crate::wire::codes::SearchEffortKindCode;
use crate::wire::{self, Code, Instant, Name, Narrative};

/// One effort to find the child, made by a person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSearchEffort {
    kind: SearchEffortKindCode,
    /// Not in the future, and not before the absence was known.
    made_at: Instant,
    made_by_name: Name,
    /// Who was spoken to, or written to.
    contacted: Option<Name>,
    place: Option<Name>,
    /// What came of it; that nobody answered is an outcome.
    outcome: Narrative,
    next_step: Option<Narrative>,
}

/// A recorded effort.
#[derive(Serialize, ToSchema)]
pub(super) struct SearchEffortView {
    id: Uuid,
    episode_id: Uuid,
    kind: SearchEffortKindCode,
    made_at: DateTime<Utc>,
    made_by_name: String,
    contacted: Option<String>,
    place: Option<String>,
    outcome: String,
    next_step: Option<String>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    /// Null while it stands.
    retracted_at: Option<DateTime<Utc>>,
    retracted_by: Option<Uuid>,
    retraction_reason: Option<String>,
}

impl From<NewSearchEffort> for Effort {
    fn from(new: NewSearchEffort) -> Self {
        Self {
            kind: new.kind.0,
            made_at: new.made_at.0,
            made_by_name: new.made_by_name.into(),
            contacted: wire::text(new.contacted),
            place: wire::text(new.place),
            outcome: new.outcome.into(),
            next_step: wire::text(new.next_step),
        }
    }
}

impl SearchEffortView {
    fn of(it: SearchEffort) -> Self {
        Self {
            id: it.id.uuid(),
            episode_id: it.episode.uuid(),
            kind: Code(it.made.kind),
            made_at: it.made.made_at,
            made_by_name: it.made.made_by_name,
            contacted: it.made.contacted,
            place: it.made.place,
            outcome: it.made.outcome,
            next_step: it.made.next_step,
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
            retracted_at: it.retracted.as_ref().map(|it| it.at),
            retracted_by: it.retracted.as_ref().map(|it| it.by.uuid()),
            retraction_reason: it.retracted.map(|it| it.reason),
        }
    }
}

/// Record what was done to find the child
///
/// 42 U.S.C. 671(a)(35)(A)(i). A talk with law enforcement or NCMEC about the search is an effort; a report, an update
/// or a notice to them is a notification, and only that discharges what is owed to them.
#[utoipa::path(tag = "episodes", operation_id = "record_search_effort",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path),
                      ("Idempotency-Key" = Option<String>, Header, max_length = 255)),
               request_body = NewSearchEffort, responses((status = 201, body = SearchEffortView)))]
#[post("/v1/children/{child_id}/missing-episodes/{episode_id}/search-efforts")]
pub(super) async fn record(request: OfChild<LogSearch>) -> Result<Created, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    request
        .create(KeyRule::Optional, async |tx, permit, body: NewSearchEffort| {
            let made = Effort::from(body);
            let episode = episodes::lock(tx, permit, id).await?;
            refuse(untimely(made.made_at, &episode.moments, tx.at()).into_iter().collect())?;
            let effort = search_efforts::insert(tx, permit, episode, made).await?;
            let location = format!("/v1/children/{}/missing-episodes/{id}/search-efforts", permit.child());
            let entry = permit.did(Change::SearchEffortRecorded { episode_id: id, search_effort_id: effort.id });
            Ok((Made { view: SearchEffortView::of(effort), location, version: None }, entry))
        })
        .await
}

/// What was done to find the child, in the order it was done
#[utoipa::path(tag = "episodes", operation_id = "list_search_efforts",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path)),
               responses((status = 200, body = List<SearchEffortView>)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/search-efforts")]
pub(super) async fn list(request: OfChild<ReadChild>) -> Result<Shown<List<SearchEffortView>>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    let views = request
        .read(async |tx, permit| {
            episodes::find(tx, permit, id).await?;
            let all = search_efforts::of_episode(tx, permit, id).await?;
            Ok(Seen(all.into_iter().map(SearchEffortView::of).collect(), permit.saw()))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}

/// Take a search effort back
///
/// The record stays and says so.
#[utoipa::path(tag = "episodes", operation_id = "retract_search_effort",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("search_effort_id" = Uuid, Path)),
               request_body = NewRetraction, responses((status = 201, body = SearchEffortView)))]
#[post("/v1/children/{child_id}/missing-episodes/{episode_id}/search-efforts/{search_effort_id}/retraction")]
pub(super) async fn retract(request: OfChild<LogSearch>) -> Result<Created, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    let search_effort_id = request.id::<names::SearchEffort>("search_effort_id")?;
    request
        .create(KeyRule::Optional, async |tx, permit, body: NewRetraction| {
            let episode = episodes::lock(tx, permit, id).await?;
            let effort = search_efforts::find(tx, permit, id, search_effort_id).await?;
            if effort.retracted.is_some() {
                return Err(Problem::AlreadyRetracted);
            }
            let retracted = search_efforts::retract(tx, permit, episode, effort, body.reason()).await?;
            let location = format!("/v1/children/{}/missing-episodes/{id}/search-efforts", permit.child());
            let entry = permit.did(Change::SearchEffortRetracted { episode_id: id, search_effort_id });
            Ok((Made { view: SearchEffortView::of(retracted), location, version: None }, entry))
        })
        .await
}
