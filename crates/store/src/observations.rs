//! Observations: what a named person saw or was told. Appended, and at most retracted.
//!
//! They are read here, whole and by date, and nowhere else. Nothing counts, filters, searches or ranks them, and no
//! other part of the program asks for one (NJ-1 to NJ-5).

use chrono::{DateTime, Utc};
use diesel::sql_types::Uuid as SqlUuid;
use diesel::{
    ExpressionMethods as _, Insertable, OptionalExtension as _, QueryDsl as _, Queryable, QueryableByName, Selectable,
    SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{EpisodeId, Id, ObservationId, UserId};
use homeward_domain::indicator::IndicatorCode;
use homeward_domain::observation::ObservationSource;
use homeward_domain::policy::{Observe, Permit, ReadObservations};
use homeward_domain::vocabulary::Vocabulary as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::convert::code;
use crate::error::{StoreError, StoreResult};
use crate::notifications::Retraction;
use crate::schema::observations::dsl;
use crate::seal::{OBSERVATION_RETRACTED, OBSERVATION_TOLD, Safe, Sealed};
use crate::sql::sql;
use crate::tx::{ReadTx, WriteTx};

/// One observation, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The record.
    pub id: ObservationId,
    /// What a person told.
    pub seen: Sighting,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
    /// When and why it was taken back. It stays readable.
    pub retracted: Option<Retraction>,
}

/// What a person tells of what they saw or heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The name the catalogue gives it.
    pub indicator: IndicatorCode,
    /// When; none where that is not known.
    pub observed_at: Option<DateTime<Utc>>,
    /// Who saw it.
    pub observed_by_name: String,
    /// What they are to the child, in their words.
    pub observer_role: String,
    /// Where it comes from.
    pub source: ObservationSource,
    /// What was seen, in a person's words.
    pub context: String,
    /// The episode it belongs to, if to one.
    pub episode: Option<EpisodeId>,
}

/// By date: when it was seen, else when it was recorded.
const OF_CHILD: &str = "select o.* from observations o where o.agency_id = ? and o.child_id = ? \
    order by coalesce(o.observed_at, o.recorded_at), o.id";

#[derive(Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = crate::schema::observations)]
struct Row {
    agency_id: Uuid,
    id: Uuid,
    child_id: Uuid,
    episode_id: Option<Uuid>,
    indicator_code: String,
    observed_at: Option<DateTime<Utc>>,
    source: String,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    retracted_at: Option<DateTime<Utc>>,
    retracted_by: Option<Uuid>,
    told: Sealed,
    why_retracted: Option<Sealed>,
}

/// What a person tells of what they saw, sealed as one value.
#[derive(Serialize, Deserialize)]
pub(crate) struct Words {
    pub(crate) observed_by_name: String,
    pub(crate) observer_role: String,
    pub(crate) context: String,
}

impl Words {
    pub(crate) fn seal(&self, safe: Safe<'_>, id: ObservationId) -> StoreResult<Sealed> {
        safe.seal_told(OBSERVATION_TOLD, id, self)
    }
}

impl Row {
    fn observation(self, safe: Safe<'_>) -> StoreResult<Observation> {
        let words: Words = safe.open_told(OBSERVATION_TOLD, self.id, &self.told)?;
        let why = self.why_retracted.map(|it| safe.open(OBSERVATION_RETRACTED, self.id, &it.0)).transpose()?;
        let indicator = IndicatorCode::parse(&self.indicator_code);
        let retracted = Retraction::of(self.retracted_at, self.retracted_by, why);
        Ok(Observation {
            id: Id::from_uuid(self.id),
            seen: Sighting {
                indicator: indicator.map_err(|_| StoreError::Corrupt("observations.indicator_code"))?,
                observed_at: self.observed_at,
                observed_by_name: words.observed_by_name,
                observer_role: words.observer_role,
                source: code(&self.source, "observations.source")?,
                context: words.context,
                episode: self.episode_id.map(Id::from_uuid),
            },
            recorded_at: self.recorded_at,
            recorded_by: Id::from_uuid(self.recorded_by),
            retracted,
        })
    }
}

/// Records what someone saw of the permitted child. It touches no duty and no episode.
pub async fn insert(tx: &WriteTx, permit: &Permit<Observe>, seen: Sighting) -> StoreResult<Observation> {
    let id: ObservationId = tx.new_id();
    let words =
        Words { observed_by_name: seen.observed_by_name, observer_role: seen.observer_role, context: seen.context };
    let row = Row {
        agency_id: permit.agency().uuid(),
        id: id.uuid(),
        child_id: permit.child().uuid(),
        episode_id: seen.episode.map(Id::uuid),
        indicator_code: seen.indicator.as_str().to_owned(),
        observed_at: seen.observed_at,
        source: seen.source.code().to_owned(),
        recorded_at: tx.at(),
        recorded_by: permit.actor().uuid(),
        retracted_at: None,
        retracted_by: None,
        told: words.seal(tx.safe(), id)?,
        why_retracted: None,
    };
    diesel::insert_into(dsl::observations).values(&row).execute(&mut tx.conn()).await?;
    row.observation(tx.safe())
}

/// Every observation of the permitted child, by date, retracted ones among them.
pub async fn of_child(tx: &ReadTx, permit: &Permit<ReadObservations>) -> StoreResult<Vec<Observation>> {
    let rows: Vec<Row> = sql(OF_CHILD)
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(permit.child().uuid())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(|it| it.observation(tx.safe())).collect()
}

/// One observation of the permitted child, held against other writers until the commit.
pub async fn lock(tx: &WriteTx, permit: &Permit<Observe>, id: ObservationId) -> StoreResult<Observation> {
    let row: Option<Row> = dsl::observations
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::id.eq(id.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .select(Row::as_select())
        .for_update()
        .first(&mut tx.conn())
        .await
        .optional()?;
    row.ok_or(StoreError::NotFound)?.observation(tx.safe())
}

/// Takes a locked observation back. The row stays and says so.
pub async fn retract(
    tx: &WriteTx,
    permit: &Permit<Observe>,
    observation: Observation,
    reason: String,
) -> StoreResult<Observation> {
    let retraction = Retraction { at: tx.at(), by: permit.actor(), reason };
    diesel::update(dsl::observations)
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::id.eq(observation.id.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .set((
            dsl::retracted_at.eq(retraction.at),
            dsl::retracted_by.eq(retraction.by.uuid()),
            dsl::why_retracted.eq(tx.seal(OBSERVATION_RETRACTED, observation.id, &retraction.reason)?),
        ))
        .execute(&mut tx.conn())
        .await?;
    Ok(Observation { retracted: Some(retraction), ..observation })
}
