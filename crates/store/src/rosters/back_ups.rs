//! Who stands in for a worker. Each choice is a version; the latest stands.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Integer, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, Queryable, Selectable, SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{Id, UserId};
use homeward_domain::policy::{ArrangeRoster, Grant};
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};
use crate::schema::back_ups::dsl;
use crate::sql::sql;
use crate::tx::{ReadTx, WriteTx};

/// Who stands in for a worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackUp {
    /// Nobody, where nobody was chosen or the choice was taken back.
    pub user: Option<UserId>,
    /// Counts up from 1; 0 while nothing was chosen.
    pub version: i32,
    /// When and by whom.
    pub recorded: Option<(DateTime<Utc>, UserId)>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = crate::schema::back_ups)]
struct Row {
    back_up_id: Option<Uuid>,
    version: i32,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

const CHOOSE: &str = "insert into back_ups (agency_id, user_id, version, back_up_id, recorded_at, recorded_by) \
    values (?, ?, ?, ?, ?, ?) on conflict do nothing";

impl From<Row> for BackUp {
    fn from(row: Row) -> Self {
        let recorded = Some((row.recorded_at, Id::from_uuid(row.recorded_by)));
        Self { user: row.back_up_id.map(Id::from_uuid), version: row.version, recorded }
    }
}

/// Who stands in for this worker.
pub async fn chosen(tx: &ReadTx, user: UserId) -> StoreResult<BackUp> {
    let row: Option<Row> = dsl::back_ups
        .filter(dsl::agency_id.eq(tx.call().agency.uuid()))
        .filter(dsl::user_id.eq(user.uuid()))
        .order(dsl::version.desc())
        .select(Row::as_select())
        .first(&mut tx.conn())
        .await
        .optional()?;
    Ok(row.map_or_else(BackUp::default, BackUp::from))
}

/// Adds the choice after version `before`, unless someone else did.
pub async fn choose(
    tx: &WriteTx,
    grant: &Grant<ArrangeRoster>,
    user: UserId,
    before: i32,
    back_up: Option<UserId>,
) -> StoreResult<BackUp> {
    if chosen(tx, user).await?.version != before {
        return Err(StoreError::Stale);
    }
    let inserted = sql(CHOOSE)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(user.uuid())
        .bind::<Integer, _>(before + 1)
        .bind::<Nullable<SqlUuid>, _>(back_up.map(Id::uuid))
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .execute(&mut tx.conn())
        .await?;
    if inserted == 0 {
        return Err(StoreError::Stale);
    }
    Ok(BackUp { user: back_up, version: before + 1, recorded: Some((tx.at(), grant.actor())) })
}
