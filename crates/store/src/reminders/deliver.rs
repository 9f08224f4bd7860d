//! Delivering one leased rung: into the inbox and marked as sent, in one transaction.
//!
//! The message and the mark cannot part, so a killed worker neither loses a reminder nor sends one twice.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use homeward_domain::duty::Cause;
use homeward_domain::id::{Id, names};
use homeward_domain::policy::{self, ReadDeterminations};
use homeward_domain::reminder::{self, Audience};
use homeward_domain::vocabulary::Vocabulary;
use homeward_domain::zone::Zone;
use uuid::Uuid;

use crate::call;
use crate::convert::code;
use crate::duties::{self, Owed};
use crate::error::{StoreError, StoreResult};
use crate::pool::{self, Pooled};
use crate::rungs::{self, Leased, Queued};
use crate::sql::sql;
use crate::tx::{self, Store};

/// What came of a try to deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// So many people have it in their inbox.
    Delivered(i32),
    /// Nobody stands on this rung or above. The ladder goes on, and says so.
    Nobody,
    /// The duty was done in the meantime.
    NoLongerOwed,
    /// Another worker took the rung over; nothing was written.
    Lost,
}

/// The rung as long as this worker holds it, with its duty and its agency.
const HELD: &str = "select to_jsonb(d) as duty, r.ordinal, r.step, r.audience, \
    a.time_zone \
    from rungs r join duties d on d.agency_id = r.agency_id and d.id = r.duty_id join agencies a on a.id = r.agency_id \
    where r.agency_id = ? and r.id = ? and r.fence = ? and r.sent_at is null and r.cancelled_at is null \
    for update of r";

/// Everyone up to the rung's audience; where nobody stands there, the next one up who exists.
const PEOPLE: &str = include_str!("people.sql");

const INSERT: &str = "insert into reminders (agency_id, id, user_id, duty_id, rung_id, child_id, episode_id, \
    determination_id, step, due_at, message, sent_at) select ?, t.id, t.user_id, ?, ?, ?, ?, ?, ?, ?, ?, ? \
    from unnest(?, ?) as t(id, user_id) on conflict (agency_id, rung_id, user_id) do nothing";

const MARK: &str = "update rungs set sent_at = ?, leased_until = null where agency_id = ? and id = ? and fence = ?";

const ATTEMPT: &str = "insert into delivery_attempts (agency_id, id, rung_id, episode_id, attempted_at, channel, \
    outcome, recipients, worker, fence) values (?, ?, ?, ?, ?, 'inbox', ?, ?, ?, ?)";

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = Jsonb)]
    duty: serde_json::Value,
    #[diesel(sql_type = Integer)]
    ordinal: i32,
    #[diesel(sql_type = Text)]
    step: String,
    #[diesel(sql_type = Text)]
    audience: String,
    #[diesel(sql_type = Text)]
    time_zone: String,
}

#[derive(QueryableByName)]
struct Person {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// One delivery, with all it needs at hand.
struct Delivery<'a> {
    leased: &'a Leased,
    worker: &'a str,
    now: DateTime<Utc>,
    owed: Owed,
    step: String,
    ordinal: i32,
    zone: Zone,
}

impl Store {
    /// Delivers a leased rung and queues the next one, all or nothing.
    pub async fn deliver(&self, leased: &Leased, worker: &str, now: DateTime<Utc>) -> StoreResult<Outcome> {
        let mut conn = pool::checkout(&self.pool).await?;
        conn.in_transaction = true;
        conn.pg.batch_execute(&tx::open_for(leased.agency)).await?;
        let delivered = deliver(&conn.pg, leased, worker, now).await;
        end(&mut conn, delivered).await
    }
}

/// The roles that may be told, where not everyone may. Whoever is left out is passed over for the next one up.
fn who_may_know(cause: Cause) -> Option<Vec<&'static str>> {
    let roles = || policy::roles_that_may::<ReadDeterminations>().map(Vocabulary::code).collect();
    cause.determination().map(|_| roles())
}

async fn end(conn: &mut Pooled, delivered: StoreResult<Outcome>) -> StoreResult<Outcome> {
    match delivered {
        Ok(outcome) => tx::commit(conn).await.map(|()| outcome),
        Err(error) => {
            tx::roll_back(conn).await;
            Err(error)
        }
    }
}

async fn deliver(conn: &AsyncPgConnection, leased: &Leased, worker: &str, now: DateTime<Utc>) -> StoreResult<Outcome> {
    let held: Option<Held> = sql(HELD)
        .bind::<SqlUuid, _>(leased.agency.uuid())
        .bind::<SqlUuid, _>(leased.id.uuid())
        .bind::<BigInt, _>(leased.fence)
        .get_result(&mut &*conn)
        .await
        .optional()?;
    let Some(held) = held else { return Ok(Outcome::Lost) };
    let audience: Audience = code(&held.audience, "rungs.audience")?;
    let zone = Zone::parse(&held.time_zone).map_err(|_| StoreError::Corrupt("agencies.time_zone"))?;
    let row: duties::Row = serde_json::from_value(held.duty).map_err(|_| StoreError::Corrupt("duties"))?;
    let owed = row.owed()?;
    let delivery = Delivery { leased, worker, now, owed, step: held.step, ordinal: held.ordinal, zone };
    delivery.run(conn, audience).await
}

