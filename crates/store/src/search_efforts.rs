//! What was done to find a child: appended, and at most retracted.

use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods as _, Insertable, OptionalExtension as _, QueryDsl as _, Queryable, Selectable,
    SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use homeward_domain::duty::TaskKind;
use homeward_domain::episode::Completed;
use homeward_domain::id::{EpisodeId, Id, SearchEffortId, UserId};
use homeward_domain::policy::{Action, LogSearch, Permit};
use homeward_domain::search_effort::SearchEffortKind;
use homeward_domain::vocabulary::Vocabulary as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::convert::code;
use crate::episodes::Episode;
use crate::error::{StoreError, StoreResult};
use crate::notifications::Retraction;
use crate::replan::Touched;
use crate::schema::search_efforts::dsl;
use crate::seal::{EFFORT_RETRACTED, EFFORT_TOLD, Safe, Sealed};
use crate::tx::{ReadTx, WriteTx};

/// One effort, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchEffort {
    /// The record.
    pub id: SearchEffortId,
    /// The episode.
    pub episode: EpisodeId,
    /// What a person told.
    pub made: Effort,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
    /// When and why it was taken back.
    pub retracted: Option<Retraction>,
}

/// What a person tells of an effort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effort {
    /// What was done.
    pub kind: SearchEffortKind,
    /// When.
    pub made_at: DateTime<Utc>,
    /// By whom.
    pub made_by_name: String,
    /// Who was spoken to, or written to.
    pub contacted: Option<String>,
    /// Where.
    pub place: Option<String>,
    /// What came of it, in a person's words.
    pub outcome: String,
    /// What is done next.
    pub next_step: Option<String>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::schema::search_efforts)]
struct Row {
    agency_id: Uuid,
    id: Uuid,
    child_id: Uuid,
    episode_id: Uuid,
    kind: String,
    made_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    retracted_at: Option<DateTime<Utc>>,
    retracted_by: Option<Uuid>,
    told: Sealed,
    why_retracted: Option<Sealed>,
}

/// What a person tells of an effort, sealed as one value.
#[derive(Serialize, Deserialize)]
struct Words {
    made_by_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contacted: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    outcome: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_step: Option<String>,
}

impl Row {
    fn effort(self, safe: Safe<'_>) -> StoreResult<SearchEffort> {
        let words: Words = safe.open_told(EFFORT_TOLD, self.id, &self.told)?;
        let why = self.why_retracted.map(|it| safe.open(EFFORT_RETRACTED, self.id, &it.0)).transpose()?;
        let retracted = Retraction::of(self.retracted_at, self.retracted_by, why);
        Ok(SearchEffort {
            id: Id::from_uuid(self.id),
            episode: Id::from_uuid(self.episode_id),
            made: Effort {
                kind: code(&self.kind, "search_efforts.kind")?,
                made_at: self.made_at,
                made_by_name: words.made_by_name,
                contacted: words.contacted,
                place: words.place,
                outcome: words.outcome,
                next_step: words.next_step,
            },
            recorded_at: self.recorded_at,
            recorded_by: Id::from_uuid(self.recorded_by),
            retracted,
        })
    }
}

/// Records an effort to find the permitted child, in a locked episode.
pub async fn insert(
    tx: &WriteTx,
    permit: &Permit<LogSearch>,
    episode: Episode,
    made: Effort,
) -> StoreResult<SearchEffort> {
    let id: SearchEffortId = tx.new_id();
    let words = Words {
        made_by_name: made.made_by_name,
        contacted: made.contacted,
        place: made.place,
        outcome: made.outcome,
        next_step: made.next_step,
    };
    let row = Row {
        agency_id: permit.agency().uuid(),
        id: id.uuid(),
        child_id: permit.child().uuid(),
        episode_id: episode.id.uuid(),
        kind: made.kind.code().to_owned(),
        made_at: made.made_at,
        recorded_at: tx.at(),
        recorded_by: permit.actor().uuid(),
        retracted_at: None,
        retracted_by: None,
        told: tx.safe().seal_told(EFFORT_TOLD, id, &words)?,
        why_retracted: None,
    };
    diesel::insert_into(dsl::search_efforts).values(&row).execute(&mut tx.conn()).await?;
    tx.touch(Touched::Changed(Box::new(episode)));
    row.effort(tx.safe())
}

/// One effort of one episode of the permitted child.
pub async fn find<A: Action>(
    tx: &ReadTx,
    permit: &Permit<A>,
    episode: EpisodeId,
    id: SearchEffortId,
) -> StoreResult<SearchEffort> {
    let row: Option<Row> = dsl::search_efforts
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::id.eq(id.uuid()))
        .filter(dsl::episode_id.eq(episode.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .select(Row::as_select())
        .first(&mut tx.conn())
        .await
        .optional()?;
    row.ok_or(StoreError::NotFound)?.effort(tx.safe())
}

/// Takes an effort of a locked episode back. The row stays and says so.
pub async fn retract(
    tx: &WriteTx,
    permit: &Permit<LogSearch>,
    episode: Episode,
    effort: SearchEffort,
    reason: String,
) -> StoreResult<SearchEffort> {
    let retraction = Retraction { at: tx.at(), by: permit.actor(), reason };
    diesel::update(dsl::search_efforts)
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::id.eq(effort.id.uuid()))
        .set((
            dsl::retracted_at.eq(retraction.at),
            dsl::retracted_by.eq(retraction.by.uuid()),
            dsl::why_retracted.eq(tx.seal(EFFORT_RETRACTED, effort.id, &retraction.reason)?),
        ))
        .execute(&mut tx.conn())
        .await?;
    tx.touch(Touched::Changed(Box::new(episode)));
    Ok(SearchEffort { retracted: Some(retraction), ..effort })
}

/// Every effort of one episode of the permitted child, in the order they were made.
pub async fn of_episode<A: Action>(
    tx: &ReadTx,
    permit: &Permit<A>,
    episode: EpisodeId,
) -> StoreResult<Vec<SearchEffort>> {
    let rows: Vec<Row> = dsl::search_efforts
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::episode_id.eq(episode.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order((dsl::made_at, dsl::id))
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(|it| it.effort(tx.safe())).collect()
}

impl SearchEffort {
    /// What the law makes of it: nothing, where it was taken back.
    pub fn fact(&self) -> Option<Completed> {
        let stands = self.retracted.is_none();
        stands.then_some(Completed { task: TaskKind::SearchEffort, at: self.made.made_at })
    }
}
