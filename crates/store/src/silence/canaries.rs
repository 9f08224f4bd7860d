//! Canaries: a reminder of nothing to nobody, which goes all the way and comes back (DM-02).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_types::{Bool, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::silence::{Alarm, Beat, Canary, SeenGround};
use uuid::Uuid;

use super::{Lookout, alarms, beats, grounds};
use crate::call;
use crate::error::StoreResult;
use crate::reminders::LEASE;
use crate::sql::sql;

/// Canaries are kept this long, to see when all was last well.
const KEPT: TimeDelta = TimeDelta::days(7);

const SING: &str = "insert into canaries (id, sung_at) values (?, ?)";
const FORGET: &str = "delete from canaries where sung_at < ?";

/// One at a time, the newest: what it proves is newer. A crash gives it back.
const CLAIM: &str = "update canaries c set claimed_at = ? from (select id from canaries \
    where claimed_at is null order by sung_at desc limit 1 for update skip locked) waiting \
    where c.id = waiting.id returning c.id";

const CLAIM_TO_SEND: &str = "update canaries c set leased_until = ? from (select id from canaries \
    where claimed_at is not null and accepted_at is null and acknowledged_at is null \
    and (leased_until is null or leased_until <= ?) \
    order by sung_at desc limit 1 for update skip locked) waiting where c.id = waiting.id returning c.id";

const ACCEPTED: &str = "update canaries set accepted_at = coalesce(accepted_at, ?) where id = ?";
const READ_BACK: &str = "update canaries set read_back_at = coalesce(read_back_at, ?) where id = ?";

/// Home is what went as far as this installation reaches.
const ACKNOWLEDGE: &str = "update canaries set acknowledged_at = ? where acknowledged_at is null \
    and claimed_at is not null and (not ? or accepted_at is not null) and (not ? or read_back_at is not null)";

const STANDING: &str = "select (select min(sung_at) from canaries where acknowledged_at is null and sung_at > coalesce( \
    (select max(sung_at) from canaries where acknowledged_at is not null), '-infinity')) as away_since, \
    (select max(acknowledged_at) from canaries) as home_at, (select max(sung_at) from canaries) as sung_at";

const PROOF: &str = "select acknowledged_at, accepted_at is not null as relay, read_back_at is not null as mailbox \
    from canaries where acknowledged_at is not null order by acknowledged_at desc limit 1";

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct Standing {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    away_since: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    home_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    sung_at: Option<DateTime<Utc>>,
}

#[derive(QueryableByName)]
struct ProofRow {
    #[diesel(sql_type = Timestamptz)]
    acknowledged_at: DateTime<Utc>,
    #[diesel(sql_type = Bool)]
    relay: bool,
    #[diesel(sql_type = Bool)]
    mailbox: bool,
}

/// How far a canary goes: the database and the worker always, and what is set up beyond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The relay takes it.
    pub relay: bool,
    /// It is read back from its mailbox.
    pub mailbox: bool,
}

/// When all was last well, and what is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// When a canary last came home.
    pub proved_at: Option<DateTime<Utc>>,
    /// How far that one went.
    pub parts: Parts,
    /// Each loop as it was last heard of.
    pub beats: Vec<Beat>,
    /// What stands now.
    pub alarms: Vec<Alarm>,
    /// What the reminders stand on, as the watch last saw it.
    pub grounds: Vec<SeenGround>,
}

impl Lookout {
    /// Sings a canary if the last is as old as `every`, and forgets those of last week.
    pub async fn sing(&self, every: TimeDelta, now: DateTime<Utc>) -> StoreResult<Option<Uuid>> {
        self.sweep(async |conn| {
            let last: Standing = sql(STANDING).get_result(&mut &*conn).await?;
            if last.sung_at.is_some_and(|at| at <= now && now < at + every) {
                return Ok(None);
            }
            sql(FORGET).bind::<Timestamptz, _>(now - KEPT).execute(&mut &*conn).await?;
            let id = call::new_id::<Canary>(now).uuid();
            sql(SING).bind::<SqlUuid, _>(id).bind::<Timestamptz, _>(now).execute(&mut &*conn).await?;
            Ok(Some(id))
        })
        .await
    }

    /// A worker takes up a canary as it takes up rungs.
    pub async fn claim_canary(&self, now: DateTime<Utc>) -> StoreResult<Option<Uuid>> {
        let claim = sql(CLAIM).bind::<Timestamptz, _>(now);
        let taken: Option<Id> = self.sweep(async |conn| Ok(claim.get_result(&mut &*conn).await.optional()?)).await?;
        Ok(taken.map(|it| it.id))
    }

    /// What looks after mail takes up a canary that a worker had.
    pub async fn lease_canary(&self, now: DateTime<Utc>) -> StoreResult<Option<Uuid>> {
        let claim = sql(CLAIM_TO_SEND).bind::<Timestamptz, _>(now + LEASE).bind::<Timestamptz, _>(now);
        let taken: Option<Id> = self.sweep(async |conn| Ok(claim.get_result(&mut &*conn).await.optional()?)).await?;
        Ok(taken.map(|it| it.id))
    }

    /// The relay took it.
    pub async fn canary_accepted(&self, id: Uuid, now: DateTime<Utc>) -> StoreResult<()> {
        self.mark(ACCEPTED, id, now).await
    }

    /// It was found in its mailbox.
    pub async fn canary_read_back(&self, id: Uuid, now: DateTime<Utc>) -> StoreResult<()> {
        self.mark(READ_BACK, id, now).await
    }

    /// Acknowledges what went as far as `parts`. Says how many.
    pub async fn acknowledge_canaries(&self, parts: Parts, now: DateTime<Utc>) -> StoreResult<usize> {
        let home = sql(ACKNOWLEDGE).bind::<Timestamptz, _>(now).bind::<Bool, _>(parts.relay);
        let home = home.bind::<Bool, _>(parts.mailbox);
        self.sweep(async |conn| Ok(home.execute(&mut &*conn).await?)).await
    }

    /// When all was last well, and what is not.
    pub async fn proof(&self) -> StoreResult<Proof> {
        self.sweep(async |conn| {
            let last: Option<ProofRow> = sql(PROOF).get_result(&mut &*conn).await.optional()?;
            let parts = last.as_ref().map(|it| Parts { relay: it.relay, mailbox: it.mailbox });
            Ok(Proof {
                proved_at: last.map(|it| it.acknowledged_at),
                parts: parts.unwrap_or_default(),
                beats: beats::all(conn).await?,
                alarms: alarms::standing(conn).await?,
                grounds: grounds::all(conn).await?,
            })
        })
        .await
    }

    async fn mark(&self, statement: &'static str, id: Uuid, now: DateTime<Utc>) -> StoreResult<()> {
        let mark = sql(statement).bind::<Timestamptz, _>(now).bind::<SqlUuid, _>(id);
        self.sweep(async |conn| Ok(mark.execute(&mut &*conn).await?)).await?;
        Ok(())
    }
}

pub(super) async fn standing(conn: &AsyncPgConnection, now: DateTime<Utc>) -> StoreResult<Canary> {
    let row: Standing = sql(STANDING).get_result(&mut &*conn).await?;
    Ok(Canary { away_for: row.away_since.map(|at| now - at), home_for: row.home_at.map(|at| now - at) })
}
