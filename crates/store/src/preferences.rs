//! What a person chose of when and how they hear. Each choice is a version; what the law asks comes whatever they chose.

use chrono::{DateTime, NaiveTime, Utc};
use diesel::sql_types::{Bool, Integer, Time, Timestamptz, Uuid as SqlUuid};
use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, Queryable, Selectable, SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use homeward_domain::delivery::DIGEST_AT;
use homeward_domain::policy::{Grant, OwnSettings};

use crate::error::{StoreError, StoreResult};
use crate::schema::preferences::dsl;
use crate::sql::sql;
use crate::tx::{ReadTx, WriteTx};

/// What somebody chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// Whether mail comes for the agency's own aims too.
    pub mail_for_aims: bool,
    /// When the digest leaves, on the agency's own clock.
    pub digest_at: NaiveTime,
    /// Counts up from 1; 0 while nothing was chosen.
    pub version: i32,
    /// When.
    pub recorded_at: Option<DateTime<Utc>>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = crate::schema::preferences)]
struct Row {
    mail_for_aims: bool,
    digest_at: NaiveTime,
    version: i32,
    recorded_at: DateTime<Utc>,
}

const CHOOSE: &str = "insert into preferences (agency_id, user_id, version, mail_for_aims, digest_at, recorded_at) \
    values (?, ?, ?, ?, ?, ?) on conflict do nothing";

impl Default for Preferences {
    fn default() -> Self {
        Self { mail_for_aims: true, digest_at: DIGEST_AT, version: 0, recorded_at: None }
    }
}

impl From<Row> for Preferences {
    fn from(row: Row) -> Self {
        let recorded_at = Some(row.recorded_at);
        Self { mail_for_aims: row.mail_for_aims, digest_at: row.digest_at, version: row.version, recorded_at }
    }
}

/// What the caller chose, if they did.
pub async fn own(tx: &ReadTx, grant: &Grant<OwnSettings>) -> StoreResult<Preferences> {
    let row: Option<Row> = dsl::preferences
        .filter(dsl::agency_id.eq(grant.agency().uuid()))
        .filter(dsl::user_id.eq(grant.actor().uuid()))
        .order(dsl::version.desc())
        .select(Row::as_select())
        .first(&mut tx.conn())
        .await
        .optional()?;
    Ok(row.map_or_else(Preferences::default, Preferences::from))
}

/// Adds the version after the one in `chosen`, unless another request did.
pub async fn choose(tx: &WriteTx, grant: &Grant<OwnSettings>, chosen: Preferences) -> StoreResult<Preferences> {
    if own(tx, grant).await?.version != chosen.version {
        return Err(StoreError::Stale);
    }
    let chosen = Preferences { version: chosen.version + 1, recorded_at: Some(tx.at()), ..chosen };
    let inserted = sql(CHOOSE)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<Integer, _>(chosen.version)
        .bind::<Bool, _>(chosen.mail_for_aims)
        .bind::<Time, _>(chosen.digest_at)
        .bind::<Timestamptz, _>(tx.at())
        .execute(&mut tx.conn())
        .await?;
    if inserted == 0 { Err(StoreError::Stale) } else { Ok(chosen) }
}
