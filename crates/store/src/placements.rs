//! Placements: where a child lives or lived.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::{ExpressionMethods as _, Insertable, QueryDsl as _, Queryable, Selectable, SelectableHelper as _};
use diesel_async::RunQueryDsl as _;
use homeward_domain::child::PlacementSetting;
use homeward_domain::id::{Id, PlacementId, UserId, names};
use homeward_domain::policy::{Action, Permit, RecordPlacement};
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use crate::convert::code;
use crate::error::StoreResult;
use crate::schema::placements::dsl;
use crate::tx::{ReadTx, WriteTx};

/// One placement, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The record.
    pub id: PlacementId,
    /// What a person told.
    pub stay: Stay,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
}

/// What a person tells of a placement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// What kind of place.
    pub setting: PlacementSetting,
    /// The first day.
    pub started_on: NaiveDate,
    /// The last day, if it has ended.
    pub ended_on: Option<NaiveDate>,
    /// With whom.
    pub provider_name: Option<String>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::schema::placements)]
struct Row {
    agency_id: Uuid,
    id: Uuid,
    child_id: Uuid,
    setting: String,
    started_on: NaiveDate,
    ended_on: Option<NaiveDate>,
    provider_name: Option<String>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

impl Row {
    fn placement(self) -> StoreResult<Placement> {
        let stay = Stay {
            setting: code(&self.setting, "placements.setting")?,
            started_on: self.started_on,
            ended_on: self.ended_on,
            provider_name: self.provider_name,
        };
        Ok(Placement {
            id: Id::from_uuid(self.id),
            stay,
            recorded_at: self.recorded_at,
            recorded_by: Id::from_uuid(self.recorded_by),
        })
    }
}

/// Records a placement of the permitted child.
pub async fn insert(tx: &WriteTx, permit: &Permit<RecordPlacement>, stay: Stay) -> StoreResult<Placement> {
    let row = Row {
        agency_id: permit.agency().uuid(),
        id: tx.new_id::<names::Placement>().uuid(),
        child_id: permit.child().uuid(),
        setting: stay.setting.code().to_owned(),
        started_on: stay.started_on,
        ended_on: stay.ended_on,
        provider_name: stay.provider_name,
        recorded_at: tx.at(),
        recorded_by: permit.actor().uuid(),
    };
    diesel::insert_into(dsl::placements).values(&row).execute(&mut tx.conn()).await?;
    row.placement()
}

/// The placements of the permitted child, in the order they began.
pub async fn of_child<A: Action>(tx: &ReadTx, permit: &Permit<A>) -> StoreResult<Vec<Placement>> {
    let rows: Vec<Row> = dsl::placements
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order((dsl::started_on, dsl::id))
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(Row::placement).collect()
}
