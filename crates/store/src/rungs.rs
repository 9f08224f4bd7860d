//! The queue of rungs: for each duty that is owed, the next rung of its ladder.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{DutyId, Id, RungId};
use homeward_domain::reminder::{Rung, next_rung};
use homeward_domain::vocabulary::Vocabulary as _;
use serde::Serialize;
use uuid::Uuid;

use crate::duties::Owed;
use crate::error::{StoreError, StoreResult};
use crate::sql::sql;
use crate::tx::WriteTx;

/// Where each ladder stands: the highest rung sent, and the rung that waits.
const STANDINGS: &str = "select duty_id, max(ordinal) filter (where sent_at is not null) as sent, \
    max(ordinal) filter (where sent_at is null and cancelled_at is null) as waiting, \
    max(fire_at) filter (where sent_at is null and cancelled_at is null) as waiting_for \
    from rungs where agency_id = ? and duty_id = any(?) group by duty_id";

const CANCEL: &str = "update rungs set cancelled_at = ? \
    where agency_id = ? and duty_id = any(?) and sent_at is null and cancelled_at is null";

/// A rung that was cancelled and is wanted again takes its old place, with a new fence.
const QUEUE: &str = "insert into rungs (agency_id, id, duty_id, episode_id, ordinal, step, audience, fire_at, fence) \
    select agency_id, id, duty_id, episode_id, ordinal, step, audience, fire_at, 0 \
    from json_populate_recordset(null::rungs, ?::json) \
    on conflict (agency_id, duty_id, ordinal) do update set cancelled_at = null, fire_at = excluded.fire_at, \
    step = excluded.step, audience = excluded.audience, fence = rungs.fence + 1, leased_until = null \
    where rungs.sent_at is null";

/// A rung as it is put into the queue.
#[derive(Serialize)]
pub(crate) struct Queued {
    agency_id: Uuid,
    id: Uuid,
    duty_id: Uuid,
    episode_id: Uuid,
    ordinal: i32,
    step: String,
    audience: &'static str,
    fire_at: DateTime<Utc>,
}

#[derive(diesel::QueryableByName)]
struct Standing {
    #[diesel(sql_type = SqlUuid)]
    duty_id: Uuid,
    #[diesel(sql_type = Nullable<Integer>)]
    sent: Option<i32>,
    #[diesel(sql_type = Nullable<Integer>)]
    waiting: Option<i32>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    waiting_for: Option<DateTime<Utc>>,
}

impl Queued {
    pub(crate) fn of(agency: Uuid, id: RungId, owed: &Owed, rung: &Rung) -> Self {
        Self {
            agency_id: agency,
            id: id.uuid(),
            duty_id: owed.id.uuid(),
            episode_id: owed.episode.uuid(),
            ordinal: rung.ordinal,
            step: rung.step.to_string(),
            audience: rung.audience.code(),
            fire_at: rung.fire_at,
        }
    }
}

/// Brings the queue in line with what is owed: every duty that is owed has its next rung waiting, no other has one.
pub(crate) async fn sync(tx: &WriteTx, owed: &[Owed]) -> StoreResult<()> {
    let standings = standings(tx, owed).await?;
    let of = |duty: DutyId| standings.iter().find(|it| it.duty_id == duty.uuid());
    let mut cancelled = Vec::new();
    let mut queued = Vec::new();
    for owed in owed {
        let stored = of(owed.id);
        let waiting = stored.and_then(|it| it.waiting.zip(it.waiting_for));
        let wanted = wanted(owed, stored.and_then(|it| it.sent), tx.at());
        if waiting == wanted.map(|rung| (rung.ordinal, rung.fire_at)) {
            continue;
        }
        if waiting.is_some() {
            cancelled.push(owed.id.uuid());
        }
        queued.extend(wanted.map(|rung| Queued::of(tx.call().agency.uuid(), tx.new_id(), owed, &rung)));
    }
    cancel(tx, cancelled).await?;
    queue(tx, &queued).await
}

fn wanted(owed: &Owed, sent: Option<i32>, now: DateTime<Utc>) -> Option<Rung> {
    if owed.is_history { None } else { next_rung(&owed.duty, sent, now) }
}

/// A new episode has no ladders yet, and nothing is asked: its version is the first.
async fn standings(tx: &WriteTx, owed: &[Owed]) -> StoreResult<Vec<Standing>> {
    let duties: Vec<Uuid> = owed.iter().map(|it| it.id.uuid()).collect();
    Ok(sql(STANDINGS)
        .bind::<SqlUuid, _>(tx.call().agency.uuid())
        .bind::<Array<SqlUuid>, _>(duties)
        .load(&mut tx.conn())
        .await?)
}

async fn cancel(tx: &WriteTx, duties: Vec<Uuid>) -> StoreResult<()> {
    if duties.is_empty() {
        return Ok(());
    }
    sql(CANCEL)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(tx.call().agency.uuid())
        .bind::<Array<SqlUuid>, _>(duties)
        .execute(&mut tx.conn())
        .await?;
    Ok(())
}

async fn queue(tx: &WriteTx, rungs: &[Queued]) -> StoreResult<()> {
    if rungs.is_empty() {
        return Ok(());
    }
    let rows = serde_json::to_string(rungs).map_err(|_| StoreError::Corrupt("rungs"))?;
    sql(QUEUE).bind::<Text, _>(rows).execute(&mut tx.conn()).await?;
    Ok(())
}

/// The statement that queues rungs, for the worker, which has a transaction of its own kind.
pub(crate) const QUEUE_NEXT: &str = QUEUE;

#[derive(diesel::QueryableByName)]
pub(crate) struct LeasedRow {
    #[diesel(sql_type = SqlUuid)]
    pub(crate) agency_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub(crate) id: Uuid,
    #[diesel(sql_type = BigInt)]
    pub(crate) fence: i64,
    #[diesel(sql_type = Timestamptz)]
    pub(crate) fire_at: DateTime<Utc>,
}

/// A rung held for a short while by one worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leased {
    /// The rung.
    pub id: RungId,
    /// Its agency.
    pub agency: homeward_domain::id::AgencyId,
    /// Whoever holds a lower number has lost it.
    pub fence: i64,
    /// When it was due.
    pub fire_at: DateTime<Utc>,
}

impl From<LeasedRow> for Leased {
    fn from(row: LeasedRow) -> Self {
        Self { id: Id::from_uuid(row.id), agency: Id::from_uuid(row.agency_id), fence: row.fence, fire_at: row.fire_at }
    }
}
