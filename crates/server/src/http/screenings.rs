//! Screenings that were given. No answer, total, cut-off or result has a field here, and none is accepted.

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::names;
use homeward_domain::policy::{CompleteTask, ReadChild};
use homeward_domain::screening::Screening;
use homeward_store::screenings::{self, Given};
use homeward_store::{Seen, episodes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::notifications::NewRetraction;
use crate::auth::{KeyRule, OfChild};
use crate::paging::List;
use crate::problem::{Problem, refuse};
use crate::reply::{Created, Made, Shown};
use crate::wire::{self, Instant, Name, Narrative, Reference};

/// That a screening was given, and where its form is. What it said stays in the form.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewScreening {
    /// The name of the instrument, as its makers call it.
    instrument: Name,
    /// Which version of it.
    version: Option<Reference>,
    given_by_name: Name,
    given_at: Instant,
    /// Where the completed form is kept.
    place_form_is_kept: Name,
    /// Who decided what follows; required with a `follow_up`.
    follow_up_decided_by_name: Option<Name>,
    /// What they decided.
    follow_up: Option<Narrative>,
}

/// A recorded screening.
#[derive(Serialize, ToSchema)]
pub(super) struct ScreeningView {
    id: Uuid,
    instrument: String,
    version: Option<String>,
    given_by_name: String,
    given_at: DateTime<Utc>,
    place_form_is_kept: String,
    follow_up_decided_by_name: Option<String>,
    follow_up: Option<String>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    /// Null while it stands.
    retracted_at: Option<DateTime<Utc>>,
    retracted_by: Option<Uuid>,
    retraction_reason: Option<String>,
}

impl From<NewScreening> for Screening {
    fn from(new: NewScreening) -> Self {
        Self {
            instrument: new.instrument.into(),
            version: wire::text(new.version),
            given_by_name: new.given_by_name.into(),
            given_at: new.given_at.0,
            place_form_is_kept: new.place_form_is_kept.into(),
            follow_up_decided_by_name: wire::text(new.follow_up_decided_by_name),
            follow_up: wire::text(new.follow_up),
        }
    }
}

impl ScreeningView {
    fn of(it: Given) -> Self {
        Self {
            id: it.id.uuid(),
            instrument: it.told.instrument,
            version: it.told.version,
            given_by_name: it.told.given_by_name,
            given_at: it.told.given_at,
            place_form_is_kept: it.told.place_form_is_kept,
            follow_up_decided_by_name: it.told.follow_up_decided_by_name,
            follow_up: it.told.follow_up,
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
            retracted_at: it.retracted.as_ref().map(|it| it.at),
            retracted_by: it.retracted.as_ref().map(|it| it.by.uuid()),
            retraction_reason: it.retracted.map(|it| it.reason),
        }
    }
}

/// Record that a screening was given
///
/// 42 U.S.C. 671(a)(35)(A)(iii): owed to every child who returns, and done by the fact that it was given. Answers,
/// totals, cut-offs and results are refused: they stay in the form.
#[utoipa::path(tag = "return", operation_id = "record_screening",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path),
                      ("Idempotency-Key" = Option<String>, Header, max_length = 255)),
               request_body = NewScreening, responses((status = 201, body = ScreeningView)))]
#[post("/v1/children/{child_id}/missing-episodes/{episode_id}/screenings")]
pub(super) async fn record(request: OfChild<CompleteTask>) -> Result<Created, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    request
        .create(KeyRule::Optional, async |tx, permit, body: NewScreening| {
            let told = Screening::from(body);
            let episode = episodes::lock(tx, permit, id).await?;
            refuse(told.faults(episode.moments.received_at, tx.at()))?;
            let given = screenings::insert(tx, permit, episode, told).await?;
            let location = format!("/v1/children/{}/missing-episodes/{id}/screenings", permit.child());
            let entry = permit.did(Change::ScreeningRecorded { episode_id: id, screening_id: given.id });
            Ok((Made { view: ScreeningView::of(given), location, version: None }, entry))
        })
        .await
}

/// The screenings of an episode, in the order they were given
#[utoipa::path(tag = "return", operation_id = "list_screenings",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path)),
               responses((status = 200, body = List<ScreeningView>)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/screenings")]
pub(super) async fn list(request: OfChild<ReadChild>) -> Result<Shown<List<ScreeningView>>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    let views = request
        .read(async |tx, permit| {
            episodes::find(tx, permit, id).await?;
            let all = screenings::of_episode(tx, permit, id).await?;
            Ok(Seen(all.into_iter().map(ScreeningView::of).collect(), permit.saw()))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}

/// Take a screening back
///
/// The record stays and says so; a screening is owed again.
#[utoipa::path(tag = "return", operation_id = "retract_screening",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("screening_id" = Uuid, Path)),
               request_body = NewRetraction, responses((status = 201, body = ScreeningView)))]
#[post("/v1/children/{child_id}/missing-episodes/{episode_id}/screenings/{screening_id}/retraction")]
pub(super) async fn retract(request: OfChild<CompleteTask>) -> Result<Created, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    let screening_id = request.id::<names::Screening>("screening_id")?;
    request
        .create(KeyRule::Optional, async |tx, permit, body: NewRetraction| {
            let episode = episodes::lock(tx, permit, id).await?;
            let given = screenings::find(tx, permit, id, screening_id).await?;
            if given.retracted.is_some() {
                return Err(Problem::AlreadyRetracted);
            }
            let retracted = screenings::retract(tx, permit, episode, (given, body.reason())).await?;
            let location = format!("/v1/children/{}/missing-episodes/{id}/screenings", permit.child());
            let entry = permit.did(Change::ScreeningRetracted { episode_id: id, screening_id });
            Ok((Made { view: ScreeningView::of(retracted), location, version: None }, entry))
        })
        .await
}
