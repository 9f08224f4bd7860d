//! What is done about the factors of an absence, in the current placement or a later one.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, Insertable, OptionalExtension as _, QueryDsl as _, Queryable,
    Selectable, SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use homeward_domain::factor::PrimaryFactor;
use homeward_domain::id::{EpisodeId, FactorResponseId, Id, PlacementId, UserId, names};
use homeward_domain::policy::{Action, Permit, RecordFactors};
use homeward_domain::vocabulary::Vocabulary as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::convert::code;
use crate::error::{StoreError, StoreResult};
use crate::schema::factor_responses::dsl;
use crate::seal::{RESPONSE_ACTION, RESPONSE_NOTE, RESPONSE_TOLD, Sealed};
use crate::tx::{ReadTx, WriteTx};

/// One response, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactorResponse {
    /// The record.
    pub id: FactorResponseId,
    /// The episode whose factor it answers.
    pub episode: EpisodeId,
    /// What a person planned.
    pub planned: Plan,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
    /// That it was done, if it was.
    pub done: Option<Done>,
}

/// What a person plans to do about a factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Which factor.
    pub factor: PrimaryFactor,
    /// What is done, in a person's words.
    pub action: String,
    /// In which placement.
    pub placement: Option<PlacementId>,
    /// By whom.
    pub responsible_name: String,
    /// Until when.
    pub due_on: Option<NaiveDate>,
}

/// That a response was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// On which day.
    pub on: NaiveDate,
    /// In a person's words.
    pub note: Option<String>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
}

impl FactorResponse {
    /// 1 when it is planned, 2 when it is done.
    pub fn version(&self) -> i32 {
        if self.done.is_some() { 2 } else { 1 }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::schema::factor_responses)]
struct Row {
    agency_id: Uuid,
    id: Uuid,
    child_id: Uuid,
    episode_id: Uuid,
    factor: String,
    action: Vec<u8>,
    placement_id: Option<Uuid>,
    due_on: Option<NaiveDate>,
    done_on: Option<NaiveDate>,
    done_note: Option<Vec<u8>>,
    version: i32,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    done_at: Option<DateTime<Utc>>,
    done_by: Option<Uuid>,
    told: Sealed,
}

/// By whom it is done, sealed.
#[derive(Serialize, Deserialize)]
struct Told {
    responsible_name: String,
}

impl Row {
    fn response(self, tx: &ReadTx) -> StoreResult<FactorResponse> {
        let told: Told = tx.safe().open_told(RESPONSE_TOLD, self.id, &self.told)?;
        let action = tx.open(RESPONSE_ACTION, self.id, &self.action)?;
        let note = self.done_note.map(|it| tx.open(RESPONSE_NOTE, self.id, &it)).transpose()?;
        let done = match (self.done_on, self.done_at, self.done_by) {
            (Some(on), Some(recorded_at), Some(by)) => {
                Some(Done { on, note, recorded_at, recorded_by: Id::from_uuid(by) })
            }
            _ => None,
        };
        Ok(FactorResponse {
            id: Id::from_uuid(self.id),
            episode: Id::from_uuid(self.episode_id),
            planned: Plan {
                factor: code(&self.factor, "factor_responses.factor")?,
                action,
                placement: self.placement_id.map(Id::from_uuid),
                responsible_name: told.responsible_name,
                due_on: self.due_on,
            },
            recorded_at: self.recorded_at,
            recorded_by: Id::from_uuid(self.recorded_by),
            done,
        })
    }
}

