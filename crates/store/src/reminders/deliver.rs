//! Delivering one leased rung: into the inbox and marked as sent, in one transaction.
//!
//! The message and the mark cannot part, so a killed worker neither loses a reminder nor sends one twice.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::delivery::{self, FollowUp, Pressure, Standing};
use homeward_domain::reminder::{self, Audience, Sent};
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_domain::zone::Zone;

use super::inbox::Rung;
use super::people::{self, People};
use crate::call;
use crate::convert::code;
use crate::error::{StoreError, StoreResult};
use crate::{deliveries, duties};

use crate::rungs::{self, Leased, Queued};
use crate::sql::sql;
use crate::tx::Store;

/// What came of a try to deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// So many people have it in their inbox.
    Delivered(i32),
    /// Nobody stands on this rung: so many people above have it.
    WentUp(i32),
    /// The duty has another worker, and so many people have it who had not.
    GivenAgain(i32),
    /// Nobody stands on this rung or above. The ladder goes on, and says so.
    Nobody,
    /// The duty was done in the meantime.
    NoLongerOwed,
    /// Nobody had seen it, and so many people higher up have it too.
    Widened(i32),
    /// Everyone up to the agency's contact has it, and nobody has seen it. Said once for each rung.
    Unseen,
    /// It was seen, or need not be.
    Rested,
    /// Another worker took the rung over; nothing was written.
    Lost,
}

/// The rung as long as this worker holds it, with its duty, its agency, and how far it got.
const HELD: &str = "select to_jsonb(d) as duty, r.ordinal, r.fire_at, r.step, r.audience, r.pressing, r.sent_at, r.reached, \
    r.handed_over_at is not null as handed_over, \
    a.time_zone, exists (select from reminders m where m.agency_id = d.agency_id and m.duty_id = d.id \
    and m.acknowledged_at >= r.sent_at) as seen, \
    exists (select from deliveries v where v.agency_id = r.agency_id and v.rung_id = r.id and v.channel = 'email' \
    and (v.passed_on_at is not null or v.ending = 'refused')) \
    and not exists (select from deliveries v where v.agency_id = r.agency_id and v.rung_id = r.id \
    and v.channel = 'email' and v.ending = 'accepted') as undelivered, \
    (select p.reached from rungs p where p.agency_id = r.agency_id and p.duty_id = r.duty_id \
    and p.pressing and p.sent_at is not null and p.cancelled_at is null and not exists (select from reminders m \
    where m.agency_id = p.agency_id and m.duty_id = p.duty_id and m.acknowledged_at >= p.sent_at) \
    order by p.ordinal desc limit 1) as unseen_up_to \
    from rungs r join duties d on d.agency_id = r.agency_id and d.id = r.duty_id join agencies a on a.id = r.agency_id \
    where r.agency_id = ? and r.id = ? and r.fence = ? and r.cancelled_at is null \
    and (r.sent_at is null or r.follow_up_at <= ?) for update of r";

/// The newest rung of a duty is the one that is followed up.
const TAKE_OVER: &str = "update rungs set follow_up_at = null \
    where agency_id = ? and duty_id = ? and id <> ? and follow_up_at is not null";

const MARK: &str = "update rungs set sent_at = coalesce(sent_at, ?), reached = ?, follow_up_at = ?, \
    went_up = coalesce(went_up, ?), handed_over_at = null, leased_until = null, failures = null, held_until = null \
    where agency_id = ? and id = ? and fence = ?";

#[derive(QueryableByName)]
#[expect(clippy::struct_excessive_bools, reason = "a row of a query")]
struct Held {
    #[diesel(sql_type = Jsonb)]
    duty: serde_json::Value,
    #[diesel(sql_type = Integer)]
    ordinal: i32,
    #[diesel(sql_type = Timestamptz)]
    fire_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    step: String,
    #[diesel(sql_type = Text)]
    audience: String,
    #[diesel(sql_type = Bool)]
    pressing: bool,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    sent_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    reached: Option<String>,
    #[diesel(sql_type = Text)]
    time_zone: String,
    #[diesel(sql_type = Bool)]
    seen: bool,
    #[diesel(sql_type = Bool)]
    undelivered: bool,
    #[diesel(sql_type = Bool)]
    handed_over: bool,
    /// How high the rung before reached, where nobody saw it.
    #[diesel(sql_type = Nullable<Text>)]
    unseen_up_to: Option<String>,
}

