//! Placements: where a child lives or lived.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{Integer, Timestamptz, Uuid as SqlUuid};
use diesel::{
    ExpressionMethods as _, Insertable, OptionalExtension as _, QueryDsl as _, Queryable, Selectable,
    SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use homeward_domain::child::PlacementSetting;
use homeward_domain::id::{Id, PlacementId, UserId};
use homeward_domain::placement::LivingArrangement;
use homeward_domain::policy::{Action, Permit, RecordPlacement};
use homeward_domain::vocabulary::Vocabulary as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::convert::{code, optional};
use crate::error::{StoreError, StoreResult};
use crate::schema::placements::dsl;
use crate::seal::{PLACEMENT_TOLD, Safe, Sealed, versioned};
use crate::sql::sql;
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
    /// Counts up from 1.
    pub version: i32,
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
    /// The federal code, where a person stated it.
    pub living_arrangement: Option<LivingArrangement>,
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
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    afcars_living_arrangement: Option<String>,
    version: i32,
    told: Sealed,
}

/// What a person tells of a placement, sealed as one value.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Words {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) provider_name: Option<String>,
}

impl Words {
    pub(crate) fn seal(&self, safe: Safe<'_>, id: PlacementId, version: i32) -> StoreResult<Sealed> {
        safe.seal_told(PLACEMENT_TOLD, versioned(id, version), self)
    }
}

impl Row {
    fn placement(self, safe: Safe<'_>) -> StoreResult<Placement> {
        let words: Words = safe.open_told(PLACEMENT_TOLD, versioned(self.id, self.version), &self.told)?;
        let stay = Stay {
            setting: code(&self.setting, "placements.setting")?,
            started_on: self.started_on,
            ended_on: self.ended_on,
            provider_name: words.provider_name,
            living_arrangement: optional(self.afcars_living_arrangement, "placements.afcars_living_arrangement")?,
        };
        Ok(Placement {
            id: Id::from_uuid(self.id),
            stay,
            recorded_at: self.recorded_at,
            recorded_by: Id::from_uuid(self.recorded_by),
            version: self.version,
        })
    }
}

/// Records a placement of the permitted child.
pub async fn insert(tx: &WriteTx, permit: &Permit<RecordPlacement>, stay: Stay) -> StoreResult<Placement> {
    let id: PlacementId = tx.new_id();
    let words = Words { provider_name: stay.provider_name };
    let row = Row {
        agency_id: permit.agency().uuid(),
        id: id.uuid(),
        child_id: permit.child().uuid(),
        setting: stay.setting.code().to_owned(),
        started_on: stay.started_on,
        ended_on: stay.ended_on,
        recorded_at: tx.at(),
        recorded_by: permit.actor().uuid(),
        afcars_living_arrangement: stay.living_arrangement.map(|it| it.code().to_owned()),
        version: 1,
        told: words.seal(tx.safe(), id, 1)?,
    };
    diesel::insert_into(dsl::placements).values(&row).execute(&mut tx.conn()).await?;
    row.placement(tx.safe())
}

/// The version that is replaced is kept first, as it stood.
const KEEP_VERSION: &str = "insert into placement_versions (agency_id, placement_id, version, superseded_at, facts, told) \
    select p.agency_id, p.id, p.version, ?, to_jsonb(p) - 'told', p.told from placements p \
    where p.agency_id = ? and p.id = ? and p.child_id = ? and p.version = ?";

/// Records when a placement ended, and keeps what it said before.
pub async fn end(
    tx: &WriteTx,
    permit: &Permit<RecordPlacement>,
    before: Placement,
    ended_on: NaiveDate,
) -> StoreResult<Placement> {
    sql(KEEP_VERSION)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(before.id.uuid())
        .bind::<SqlUuid, _>(permit.child().uuid())
        .bind::<Integer, _>(before.version)
        .execute(&mut tx.conn())
        .await?;
    let words = Words { provider_name: before.stay.provider_name };
    let row: Option<Row> = diesel::update(dsl::placements)
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::id.eq(before.id.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .filter(dsl::version.eq(before.version))
        .set((
            dsl::ended_on.eq(ended_on),
            dsl::version.eq(before.version + 1),
            dsl::told.eq(words.seal(tx.safe(), before.id, before.version + 1)?),
            dsl::recorded_at.eq(tx.at()),
            dsl::recorded_by.eq(permit.actor().uuid()),
        ))
        .returning(Row::as_returning())
        .get_result(&mut tx.conn())
        .await
        .optional()?;
    row.ok_or(StoreError::Stale)?.placement(tx.safe())
}

/// One placement of the permitted child.
pub async fn find<A: Action>(tx: &ReadTx, permit: &Permit<A>, id: PlacementId) -> StoreResult<Placement> {
    let row: Option<Row> = dsl::placements
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::id.eq(id.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .select(Row::as_select())
        .first(&mut tx.conn())
        .await
        .optional()?;
    row.ok_or(StoreError::NotFound)?.placement(tx.safe())
}

/// The same, held against other writers until the commit.
pub async fn lock<A: Action>(tx: &WriteTx, permit: &Permit<A>, id: PlacementId) -> StoreResult<Placement> {
    let row: Option<Row> = dsl::placements
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::id.eq(id.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .select(Row::as_select())
        .for_update()
        .first(&mut tx.conn())
        .await
        .optional()?;
    row.ok_or(StoreError::NotFound)?.placement(tx.safe())
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
    rows.into_iter().map(|it| it.placement(tx.safe())).collect()
}
