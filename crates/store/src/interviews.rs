//! Conversations with children who are back. What was said is sealed, and opens with the right to read it only.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, Insertable, JoinOnDsl as _, QueryDsl as _, Queryable,
    Selectable, SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use homeward_domain::duty::TaskKind;
use homeward_domain::id::{EpisodeId, Id, InterviewId, UserId, names};
use homeward_domain::interview::{Interview, Words};
use homeward_domain::policy::{Action, CompleteTask, Permit, ReadInterviews, RecordInterview};
use homeward_domain::vocabulary::Vocabulary as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::completions::{self, NewCompletion};
use crate::convert::code;
use crate::episodes::Episode;
use crate::error::{StoreError, StoreResult};
use crate::notifications::Retraction;
use crate::retractions::{self, Record};
use crate::schema::retractions as back;
use crate::schema::return_interviews::dsl;
use crate::seal::{INTERVIEW_TOLD, INTERVIEW_WORDS, Safe, Sealed};
use crate::tx::{ReadTx, WriteTx};

/// That a conversation was offered, declined or held, as recorded. Not what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The record.
    pub id: InterviewId,
    /// What a person told.
    pub told: Interview,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
    /// When and why it was taken back.
    pub retracted: Option<Retraction>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::schema::return_interviews)]
struct Row {
    agency_id: Uuid,
    id: Uuid,
    child_id: Uuid,
    episode_id: Uuid,
    outcome: String,
    offered_at: DateTime<Utc>,
    held_at: Option<DateTime<Utc>>,
    declined_next_offer_on: Option<NaiveDate>,
    words: Vec<u8>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    told: Sealed,
}

/// Who it was held by, sealed apart from what was said: more people may know it.
#[derive(Serialize, Deserialize)]
struct Told {
    interviewer_name: String,
}

impl Row {
    fn interview(self, retracted: Option<retractions::Row>, safe: Safe<'_>) -> StoreResult<Held> {
        let told: Told = safe.open_told(INTERVIEW_TOLD, self.id, &self.told)?;
        Ok(Held {
            id: Id::from_uuid(self.id),
            told: Interview {
                outcome: code(&self.outcome, "return_interviews.outcome")?,
                offered_at: self.offered_at,
                held_at: self.held_at,
                interviewer_name: told.interviewer_name,
                declined_next_offer_on: self.declined_next_offer_on,
            },
            recorded_at: self.recorded_at,
            recorded_by: Id::from_uuid(self.recorded_by),
            retracted: retracted.map(|it| it.retraction(safe)).transpose()?,
        })
    }
}

const CORRUPT: StoreError = StoreError::Corrupt("return_interviews.words");

/// Records an interview of a locked episode; and that the task is done, where it is.
pub async fn insert(
    tx: &WriteTx,
    permit: &Permit<RecordInterview>,
    episode: Episode,
    (told, words): (Interview, &Words),
) -> StoreResult<Held> {
    let id = tx.new_id::<names::Interview>();
    let plain = serde_json::to_vec(words).map_err(|_| CORRUPT)?;
    let row = Row {
        agency_id: permit.agency().uuid(),
        id: id.uuid(),
        child_id: permit.child().uuid(),
        episode_id: episode.id.uuid(),
        outcome: told.outcome.code().to_owned(),
        offered_at: told.offered_at,
        held_at: told.held_at,
        told: tx.safe().seal_told(INTERVIEW_TOLD, id, &Told { interviewer_name: told.interviewer_name.clone() })?,
        declined_next_offer_on: told.declined_next_offer_on,
        words: tx.seal(INTERVIEW_WORDS, id, &plain)?,
        recorded_at: tx.at(),
        recorded_by: permit.actor().uuid(),
    };
    diesel::insert_into(dsl::return_interviews).values(&row).execute(&mut tx.conn()).await?;
    finish(tx, episode, (id, told)).await?;
    row.interview(None, tx.safe())
}

async fn finish(tx: &WriteTx, episode: Episode, (id, told): (InterviewId, Interview)) -> StoreResult<()> {
    let Some(completed_at) = told.finished_at() else { return Ok(()) };
    let permit = tx.also::<CompleteTask>()?;
    let completed_by_name = told.interviewer_name;
    let (task, came_with) = (TaskKind::ReturnInterview, Some(id.uuid()));
    let done = NewCompletion { task, completed_at, completed_by_name, note: None, came_with };
    completions::insert(tx, &permit, episode, done).await?;
    Ok(())
}

/// One interview of one episode of the permitted child, with what was said.
pub async fn find(
    tx: &ReadTx,
    permit: &Permit<ReadInterviews>,
    episode: EpisodeId,
    id: InterviewId,
) -> StoreResult<(Held, Words)> {
    let all = of_episode(tx, permit, episode).await?;
    all.into_iter().find(|(held, _)| held.id == id).ok_or(StoreError::NotFound)
}

/// Takes an interview of a locked episode back. What was said stays as it was said.
pub async fn retract(
    tx: &WriteTx,
    permit: &Permit<RecordInterview>,
    episode: Episode,
    (held, reason): (Held, String),
) -> StoreResult<Held> {
    let record = Record::Interview(held.id.uuid());
    let retracted = Some(retractions::insert(tx, permit, episode, (record, reason)).await?);
    Ok(Held { retracted, ..held })
}

type Joined = (Row, Option<retractions::Row>);

async fn rows<A: Action>(tx: &ReadTx, permit: &Permit<A>, episode: EpisodeId) -> StoreResult<Vec<Joined>> {
    let rows = dsl::return_interviews
        .left_join(back::table.on(back::agency_id.eq(dsl::agency_id).and(back::record_id.eq(dsl::id))))
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::episode_id.eq(episode.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order((dsl::offered_at, dsl::id))
        .select((Row::as_select(), Option::<retractions::Row>::as_select()))
        .load(&mut tx.conn())
        .await?;
    Ok(rows)
}

/// Every interview of one episode of the permitted child, with what was said, in the order they were offered.
pub async fn of_episode(
    tx: &ReadTx,
    permit: &Permit<ReadInterviews>,
    episode: EpisodeId,
) -> StoreResult<Vec<(Held, Words)>> {
    let open = |(row, retracted): Joined| {
        let plain = tx.open(INTERVIEW_WORDS, row.id, &row.words)?;
        Ok((row.interview(retracted, tx.safe())?, serde_json::from_str(&plain).map_err(|_| CORRUPT)?))
    };
    rows(tx, permit, episode).await?.into_iter().map(open).collect()
}

/// That they were offered, declined or held, and nothing of what was said.
pub async fn facts<A: Action>(tx: &ReadTx, permit: &Permit<A>, episode: EpisodeId) -> StoreResult<Vec<Held>> {
    rows(tx, permit, episode).await?.into_iter().map(|(row, back)| row.interview(back, tx.safe())).collect()
}