/// A rung, where it stands on its ladder, and how far it got.
struct Delivery<'a> {
    rung: Rung<'a>,
    /// As it stands on its ladder.
    own: Sent,
    audience: Audience,
    /// How it stands, once it was delivered.
    standing: Option<Standing>,
}

/// What is written on the rung when a worker is done with it.
struct Mark {
    reached: Option<Audience>,
    follow_up_at: Option<DateTime<Utc>>,
    went_up: Option<bool>,
}

impl Mark {
    /// Of a rung that was delivered before.
    fn again(reached: Audience, follow_up_at: Option<DateTime<Utc>>) -> Self {
        Self { reached: Some(reached), follow_up_at, went_up: None }
    }
}

impl Store {
    /// Delivers a leased rung and queues the next one; or, if it was delivered, follows up whether anyone saw it. All or
    /// nothing.
    pub async fn deliver(&self, leased: &Leased, worker: &str, now: DateTime<Utc>) -> StoreResult<Outcome> {
        self.within(leased.agency, async |conn| match held(conn, leased, now).await? {
            Some(held) => held.delivery(leased, worker, now, self.mails)?.run(conn).await,
            None => Ok(Outcome::Lost),
        })
        .await
    }
}

async fn held(conn: &AsyncPgConnection, leased: &Leased, now: DateTime<Utc>) -> StoreResult<Option<Held>> {
    Ok(sql(HELD)
        .bind::<SqlUuid, _>(leased.agency.uuid())
        .bind::<SqlUuid, _>(leased.id.uuid())
        .bind::<BigInt, _>(leased.fence)
        .bind::<Timestamptz, _>(now)
        .get_result(&mut &*conn)
        .await
        .optional()?)
}

impl Held {
    fn delivery<'a>(
        self,
        leased: &'a Leased,
        worker: &'a str,
        now: DateTime<Utc>,
        mails: bool,
    ) -> StoreResult<Delivery<'a>> {
        let own: Audience = code(&self.audience, "rungs.audience")?;
        let unseen: Option<Audience> = self.unseen_up_to.map(|it| code(&it, "rungs.reached")).transpose()?;
        // Whoever had to hear of the rung before, because nobody below had seen it, hears of this one too.
        let audience = unseen.map_or(own, |unseen| unseen.max(own));
        let reached = self.reached.map(|it| code(&it, "rungs.reached")).transpose()?.unwrap_or(audience);
        let zone = Zone::parse(&self.time_zone).map_err(|_| StoreError::Corrupt("agencies.time_zone"))?;
        let row: duties::Row = serde_json::from_value(self.duty).map_err(|_| StoreError::Corrupt("duties"))?;
        let pressure = if self.pressing { Pressure::High } else { Pressure::Low };
        let (seen, undelivered, handed_over) = (self.seen, self.undelivered, self.handed_over);
        let standing =
            self.sent_at.map(|sent_at| Standing { pressure, sent_at, reached, seen, undelivered, handed_over });
        let rung = Rung { leased, worker, now, owed: row.unopened()?, step: self.step, zone, pressure, mails };
        let own = Sent { ordinal: self.ordinal, fire_at: self.fire_at, audience: own };
        Ok(Delivery { rung, own, audience, standing })
    }
}

