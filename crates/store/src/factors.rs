//! What led to an absence, as a named person said: each choice is a version, and the latest stands.

use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods as _, Insertable, OptionalExtension as _, QueryDsl as _, Queryable, Selectable,
    SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use homeward_domain::factor::PrimaryFactor;
use homeward_domain::id::{EpisodeId, Id, UserId};
use homeward_domain::policy::{Action, Permit, ReadFactors, RecordFactors};
use homeward_domain::vocabulary::Vocabulary as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::convert::code;
use crate::episodes::Episode;
use crate::error::{StoreError, StoreResult};
use crate::schema::primary_factors::dsl;
use crate::seal::{FACTORS_TOLD, OTHER_FACTOR, Sealed};
use crate::tx::{ReadTx, WriteTx};

/// One choice, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Determined {
    /// The episode.
    pub episode: EpisodeId,
    /// What a person told.
    pub told: Choice,
    /// Counts up from 1.
    pub version: i32,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
}

/// What a person tells of the factors of an absence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// In the person's own order.
    pub factors: Vec<PrimaryFactor>,
    /// What the factor `other` is.
    pub other: Option<String>,
    /// Who says so.
    pub determined_by_name: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::schema::primary_factors)]
struct Row {
    agency_id: Uuid,
    episode_id: Uuid,
    version: i32,
    child_id: Uuid,
    factors: Vec<String>,
    other: Option<Vec<u8>>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    told: Sealed,
}

/// Who says so, sealed.
#[derive(Serialize, Deserialize)]
struct Told {
    determined_by_name: String,
}

impl Row {
    fn determined(self, tx: &ReadTx) -> StoreResult<Determined> {
        let place = place(Id::from_uuid(self.episode_id), self.version);
        let told: Told = tx.safe().open_told(FACTORS_TOLD, &place, &self.told)?;
        let other = self.other.map(|it| tx.open(OTHER_FACTOR, place, &it)).transpose()?;
        let factors = self.factors.iter().map(|it| code(it, "primary_factors.factors"));
        Ok(Determined {
            episode: Id::from_uuid(self.episode_id),
            told: Choice {
                factors: factors.collect::<StoreResult<_>>()?,
                other,
                determined_by_name: told.determined_by_name,
            },
            version: self.version,
            recorded_at: self.recorded_at,
            recorded_by: Id::from_uuid(self.recorded_by),
        })
    }
}

/// What names a row within the agency.
fn place(episode: EpisodeId, version: i32) -> String {
    format!("{episode} {version}")
}

/// Adds the version after `before` to a locked episode, unless someone else did.
pub async fn choose(
    tx: &WriteTx,
    permit: &Permit<RecordFactors>,
    episode: &Episode,
    (before, told): (i32, Choice),
) -> StoreResult<Determined> {
    let latest = latest(tx, permit, episode.id).await?.map_or(0, |it| it.version);
    if latest != before {
        return Err(StoreError::Stale);
    }
    let version = before + 1;
    let sealed = |it| tx.seal(OTHER_FACTOR, place(episode.id, version), &it);
    let other = told.other.map(sealed).transpose()?;
    let who = Told { determined_by_name: told.determined_by_name };
    let row = Row {
        agency_id: permit.agency().uuid(),
        episode_id: episode.id.uuid(),
        version,
        child_id: permit.child().uuid(),
        factors: told.factors.iter().map(|it| it.code().to_owned()).collect(),
        other,
        told: tx.safe().seal_told(FACTORS_TOLD, place(episode.id, version), &who)?,
        recorded_at: tx.at(),
        recorded_by: permit.actor().uuid(),
    };
    diesel::insert_into(dsl::primary_factors).values(&row).execute(&mut tx.conn()).await?;
    row.determined(tx)
}

/// What stands for one episode of the permitted child, if anything does.
pub async fn latest<A: Action>(tx: &ReadTx, permit: &Permit<A>, episode: EpisodeId) -> StoreResult<Option<Determined>> {
    let row: Option<Row> = dsl::primary_factors
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::episode_id.eq(episode.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order(dsl::version.desc())
        .select(Row::as_select())
        .first(&mut tx.conn())
        .await
        .optional()?;
    row.map(|it| it.determined(tx)).transpose()
}

/// When and by whom factors of one episode of the permitted child were recorded. Not which.
pub async fn recordings<A: Action>(
    tx: &ReadTx,
    permit: &Permit<A>,
    episode: EpisodeId,
) -> StoreResult<Vec<(DateTime<Utc>, UserId)>> {
    let rows: Vec<(DateTime<Utc>, Uuid)> = dsl::primary_factors
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::episode_id.eq(episode.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order(dsl::version)
        .select((dsl::recorded_at, dsl::recorded_by))
        .load(&mut tx.conn())
        .await?;
    Ok(rows.into_iter().map(|(at, by)| (at, Id::from_uuid(by))).collect())
}

/// What stands for every episode of the permitted child.
pub async fn of_child(tx: &ReadTx, permit: &Permit<ReadFactors>) -> StoreResult<Vec<Determined>> {
    let rows: Vec<Row> = dsl::primary_factors
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order((dsl::episode_id, dsl::version.desc()))
        .distinct_on(dsl::episode_id)
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(|it| it.determined(tx)).collect()
}
