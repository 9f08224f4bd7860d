//! What was and is to be sent to an endpoint. Nothing is given up, and a person can have it tried at once.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::delivery::MessageState;
use homeward_domain::id::WebhookId;
use homeward_domain::policy::{ConfigureWebhooks, Grant};
use uuid::Uuid;

use crate::convert::optional;
use crate::error::{StoreError, StoreResult};
use crate::page::{After, Page, Window};
use crate::sql::sql;
use crate::tx::{ReadTx, WriteTx};

/// One message to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The message.
    pub id: Uuid,
    /// The id that the endpoint sees.
    pub message_id: Uuid,
    /// What it is about.
    pub duty_id: Uuid,
    /// How it stands.
    pub state: MessageState,
    /// When it was ready to leave.
    pub queued_at: DateTime<Utc>,
    /// How often it was tried.
    pub tries: i32,
    /// When it is tried next, where it waits.
    pub next_try_at: DateTime<Utc>,
    /// When it was done with.
    pub ended_at: Option<DateTime<Utc>>,
    /// What HTTP said at last.
    pub last_code: Option<i32>,
    /// Whether its duty is still owed.
    pub owed: bool,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    message_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    duty_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    queued_at: DateTime<Utc>,
    #[diesel(sql_type = Integer)]
    tries: i32,
    #[diesel(sql_type = Timestamptz)]
    next_try_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    ended_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    ending: Option<String>,
    #[diesel(sql_type = Nullable<Integer>)]
    last_code: Option<i32>,
    #[diesel(sql_type = Bool)]
    owed: bool,
}

impl Row {
    fn message(self) -> StoreResult<Message> {
        Ok(Message {
            id: self.id,
            message_id: self.message_id,
            duty_id: self.duty_id,
            state: MessageState::of(optional(self.ending, "deliveries.ending")?, self.tries),
            queued_at: self.queued_at,
            tries: self.tries,
            next_try_at: self.next_try_at,
            ended_at: self.ended_at,
            last_code: self.last_code,
            owed: self.owed,
        })
    }
}

const MESSAGES: &str = "select d.id, d.message_id, d.duty_id, d.queued_at, d.tries, d.next_try_at, d.ended_at, d.ending, \
    (select a.reply_code from delivery_attempts a where a.agency_id = d.agency_id and a.delivery_id = d.id \
    order by a.attempted_at desc limit 1) as last_code, \
    (u.done_at is null and u.closed_undone_at is null and u.superseded_at is null) as owed \
    from deliveries d join duties u on u.agency_id = d.agency_id and u.id = d.duty_id \
    where d.agency_id = ? and d.webhook_id = ?";

const RESEND: &str = "update deliveries set next_try_at = ?, ended_at = null, ending = null \
    where agency_id = ? and webhook_id = ? and id = ? and (ended_at is null or ending = 'refused')";

fn of_state(state: MessageState) -> &'static str {
    match state {
        MessageState::Waiting => " and d.ended_at is null and d.tries = 0",
        MessageState::Failing => " and d.ended_at is null and 0 < d.tries",
        MessageState::Refused => " and d.ending = 'refused'",
        MessageState::Accepted => " and d.ending = 'accepted'",
        MessageState::Dropped => " and d.ending not in ('refused', 'accepted')",
    }
}

/// One page of the messages to an endpoint, the newest first.
pub async fn list(
    tx: &ReadTx,
    grant: &Grant<ConfigureWebhooks>,
    id: WebhookId,
    state: Option<MessageState>,
    window: &Window,
) -> StoreResult<Page<Message>> {
    let mut query = sql(MESSAGES).bind::<SqlUuid, _>(grant.agency().uuid()).bind::<SqlUuid, _>(id.uuid());
    if let Some(state) = state {
        query = query.push(of_state(state));
    }
    if let Some(after) = window.after {
        query = query.push(" and (d.queued_at, d.id) < (?, ?)");
        query = query.bind::<Timestamptz, _>(after.at).bind::<SqlUuid, _>(after.id);
    }
    let query = query.push(" order by d.queued_at desc, d.id desc limit ?").bind::<BigInt, _>(window.limit + 1);
    let rows: Vec<Row> = query.load(&mut tx.conn()).await?;
    let messages = rows.into_iter().map(Row::message).collect::<StoreResult<Vec<_>>>()?;
    Ok(Page::cut(messages, window, |it| After { at: it.queued_at, id: it.id }))
}

/// One message to an endpoint.
pub async fn find(tx: &ReadTx, grant: &Grant<ConfigureWebhooks>, id: WebhookId, message: Uuid) -> StoreResult<Message> {
    let query = sql(MESSAGES).bind::<SqlUuid, _>(grant.agency().uuid()).bind::<SqlUuid, _>(id.uuid());
    let found: Vec<Row> = query.push(" and d.id = ?").bind::<SqlUuid, _>(message).load(&mut tx.conn()).await?;
    found.into_iter().next().ok_or(StoreError::NotFound)?.message()
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
