//! What was and is to be sent to an endpoint. Nothing is given up, and a person can have it tried at once.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::WebhookId;
use homeward_domain::policy::{ConfigureWebhooks, Grant};
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};
use crate::page::{After, Page, Window};
use crate::sql::sql;
use crate::tx::{ReadTx, WriteTx};

/// How a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not tried yet.
    Waiting,
    /// Tried and not taken; it is tried again.
    Failing,
    /// The endpoint said that it is gone.
    Refused,
    /// It was taken.
    Accepted,
    /// It was not sent: a later one took its place, or nothing was owed any more.
    Dropped,
}

/// One message to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Message {
    /// The message.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The id that the endpoint sees.
    #[diesel(sql_type = SqlUuid)]
    pub message_id: Uuid,
    /// What it is about.
    #[diesel(sql_type = SqlUuid)]
    pub duty_id: Uuid,
    /// When it was ready to leave.
    #[diesel(sql_type = Timestamptz)]
    pub queued_at: DateTime<Utc>,
    /// How often it was tried.
    #[diesel(sql_type = Integer)]
    pub tries: i32,
    /// When it is tried next, where it waits.
    #[diesel(sql_type = Timestamptz)]
    pub next_try_at: DateTime<Utc>,
    /// When it was done with.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub ended_at: Option<DateTime<Utc>>,
    /// How it ended.
    #[diesel(sql_type = Nullable<Text>)]
    pub ending: Option<String>,
    /// What HTTP said at last.
    #[diesel(sql_type = Nullable<Integer>)]
    pub last_code: Option<i32>,
    /// Whether its duty is still owed.
    #[diesel(sql_type = Bool)]
    pub owed: bool,
}

const MESSAGES: &str = "select d.id, d.message_id, d.duty_id, d.queued_at, d.tries, d.next_try_at, d.ended_at, d.ending, \
    (select a.reply_code from delivery_attempts a where a.agency_id = d.agency_id and a.delivery_id = d.id \
    order by a.attempted_at desc limit 1) as last_code, \
    (u.done_at is null and u.closed_undone_at is null and u.superseded_at is null) as owed \
    from deliveries d join duties u on u.agency_id = d.agency_id and u.id = d.duty_id \
    where d.agency_id = ? and d.webhook_id = ?";

const RESEND: &str = "update deliveries set next_try_at = ?, ended_at = null, ending = null \
    where agency_id = ? and webhook_id = ? and id = ? and (ended_at is null or ending = 'refused')";

impl Message {
    /// How it stands.
    pub fn standing(&self) -> Standing {
        match self.ending.as_deref() {
            None if self.tries == 0 => Standing::Waiting,
            None => Standing::Failing,
            Some("accepted") => Standing::Accepted,
            Some("refused") => Standing::Refused,
            Some(_) => Standing::Dropped,
        }
    }
}

impl Standing {
    fn filter(self) -> &'static str {
        match self {
            Self::Waiting => " and d.ended_at is null and d.tries = 0",
            Self::Failing => " and d.ended_at is null and 0 < d.tries",
            Self::Refused => " and d.ending = 'refused'",
            Self::Accepted => " and d.ending = 'accepted'",
            Self::Dropped => " and d.ending in ('superseded', 'no_longer_owed')",
        }
    }
}

/// One page of the messages to an endpoint, the newest first.
pub async fn list(
    tx: &ReadTx,
    grant: &Grant<ConfigureWebhooks>,
    id: WebhookId,
    standing: Option<Standing>,
    window: &Window,
) -> StoreResult<Page<Message>> {
    let mut query = sql(MESSAGES).bind::<SqlUuid, _>(grant.agency().uuid()).bind::<SqlUuid, _>(id.uuid());
    if let Some(standing) = standing {
        query = query.push(standing.filter());
    }
    if let Some(after) = window.after {
        query = query.push(" and (d.queued_at, d.id) < (?, ?)");
        query = query.bind::<Timestamptz, _>(after.at).bind::<SqlUuid, _>(after.id);
    }
    let query = query.push(" order by d.queued_at desc, d.id desc limit ?").bind::<BigInt, _>(window.limit + 1);
    let rows: Vec<Message> = query.load(&mut tx.conn()).await?;
    Ok(Page::cut(rows, window, |it| After { at: it.queued_at, id: it.id }))
}

/// One message to an endpoint.
pub async fn find(tx: &ReadTx, grant: &Grant<ConfigureWebhooks>, id: WebhookId, message: Uuid) -> StoreResult<Message> {
    let query = sql(MESSAGES).bind::<SqlUuid, _>(grant.agency().uuid()).bind::<SqlUuid, _>(id.uuid());
    let found: Vec<Message> = query.push(" and d.id = ?").bind::<SqlUuid, _>(message).load(&mut tx.conn()).await?;
    found.into_iter().next().ok_or(StoreError::NotFound)
}

/// Has a message that was not taken tried at once.
pub async fn resend(
    tx: &WriteTx,
    grant: &Grant<ConfigureWebhooks>,
    id: WebhookId,
    message: Uuid,
) -> StoreResult<Message> {
    sql(RESEND)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .bind::<SqlUuid, _>(message)
        .execute(&mut tx.conn())
        .await?;
    find(tx, grant, id, message).await
}
