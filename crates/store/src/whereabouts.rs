//! Whether someone knows where a child is: each time it was told, and never replaced.

use chrono::{DateTime, Utc};
use diesel::sql_types::Text;
use diesel::{ExpressionMethods as _, QueryDsl as _, Queryable, Selectable, SelectableHelper as _};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{EpisodeId, Id, UserId, WhereaboutsId};
use homeward_domain::policy::{Action, Permit};
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_domain::whereabouts::Whereabouts;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::convert::code;
use crate::error::{StoreError, StoreResult};
use crate::schema::whereabouts::dsl;
use crate::seal::{Safe, Sealed, WHEREABOUTS_TOLD};
use crate::sql::sql;
use crate::tx::{ReadTx, WriteTx};

/// One statement, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// The record.
    pub id: WhereaboutsId,
    /// What a person told.
    pub told: Whereabouts,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
}

/// As a statement of our own it is prepared once; opening an episode sends it.
const INSERT: &str = "insert into whereabouts select * from json_populate_record(null::whereabouts, ?::json)";

#[derive(Queryable, Selectable, Serialize)]
#[diesel(table_name = crate::schema::whereabouts)]
struct Row {
    agency_id: Uuid,
    id: Uuid,
    child_id: Uuid,
    episode_id: Uuid,
    known: String,
    verified_at: Option<DateTime<Utc>>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    told: Sealed,
}

/// What a person tells of where a child is, sealed as one value.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Words {
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_by_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    how: Option<String>,
}

impl Row {
    fn stated(self, safe: Safe<'_>) -> StoreResult<Stated> {
        let words: Words = safe.open_told(WHEREABOUTS_TOLD, self.id, &self.told)?;
        Ok(Stated {
            id: Id::from_uuid(self.id),
            told: Whereabouts {
                known: code(&self.known, "whereabouts.known")?,
                verified_by_name: words.verified_by_name,
                verified_at: self.verified_at,
                how: words.how,
            },
            recorded_at: self.recorded_at,
            recorded_by: Id::from_uuid(self.recorded_by),
        })
    }
}

/// Adds a statement. Whoever may change the episode, or opens it, saves in it what was told.
pub async fn insert<A: Action>(
    tx: &WriteTx,
    permit: &Permit<A>,
    episode: EpisodeId,
    told: Whereabouts,
) -> StoreResult<Stated> {
    let id: WhereaboutsId = tx.new_id();
    let words = Words { verified_by_name: told.verified_by_name, how: told.how };
    let row = Row {
        agency_id: permit.agency().uuid(),
        id: id.uuid(),
        child_id: permit.child().uuid(),
        episode_id: episode.uuid(),
        known: told.known.code().to_owned(),
        verified_at: told.verified_at,
        told: tx.safe().seal_told(WHEREABOUTS_TOLD, id, &words)?,
        recorded_at: tx.at(),
        recorded_by: permit.actor().uuid(),
    };
    let values = serde_json::to_string(&row).map_err(|_| StoreError::Corrupt("whereabouts"))?;
    sql(INSERT).bind::<Text, _>(values).execute(&mut tx.conn()).await?;
    row.stated(tx.safe())
}

/// Every statement about one episode of the permitted child, the latest last.
pub async fn of_episode<A: Action>(tx: &ReadTx, permit: &Permit<A>, episode: EpisodeId) -> StoreResult<Vec<Stated>> {
    let rows: Vec<Row> = dsl::whereabouts
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::episode_id.eq(episode.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order((dsl::recorded_at, dsl::id))
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(|it| it.stated(tx.safe())).collect()
}
