//! What a worker could not deliver: given back at once, or counted and in the end tried more seldom (DL-12).

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Integer, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use homeward_domain::delivery::LONGEST_PAUSE;
use uuid::Uuid;

use crate::error::StoreResult;
use crate::rungs::Leased;
use crate::sql::sql;
use crate::tx::Store;

/// What failed so often is held: tried on, more seldom, and people are told.
pub(crate) const HELD_AFTER: i32 = 5;

/// Whoever comes next need not wait for the lease to end.
const HAND_BACK: &str = "update rungs r set leased_until = null \
    from unnest(?::uuid[], ?::uuid[], ?::bigint[]) as held (agency_id, id, fence) \
    where r.agency_id = held.agency_id and r.id = held.id and r.fence = held.fence";

const FAILED: &str = "update rungs set failures = coalesce(failures, 0) + 1, \
    held_until = case when ? <= coalesce(failures, 0) + 1 then ?::timestamptz end \
    where agency_id = ? and id = ? and fence = ? returning failures";

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = Integer)]
    failures: i32,
}

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It is tried again when its lease ends.
    Again,
    /// It failed so often that it is tried more seldom from now on.
    Held,
    /// Another worker has it.
    Lost,
}

impl Store {
    /// Gives rungs back that were leased and not begun.
    pub async fn hand_back(&self, leased: &[Leased]) -> StoreResult<()> {
        let agencies: Vec<Uuid> = leased.iter().map(|it| it.agency.uuid()).collect();
        let ids: Vec<Uuid> = leased.iter().map(|it| it.id.uuid()).collect();
        let fences: Vec<i64> = leased.iter().map(|it| it.fence).collect();
        let given = sql(HAND_BACK)
            .bind::<Array<SqlUuid>, _>(agencies)
            .bind::<Array<SqlUuid>, _>(ids)
            .bind::<Array<BigInt>, _>(fences);
        self.sweep(async |conn| Ok(given.execute(&mut &*conn).await?)).await?;
        Ok(())
    }

    /// Counts that delivering a rung failed by itself, and not by a database that was away.
    pub async fn rung_failed(&self, leased: &Leased, now: DateTime<Utc>) -> StoreResult<Failed> {
        let failed = sql(FAILED)
            .bind::<Integer, _>(HELD_AFTER)
            .bind::<Timestamptz, _>(now + LONGEST_PAUSE)
            .bind::<SqlUuid, _>(leased.agency.uuid())
            .bind::<SqlUuid, _>(leased.id.uuid())
            .bind::<BigInt, _>(leased.fence);
        let counted: Option<Counted> =
            self.within(leased.agency, async |conn| Ok(failed.get_result(&mut &*conn).await.optional()?)).await?;
        Ok(counted.map_or(Failed::Lost, |it| if HELD_AFTER <= it.failures { Failed::Held } else { Failed::Again }))
    }
}
