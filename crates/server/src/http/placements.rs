//! Placements: where a child lives or lived.

use actix_web::{get, patch, post};
use chrono::{DateTime, NaiveDate, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::names;
use homeward_domain::placement::by_setting;
use homeward_domain::policy::{ReadChild, RecordPlacement};
use homeward_store::placements::{self, Placement, Stay};
use homeward_store::{Audited, Seen};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::children::year;
use crate::auth::{KeyRule, OfChild};
use crate::paging::List;
use crate::problem::{Fault, Problem};
use crate::reply::{Created, Made, Shown, Versioned};
use crate::wire::codes::{LivingArrangementCode, PlacementSettingCode};
use crate::wire::{self, Code, Name};

/// A stay in one place.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPlacement {
    setting: PlacementSettingCode,
    /// The first day.
    started_on: NaiveDate,
    /// The last day; left out while it lasts.
    ended_on: Option<NaiveDate>,
    provider_name: Option<Name>,
    /// The code as the agency states it for AFCARS (45 CFR 1355.44(e)(4)). It opens no episode and is no type of
    /// absence.
    afcars_living_arrangement: Option<LivingArrangementCode>,
}

/// The end of a stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlacementPatch {
    /// The last day.
    ended_on: NaiveDate,
}

/// A recorded stay.
#[derive(Serialize, ToSchema)]
pub(super) struct PlacementView {
    id: Uuid,
    setting: PlacementSettingCode,
    started_on: NaiveDate,
    ended_on: Option<NaiveDate>,
    provider_name: Option<String>,
    /// As it was stated.
    afcars_living_arrangement: Option<LivingArrangementCode>,
    /// What the setting alone would come to; null where it leaves several open. Shown beside what was stated, and never
    /// stored or exported in its place.
    afcars_by_setting: Option<LivingArrangementCode>,
    version: i32,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

impl NewPlacement {
    /// The stay, or every fault that makes it impossible.
    fn stay(self) -> Result<Stay, Problem> {
        let (started_on, ended_on) = (self.started_on, self.ended_on);
        let mut faults: Vec<Fault> = year("started_on", started_on).into_iter().collect();
        faults.extend(ended_on.and_then(|day| end_fault(started_on, day)));
        if !faults.is_empty() {
            return Err(Problem::Impossible(faults));
        }
        let living_arrangement = wire::code(self.afcars_living_arrangement);
        let provider_name = wire::text(self.provider_name);
        Ok(Stay { setting: self.setting.0, started_on, ended_on, provider_name, living_arrangement })
    }
}

/// What makes a day impossible as the last one of a stay.
fn end_fault(started_on: NaiveDate, ended_on: NaiveDate) -> Option<Fault> {
    let before = (ended_on < started_on).then(|| Fault::of("ended_on", "is before started_on"));
    year("ended_on", ended_on).or(before)
}

impl PlacementView {
    pub(super) fn of(it: Placement) -> Self {
        Self {
            id: it.id.uuid(),
            setting: Code(it.stay.setting),
            started_on: it.stay.started_on,
            ended_on: it.stay.ended_on,
            provider_name: it.stay.provider_name,
            afcars_living_arrangement: it.stay.living_arrangement.map(Code),
            afcars_by_setting: by_setting(it.stay.setting).map(Code),
            version: it.version,
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
        }
    }
}

/// Record where a child lives or lived
#[utoipa::path(tag = "children", operation_id = "record_placement",
               params(("child_id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header, max_length = 255)),
               request_body = NewPlacement, responses((status = 201, body = PlacementView)))]
#[post("/v1/children/{child_id}/placements")]
pub(super) async fn record(request: OfChild<RecordPlacement>) -> Result<Created, Problem> {
    request
        .create(KeyRule::Optional, async |tx, permit, body: NewPlacement| {
            let placement = placements::insert(tx, permit, body.stay()?).await?;
            let location = format!("/v1/children/{}/placements/{}", permit.child(), placement.id);
            let entry = permit.did(Change::PlacementRecorded { placement_id: placement.id });
            Ok((Made { view: PlacementView::of(placement), location, version: Some(1) }, entry))
        })
        .await
}

/// The placements of a child, in the order they began
#[utoipa::path(tag = "children", operation_id = "list_placements", params(("child_id" = Uuid, Path)),
               responses((status = 200, body = List<PlacementView>)))]
#[get("/v1/children/{child_id}/placements")]
pub(super) async fn list(request: OfChild<ReadChild>) -> Result<Shown<List<PlacementView>>, Problem> {
    let views = request
        .read(async |tx, permit| {
            let all = placements::of_child(tx, permit).await?;
            Ok(Seen(all.into_iter().map(PlacementView::of).collect(), permit.saw()))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}

/// One placement of a child
#[utoipa::path(tag = "children", operation_id = "get_placement",
               params(("child_id" = Uuid, Path), ("placement_id" = Uuid, Path)),
               responses((status = 200, body = PlacementView)))]
#[get("/v1/children/{child_id}/placements/{placement_id}")]
pub(super) async fn show(request: OfChild<ReadChild>) -> Result<Versioned<PlacementView>, Problem> {
    let id = request.id::<names::Placement>("placement_id")?;
    request
        .read(async |tx, permit| {
            let placement = placements::find(tx, permit, id).await?;
            let version = placement.version;
            Ok(Seen(Versioned(PlacementView::of(placement), version), permit.saw()))
        })
        .await
}

/// Record when a stay ended, or correct it
///
/// What it said before is kept.
#[utoipa::path(tag = "children", operation_id = "change_placement",
               params(("child_id" = Uuid, Path), ("placement_id" = Uuid, Path), ("If-Match" = String, Header)),
               request_body = PlacementPatch, responses((status = 200, body = PlacementView)))]
#[patch("/v1/children/{child_id}/placements/{placement_id}")]
pub(super) async fn change(request: OfChild<RecordPlacement>) -> Result<Versioned<PlacementView>, Problem> {
    let id = request.id::<names::Placement>("placement_id")?;
    request
        .write(async |tx, permit, body: PlacementPatch| {
            let before = placements::lock(tx, permit, id).await?;
            if before.version != request.version()? {
                return Err(Problem::Stale);
            }
            if let Some(fault) = end_fault(before.stay.started_on, body.ended_on) {
                return Err(Problem::Impossible(vec![fault]));
            }
            let ended = placements::end(tx, permit, before, body.ended_on).await?;
            let version = ended.version;
            let change = Change::PlacementChanged { placement_id: id, fields: vec!["ended_on"] };
            Ok(Audited::new(Versioned(PlacementView::of(ended), version), permit.did(change)))
        })
        .await
}
