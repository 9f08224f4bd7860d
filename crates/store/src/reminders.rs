//! Reminders: leased from the queue, delivered to the inbox, read and acknowledged by their owner.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::SelectableHelper as _;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, Queryable, QueryableByName, Selectable};
use diesel_async::RunQueryDsl as _;
use homeward_domain::duty::Cause;
use homeward_domain::id::{ChildId, DutyId, Id, ReminderId};
use homeward_domain::policy::{Grant, OwnReminders, ReadDeterminations};
use uuid::Uuid;

use crate::convert::cause;
use crate::error::{StoreError, StoreResult};
use crate::page::{After, Page, Window};
use crate::rungs::{Leased, LeasedRow};
use crate::schema::reminders::dsl;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, Store, WriteTx};

mod clock;
mod deliver;
mod fail;
pub(crate) mod inbox;
pub(crate) mod people;

pub use deliver::Outcome;
pub use fail::Failed;
pub(crate) use fail::HELD_AFTER;

/// How long a worker may hold a rung (DL-03). A killed worker's rungs are free again after this.
pub const LEASE: TimeDelta = TimeDelta::seconds(30);
/// A lease that ends later than this from now was taken by a clock that was ahead, and holds nobody up: the fence keeps
/// its worker from writing.
pub(crate) const STRAY: TimeDelta = TimeDelta::seconds(60);

/// Lock what is due and free, skip what others hold; the fence tells a late worker that it has lost. What presses and
/// what does not are claimed apart, so that a flood of the one never keeps the other waiting (DL-11).
const CLAIM: &str = "update rungs r set leased_until = ?, leased_by = ?, fence = r.fence + 1 \
    from (select agency_id, id from rungs where pressing = ? and fire_at <= ? and sent_at is null \
    and cancelled_at is null and (leased_until is null or leased_until <= ? or ? < leased_until) \
    and (held_until is null or held_until <= ?) \
    order by fire_at, id limit ? for update skip locked) due \
    where r.agency_id = due.agency_id and r.id = due.id returning r.agency_id, r.id, r.fence, r.fire_at";

/// The same for rungs that were delivered and that somebody has to have seen by now (DL-08).
const CLAIM_TO_FOLLOW_UP: &str = "update rungs r set leased_until = ?, leased_by = ?, fence = r.fence + 1 \
    from (select agency_id, id from rungs where follow_up_at is not null and follow_up_at <= ? \
    and (leased_until is null or leased_until <= ? or ? < leased_until) \
    and (held_until is null or held_until <= ?) \
    order by follow_up_at, id limit ? for update skip locked) due \
    where r.agency_id = due.agency_id and r.id = due.id returning r.agency_id, r.id, r.fence, r.follow_up_at as fire_at";

/// The next thing that a worker will have to do.
const NEXT_WORK: &str = "select least( \
    (select min(fire_at) from rungs where pressing and sent_at is null and cancelled_at is null), \
    (select min(fire_at) from rungs where not pressing and sent_at is null and cancelled_at is null), \
    (select min(follow_up_at) from rungs where follow_up_at is not null), \
    (select min(next_try_at) from deliveries where ended_at is null)) as at";

const OLDEST: &str = "select least( \
    (select min(fire_at) from rungs where pressing and sent_at is null and cancelled_at is null), \
    (select min(fire_at) from rungs where not pressing and sent_at is null and cancelled_at is null)) as at";

#[derive(QueryableByName)]
struct Oldest {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
}

impl Store {
    /// Leases due rungs for `worker`, up to `limit` of each sort: those that press first. Workers never share one; a crash
    /// frees them.
    pub async fn lease(&self, worker: &str, now: DateTime<Utc>, limit: i64) -> StoreResult<Vec<Leased>> {
        let by = (worker, now, limit);
        let (pressing, unseen, rest) = self
            .sweep(async |conn| {
                let pressing: Vec<LeasedRow> = claim(sql(CLAIM), Some(true), by).load(&mut &*conn).await?;
                let rest: Vec<LeasedRow> = claim(sql(CLAIM), Some(false), by).load(&mut &*conn).await?;
                let unseen: Vec<LeasedRow> = claim(sql(CLAIM_TO_FOLLOW_UP), None, by).load(&mut &*conn).await?;
                Ok((pressing, unseen, rest))
            })
            .await?;
        let in_order = |rows: Vec<LeasedRow>| {
            let mut leased: Vec<Leased> = rows.into_iter().map(Leased::from).collect();
            leased.sort_by_key(|it| (it.fire_at, it.id));
            leased
        };
        Ok([pressing, unseen, rest].into_iter().flat_map(in_order).collect())
    }

    /// When the rung that has waited longest was, or will be, due.
    pub async fn next_rung_at(&self) -> StoreResult<Option<DateTime<Utc>>> {
        self.earliest(OLDEST).await
    }

    /// When a worker next has something to do: a rung, a look whether one was seen, a message that leaves.
    pub async fn next_work_at(&self) -> StoreResult<Option<DateTime<Utc>>> {
        self.earliest(NEXT_WORK).await
    }

    async fn earliest(&self, question: &'static str) -> StoreResult<Option<DateTime<Utc>>> {
        let oldest: Oldest = self.sweep(async |conn| Ok(sql(question).get_result(&mut &*conn).await?)).await?;
        Ok(oldest.at)
    }
}

