//! Screenings that were given: the fact, who gave it, and where the form is. Never what it said.

use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, Insertable, JoinOnDsl as _, QueryDsl as _, Queryable,
    Selectable, SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use homeward_domain::duty::TaskKind;
use homeward_domain::id::{EpisodeId, Id, ScreeningId, UserId, names};
use homeward_domain::policy::{Action, CompleteTask, Permit};
use homeward_domain::screening::Screening;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::completions::{self, NewCompletion};
use crate::episodes::Episode;
use crate::error::{StoreError, StoreResult};
use crate::notifications::Retraction;
use crate::retractions::{self, Record};
use crate::schema::retractions as back;
use crate::schema::screenings::dsl;
use crate::seal::{SCREENING_FOLLOW_UP, SCREENING_TOLD, Sealed};
use crate::tx::{ReadTx, WriteTx};

/// One screening, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The record.
    pub id: ScreeningId,
    /// What a person told.
    pub told: Screening,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
    /// When and why it was taken back.
    pub retracted: Option<Retraction>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::schema::screenings)]
struct Row {
    agency_id: Uuid,
    id: Uuid,
    child_id: Uuid,
    episode_id: Uuid,
    given_at: DateTime<Utc>,
    follow_up: Option<Vec<u8>>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    told: Sealed,
}

/// What a person tells of a screening, sealed as one value.
#[derive(Serialize, Deserialize)]
struct Words {
    instrument: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instrument_version: Option<String>,
    given_by_name: String,
    place_form_is_kept: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    follow_up_decided_by_name: Option<String>,
}

impl Row {
    fn given(self, retracted: Option<retractions::Row>, tx: &ReadTx) -> StoreResult<Given> {
        let words: Words = tx.safe().open_told(SCREENING_TOLD, self.id, &self.told)?;
        let follow_up = self.follow_up.map(|it| tx.open(SCREENING_FOLLOW_UP, self.id, &it)).transpose()?;
        Ok(Given {
            id: Id::from_uuid(self.id),
            told: Screening {
                instrument: words.instrument,
                version: words.instrument_version,
                given_by_name: words.given_by_name,
                given_at: self.given_at,
                place_form_is_kept: words.place_form_is_kept,
                follow_up_decided_by_name: words.follow_up_decided_by_name,
                follow_up,
            },
            recorded_at: self.recorded_at,
            recorded_by: Id::from_uuid(self.recorded_by),
            retracted: retracted.map(|it| it.retraction(tx.safe())).transpose()?,
        })
    }
}

/// Records a screening of a locked episode, and that the task is done.
pub async fn insert(
    tx: &WriteTx,
    permit: &Permit<CompleteTask>,
    episode: Episode,
    told: Screening,
) -> StoreResult<Given> {
    let id = tx.new_id::<names::Screening>();
    let follow_up = told.follow_up.map(|it| tx.seal(SCREENING_FOLLOW_UP, id, &it)).transpose()?;
    let words = Words {
        instrument: told.instrument,
        instrument_version: told.version,
        given_by_name: told.given_by_name.clone(),
        place_form_is_kept: told.place_form_is_kept,
        follow_up_decided_by_name: told.follow_up_decided_by_name,
    };
    let row = Row {
        agency_id: permit.agency().uuid(),
        id: id.uuid(),
        child_id: permit.child().uuid(),
        episode_id: episode.id.uuid(),
        told: tx.safe().seal_told(SCREENING_TOLD, id, &words)?,
        given_at: told.given_at,
        follow_up,
        recorded_at: tx.at(),
        recorded_by: permit.actor().uuid(),
    };
    diesel::insert_into(dsl::screenings).values(&row).execute(&mut tx.conn()).await?;
    let done = NewCompletion {
        task: TaskKind::Screening,
        completed_at: told.given_at,
        completed_by_name: told.given_by_name,
        note: None,
        came_with: Some(id.uuid()),
    };
    completions::insert(tx, permit, episode, done).await?;
    row.given(None, tx)
}

/// One screening of one episode of the permitted child.
pub async fn find<A: Action>(
    tx: &ReadTx,
    permit: &Permit<A>,
    episode: EpisodeId,
    id: ScreeningId,
) -> StoreResult<Given> {
    let all = of_episode(tx, permit, episode).await?;
    all.into_iter().find(|it| it.id == id).ok_or(StoreError::NotFound)
}

/// Takes a screening of a locked episode back. The row stays as it was said.
pub async fn retract(
    tx: &WriteTx,
    permit: &Permit<CompleteTask>,
    episode: Episode,
    (given, reason): (Given, String),
) -> StoreResult<Given> {
    let record = Record::Screening(given.id.uuid());
    let retracted = Some(retractions::insert(tx, permit, episode, (record, reason)).await?);
    Ok(Given { retracted, ..given })
}

/// Every screening of one episode of the permitted child, in the order they were given.
pub async fn of_episode<A: Action>(tx: &ReadTx, permit: &Permit<A>, episode: EpisodeId) -> StoreResult<Vec<Given>> {
    let rows: Vec<(Row, Option<retractions::Row>)> = dsl::screenings
        .left_join(back::table.on(back::agency_id.eq(dsl::agency_id).and(back::record_id.eq(dsl::id))))
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::episode_id.eq(episode.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order((dsl::given_at, dsl::id))
        .select((Row::as_select(), Option::<retractions::Row>::as_select()))
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(|(row, back)| row.given(back, tx)).collect()
}
