//! Marking what was sent, under the fence of whoever sent it.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::delivery::{After, Channel, Ending, LONGEST_PAUSE, Pressure, Reply, Tried, after};
use homeward_domain::id::{AgencyId, names};
use homeward_domain::notice::EndpointNotice;
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use super::Held;
use crate::call;
use crate::error::StoreResult;
use crate::reminders::{HELD_AFTER, LEASE};
use crate::sql::sql;
use crate::tx::Store;
use crate::webhooks;

/// What the other side said: its class, its code, and a hash of its words, never the words (WH-04).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it comes to.
    pub reply: Reply,
    /// The code of SMTP or HTTP, where one came.
    pub code: Option<i32>,
    /// SHA-256 of what it said, in hex.
    pub hash: Option<String>,
}

const TRIED: &str = "select d.tries + 1 as tries, d.pressing, d.leaves_at, d.rung_id, d.episode_id, d.user_id, d.channel, \
    d.passed_on_at, (select min(r.fire_at) from rungs r where r.agency_id = d.agency_id and r.duty_id = d.duty_id \
    and r.sent_at is null and r.cancelled_at is null) as next_rung_at \
    from deliveries d where d.agency_id = ? and d.id = ? and d.fence = ? and d.ended_at is null for update of d";

/// One that failed so often is tried more seldom, and people are told (DL-12).
const FAILED: &str = "update deliveries set failures = coalesce(failures, 0) + 1, leased_until = null, \
    next_try_at = case when ? <= coalesce(failures, 0) + 1 then ? else ? end \
    where agency_id = ? and id = ? and fence = ? and ended_at is null returning failures";

const HAND_BACK: &str = "update deliveries d set leased_until = null \
    from unnest(?::uuid[], ?::uuid[], ?::bigint[]) as held (agency_id, id, fence) \
    where d.agency_id = held.agency_id and d.id = held.id and d.fence = held.fence and d.ended_at is null";

const END: &str = "update deliveries set tries = tries + 1, leased_until = null, ended_at = ?, ending = ? \
    where agency_id = ? and id = ?";

const TRY_AGAIN: &str = "update deliveries set tries = tries + 1, leased_until = null, failures = null, next_try_at = ?, \
    passed_on_at = coalesce(passed_on_at, ?) where agency_id = ? and id = ?";

const ATTEMPT: &str = "insert into delivery_attempts (agency_id, id, rung_id, episode_id, attempted_at, channel, outcome, \
    recipients, worker, fence, delivery_id, reply_code, reply_hash) \
    values (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)";

const BOUNCED: &str = "insert into bounces (agency_id, id, user_id, email, bounced_at, reply) \
    select d.agency_id, ?, d.user_id, a.email, ?, ? from deliveries d \
    cross join lateral addresses_of(d.agency_id, d.user_id) a where d.agency_id = ? and d.id = ? \
    and d.channel = 'email' and a.position = d.position \
    on conflict (agency_id, user_id, email) where cleared_at is null do nothing";

/// To the person's next address that has not bounced.
const NEXT_ADDRESS: &str = "insert into deliveries (agency_id, id, channel, rung_id, duty_id, episode_id, user_id, position, \
    pressing, message_id, queued_at, leaves_at, next_try_at, tries, fence) \
    select d.agency_id, ?, d.channel, d.rung_id, d.duty_id, d.episode_id, d.user_id, a.position, d.pressing, \
    d.message_id, t.at, t.at, t.at, 0, 0 from deliveries d cross join (select ?::timestamptz as at) t \
    cross join lateral addresses_of(d.agency_id, d.user_id) a where d.agency_id = ? and d.id = ? \
    and d.channel = 'email' and a.position > d.position and not a.bounced order by a.position limit 1 \
    on conflict on constraint deliveries_once do nothing";

/// Where the person has no further address, the next person is looked for at once; of the newest rung, which is the one
/// that is followed up.
const NEXT_PERSON: &str = "update rungs r set follow_up_at = least(r.follow_up_at, ?) \
    where r.agency_id = ? and r.id = ? and r.sent_at is not null and r.cancelled_at is null \
    and not exists (select from rungs newer where newer.agency_id = r.agency_id and newer.duty_id = r.duty_id \
    and newer.sent_at is not null and r.ordinal < newer.ordinal)";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Integer)]
    tries: i32,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    pressing: bool,
    #[diesel(sql_type = Timestamptz)]
    leaves_at: DateTime<Utc>,
    #[diesel(sql_type = SqlUuid)]
    rung_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    episode_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    channel: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    passed_on_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    next_rung_at: Option<DateTime<Utc>>,
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = Integer)]
    failures: i32,
}