impl Delivery<'_> {
    async fn run(&self, conn: &AsyncPgConnection, audience: Audience) -> StoreResult<Outcome> {
        let outcome =
            if self.owed.duty.is_outstanding() { self.send(conn, audience).await? } else { Outcome::NoLongerOwed };
        self.mark(conn, outcome).await?;
        self.queue_next(conn).await?;
        Ok(outcome)
    }

    async fn send(&self, conn: &AsyncPgConnection, audience: Audience) -> StoreResult<Outcome> {
        let people = self.people(conn, audience).await?;
        if people.is_empty() {
            return Ok(Outcome::Nobody);
        }
        let ids: Vec<Uuid> = people.iter().map(|_| call::new_id::<names::Reminder>(self.now).uuid()).collect();
        let users: Vec<Uuid> = people.iter().map(|it| it.id).collect();
        let owed = &self.owed;
        let written = sql(INSERT)
            .bind::<SqlUuid, _>(self.leased.agency.uuid())
            .bind::<SqlUuid, _>(owed.id.uuid())
            .bind::<SqlUuid, _>(self.leased.id.uuid())
            .bind::<SqlUuid, _>(owed.child.uuid())
            .bind::<Nullable<SqlUuid>, _>(owed.cause.episode().map(Id::uuid))
            .bind::<Nullable<SqlUuid>, _>(owed.cause.determination().map(Id::uuid))
            .bind::<Text, _>(self.step.clone())
            .bind::<Timestamptz, _>(owed.duty.limit_at())
            .bind::<Text, _>(reminder::message(&owed.duty, self.now, self.zone))
            .bind::<Timestamptz, _>(self.now)
            .bind::<Array<SqlUuid>, _>(ids)
            .bind::<Array<SqlUuid>, _>(users)
            .execute(&mut &*conn)
            .await?;
        Ok(Outcome::Delivered(i32::try_from(written).unwrap_or(i32::MAX)))
    }

    async fn people(&self, conn: &AsyncPgConnection, audience: Audience) -> StoreResult<Vec<Person>> {
        let height = match audience {
            Audience::AssignedWorker => 0,
            Audience::Supervisor => 1,
            Audience::OnCall => 2,
            Audience::AgencyContact => 3,
        };
        Ok(sql(PEOPLE)
            .bind::<SqlUuid, _>(self.leased.agency.uuid())
            .bind::<SqlUuid, _>(self.owed.unit.uuid())
            .bind::<Nullable<SqlUuid>, _>(self.owed.assigned_to.map(Id::uuid))
            .bind::<Integer, _>(height)
            .bind::<Nullable<Array<Text>>, _>(who_may_know(self.owed.cause))
            .load(&mut &*conn)
            .await?)
    }

    async fn mark(&self, conn: &AsyncPgConnection, outcome: Outcome) -> StoreResult<()> {
        let (word, recipients) = match outcome {
            Outcome::Delivered(people) => ("delivered", people),
            Outcome::Nobody => ("nobody", 0),
            Outcome::NoLongerOwed | Outcome::Lost => ("no_longer_owed", 0),
        };
        sql(MARK)
            .bind::<Timestamptz, _>(self.now)
            .bind::<SqlUuid, _>(self.leased.agency.uuid())
            .bind::<SqlUuid, _>(self.leased.id.uuid())
            .bind::<BigInt, _>(self.leased.fence)
            .execute(&mut &*conn)
            .await?;
        sql(ATTEMPT)
            .bind::<SqlUuid, _>(self.leased.agency.uuid())
            .bind::<SqlUuid, _>(call::new_id::<names::Rung>(self.now).uuid())
            .bind::<SqlUuid, _>(self.leased.id.uuid())
            .bind::<Nullable<SqlUuid>, _>(self.owed.cause.episode().map(Id::uuid))
            .bind::<Timestamptz, _>(self.now)
            .bind::<Text, _>(word)
            .bind::<Integer, _>(recipients)
            .bind::<Text, _>(self.worker.to_owned())
            .bind::<BigInt, _>(self.leased.fence)
            .execute(&mut &*conn)
            .await?;
        Ok(())
    }

    async fn queue_next(&self, conn: &AsyncPgConnection) -> StoreResult<()> {
        let Some(rung) = reminder::next_rung(&self.owed.duty, Some(self.ordinal), self.now) else { return Ok(()) };
        let queued = Queued::of(self.leased.agency.uuid(), call::new_id(self.now), &self.owed, &rung);
        let rows = serde_json::to_string(&[queued]).map_err(|_| StoreError::Corrupt("rungs"))?;
        rungs::queue(rows).execute(&mut &*conn).await?;
        Ok(())
    }
}