impl Delivery<'_> {
    async fn run(&self, conn: &AsyncPgConnection) -> StoreResult<Outcome> {
        if !self.rung.owed.duty.is_outstanding() {
            self.mark(conn, &Mark { reached: None, follow_up_at: None, went_up: None }).await?;
            if self.standing.is_none() {
                self.rung.attempted(conn, "no_longer_owed", 0).await?;
            }
            return Ok(Outcome::NoLongerOwed);
        }
        match &self.standing {
            Some(standing) => self.follow_up(conn, standing).await,
            None => self.first(conn).await,
        }
    }

    async fn first(&self, conn: &AsyncPgConnection) -> StoreResult<Outcome> {
        let People { people, reached } = self.people(conn, self.audience).await?;
        let went_up = self.audience < reached;
        let (outcome, word, told) = if people.is_empty() {
            (Outcome::Nobody, "nobody", 0)
        } else {
            let told = self.rung.give(conn, people).await?;
            (if went_up { Outcome::WentUp(told) } else { Outcome::Delivered(told) }, "delivered", told)
        };
        let mark = Mark { reached: Some(reached), follow_up_at: self.look_again(), went_up: Some(went_up) };
        self.mark(conn, &mark).await?;
        self.take_over(conn).await?;
        self.rung.attempted(conn, word, told).await?;
        self.queue_next(conn).await?;
        Ok(outcome)
    }

    async fn follow_up(&self, conn: &AsyncPgConnection, standing: &Standing) -> StoreResult<Outcome> {
        match delivery::follow_up(standing) {
            FollowUp::Rest => {
                self.mark(conn, &Mark::again(standing.reached, None)).await?;
                Ok(Outcome::Rested)
            }
            FollowUp::GiveAgain(up) => {
                let (reached, told) = self.give_again(conn, up).await?;
                self.mark(conn, &Mark::again(reached, self.look_again())).await?;
                Ok(Outcome::GivenAgain(told))
            }
            FollowUp::Widen(up) => {
                let (reached, told) = self.give_up_to(conn, up, "widened").await?;
                let further = delivery::look_further_at(self.rung.pressure, told, self.rung.now);
                self.mark(conn, &Mark::again(reached, further)).await?;
                Ok(Outcome::Widened(told))
            }
            FollowUp::Alarm => {
                self.mark(conn, &Mark::again(standing.reached, None)).await?;
                self.rung.attempted(conn, "unseen", 0).await?;
                Ok(Outcome::Unseen)
            }
        }
    }

    /// Gives the rung to everyone who stands up to here now and has not had it. How high that reached, and how many.
    async fn give_up_to(
        &self,
        conn: &AsyncPgConnection,
        up: Audience,
        word: &'static str,
    ) -> StoreResult<(Audience, i32)> {
        let People { people, reached } = self.people(conn, up).await?;
        let told = self.rung.give(conn, people).await?;
        self.rung.attempted(conn, word, told).await?;
        Ok((reached, told))
    }

    /// The same where the duty has another worker. Whoever was the worker and stands on the rung all the same gets the mail
    /// that was called back.
    async fn give_again(&self, conn: &AsyncPgConnection, up: Audience) -> StoreResult<(Audience, i32)> {
        let People { people, reached } = self.people(conn, up).await?;
        let users = people.iter().map(|it| it.id).collect();
        let told = self.rung.give(conn, people).await?;
        deliveries::resume(conn, &self.rung, users).await?;
        self.rung.attempted(conn, "given_again", told).await?;
        Ok((reached, told))
    }

    fn look_again(&self) -> Option<DateTime<Utc>> {
        delivery::look_again_at(self.rung.pressure, self.rung.now)
    }

    async fn people(&self, conn: &AsyncPgConnection, audience: Audience) -> StoreResult<People> {
        people::standing(conn, self.rung.leased.agency, &self.rung.owed, audience, self.rung.now).await
    }

    async fn mark(&self, conn: &AsyncPgConnection, mark: &Mark) -> StoreResult<()> {
        let leased = self.rung.leased;
        sql(MARK)
            .bind::<Timestamptz, _>(self.rung.now)
            .bind::<Nullable<Text>, _>(mark.reached.map(Audience::code))
            .bind::<Nullable<Timestamptz>, _>(mark.follow_up_at)
            .bind::<Nullable<Bool>, _>(mark.went_up)
            .bind::<SqlUuid, _>(leased.agency.uuid())
            .bind::<SqlUuid, _>(leased.id.uuid())
            .bind::<BigInt, _>(leased.fence)
            .execute(&mut &*conn)
            .await?;
        Ok(())
    }

    async fn take_over(&self, conn: &AsyncPgConnection) -> StoreResult<()> {
        sql(TAKE_OVER)
            .bind::<SqlUuid, _>(self.rung.leased.agency.uuid())
            .bind::<SqlUuid, _>(self.rung.owed.id.uuid())
            .bind::<SqlUuid, _>(self.rung.leased.id.uuid())
            .execute(&mut &*conn)
            .await?;
        Ok(())
    }

    async fn queue_next(&self, conn: &AsyncPgConnection) -> StoreResult<()> {
        let owed = &self.rung.owed;
        let Some(rung) = reminder::next_rung(&owed.duty, Some(self.own), self.rung.now) else { return Ok(()) };
        let queued = Queued::of(self.rung.leased.agency.uuid(), call::new_id(self.rung.now), owed, &rung);
        let rows = serde_json::to_string(&[queued]).map_err(|_| StoreError::Corrupt("rungs"))?;
        rungs::queue(rows).execute(&mut &*conn).await?;
        Ok(())
    }
}
