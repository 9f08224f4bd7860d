//! Tasks that a person finished: interviews, screenings, reviews. The fact, never a result.

use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, Insertable, JoinOnDsl as _, QueryDsl as _, Queryable,
    Selectable, SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use homeward_domain::duty::TaskKind;
use homeward_domain::episode::Completed;
use homeward_domain::id::{CompletionId, EpisodeId, Id, UserId};
use homeward_domain::policy::{Action, CompleteTask, Permit};
use homeward_domain::vocabulary::Vocabulary as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::convert::code;
use crate::episodes::Episode;
use crate::error::{StoreError, StoreResult};
use crate::notifications::Retraction;
use crate::replan::Touched;
use crate::retractions::{self, Record};
use crate::schema::completions::dsl;
use crate::schema::retractions as back;
use crate::seal::{COMPLETION_TOLD, Safe, Sealed};
use crate::tx::{ReadTx, WriteTx};

/// One finished task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The record.
    pub id: CompletionId,
    /// Which task.
    pub task: TaskKind,
    /// When it was finished.
    pub completed_at: DateTime<Utc>,
    /// By whom.
    pub completed_by_name: String,
    /// In a person's words.
    pub note: Option<String>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
    /// The interview or the screening that it came with, and stands and falls with.
    pub came_with: Option<Uuid>,
    /// When and why it, or what it came with, was taken back.
    pub retracted: Option<Retraction>,
}

/// What a person tells of a finished task.
#[derive(Clone, Debug)]
pub struct NewCompletion {
    /// Which task.
    pub task: TaskKind,
    /// When it was finished.
    pub completed_at: DateTime<Utc>,
    /// By whom.
    pub completed_by_name: String,
    /// In a person's words.
    pub note: Option<String>,
    /// The interview or the screening that tells more of it.
    pub came_with: Option<Uuid>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::schema::completions)]
struct Row {
    agency_id: Uuid,
    id: Uuid,
    child_id: Uuid,
    episode_id: Uuid,
    task: String,
    completed_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    told: Sealed,
    record_id: Uuid,
}

/// What a person tells of a finished task, sealed as one value.
#[derive(Serialize, Deserialize)]
struct Words {
    completed_by_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl Row {
    fn completion(self, retracted: Option<retractions::Row>, safe: Safe<'_>) -> StoreResult<Completion> {
        let words: Words = safe.open_told(COMPLETION_TOLD, self.id, &self.told)?;
        Ok(Completion {
            id: Id::from_uuid(self.id),
            task: code(&self.task, "completions.task")?,
            completed_at: self.completed_at,
            completed_by_name: words.completed_by_name,
            note: words.note,
            recorded_at: self.recorded_at,
            recorded_by: Id::from_uuid(self.recorded_by),
            came_with: (self.record_id != self.id).then_some(self.record_id),
            retracted: retracted.map(|it| it.retraction(safe)).transpose()?,
        })
    }
}

impl Completion {
    /// What the law makes of it: nothing, where it was taken back.
    pub fn fact(&self) -> Option<Completed> {
        let stands = self.retracted.is_none();
        stands.then_some(Completed { task: self.task, at: self.completed_at })
    }
}

/// Records a finished task of a locked episode.
pub async fn insert(
    tx: &WriteTx,
    permit: &Permit<CompleteTask>,
    episode: Episode,
    new: NewCompletion,
) -> StoreResult<Completion> {
    let id: CompletionId = tx.new_id();
    let words = Words { completed_by_name: new.completed_by_name, note: new.note };
    let row = Row {
        agency_id: permit.agency().uuid(),
        id: id.uuid(),
        child_id: permit.child().uuid(),
        episode_id: episode.id.uuid(),
        task: new.task.code().to_owned(),
        completed_at: new.completed_at,
        told: tx.safe().seal_told(COMPLETION_TOLD, id, &words)?,
        recorded_at: tx.at(),
        recorded_by: permit.actor().uuid(),
        record_id: new.came_with.unwrap_or_else(|| id.uuid()),
    };
    diesel::insert_into(dsl::completions).values(&row).execute(&mut tx.conn()).await?;
    tx.touch(Touched::Changed(Box::new(episode)));
    row.completion(None, tx.safe())
}

/// One finished task of one episode of the permitted child.
pub async fn find<A: Action>(
    tx: &ReadTx,
    permit: &Permit<A>,
    episode: EpisodeId,
    id: CompletionId,
) -> StoreResult<Completion> {
    let all = of_episode(tx, permit, episode).await?;
    all.into_iter().find(|it| it.id == id).ok_or(StoreError::NotFound)
}

/// Takes a finished task of a locked episode back. The row stays as it was said.
pub async fn retract(
    tx: &WriteTx,
    permit: &Permit<CompleteTask>,
    episode: Episode,
    (done, reason): (Completion, String),
) -> StoreResult<Completion> {
    let record = Record::Completion(done.id.uuid());
    let retracted = Some(retractions::insert(tx, permit, episode, (record, reason)).await?);
    Ok(Completion { retracted, ..done })
}

/// The finished tasks of one episode of the permitted child, in the order they were finished.
pub async fn of_episode<A: Action>(
    tx: &ReadTx,
    permit: &Permit<A>,
    episode: EpisodeId,
) -> StoreResult<Vec<Completion>> {
    let rows: Vec<(Row, Option<retractions::Row>)> = dsl::completions
        .left_join(back::table.on(back::agency_id.eq(dsl::agency_id).and(back::record_id.eq(dsl::record_id))))
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::episode_id.eq(episode.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order((dsl::completed_at, dsl::id))
        .select((Row::as_select(), Option::<retractions::Row>::as_select()))
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(|(row, retracted)| row.completion(retracted, tx.safe())).collect()
}
