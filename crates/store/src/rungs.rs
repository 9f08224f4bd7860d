//! The queue of rungs: for each duty that is owed, the next rung of its ladder.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Bool, Integer, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use futures_util::join;
use homeward_domain::delivery::Pressure;
use homeward_domain::id::{AgencyId, DutyId, Id, RungId};
use homeward_domain::reminder::{Rung, Sent, next_rung};
use homeward_domain::vocabulary::Vocabulary as _;
use serde::Serialize;
use uuid::Uuid;

use crate::call;
use crate::convert::code;
use crate::duties::Owed;
use crate::error::{StoreError, StoreResult};
use crate::sql::{Sql, sql};

/// Where each ladder stands: the highest rung sent, and the rung that waits.
const STANDINGS: &str = "select distinct on (duty_id, sent_at is null) duty_id, sent_at is not null as is_sent, ordinal, \
    fire_at, audience, pressing from rungs where agency_id = ? and duty_id = any(?) and cancelled_at is null \
    order by duty_id, sent_at is null, ordinal desc";

const CANCEL: &str = "update rungs set cancelled_at = ? \
    where agency_id = ? and duty_id = any(?) and sent_at is null and cancelled_at is null";

/// A rung that was cancelled and is wanted again takes its old place, with a new fence.
const QUEUE: &str = "insert into rungs (agency_id, id, duty_id, episode_id, ordinal, step, audience, pressing, fire_at, \
    fence) select agency_id, id, duty_id, episode_id, ordinal, step, audience, pressing, fire_at, 0 \
    from json_populate_recordset(null::rungs, ?::json) \
    on conflict (agency_id, duty_id, ordinal) do update set cancelled_at = null, fire_at = excluded.fire_at, \
    step = excluded.step, audience = excluded.audience, pressing = excluded.pressing, fence = rungs.fence + 1, \
    leased_until = null, failures = null, held_until = null where rungs.sent_at is null";

/// A rung as it is put into the queue.
#[derive(Serialize)]
pub(crate) struct Queued {
    agency_id: Uuid,
    id: Uuid,
    duty_id: Uuid,
    episode_id: Option<Uuid>,
    ordinal: i32,
    step: String,
    audience: &'static str,
    pressing: bool,
    fire_at: DateTime<Utc>,
}

#[derive(diesel::QueryableByName)]
struct Standing {
    #[diesel(sql_type = SqlUuid)]
    duty_id: Uuid,
    #[diesel(sql_type = Bool)]
    is_sent: bool,
    #[diesel(sql_type = Integer)]
    ordinal: i32,
    #[diesel(sql_type = Timestamptz)]
    fire_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    audience: String,
    #[diesel(sql_type = Bool)]
    pressing: bool,
}

impl Standing {
    fn sent(&self) -> StoreResult<Sent> {
        Ok(Sent { ordinal: self.ordinal, fire_at: self.fire_at, audience: code(&self.audience, "rungs.audience")? })
    }

    /// Whether it is the rung that has to wait, and says how much it presses now.
    fn is(&self, wanted: &Queued) -> bool {
        (self.ordinal, self.fire_at, self.audience.as_str(), self.pressing)
            == (wanted.ordinal, wanted.fire_at, wanted.audience, wanted.pressing)
    }
}

impl Queued {
    pub(crate) fn of(agency: Uuid, id: RungId, owed: &Owed, rung: &Rung) -> Self {
        Self {
            agency_id: agency,
            id: id.uuid(),
            duty_id: owed.id.uuid(),
            episode_id: owed.cause.episode().map(Id::uuid),
            ordinal: rung.ordinal,
            step: rung.step.to_string(),
            audience: rung.audience.code(),
            pressing: Pressure::of(&owed.duty, rung.audience) == Pressure::High,
            fire_at: rung.fire_at,
        }
    }
}

/// What it takes to bring the queue in line with what is owed.
#[derive(Default)]
pub(crate) struct Changes {
    cancelled: Vec<Uuid>,
    queued: Vec<Queued>,
}