/// Records what will be done about a factor of an episode of the permitted child.
pub async fn insert(
    tx: &WriteTx,
    permit: &Permit<RecordFactors>,
    episode: EpisodeId,
    planned: Plan,
) -> StoreResult<FactorResponse> {
    let id = tx.new_id::<names::FactorResponse>();
    let row = Row {
        agency_id: permit.agency().uuid(),
        id: id.uuid(),
        child_id: permit.child().uuid(),
        episode_id: episode.uuid(),
        factor: planned.factor.code().to_owned(),
        action: tx.seal(RESPONSE_ACTION, id, &planned.action)?,
        placement_id: planned.placement.map(Id::uuid),
        told: tx.safe().seal_told(RESPONSE_TOLD, id, &Told { responsible_name: planned.responsible_name })?,
        due_on: planned.due_on,
        done_on: None,
        done_note: None,
        version: 1,
        recorded_at: tx.at(),
        recorded_by: permit.actor().uuid(),
        done_at: None,
        done_by: None,
    };
    diesel::insert_into(dsl::factor_responses).values(&row).execute(&mut tx.conn()).await?;
    row.response(tx)
}

/// One response of one episode of the permitted child.
pub async fn find<A: Action>(
    tx: &ReadTx,
    permit: &Permit<A>,
    episode: EpisodeId,
    id: FactorResponseId,
) -> StoreResult<FactorResponse> {
    let row: Option<Row> = dsl::factor_responses
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::id.eq(id.uuid()))
        .filter(dsl::episode_id.eq(episode.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .select(Row::as_select())
        .first(&mut tx.conn())
        .await
        .optional()?;
    row.ok_or(StoreError::NotFound)?.response(tx)
}

/// Adds to an open response that it was done, unless someone else did.
pub async fn finish(
    tx: &WriteTx,
    permit: &Permit<RecordFactors>,
    response: FactorResponse,
    done: Done,
) -> StoreResult<FactorResponse> {
    let note = done.note.as_ref().map(|it| tx.seal(RESPONSE_NOTE, response.id, it)).transpose()?;
    let open = diesel::update(dsl::factor_responses).filter(
        dsl::agency_id.eq(permit.agency().uuid()).and(dsl::id.eq(response.id.uuid())).and(dsl::done_on.is_null()),
    );
    let finished = open
        .set((
            dsl::done_on.eq(done.on),
            dsl::done_note.eq(note),
            dsl::done_at.eq(done.recorded_at),
            dsl::done_by.eq(done.recorded_by.uuid()),
            dsl::version.eq(2),
        ))
        .execute(&mut tx.conn())
        .await?;
    if finished == 0 {
        return Err(StoreError::Stale);
    }
    Ok(FactorResponse { done: Some(done), ..response })
}

/// Every response about the permitted child, open or done, in the order they were recorded.
pub async fn of_child<A: Action>(tx: &ReadTx, permit: &Permit<A>) -> StoreResult<Vec<FactorResponse>> {
    let rows: Vec<Row> = dsl::factor_responses
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order((dsl::recorded_at, dsl::id))
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(|it| it.response(tx)).collect()
}

/// When and by whom a response was planned, and when it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable)]
pub struct Step {
    /// The record.
    pub id: Uuid,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: Uuid,
    /// When it was recorded that it was done.
    pub done_at: Option<DateTime<Utc>>,
    /// By whom.
    pub done_by: Option<Uuid>,
}

/// The steps of one episode of the permitted child. Not what was planned.
pub async fn steps<A: Action>(tx: &ReadTx, permit: &Permit<A>, episode: EpisodeId) -> StoreResult<Vec<Step>> {
    let rows = dsl::factor_responses
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::episode_id.eq(episode.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order((dsl::recorded_at, dsl::id))
        .select((dsl::id, dsl::recorded_at, dsl::recorded_by, dsl::done_at, dsl::done_by))
        .load(&mut tx.conn())
        .await?;
    Ok(rows)
}

/// Every response of one episode of the permitted child, in the order they were recorded.
pub async fn of_episode<A: Action>(
    tx: &ReadTx,
    permit: &Permit<A>,
    episode: EpisodeId,
) -> StoreResult<Vec<FactorResponse>> {
    let mut all = of_child(tx, permit).await?;
    all.retain(|it| it.episode == episode);
    Ok(all)
}
