//! Bringing in an agency's records: whole children at a time, and nothing twice.
//!
//! The import adds people, which the running role may not do, so it has a connection of its own as the owner of the
//! tables. Whatever concerns a child it writes as the running role all the same, behind the agency wall.

mod batch;
mod facts;
mod known;
mod people;
mod revisit;

use std::collections::HashSet;

use diesel::sql_types::{Array, Text, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use homeward_domain::id::AgencyId;
use uuid::Uuid;

use crate::agencies;
use crate::call::Agency;
use crate::error::{StoreError, StoreResult};
use crate::seal::{self, Keyring, Safe};
use crate::sql::sql;

pub use facts::{
    Arrival, ChildFacts, EpisodeFacts, EpisodeLine, Line, NotificationFacts, ObservationFacts, PlacementFacts, Unnamed,
    child_id, content, content_id, episode_id,
};
pub use known::{Absence, Asked, Known, KnownChild, KnownEpisode};
pub use people::{Clerk, Worker};

/// Another import of the same agency waits here until this one's connection closes.
const HOLD: &str = "select pg_advisory_lock(hashtextextended('homeward import ' || ?, 0))";

const ANALYZE: &str = "analyze children, placements, missing_episodes, notifications, observations, duties, rungs, \
    audit_entries";

/// A connection of the owner, for one import.
pub struct Importer {
    conn: AsyncPgConnection,
    keyring: Keyring,
}

/// The rows that are known by what they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Placements.
    Placements,
    /// Contacts.
    Notifications,
    /// Observations.
    Observations,
}

#[derive(diesel::QueryableByName)]
struct Present {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

impl Importer {
    /// Connects as whoever owns the tables. The keyring seals and opens what the records tell.
    pub async fn connect(url: &str, keyring: &Keyring) -> StoreResult<Self> {
        let unavailable = |error: diesel::ConnectionError| StoreError::Unavailable(error.to_string());
        let mut conn = AsyncPgConnection::establish(url).await.map_err(unavailable)?;
        conn.batch_execute("set timezone = 'UTC'").await?;
        Ok(Self { conn, keyring: keyring.clone() })
    }

    async fn count_key_uses(&self) -> StoreResult<()> {
        seal::count(&self.conn, &self.keyring).await.map(drop)
    }

    fn safe(&self, agency: AgencyId) -> Safe<'_> {
        Safe::new(&self.keyring, agency)
    }

    /// Every agency, by name.
    pub async fn agencies(&self) -> StoreResult<Vec<Agency>> {
        let rows: Vec<agencies::Row> = sql(agencies::EVERY).load(&mut &self.conn).await?;
        rows.into_iter().map(agencies::Row::agency).collect()
    }

    /// Waits until no other import of the agency runs, and keeps others waiting from then on.
    pub async fn hold(&self, agency: AgencyId) -> StoreResult<()> {
        sql(HOLD).bind::<Text, _>(agency.to_string()).execute(&mut &self.conn).await?;
        Ok(())
    }

    /// Has the database look at how much there is now. Plans made for empty tables take minutes for full ones.
    pub async fn analyze(&self) -> StoreResult<()> {
        Ok((&self.conn).batch_execute(ANALYZE).await?)
    }

    /// Those of the rows that are there already.
    pub async fn present(&self, agency: AgencyId, content: Content, ids: Vec<Uuid>) -> StoreResult<HashSet<Uuid>> {
        let query = match content {
            Content::Placements => "select id from placements where agency_id = ? and id = any(?)",
            Content::Notifications => "select id from notifications where agency_id = ? and id = any(?)",
            Content::Observations => "select id from observations where agency_id = ? and id = any(?)",
        };
        let rows: Vec<Present> =
            sql(query).bind::<SqlUuid, _>(agency.uuid()).bind::<Array<SqlUuid>, _>(ids).load(&mut &self.conn).await?;
        Ok(rows.into_iter().map(|it| it.id).collect())
    }
}
