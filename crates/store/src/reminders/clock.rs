//! What a clock that was ahead left behind: looks and tries that lie further ahead than any can, and ladders that ran
//! ahead with it and would be silent until their time comes.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Jsonb, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::delivery::{LONGEST_PAUSE, UNSEEN_AFTER};
use homeward_domain::id::AgencyId;
use homeward_domain::reminder::SKEW;
use uuid::Uuid;

use crate::call;
use crate::duties;
use crate::error::{StoreError, StoreResult};
use crate::rungs::Queue;
use crate::seal::Safe;
use crate::sql::sql;
use crate::tx::Store;

/// The later of two clocks: one that is behind brings nothing forward.
const LATER: &str = "select greatest(?, clock_timestamp()) as at";

const LOOKS: &str = "update rungs set follow_up_at = ? where follow_up_at is not null and follow_up_at > ?";

const HOLDS: &str = "update rungs set held_until = ? where held_until is not null and held_until > ?";

/// What waits for a digest waits longer, and rightly.
const TRIES: &str = "update deliveries set next_try_at = ? where channel in ('email', 'webhook') and ended_at is null \
    and next_try_at > ? and (tries > 0 or leaves_at <= queued_at)";

const AGENCIES: &str = "select id from agencies order by id";

/// Ids begin with their instant, so that an index finds whatever a clock that was ahead did to a ladder.
const RAN_AHEAD: &str = "select a.id from agencies a where a.id = ? and (\
    exists (select from rungs r where r.agency_id = a.id and r.id > ?) \
    or exists (select from delivery_attempts t where t.agency_id = a.id and t.id > ?) \
    or exists (select from audit_entries e where e.agency_id = a.id and e.id > ?))";

const OWED: &str = "select to_jsonb(d) as duty from duties d where d.agency_id = ? and not d.is_history \
    and d.done_at is null and d.closed_undone_at is null and d.superseded_at is null order by d.id for no key update";

#[derive(QueryableByName)]
struct Later {
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Agency {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Jsonb)]
    duty: serde_json::Value,
}

impl Store {
    /// Nothing waits longer than it can from now, and every ladder stands where it does now. Says how much that changed.
    pub async fn clock_went_back(&self, now: DateTime<Utc>) -> StoreResult<usize> {
        let (at, waited, agencies) = self.sweep(async |conn| waiting(conn, now).await).await?;
        let mut changed = waited;
        for agency in agencies {
            changed += self
                .within(agency, async |conn| ladders(conn, Safe::new(&self.keyring, agency), (agency, at)).await)
                .await?;
        }
        Ok(changed)
    }
}

async fn waiting(conn: &AsyncPgConnection, now: DateTime<Utc>) -> StoreResult<(DateTime<Utc>, usize, Vec<AgencyId>)> {
    let Later { at } = sql(LATER).bind::<Timestamptz, _>(now).get_result(&mut &*conn).await?;
    let bring = |statement, longest| sql(statement).bind::<Timestamptz, _>(at).bind::<Timestamptz, _>(at + longest);
    let looks = bring(LOOKS, UNSEEN_AFTER + SKEW).execute(&mut &*conn).await?;
    let tries = bring(TRIES, LONGEST_PAUSE + SKEW).execute(&mut &*conn).await?;
    let holds = bring(HOLDS, LONGEST_PAUSE + SKEW).execute(&mut &*conn).await?;
    let agencies: Vec<Agency> = sql(AGENCIES).load(&mut &*conn).await?;
    Ok((at, looks + tries + holds, agencies.into_iter().map(|it| AgencyId::from_uuid(it.id)).collect()))
}

async fn ladders(
    conn: &AsyncPgConnection,
    safe: Safe<'_>,
    (agency, at): (AgencyId, DateTime<Utc>),
) -> StoreResult<usize> {
    let first = call::first_id((at + SKEW).timestamp_millis());
    let ahead: Vec<Agency> = sql(RAN_AHEAD)
        .bind::<SqlUuid, _>(agency.uuid())
        .bind::<SqlUuid, _>(first)
        .bind::<SqlUuid, _>(first)
        .bind::<SqlUuid, _>(first)
        .load(&mut &*conn)
        .await?;
    if ahead.is_empty() {
        return Ok(0);
    }
    let rows: Vec<Row> = sql(OWED).bind::<SqlUuid, _>(agency.uuid()).load(&mut &*conn).await?;
    let owed = rows.into_iter().map(|row| {
        let duty: duties::Row = serde_json::from_value(row.duty).map_err(|_| StoreError::Corrupt("duties"))?;
        duty.owed(safe)
    });
    Queue { conn, agency, at }.mend(&owed.collect::<StoreResult<Vec<_>>>()?).await
}
