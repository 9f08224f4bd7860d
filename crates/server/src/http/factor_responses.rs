//! What is done about the factors of an absence, and where the child lives then.

use actix_web::{get, post, put};
use chrono::{DateTime, NaiveDate, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::{Id, names};
use homeward_domain::policy::{Permit, ReadFactors, RecordFactors};
use homeward_store::episodes::Episode;
use homeward_store::factor_responses::{self, Done, FactorResponse, Plan};
use homeward_store::factors::{self, Determined};
use homeward_store::placements::{self, Placement};
use homeward_store::{Audited, Seen, WriteTx, episodes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::placements::PlacementView;
use crate::auth::{KeyRule, OfChild};
use crate::paging::List;
use crate::problem::{Fault, Problem};
use crate::reply::{Created, Made, Shown, Versioned};
use crate::wire::codes::PrimaryFactorCode;
use crate::wire::{self, Code, Day, Name, Narrative};

/// What a person plans to do about a factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewFactorResponse {
    factor: PrimaryFactorCode,
    action: Narrative,
    /// A placement of the child that has not ended: the current one, or a later one.
    placement_id: Option<Uuid>,
    responsible_name: Name,
    due_on: Option<Day>,
}

/// That it was done.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FactorResponseDone {
    done_on: Day,
    note: Option<Narrative>,
}

/// A recorded response, open or done.
#[derive(Serialize, ToSchema)]
pub(super) struct FactorResponseView {
    id: Uuid,
    episode_id: Uuid,
    factor: PrimaryFactorCode,
    action: String,
    /// Where the child lives when it is done; null where it is for no place.
    placement: Option<PlacementView>,
    responsible_name: String,
    due_on: Option<NaiveDate>,
    /// Null while it is open.
    done: Option<DoneView>,
    version: i32,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

/// That it was done.
#[derive(Serialize, ToSchema)]
pub(super) struct DoneView {
    done_on: NaiveDate,
    note: Option<String>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

/// What led to one absence, and everything that is done about it.
#[derive(Serialize, ToSchema)]
pub(super) struct EpisodeFactorsView {
    episode_id: Uuid,
    /// Counts up from 1 for each child.
    episode_number: i32,
    /// As they stand; empty while nobody has said.
    factors: Vec<PrimaryFactorCode>,
    other: Option<String>,
    /// Open and done, in the order they were recorded.
    responses: Vec<FactorResponseView>,
}

impl From<NewFactorResponse> for Plan {
    fn from(new: NewFactorResponse) -> Self {
        Self {
            factor: new.factor.0,
            action: new.action.into(),
            placement: new.placement_id.map(Id::from_uuid),
            responsible_name: new.responsible_name.into(),
            due_on: new.due_on.map(|it| it.0),
        }
    }
}

impl FactorResponseView {
    fn of(it: &FactorResponse, placements: &[Placement]) -> Self {
        let placement = placements.iter().find(|place| Some(place.id) == it.planned.placement);
        Self {
            id: it.id.uuid(),
            episode_id: it.episode.uuid(),
            factor: Code(it.planned.factor),
            action: it.planned.action.clone(),
            placement: placement.cloned().map(PlacementView::of),
            responsible_name: it.planned.responsible_name.clone(),
            due_on: it.planned.due_on,
            done: it.done.as_ref().map(DoneView::of),
            version: it.version(),
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
        }
    }
}

impl DoneView {
    fn of(it: &Done) -> Self {
        let recorded_by = it.recorded_by.uuid();
        Self { done_on: it.on, note: it.note.clone(), recorded_at: it.recorded_at, recorded_by }
    }
}

impl EpisodeFactorsView {
    /// Nothing, where nothing was recorded about the episode.
    fn of(it: &Episode, recorded: &Recorded) -> Option<Self> {
        let told = recorded.factors.iter().find(|told| told.episode == it.id).map(|told| &told.told);
        let responses = recorded.responses.iter().filter(|response| response.episode == it.id);
        let responses: Vec<_> = responses.map(|it| FactorResponseView::of(it, &recorded.placements)).collect();
        (told.is_some() || !responses.is_empty()).then(|| Self {
            episode_id: it.id.uuid(),
            episode_number: it.number,
            factors: told.iter().flat_map(|it| &it.factors).copied().map(Code).collect(),
            other: told.and_then(|it| it.other.clone()),
            responses,
        })
    }
}

/// What is recorded about a child, over all episodes.
struct Recorded {
    factors: Vec<Determined>,
    responses: Vec<FactorResponse>,
    placements: Vec<Placement>,
}

/// The placements of the child, among which the one that is meant has to be, and not over.
async fn places(tx: &WriteTx, permit: &Permit<RecordFactors>, plan: &Plan) -> Result<Vec<Placement>, Problem> {
    let placements = placements::of_child(tx, permit).await?;
    let Some(id) = plan.placement else { return Ok(placements) };
    let today = tx.agency().zone.local_date(tx.at());
    let why = match placements.iter().find(|it| it.id == id) {
        None => "is no placement of this child",
        Some(place) if place.stay.ended_on.is_some_and(|day| day < today) => "has ended",
        Some(_) => return Ok(placements),
    };
    Err(Problem::Impossible(vec![Fault::of("placement_id", why)]))
}

/// Record what will be done about a factor
///
/// 42 U.S.C. 671(a)(35)(A)(ii): in the current placement, or in a later one.
#[utoipa::path(tag = "return", operation_id = "record_factor_response",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path),
                      ("Idempotency-Key" = Option<String>, Header, max_length = 255)),
               request_body = NewFactorResponse, responses((status = 201, body = FactorResponseView)))]
