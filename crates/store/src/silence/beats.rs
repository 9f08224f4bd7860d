//! Heartbeats: each loop says that it has done a whole round of real work.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::silence::{Beat, Task};
use homeward_domain::vocabulary::Vocabulary as _;

use super::Lookout;
use crate::convert::code;
use crate::error::StoreResult;
use crate::sql::sql;

/// Both clocks are kept: what the worker believes, and when the database heard it.
const BEAT: &str = "insert into heartbeats (worker, task, beat_at, heard_at) values (?, ?, ?, clock_timestamp()) \
    on conflict (worker, task) do update set beat_at = excluded.beat_at, heard_at = excluded.heard_at";

const GOODBYE: &str = "delete from heartbeats where worker = ? and task = ?";

/// A worker that another has taken the place of is forgotten; the last one of a task never is.
const FORGET: &str = "delete from heartbeats h where h.heard_at < clock_timestamp() - interval '1 hour' \
    and exists (select from heartbeats n where n.task = h.task and h.heard_at < n.heard_at)";

const ALL: &str = "select worker, task, beat_at, heard_at, clock_timestamp() as database_at from heartbeats";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    worker: String,
    #[diesel(sql_type = Text)]
    task: String,
    #[diesel(sql_type = Timestamptz)]
    beat_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    heard_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    database_at: DateTime<Utc>,
}

impl Row {
    fn beat(self) -> StoreResult<Beat> {
        Ok(Beat {
            task: code(&self.task, "heartbeats.task")?,
            worker: self.worker,
            silent_for: self.database_at - self.heard_at,
            skew: self.beat_at - self.heard_at,
        })
    }
}

impl Lookout {
    /// A loop of `worker` has done a whole round.
    pub async fn beat(&self, worker: &str, task: Task, now: DateTime<Utc>) -> StoreResult<()> {
        let beat = sql(BEAT).bind::<Text, _>(worker.to_owned()).bind::<Text, _>(task.code());
        let beat = beat.bind::<Timestamptz, _>(now);
        self.sweep(async |conn| Ok(beat.execute(&mut &*conn).await?)).await?;
        Ok(())
    }

    /// It was told to stop, so that its silence means nothing.
    pub async fn say_goodbye(&self, worker: &str, task: Task) -> StoreResult<()> {
        let goodbye = sql(GOODBYE).bind::<Text, _>(worker.to_owned()).bind::<Text, _>(task.code());
        self.sweep(async |conn| Ok(goodbye.execute(&mut &*conn).await?)).await?;
        Ok(())
    }

    /// Forgets workers that are long gone and replaced.
    pub async fn forget_the_replaced(&self) -> StoreResult<usize> {
        self.sweep(async |conn| Ok(sql(FORGET).execute(&mut &*conn).await?)).await
    }
}

pub(super) async fn all(conn: &AsyncPgConnection) -> StoreResult<Vec<Beat>> {
    let rows: Vec<Row> = sql(ALL).load(&mut &*conn).await?;
    rows.into_iter().map(Row::beat).collect()
}
