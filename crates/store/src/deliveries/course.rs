//! What was sent about one episode: to whom, when, whether it was taken, seen, and the duty done (DL-18).

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::EpisodeId;
use homeward_domain::policy::{Permit, ReadChild};
use uuid::Uuid;

use crate::episodes;
use crate::error::StoreResult;
use crate::sql::sql;
use crate::tx::ReadTx;

/// One message to one person or endpoint.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Delivered {
    /// The duty.
    #[diesel(sql_type = SqlUuid)]
    pub duty_id: Uuid,
    /// What is owed, as a code.
    #[diesel(sql_type = Text)]
    pub duty_kind: String,
    /// To whom, as a code.
    #[diesel(sql_type = Nullable<Text>)]
    pub duty_recipient: Option<String>,
    /// Which rung of its ladder.
    #[diesel(sql_type = Text)]
    pub rung: String,
    /// When that rung was due.
    #[diesel(sql_type = Timestamptz)]
    pub due_at: DateTime<Utc>,
    /// For whom the rung was meant, as a code.
    #[diesel(sql_type = Text)]
    pub audience: String,
    /// The highest person it was given to so far, as a code.
    #[diesel(sql_type = Nullable<Text>)]
    pub reached: Option<String>,
    /// Nobody stood on it when it fired, and the next one up who exists had it.
    #[diesel(sql_type = Bool)]
    pub went_up: bool,
    /// Whose it was; none for an endpoint.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub user_id: Option<Uuid>,
    /// Their name.
    #[diesel(sql_type = Nullable<Text>)]
    pub name: Option<String>,
    /// The way it took.
    #[diesel(sql_type = Text)]
    pub channel: String,
    /// When it was ready to leave.
    #[diesel(sql_type = Timestamptz)]
    pub queued_at: DateTime<Utc>,
    /// How often it was tried.
    #[diesel(sql_type = Integer)]
    pub tries: i32,
    /// When the inbox, the relay or the endpoint took it.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub delivered_at: Option<DateTime<Utc>>,
    /// How it ended, where it did not wait any more.
    #[diesel(sql_type = Nullable<Text>)]
    pub ending: Option<String>,
    /// When the person said that they saw it.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub seen_at: Option<DateTime<Utc>>,
    /// When the duty was done.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub done_at: Option<DateTime<Utc>>,
}

const COURSE: &str = include_str!("course.sql");

/// Everything that was sent about an episode, in order.
pub async fn of_episode(tx: &ReadTx, permit: &Permit<ReadChild>, episode: EpisodeId) -> StoreResult<Vec<Delivered>> {
    episodes::find(tx, permit, episode).await?;
    Ok(sql(COURSE)
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(permit.child().uuid())
        .bind::<SqlUuid, _>(episode.uuid())
        .load(&mut tx.conn())
        .await?)
}
