//! What leaves the program: queued with the inbox, leased, sent, then marked.
//!
//! Sending comes before marking, so a worker that dies between the two sends the same message once more, under the same
//! message id, and never not at all (DL-04). Nothing is given up: it is tried until it was taken, refused or not owed.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::delivery::Channel;
use homeward_domain::id::{AgencyId, Id};
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use crate::error::StoreResult;
use crate::reminders::{LEASE, STRAY};
use crate::sql::{Sql, sql};
use crate::tx::Store;

mod bounce;
mod course;
mod hook;
mod mail;
mod mark;
mod queue;

pub use bounce::Failure;
pub use course::{Delivered, of_episode};
pub use hook::Hook;
pub use mail::{Line, Mail};
pub use mark::Answer;
pub(crate) use queue::{queue, resume};

/// A message held for a short while by one worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The message.
    pub id: Uuid,
    /// Its agency.
    pub agency: AgencyId,
    /// Whoever holds a lower number has lost it.
    pub fence: i64,
    /// When it was due to be tried.
    pub due_at: DateTime<Utc>,
    /// What it is part of: messages of one digest share it.
    pub message: Uuid,
    /// The endpoint it is for, if it is for one.
    pub webhook: Option<Uuid>,
}

/// What waits to leave.
#[derive(Clone, Copy, Debug, PartialEq, QueryableByName)]
pub struct Depth {
    /// How many messages.
    #[diesel(sql_type = BigInt)]
    pub waiting: i64,
    /// For how many seconds the oldest has been due.
    #[diesel(sql_type = Double)]
    pub oldest_seconds: f64,
}

const CLAIM: &str = "update deliveries d set leased_until = ?, fence = d.fence + 1 \
    from (select agency_id, id from deliveries where channel = ? and pressing = ? and next_try_at <= ? \
    and ended_at is null and (leased_until is null or leased_until <= ? or ? < leased_until) \
    and (webhook_id is null or webhook_id <> all(?)) \
    order by next_try_at, id limit ? for update skip locked) due \
    where d.agency_id = due.agency_id and d.id = due.id \
    returning d.agency_id, d.id, d.fence, d.next_try_at, d.message_id, d.webhook_id";

const NOT_OWED: &str = "update deliveries set ended_at = ?, ending = 'no_longer_owed', leased_until = null \
    where agency_id = ? and id = ? and fence = ? and ended_at is null";

const DEPTH: &str = "select count(*) as waiting, \
    coalesce(greatest(extract(epoch from ? - min(next_try_at)), 0), 0)::float8 as oldest_seconds \
    from deliveries where channel = ? and ended_at is null and next_try_at <= ?";

#[derive(QueryableByName)]
struct HeldRow {
    #[diesel(sql_type = SqlUuid)]
    agency_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    fence: i64,
    #[diesel(sql_type = Timestamptz)]
    next_try_at: DateTime<Utc>,
    #[diesel(sql_type = SqlUuid)]
    message_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    webhook_id: Option<Uuid>,
}

impl From<HeldRow> for Held {
    fn from(row: HeldRow) -> Self {
        Self {
            id: row.id,
            agency: Id::from_uuid(row.agency_id),
            fence: row.fence,
            due_at: row.next_try_at,
            message: row.message_id,
            webhook: row.webhook_id,
        }
    }
}

impl Store {
    /// Leases up to `limit` messages of one way, those that press first, and none for the `busy` endpoints.
    pub async fn lease_messages(
        &self,
        channel: Channel,
        now: DateTime<Utc>,
        limit: i64,
        busy: Vec<Uuid>,
    ) -> StoreResult<Vec<Held>> {
        let claim = |pressing: bool| claim(channel, pressing, now, limit, busy.clone());
        let rows = self
            .sweep(async |conn| {
                let mut rows: Vec<HeldRow> = claim(true).load(&mut &*conn).await?;
                if i64::try_from(rows.len()).is_ok_and(|pressing| pressing < limit) {
                    rows.extend(claim(false).load::<HeldRow>(&mut &*conn).await?);
                }
                Ok(rows)
            })
            .await?;
        Ok(rows.into_iter().map(Held::from).collect())
    }

    /// What waits to leave on one way.
    pub async fn outbox(&self, channel: Channel, now: DateTime<Utc>) -> StoreResult<Depth> {
        let depth = sql(DEPTH).bind::<Timestamptz, _>(now).bind::<Text, _>(channel.code()).bind::<Timestamptz, _>(now);
        self.sweep(async |conn| Ok(depth.get_result(&mut &*conn).await?)).await
    }
}

/// Ends a message of which nothing is owed any more, or whose endpoint is gone.
async fn no_longer_owed(conn: &AsyncPgConnection, held: &Held, now: DateTime<Utc>) -> StoreResult<()> {
    sql(NOT_OWED)
        .bind::<Timestamptz, _>(now)
        .bind::<SqlUuid, _>(held.agency.uuid())
        .bind::<SqlUuid, _>(held.id)
        .bind::<BigInt, _>(held.fence)
        .execute(&mut &*conn)
        .await?;
    Ok(())
}

fn claim(channel: Channel, pressing: bool, now: DateTime<Utc>, limit: i64, busy: Vec<Uuid>) -> Sql {
    sql(CLAIM)
        .bind::<Timestamptz, _>(now + LEASE)
        .bind::<Text, _>(channel.code())
        .bind::<Bool, _>(pressing)
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(now + STRAY)
        .bind::<Array<SqlUuid>, _>(busy)
        .bind::<BigInt, _>(limit)
}
