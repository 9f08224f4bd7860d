//! What was sent about one episode: to whom, when, whether it was taken, seen, and the duty done (DL-18).

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::delivery::{Channel, Ending};
use homeward_domain::duty::DutyKind;
use homeward_domain::id::EpisodeId;
use homeward_domain::notification::Recipient;
use homeward_domain::policy::{Permit, ReadChild};
use homeward_domain::reminder::Audience;
use uuid::Uuid;

use crate::convert::{code, optional};
use crate::episodes;
use crate::error::StoreResult;
use crate::sql::sql;
use crate::tx::ReadTx;

/// One message to one person or endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The duty.
    pub duty_id: Uuid,
    /// What is owed.
    pub duty_kind: DutyKind,
    /// To whom.
    pub duty_recipient: Option<Recipient>,
    /// Which rung of its ladder.
    pub rung: String,
    /// When that rung was due.
    pub due_at: DateTime<Utc>,
    /// For whom the rung was meant.
    pub audience: Audience,
    /// The highest person it was given to so far.
    pub reached: Option<Audience>,
    /// Nobody stood on it when it fired, and the next one up who exists had it.
    pub went_up: bool,
    /// Whose it was; none for an endpoint.
    pub user_id: Option<Uuid>,
    /// Their name.
    pub name: Option<String>,
    /// The way it took.
    pub channel: Channel,
    /// When it was ready to leave.
    pub queued_at: DateTime<Utc>,
    /// How often it was tried.
    pub tries: i32,
    /// When the inbox, the relay or the endpoint took it.
    pub delivered_at: Option<DateTime<Utc>>,
    /// How it ended, where it did not wait any more.
    pub ending: Option<Ending>,
    /// When the person said that they saw it.
    pub seen_at: Option<DateTime<Utc>>,
    /// When the duty was done.
    pub done_at: Option<DateTime<Utc>>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    duty_id: Uuid,
    #[diesel(sql_type = Text)]
    duty_kind: String,
    #[diesel(sql_type = Nullable<Text>)]
    duty_recipient: Option<String>,
    #[diesel(sql_type = Text)]
    rung: String,
    #[diesel(sql_type = Timestamptz)]
    due_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    audience: String,
    #[diesel(sql_type = Nullable<Text>)]
    reached: Option<String>,
    #[diesel(sql_type = Bool)]
    went_up: bool,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    user_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
    #[diesel(sql_type = Text)]
    channel: String,
    #[diesel(sql_type = Timestamptz)]
    queued_at: DateTime<Utc>,
    #[diesel(sql_type = Integer)]
    tries: i32,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    delivered_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    ending: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    seen_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    done_at: Option<DateTime<Utc>>,
}

impl Row {
    fn delivered(self) -> StoreResult<Delivered> {
        Ok(Delivered {
            duty_id: self.duty_id,
            duty_kind: code(&self.duty_kind, "duties.kind")?,
            duty_recipient: optional(self.duty_recipient, "duties.recipient")?,
            rung: self.rung,
            due_at: self.due_at,
            audience: code(&self.audience, "rungs.audience")?,
            reached: optional(self.reached, "rungs.reached")?,
            went_up: self.went_up,
            user_id: self.user_id,
            name: self.name,
            channel: code(&self.channel, "deliveries.channel")?,
            queued_at: self.queued_at,
            tries: self.tries,
            delivered_at: self.delivered_at,
            ending: optional(self.ending, "deliveries.ending")?,
            seen_at: self.seen_at,
            done_at: self.done_at,
        })
    }
}

const COURSE: &str = include_str!("course.sql");

/// Everything that was sent about an episode, in order.
pub async fn of_episode(tx: &ReadTx, permit: &Permit<ReadChild>, episode: EpisodeId) -> StoreResult<Vec<Delivered>> {
    episodes::find(tx, permit, episode).await?;
    let rows: Vec<Row> = sql(COURSE)
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(permit.child().uuid())
        .bind::<SqlUuid, _>(episode.uuid())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(Row::delivered).collect()
}
