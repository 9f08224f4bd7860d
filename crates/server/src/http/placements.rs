//! Placements: where a child lives or lived.

use actix_web::{get, post};
use chrono::{DateTime, NaiveDate, Utc};
use homeward_domain::audit::Change;
use homeward_domain::policy::{ReadChild, RecordPlacement};
use homeward_store::Seen;
use homeward_store::placements::{self, Placement, Stay};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::children::year;
use crate::auth::{KeyRule, OfChild};
use crate::paging::List;
use crate::problem::{Fault, Problem};
use crate::reply::{Created, Made, Shown};
use crate::wire::codes::PlacementSettingCode;
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
}

/// A recorded stay.
#[derive(Serialize, ToSchema)]
pub(super) struct PlacementView {
    id: Uuid,
    setting: PlacementSettingCode,
    started_on: NaiveDate,
    ended_on: Option<NaiveDate>,
    provider_name: Option<String>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

impl NewPlacement {
    /// The stay, or every fault that makes it impossible.
    fn stay(self) -> Result<Stay, Problem> {
        let (started_on, ended_on) = (self.started_on, self.ended_on);
        let mut faults: Vec<Fault> = year("started_on", started_on).into_iter().collect();
        faults.extend(ended_on.and_then(|day| year("ended_on", day)));
        if ended_on.is_some_and(|day| day < started_on) {
            faults.push(Fault::of("ended_on", "is before started_on"));
        }
        if !faults.is_empty() {
            return Err(Problem::Impossible(faults));
        }
        Ok(Stay { setting: self.setting.0, started_on, ended_on, provider_name: wire::text(self.provider_name) })
    }
}

impl PlacementView {
    pub(super) fn of(it: Placement) -> Self {
        Self {
            id: it.id.uuid(),
            setting: Code(it.stay.setting),
            started_on: it.stay.started_on,
            ended_on: it.stay.ended_on,
            provider_name: it.stay.provider_name,
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
            let location = format!("/v1/children/{}/placements", permit.child());
            let entry = permit.did(Change::PlacementRecorded { placement_id: placement.id });
            Ok((Made { view: PlacementView::of(placement), location, version: None }, entry))
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
