//! The rows behind a figure.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Double, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::duty::DutyState;
use homeward_domain::id::{ChildId, DutyId, EpisodeId, Id, NotificationId, UserId};
use homeward_domain::notification::Recipient;
use homeward_domain::policy::{Grant, ReadCompliance};
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use super::{Asked, Reading, judged};
use crate::convert::code;
use crate::error::StoreResult;
use crate::page::{After, Page, Window};
use crate::sql::Sql;
use crate::tx::ReadTx;

/// One initial report that was owed, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The duty; none where it has not been planned yet.
    pub duty: Option<DutyId>,
    /// The child.
    pub child: ChildId,
    /// The episode.
    pub episode: EpisodeId,
    /// Which episode of the child.
    pub episode_number: i32,
    /// The unit that answered for the child at receipt.
    pub unit_code: String,
    /// The worker the child was assigned to at receipt.
    pub worker: Option<UserId>,
    /// To whom it was owed.
    pub recipient: Recipient,
    /// When the agency received the information.
    pub received_at: DateTime<Utc>,
    /// When the recipient was first told.
    pub reported_at: Option<DateTime<Utc>>,
    /// The record of it.
    pub notification: Option<NotificationId>,
    /// Where it stood.
    pub state: DutyState,
    /// From receipt to report.
    pub hours: Option<f64>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    duty_id: Option<Uuid>,
    #[diesel(sql_type = SqlUuid)]
    child_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    episode_id: Uuid,
    #[diesel(sql_type = Integer)]
    episode_number: i32,
    #[diesel(sql_type = Text)]
    unit_code: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    worker_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    recipient: String,
    #[diesel(sql_type = Timestamptz)]
    received_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    reported_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    notification_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Nullable<Double>)]
    hours: Option<f64>,
}

impl Row {
    fn line(self) -> StoreResult<Line> {
        Ok(Line {
            duty: self.duty_id.map(Id::from_uuid),
            child: Id::from_uuid(self.child_id),
            episode: Id::from_uuid(self.episode_id),
            episode_number: self.episode_number,
            unit_code: self.unit_code,
            worker: self.worker_id.map(Id::from_uuid),
            recipient: code(&self.recipient, "recipient of an initial report")?,
            received_at: self.received_at,
            reported_at: self.reported_at,
            notification: self.notification_id.map(Id::from_uuid),
            state: code(&self.state, "state of an initial report")?,
            hours: self.hours,
        })
    }
}

/// Said by exclusion: a state that is looked for by name seems rare to the planner, and then it reads all of them.
const PAGE: &str = ", page as (select * from judged where state <> all(?)";

const PAGE_END: &str = include_str!("page.sql");

/// One page of the rows in `states`, in the order of receipt.
pub async fn rows(
    tx: &ReadTx,
    grant: &Grant<ReadCompliance>,
    asked: &Asked,
    states: &[DutyState],
    window: &Window,
) -> StoreResult<Page<Line>> {
    let hidden = DutyState::ALL.iter().filter(|it| !states.contains(it)).map(|it| it.code());
    let query =
        judged(tx, grant, asked, Reading::InOrder)?.push(PAGE).bind::<Array<Text>, _>(hidden.collect::<Vec<_>>());
    let rows: Vec<Row> =
        after(query, window.after).push(PAGE_END).bind::<BigInt, _>(window.limit + 1).load(&mut tx.conn()).await?;
    let lines = rows.into_iter().map(Row::line).collect::<StoreResult<Vec<_>>>()?;
    Ok(Page::cut(lines, window, place))
}

fn after(query: Sql, after: Option<After>) -> Sql {
    let Some(after) = after else { return query };
    let (episode, recipient) = read(after.id);
    query
        .push(" and ? <= received_at and (received_at, id, recipient) > (?, ?, ?)")
        .bind::<Timestamptz, _>(after.at)
        .bind::<Timestamptz, _>(after.at)
        .bind::<SqlUuid, _>(episode)
        .bind::<Text, _>(recipient.code())
}

/// The low bit of the variant, which is 0 in every UUID of RFC 9562. In a cursor it says that the row was NCMEC's:
/// a page may end between the two reports of one episode.
const NCMEC: u128 = 1 << 62;

fn place(line: &Line) -> After {
    let mark = if line.recipient == Recipient::Ncmec { NCMEC } else { 0 };
    After { at: line.received_at, id: Uuid::from_u128(line.episode.uuid().as_u128() | mark) }
}

fn read(id: Uuid) -> (Uuid, Recipient) {
    let id = id.as_u128();
    let recipient = if id & NCMEC == 0 { Recipient::LawEnforcement } else { Recipient::Ncmec };
    (Uuid::from_u128(id & !NCMEC), recipient)
}
