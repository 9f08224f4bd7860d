//! Observations: what a named person saw or was told, by date. Nothing counts, sorts, filters or searches them, and
//! nothing else in the program reads them (NJ-1 to NJ-5).

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::{EpisodeId, Id, names};
use homeward_domain::indicator::catalogue;
use homeward_domain::policy::{Observe, Permit, ReadObservations};
use homeward_store::observations::{self, Observation, Sighting};
use homeward_store::{ReadTx, Seen, StoreError, episodes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::indicators::ListedCode;
use super::notifications::NewRetraction;
use crate::auth::{KeyRule, OfChild};
use crate::paging::PageView;
use crate::problem::{Fault, Problem};
use crate::reply::{Created, Made, Shown};
use crate::wire::codes::ObservationSourceCode;
use crate::wire::{self, Code, Instant, Name, Narrative};

/// What a named person saw or was told.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewObservation {
    indicator_code: ListedCode,
    /// Left out where it is not known; not in the future.
    observed_at: Option<Instant>,
    observed_by_name: Name,
    /// What they are to the child, in their own words.
    observer_role: Name,
    source: ObservationSourceCode,
    /// What was seen, in a person's words.
    context: Narrative,
    /// An episode of this child.
    episode_id: Option<Uuid>,
}

/// A recorded observation.
#[derive(Serialize, ToSchema)]
pub(super) struct ObservationView {
    id: Uuid,
    indicator_code: ListedCode,
    /// Null where it is not known.
    observed_at: Option<DateTime<Utc>>,
    observed_by_name: String,
    observer_role: String,
    source: ObservationSourceCode,
    context: String,
    episode_id: Option<Uuid>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    /// Null while it stands.
    retracted_at: Option<DateTime<Utc>>,
    retracted_by: Option<Uuid>,
    retraction_reason: Option<String>,
}

/// What was observed, by date, with the documents' caveat.
#[derive(Serialize, ToSchema)]
pub(super) struct ObservationList {
    /// What the documents say of their list.
    caveat: &'static str,
    data: Vec<ObservationView>,
    page: PageView,
}

impl From<NewObservation> for Sighting {
    fn from(new: NewObservation) -> Self {
        Self {
            indicator: new.indicator_code.0,
            observed_at: wire::at(new.observed_at),
            observed_by_name: new.observed_by_name.into(),
            observer_role: new.observer_role.into(),
            source: new.source.0,
            context: new.context.into(),
            episode: new.episode_id.map(Id::from_uuid),
        }
    }
}

impl ObservationView {
    fn of(it: Observation) -> Self {
        let seen = it.seen;
        Self {
            id: it.id.uuid(),
            indicator_code: ListedCode(seen.indicator),
            observed_at: seen.observed_at,
            observed_by_name: seen.observed_by_name,
            observer_role: seen.observer_role,
            source: Code(seen.source),
            context: seen.context,
            episode_id: seen.episode.map(Id::uuid),
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
            retracted_at: it.retracted.as_ref().map(|it| it.at),
            retracted_by: it.retracted.as_ref().map(|it| it.by.uuid()),
            retraction_reason: it.retracted.map(|it| it.reason),
        }
    }
}

/// Record what someone saw or was told
///
/// It moves no deadline, no reminder and no list. A child can be observed without being missing.
#[utoipa::path(tag = "observations", operation_id = "record_observation",
               params(("child_id" = Uuid, Path), ("Idempotency-Key" = String, Header, max_length = 255)),
               request_body = NewObservation, responses((status = 201, body = ObservationView)))]
#[post("/v1/children/{child_id}/observations")]
pub(super) async fn record(request: OfChild<Observe>) -> Result<Created, Problem> {
    request
        .create(KeyRule::Required, async |tx, permit, body: NewObservation| {
            let seen = Sighting::from(body);
            refuse_impossible(tx, permit, &seen).await?;
            let observation = observations::insert(tx, permit, seen).await?;
            let location = format!("/v1/children/{}/observations/{}", permit.child(), observation.id);
            let entry = permit.did(Change::ObservationRecorded { observation_id: observation.id });
            Ok((Made { view: ObservationView::of(observation), location, version: None }, entry))
        })
        .await
}

async fn refuse_impossible(tx: &ReadTx, permit: &Permit<Observe>, seen: &Sighting) -> Result<(), Problem> {
    let mut faults = Vec::new();
    if seen.observed_at.is_some_and(|at| tx.at() < at) {
        faults.push(Fault::of("observed_at", "is in the future"));
    }
    if let Some(id) = seen.episode
        && !is_of_child(tx, permit, id).await?
    {
        faults.push(Fault::of("episode_id", "is no episode of this child"));
    }
    if faults.is_empty() { Ok(()) } else { Err(Problem::Impossible(faults)) }
}

async fn is_of_child(tx: &ReadTx, permit: &Permit<Observe>, id: EpisodeId) -> Result<bool, Problem> {
    match episodes::find(tx, permit, id).await {
        Ok(_) => Ok(true),
        Err(StoreError::NotFound) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// What was observed, by date
///
/// By when it was seen, else by when it was recorded; retracted ones among them. There is no other order, no filter
/// and no count.
#[utoipa::path(tag = "observations", operation_id = "list_observations", params(("child_id" = Uuid, Path)),
               responses((status = 200, body = ObservationList)))]
#[get("/v1/children/{child_id}/observations")]
pub(super) async fn list(request: OfChild<ReadObservations>) -> Result<Shown<ObservationList>, Problem> {
    let data = request
        .read(async |tx, permit| {
            let all = observations::of_child(tx, permit).await?;
            Ok(Seen(all.into_iter().map(ObservationView::of).collect(), permit.saw()))
        })
        .await?;
    Ok(Shown(ObservationList { caveat: &catalogue().caveat, data, page: PageView { next: None } }))
}

/// Take an observation back
///
/// The record stays and says so.
#[utoipa::path(tag = "observations", operation_id = "retract_observation",
               params(("child_id" = Uuid, Path), ("observation_id" = Uuid, Path),
                      ("Idempotency-Key" = Option<String>, Header, max_length = 255)),
               request_body = NewRetraction, responses((status = 201, body = ObservationView)))]
#[post("/v1/children/{child_id}/observations/{observation_id}/retraction")]
pub(super) async fn retract(request: OfChild<Observe>) -> Result<Created, Problem> {
    let id = request.id::<names::Observation>("observation_id")?;
    request
        .create(KeyRule::Optional, async |tx, permit, body: NewRetraction| {
            let observation = observations::lock(tx, permit, id).await?;
            if observation.retracted.is_some() {
                return Err(Problem::AlreadyRetracted);
            }
            let retracted = observations::retract(tx, permit, observation, body.reason()).await?;
            let location = format!("/v1/children/{}/observations/{id}", permit.child());
            let entry = permit.did(Change::ObservationRetracted { observation_id: id });
            Ok((Made { view: ObservationView::of(retracted), location, version: None }, entry))
        })
        .await
}