/// One try of one message.
struct Try<'a> {
    held: &'a Held,
    answer: &'a Answer,
    worker: &'a str,
    now: DateTime<Utc>,
    /// Whether mail leaves the installation.
    mails: bool,
}

impl Store {
    /// Marks one message after a try. Says what follows, or nothing where another worker holds it by now.
    pub async fn mark_message(
        &self,
        held: &Held,
        answer: &Answer,
        worker: &str,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<After>> {
        let attempt = Try { held, answer, worker, now, mails: self.mails };
        self.within(held.agency, async |conn| attempt.mark(conn).await).await
    }
}

impl Store {
    /// Counts that a message could not be sent or marked by itself, and not by a relay or a database that was away. Says
    /// whether it is held now.
    pub async fn message_failed(&self, held: &Held, now: DateTime<Utc>) -> StoreResult<bool> {
        let failed = sql(FAILED)
            .bind::<Integer, _>(HELD_AFTER)
            .bind::<Timestamptz, _>(now + LONGEST_PAUSE)
            .bind::<Timestamptz, _>(now + LEASE)
            .bind::<SqlUuid, _>(held.agency.uuid())
            .bind::<SqlUuid, _>(held.id)
            .bind::<BigInt, _>(held.fence);
        let counted: Option<Counted> =
            self.within(held.agency, async |conn| Ok(failed.get_result(&mut &*conn).await.optional()?)).await?;
        Ok(counted.is_some_and(|it| HELD_AFTER <= it.failures))
    }

    /// Gives messages back that were leased and not sent.
    pub async fn hand_back_messages(&self, held: &[Held]) -> StoreResult<()> {
        let given = sql(HAND_BACK)
            .bind::<Array<SqlUuid>, _>(held.iter().map(|it| it.agency.uuid()).collect::<Vec<_>>())
            .bind::<Array<SqlUuid>, _>(held.iter().map(|it| it.id).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(held.iter().map(|it| it.fence).collect::<Vec<_>>());
        self.sweep(async |conn| Ok(given.execute(&mut &*conn).await?)).await?;
        Ok(())
    }
}

impl Row {
    fn tried(&self) -> Tried {
        Tried {
            tries: u32::try_from(self.tries).unwrap_or(u32::MAX),
            pressure: if self.pressing { Pressure::High } else { Pressure::Low },
            first_due_at: self.leaves_at,
            next_rung_at: self.next_rung_at,
        }
    }
}

impl Try<'_> {
    async fn mark(&self, conn: &AsyncPgConnection) -> StoreResult<Option<After>> {
        let row: Option<Row> = sql(TRIED)
            .bind::<SqlUuid, _>(self.held.agency.uuid())
            .bind::<SqlUuid, _>(self.held.id)
            .bind::<BigInt, _>(self.held.fence)
            .get_result(&mut &*conn)
            .await
            .optional()?;
        let Some(row) = row else { return Ok(None) };
        let after = after(&row.tried(), self.answer.reply, self.now);
        self.keep(conn, &row).await?;
        match after {
            After::End(ending) => self.end(conn, ending, &row).await?,
            After::TryAgain { at, pass_on } => self.try_again(conn, at, pass_on, &row).await?,
        }
        Ok(Some(after))
    }

    async fn end(&self, conn: &AsyncPgConnection, ending: Ending, row: &Row) -> StoreResult<()> {
        sql(END)
            .bind::<Timestamptz, _>(self.now)
            .bind::<Text, _>(ending.code())
            .bind::<SqlUuid, _>(self.held.agency.uuid())
            .bind::<SqlUuid, _>(self.held.id)
            .execute(&mut &*conn)
            .await?;
        if row.channel == Channel::Webhook.code() {
            let reply = self.reply();
            if ending != Ending::Refused {
                return reply.taken(conn).await;
            }
            reply.not_taken(conn).await?;
            return reply.tell(conn, EndpointNotice::Gone).await;
        }
        if ending != Ending::Refused {
            return Ok(());
        }
        let reply = self.answer.code.map_or_else(|| "gone".to_owned(), |code| code.to_string());
        bounced(conn, (self.held.agency, self.held.id), reply, self.now).await?;
        self.pass_on(conn, row).await
    }