fn claim(statement: Sql, pressing: Option<bool>, (worker, now, limit): (&str, DateTime<Utc>, i64)) -> Sql {
    let statement = statement.bind::<Timestamptz, _>(now + LEASE).bind::<Text, _>(worker.to_owned());
    let statement = match pressing {
        Some(pressing) => statement.bind::<Bool, _>(pressing),
        None => statement,
    };
    let free = statement.bind::<Timestamptz, _>(now).bind::<Timestamptz, _>(now).bind::<Timestamptz, _>(now + STRAY);
    free.bind::<Timestamptz, _>(now).bind::<BigInt, _>(limit)
}

/// One message to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// The message.
    pub id: ReminderId,
    /// The duty it is about.
    pub duty: DutyId,
    /// The child.
    pub child: ChildId,
    /// What the duty hangs on.
    pub cause: Cause,
    /// Which rung of the ladder.
    pub step: String,
    /// The law's limit, else the agency's own aim.
    pub due_at: DateTime<Utc>,
    /// What it says.
    pub message: String,
    /// When it was delivered.
    pub sent_at: DateTime<Utc>,
    /// When its owner said that they saw it.
    pub acknowledged_at: Option<DateTime<Utc>>,
}

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = crate::schema::reminders)]
struct Row {
    id: Uuid,
    duty_id: Uuid,
    child_id: Uuid,
    episode_id: Option<Uuid>,
    step: String,
    due_at: DateTime<Utc>,
    message: String,
    sent_at: DateTime<Utc>,
    acknowledged_at: Option<DateTime<Utc>>,
    determination_id: Option<Uuid>,
}

impl Row {
    fn reminder(self) -> StoreResult<Reminder> {
        Ok(Reminder {
            id: Id::from_uuid(self.id),
            duty: Id::from_uuid(self.duty_id),
            child: Id::from_uuid(self.child_id),
            cause: cause(self.episode_id, self.determination_id, "reminders")?,
            step: self.step,
            due_at: self.due_at,
            message: self.message,
            sent_at: self.sent_at,
            acknowledged_at: self.acknowledged_at,
        })
    }
}

const OWN: &str = "select r.* from reminders r where r.agency_id = ? and r.user_id = ?";

/// Which of one's own reminders to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// Those not yet acknowledged.
    Unacknowledged,
    /// Those acknowledged.
    Acknowledged,
}

/// One page of the caller's own reminders, newest first.
pub async fn own(
    tx: &ReadTx,
    grant: &Grant<OwnReminders>,
    which: Which,
    window: &Window,
) -> StoreResult<Page<Reminder>> {
    let mut query = sql(OWN).bind::<SqlUuid, _>(grant.agency().uuid()).bind::<SqlUuid, _>(grant.actor().uuid());
    if !tx.may::<ReadDeterminations>() {
        query = query.push(" and r.determination_id is null");
    }
    query = match which {
        Which::All => query,
        Which::Unacknowledged => query.push(" and r.acknowledged_at is null"),
        Which::Acknowledged => query.push(" and r.acknowledged_at is not null"),
    };
    if let Some(after) = window.after {
        query = query.push(" and (r.sent_at, r.id) < (?, ?)");
        query = query.bind::<Timestamptz, _>(after.at).bind::<SqlUuid, _>(after.id);
    }
    let rows: Vec<Row> = query
        .push(" order by r.sent_at desc, r.id desc limit ?")
        .bind::<BigInt, _>(window.limit + 1)
        .load(&mut tx.conn())
        .await?;
    let reminders = rows.into_iter().map(Row::reminder).collect::<StoreResult<Vec<_>>>()?;
    Ok(Page::cut(reminders, window, |it| After { at: it.sent_at, id: it.id.uuid() }))
}

/// One of the caller's own reminders.
pub async fn find(tx: &ReadTx, grant: &Grant<OwnReminders>, id: ReminderId) -> StoreResult<Reminder> {
    let row: Option<Row> = dsl::reminders
        .filter(dsl::agency_id.eq(grant.agency().uuid()))
        .filter(dsl::user_id.eq(grant.actor().uuid()))
        .filter(dsl::id.eq(id.uuid()))
        .select(Row::as_select())
        .first(&mut tx.conn())
        .await
        .optional()?;
    let reminder = row.ok_or(StoreError::NotFound)?.reminder()?;
    // Who lost the right since it was sent learns nothing more, and what the transaction did is undone.
    let is_theirs = reminder.cause.determination().is_none() || tx.may::<ReadDeterminations>();
    if is_theirs { Ok(reminder) } else { Err(StoreError::NotFound) }
}

/// Records that the caller saw one of their reminders. The first time stands; the duty stays.
pub async fn acknowledge(tx: &WriteTx, grant: &Grant<OwnReminders>, id: ReminderId) -> StoreResult<Reminder> {
    let mine = dsl::reminders
        .filter(dsl::agency_id.eq(grant.agency().uuid()))
        .filter(dsl::user_id.eq(grant.actor().uuid()))
        .filter(dsl::id.eq(id.uuid()));
    diesel::update(mine.filter(dsl::acknowledged_at.is_null()))
        .set(dsl::acknowledged_at.eq(tx.at()))
        .execute(&mut tx.conn())
        .await?;
    find(tx, grant, id).await
}