#[post("/v1/children/{child_id}/missing-episodes/{episode_id}/factor-responses")]
pub(super) async fn record(request: OfChild<RecordFactors>) -> Result<Created, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    request
        .create(KeyRule::Optional, async |tx, permit, body: NewFactorResponse| {
            let plan = Plan::from(body);
            episodes::find(tx, permit, id).await?;
            let places = places(tx, permit, &plan).await?;
            let response = factor_responses::insert(tx, permit, id, plan).await?;
            let root = format!("/v1/children/{}/missing-episodes/{id}", permit.child());
            let location = format!("{root}/factor-responses/{}", response.id);
            let entry = permit.did(Change::FactorResponseRecorded { episode_id: id, response_id: response.id });
            let view = FactorResponseView::of(&response, &places);
            Ok((Made { view, location, version: Some(response.version()) }, entry))
        })
        .await
}

/// What is done about the factors of an absence, in the order it was recorded
#[utoipa::path(tag = "return", operation_id = "list_factor_responses",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path)),
               responses((status = 200, body = List<FactorResponseView>)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/factor-responses")]
pub(super) async fn list(request: OfChild<ReadFactors>) -> Result<Shown<List<FactorResponseView>>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    let views = request
        .read(async |tx, permit| {
            episodes::find(tx, permit, id).await?;
            let all = factor_responses::of_episode(tx, permit, id).await?;
            let places = placements::of_child(tx, permit).await?;
            Ok(Seen(all.iter().map(|it| FactorResponseView::of(it, &places)).collect(), permit.saw()))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}

/// One response to a factor
#[utoipa::path(tag = "return", operation_id = "get_factor_response",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("response_id" = Uuid, Path)),
               responses((status = 200, body = FactorResponseView)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/factor-responses/{response_id}")]
pub(super) async fn show(request: OfChild<ReadFactors>) -> Result<Versioned<FactorResponseView>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    let response_id = request.id::<names::FactorResponse>("response_id")?;
    request
        .read(async |tx, permit| {
            let response = factor_responses::find(tx, permit, id, response_id).await?;
            let places = placements::of_child(tx, permit).await?;
            let view = FactorResponseView::of(&response, &places);
            Ok(Seen(Versioned(view, response.version()), permit.saw()))
        })
        .await
}

/// Record that a response was carried out
#[utoipa::path(tag = "return", operation_id = "finish_factor_response",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("response_id" = Uuid, Path),
                      ("If-Match" = String, Header)),
               request_body = FactorResponseDone, responses((status = 200, body = FactorResponseView)))]
#[put("/v1/children/{child_id}/missing-episodes/{episode_id}/factor-responses/{response_id}/done")]
pub(super) async fn finish(request: OfChild<RecordFactors>) -> Result<Versioned<FactorResponseView>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    let response_id = request.id::<names::FactorResponse>("response_id")?;
    request
        .write(async |tx, permit, body: FactorResponseDone| {
            let open = factor_responses::find(tx, permit, id, response_id).await?;
            let done = done(tx, permit, &open, (request.version()?, body))?;
            let finished = factor_responses::finish(tx, permit, open, done).await?;
            let places = placements::of_child(tx, permit).await?;
            let view = FactorResponseView::of(&finished, &places);
            let change = Change::FactorResponseDone { episode_id: id, response_id };
            Ok(Audited::new(Versioned(view, finished.version()), permit.did(change)))
        })
        .await
}

/// That an open response of this version was done, on a day that has come.
fn done(
    tx: &WriteTx,
    permit: &Permit<RecordFactors>,
    open: &FactorResponse,
    (version, body): (i32, FactorResponseDone),
) -> Result<Done, Problem> {
    if version != open.version() {
        return Err(Problem::Stale);
    }
    if open.done.is_some() {
        return Err(Problem::AlreadyDone);
    }
    if tx.agency().zone.local_date(tx.at()) < body.done_on.0 {
        return Err(Problem::Impossible(vec![Fault::of("done_on", "is in the future")]));
    }
    Ok(Done { on: body.done_on.0, note: wire::text(body.note), recorded_at: tx.at(), recorded_by: permit.actor() })
}

/// What led to each absence of a child, and what is done about it, wherever they live now
///
/// Newest absence first. What was begun in one placement is seen in the next (42 U.S.C. 671(a)(35)(A)(ii)).
#[utoipa::path(tag = "return", operation_id = "list_factor_responses_of_child", params(("child_id" = Uuid, Path)),
               responses((status = 200, body = List<EpisodeFactorsView>)))]
#[get("/v1/children/{child_id}/factor-responses")]
pub(super) async fn of_child(request: OfChild<ReadFactors>) -> Result<Shown<List<EpisodeFactorsView>>, Problem> {
    let views = request
        .read(async |tx, permit| {
            let episodes = episodes::of_child(tx, permit).await?;
            let recorded = Recorded {
                factors: factors::of_child(tx, permit).await?,
                responses: factor_responses::of_child(tx, permit).await?,
                placements: placements::of_child(tx, permit).await?,
            };
            let views = episodes.iter().filter_map(|it| EpisodeFactorsView::of(it, &recorded)).collect();
            Ok(Seen(views, permit.saw()))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}