    async fn try_again(
        &self,
        conn: &AsyncPgConnection,
        at: DateTime<Utc>,
        pass_on: bool,
        row: &Row,
    ) -> StoreResult<()> {
        sql(TRY_AGAIN)
            .bind::<Timestamptz, _>(at)
            .bind::<Nullable<Timestamptz>, _>(pass_on.then_some(self.now))
            .bind::<SqlUuid, _>(self.held.agency.uuid())
            .bind::<SqlUuid, _>(self.held.id)
            .execute(&mut &*conn)
            .await?;
        if row.channel == Channel::Webhook.code() {
            let reply = self.reply();
            reply.not_taken(conn).await?;
            return if pass_on { reply.tell(conn, EndpointNotice::Failing).await } else { Ok(()) };
        }
        if pass_on && row.passed_on_at.is_none() { self.pass_on(conn, row).await } else { Ok(()) }
    }

    async fn pass_on(&self, conn: &AsyncPgConnection, row: &Row) -> StoreResult<()> {
        next_address_or_person(conn, (self.held.agency, self.held.id), row.rung_id, self.now).await
    }

    /// The same as it concerns the endpoint.
    fn reply(&self) -> webhooks::Reply {
        webhooks::Reply { agency: self.held.agency, message: self.held.id, now: self.now, mails: self.mails }
    }

    async fn keep(&self, conn: &AsyncPgConnection, row: &Row) -> StoreResult<()> {
        let outcome = match self.answer.reply {
            Reply::Accepted => "accepted",
            Reply::Refused => "refused",
            Reply::Later => "later",
        };
        sql(ATTEMPT)
            .bind::<SqlUuid, _>(self.held.agency.uuid())
            .bind::<SqlUuid, _>(call::new_id::<names::Rung>(self.now).uuid())
            .bind::<SqlUuid, _>(row.rung_id)
            .bind::<Nullable<SqlUuid>, _>(row.episode_id)
            .bind::<Timestamptz, _>(self.now)
            .bind::<Text, _>(row.channel.clone())
            .bind::<Text, _>(outcome)
            .bind::<Text, _>(self.worker.to_owned())
            .bind::<BigInt, _>(self.held.fence)
            .bind::<SqlUuid, _>(self.held.id)
            .bind::<Nullable<Integer>, _>(self.answer.code)
            .bind::<Nullable<Text>, _>(self.answer.hash.clone())
            .execute(&mut &*conn)
            .await?;
        Ok(())
    }
}

/// The address of a message will not have it: it is passed over until a person says that it works again.
pub(super) async fn bounced(
    conn: &AsyncPgConnection,
    (agency, message): (AgencyId, Uuid),
    reply: String,
    now: DateTime<Utc>,
) -> StoreResult<()> {
    sql(BOUNCED)
        .bind::<SqlUuid, _>(call::new_id::<names::Rung>(now).uuid())
        .bind::<Timestamptz, _>(now)
        .bind::<Text, _>(reply)
        .bind::<SqlUuid, _>(agency.uuid())
        .bind::<SqlUuid, _>(message)
        .execute(&mut &*conn)
        .await?;
    Ok(())
}

/// Sends a mail to the person's next address; where there is none, the next person is looked for.
pub(super) async fn next_address_or_person(
    conn: &AsyncPgConnection,
    (agency, message): (AgencyId, Uuid),
    rung: Uuid,
    now: DateTime<Utc>,
) -> StoreResult<()> {
    let next = sql(NEXT_ADDRESS)
        .bind::<SqlUuid, _>(call::new_id::<names::Rung>(now).uuid())
        .bind::<Timestamptz, _>(now)
        .bind::<SqlUuid, _>(agency.uuid())
        .bind::<SqlUuid, _>(message)
        .execute(&mut &*conn)
        .await?;
    if next == 0 {
        sql(NEXT_PERSON)
            .bind::<Timestamptz, _>(now)
            .bind::<SqlUuid, _>(agency.uuid())
            .bind::<SqlUuid, _>(rung)
            .execute(&mut &*conn)
            .await?;
    }
    Ok(())
}
