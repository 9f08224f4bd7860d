//! What the database says of the queue, across every agency.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::delivery::Channel;
use homeward_domain::silence::{Outbox, Queue};
use homeward_domain::vocabulary::Vocabulary as _;

use super::{Lookout, beats, canaries};
use crate::error::StoreResult;
use crate::migrate;
use crate::sql::sql;

const STATE: &str = "select clock_timestamp() as database_at, \
    (select count(*) from __diesel_schema_migrations where version = any(?)) as migrations, least( \
    (select min(fire_at) from rungs where pressing and sent_at is null and cancelled_at is null), \
    (select min(fire_at) from rungs where not pressing and sent_at is null and cancelled_at is null)) as unsent_since";

/// What a relay or an endpoint has taken since, be it a canary, shows that it takes something.
const OUTBOX: &str = "select w.due_since, case when w.stuck_since is not null then greatest(w.stuck_since, \
    (select max(t.ended_at) from deliveries t where t.channel = w.channel and t.ending = 'accepted' \
    and w.stuck_since < t.ended_at), case w.channel when 'email' then (select max(accepted_at) from canaries) end) \
    end as stuck_since \
    from (select ?::text as channel, (select min(next_try_at) from deliveries d where d.channel = ? \
    and d.ended_at is null) as due_since, (select min(leaves_at) from deliveries d where d.channel = ? \
    and d.ended_at is null and 0 < d.tries and d.leaves_at <= ?) as stuck_since) w";

#[derive(QueryableByName)]
struct StateRow {
    #[diesel(sql_type = Timestamptz)]
    database_at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    migrations: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    unsent_since: Option<DateTime<Utc>>,
}

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    due_since: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    stuck_since: Option<DateTime<Utc>>,
}

/// The same, with the migrations held against those that this program has.
struct State {
    database_at: DateTime<Utc>,
    is_current: bool,
    unsent_since: Option<DateTime<Utc>>,
}

impl State {
    async fn now(conn: &AsyncPgConnection) -> StoreResult<Self> {
        let known = migrate::known()?;
        let row: StateRow = sql(STATE).bind::<Array<Text>, _>(known.clone()).get_result(&mut &*conn).await?;
        let is_current = migrate::are_all(&known, row.migrations);
        Ok(Self { database_at: row.database_at, is_current, unsent_since: row.unsent_since })
    }
}

/// Whether a process can do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// The tables are those of this program.
    pub is_current: bool,
    /// By how much the process's clock is ahead of the database's.
    pub skew: TimeDelta,
}

impl Lookout {
    /// Whether the database is the one this program needs. `now` is asked as late as can be.
    pub async fn readiness(&self, now: impl Fn() -> DateTime<Utc>) -> StoreResult<Readiness> {
        self.sweep(async |conn| {
            let state = State::now(conn).await?;
            Ok(Readiness { is_current: state.is_current, skew: now() - state.database_at })
        })
        .await
    }

    /// What the database says of the queue.
    pub async fn queue(&self, now: impl Fn() -> DateTime<Utc>, watched_for: TimeDelta) -> StoreResult<Queue> {
        self.sweep(async |conn| {
            let state = State::now(conn).await?;
            let at = now();
            Ok(Queue {
                is_current: state.is_current,
                skew: at - state.database_at,
                unsent_for: since(at, state.unsent_since),
                beats: beats::all(conn).await?,
                outboxes: vec![outbox(conn, Channel::Email, at).await?, outbox(conn, Channel::Webhook, at).await?],
                canary: canaries::standing(conn, at).await?,
                watched_for,
            })
        })
        .await
    }
}

async fn outbox(conn: &AsyncPgConnection, channel: Channel, now: DateTime<Utc>) -> StoreResult<Outbox> {
    let waiting: Waiting = sql(OUTBOX)
        .bind::<Text, _>(channel.code())
        .bind::<Text, _>(channel.code())
        .bind::<Text, _>(channel.code())
        .bind::<Timestamptz, _>(now)
        .get_result(&mut &*conn)
        .await?;
    Ok(Outbox { channel, due_for: since(now, waiting.due_since), stuck_for: since(now, waiting.stuck_since) })
}

fn since(now: DateTime<Utc>, then: Option<DateTime<Utc>>) -> TimeDelta {
    then.map_or(TimeDelta::zero(), |then| (now - then).max(TimeDelta::zero()))
}