/// The queue of one agency in a running transaction.
pub(crate) struct Queue<'a> {
    pub(crate) conn: &'a AsyncPgConnection,
    pub(crate) agency: AgencyId,
    pub(crate) at: DateTime<Utc>,
}

impl Queue<'_> {
    /// Every duty that is owed has its next rung waiting, no other has one.
    pub(crate) async fn changes(&self, owed: &[Owed]) -> StoreResult<Changes> {
        let standings = self.standings(owed).await?;
        let of = |duty: DutyId| standings.iter().filter(move |it| it.duty_id == duty.uuid());
        let mut changes = Changes::default();
        for owed in owed {
            let sent = of(owed.id).find(|it| it.is_sent).map(Standing::sent).transpose()?;
            let waiting = of(owed.id).find(|it| !it.is_sent);
            let wanted = wanted(owed, sent, self.at).map(|rung| self.queued(owed, &rung));
            if waiting.zip(wanted.as_ref()).is_some_and(|(waiting, wanted)| waiting.is(wanted)) {
                continue;
            }
            if waiting.is_some() {
                changes.cancelled.push(owed.id.uuid());
            }
            changes.queued.extend(wanted);
        }
        Ok(changes)
    }

    /// The same for duties that are new: no ladder stands yet, and nothing has to be asked.
    pub(crate) fn first(&self, owed: &[Owed]) -> Changes {
        let first = |owed: &Owed| Some(self.queued(owed, &wanted(owed, None, self.at)?));
        Changes { cancelled: Vec::new(), queued: owed.iter().filter_map(first).collect() }
    }

    /// Sends the duties and their rungs without a wait between.
    pub(crate) async fn write(&self, duties: Sql, changes: Changes) -> StoreResult<()> {
        let (mut first, mut second) = (self.conn, self.conn);
        if changes.cancelled.is_empty() {
            let rungs = queue(json(&changes.queued)?);
            let (duties, rungs) = join!(duties.execute(&mut first), rungs.execute(&mut second));
            duties.and(rungs)?;
            return Ok(());
        }
        duties.execute(&mut first).await?;
        self.cancel(changes.cancelled).await?;
        queue(json(&changes.queued)?).execute(&mut second).await?;
        Ok(())
    }

    /// Brings the rungs in line with what is owed, where the duties stay as they are. Says how many changed.
    pub(crate) async fn mend(&self, owed: &[Owed]) -> StoreResult<usize> {
        let changes = self.changes(owed).await?;
        let count = changes.queued.len();
        if 0 < count {
            self.cancel(changes.cancelled).await?;
            queue(json(&changes.queued)?).execute(&mut &*self.conn).await?;
        }
        Ok(count)
    }

    fn queued(&self, owed: &Owed, rung: &Rung) -> Queued {
        Queued::of(self.agency.uuid(), call::new_id(self.at), owed, rung)
    }

    async fn standings(&self, owed: &[Owed]) -> StoreResult<Vec<Standing>> {
        let duties: Vec<Uuid> = owed.iter().map(|it| it.id.uuid()).collect();
        Ok(sql(STANDINGS)
            .bind::<SqlUuid, _>(self.agency.uuid())
            .bind::<Array<SqlUuid>, _>(duties)
            .load(&mut &*self.conn)
            .await?)
    }

    async fn cancel(&self, duties: Vec<Uuid>) -> StoreResult<()> {
        sql(CANCEL)
            .bind::<Timestamptz, _>(self.at)
            .bind::<SqlUuid, _>(self.agency.uuid())
            .bind::<Array<SqlUuid>, _>(duties)
            .execute(&mut &*self.conn)
            .await?;
        Ok(())
    }
}

fn json(rungs: &[Queued]) -> StoreResult<String> {
    serde_json::to_string(rungs).map_err(|_| StoreError::Corrupt("rungs"))
}

/// The statement that queues rungs, from rows as JSON.
pub(crate) fn queue(rows: String) -> Sql {
    sql(QUEUE).bind::<Text, _>(rows)
}

fn wanted(owed: &Owed, sent: Option<Sent>, now: DateTime<Utc>) -> Option<Rung> {
    if owed.is_history { None } else { next_rung(&owed.duty, sent, now) }
}

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
