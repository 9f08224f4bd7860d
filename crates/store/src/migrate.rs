//! Bringing the tables up to date, by the role that owns them.

use chrono::{DateTime, Utc};
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::sql_types::{Array, Text};
use diesel_async::{
    AsyncConnection as _, AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use crate::error::{StoreError, StoreResult};
use crate::seal::{self, Keyring, KeysMissing, earlier};
use crate::sql::sql;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// Two replicas that start together apply each migration once: the second waits for this lock.
const LOCK: &str = "select pg_advisory_lock(721347001)";

/// The migration that drops what stood in the clear. What is there has to be sealed before it, which SQL cannot do.
const SEALED_BEFORE: &str = "0063";

/// The last migration that drops what stood in the clear. After it the tables are written anew.
const LAST_DROPPED: &str = "0068";

/// Applies what is missing, and says how many migrations that was. Where rows are there from before they were sealed,
/// they are sealed with this keyring.
pub async fn up(url: &str, keyring: &Keyring, now: DateTime<Utc>) -> Result<usize, KeysMissing> {
    let alone = alone(url).await?;
    let before = run_pending(url, |version| version < SEALED_BEFORE).await?;
    if is_pending(url, SEALED_BEFORE).await? {
        earlier::seal(&alone, keyring, now).await?;
    }
    let drops = is_pending(url, LAST_DROPPED).await?;
    let after = run_pending(url, |_| true).await?;
    if drops {
        earlier::wipe(&alone).await?;
    }
    seal::count(&alone, keyring).await?;
    Ok(before + after)
}

/// Applies what is missing and comes before the migration that drops what stood in the clear.
pub async fn up_to_the_clear(url: &str) -> StoreResult<usize> {
    let _alone = alone(url).await?;
    run_pending(url, |version| version < SEALED_BEFORE).await
}

/// Takes everything back. For tests of the migrations themselves.
pub async fn down(url: &str) -> StoreResult<usize> {
    let _alone = alone(url).await?;
    on_a_thread(url, |harness| {
        let reverted = harness.revert_all_migrations(MIGRATIONS).map_err(|it| failed(it.as_ref()))?;
        Ok(reverted.len())
    })
    .await
}

async fn run_pending(url: &str, wanted: impl Fn(&str) -> bool + Send + 'static) -> StoreResult<usize> {
    on_a_thread(url, move |harness| {
        let mut applied = 0;
        for migration in harness.pending_migrations(MIGRATIONS).map_err(|it| failed(it.as_ref()))? {
            if wanted(&migration.name().version().to_string()) {
                harness.run_migration(&migration).map_err(|it| failed(it.as_ref()))?;
                applied += 1;
            }
        }
        Ok(applied)
    })
    .await
}

async fn is_pending(url: &str, version: &'static str) -> StoreResult<bool> {
    on_a_thread(url, move |harness| {
        let pending = harness.pending_migrations(MIGRATIONS).map_err(|it| failed(it.as_ref()))?;
        Ok(pending.iter().any(|it| it.name().version().to_string() == version))
    })
    .await
}

/// A connection that holds the lock until it closes.
async fn alone(url: &str) -> StoreResult<AsyncPgConnection> {
    let mut conn = connect(url).await?;
    conn.batch_execute("set client_min_messages = error").await?;
    conn.batch_execute(LOCK).await?;
    Ok(conn)
}

/// How many of these migrations a database has. The role that runs may ask; it may not change anything.
const APPLIED: &str = "select count(*) as applied from __diesel_schema_migrations where version = any(?)";

#[derive(diesel::QueryableByName)]
struct Applied {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    applied: i64,
}

/// Whether every migration of this program is applied. Those of the next version may be too: each leaves this one working,
/// so that both serve beside one another while one takes the other's place (OP-05).
pub async fn is_current(url: &str) -> StoreResult<bool> {
    let mut conn = connect(url).await?;
    let known = known()?;
    let asked = sql(APPLIED).bind::<Array<Text>, _>(known.clone());
    let applied: Result<Applied, _> = asked.get_result(&mut conn).await;
    Ok(applied.is_ok_and(|it| are_all(&known, it.applied)))
}

/// The migrations that this program has.
pub(crate) fn known() -> StoreResult<Vec<String>> {
    let known = MigrationSource::<Pg>::migrations(&MIGRATIONS).map_err(|it| failed(it.as_ref()))?;
    Ok(known.iter().map(|it| it.name().version().to_string()).collect())
}

/// Whether so many are all of them.
pub(crate) fn are_all(known: &[String], applied: i64) -> bool {
    i64::try_from(known.len()).is_ok_and(|it| it == applied)
}

pub(crate) async fn connect(url: &str) -> StoreResult<AsyncPgConnection> {
    AsyncPgConnection::establish(url).await.map_err(|error| StoreError::Unavailable(error.to_string()))
}

type Harness = AsyncMigrationHarness<AsyncPgConnection>;

/// The harness blocks, so it runs on a thread that may.
async fn on_a_thread<T: Send + 'static>(
    url: &str,
    work: impl FnOnce(&mut Harness) -> StoreResult<T> + Send + 'static,
) -> StoreResult<T> {
    let mut conn = connect(url).await?;
    conn.batch_execute("set client_min_messages = warning").await?;
    let run = tokio::task::spawn_blocking(move || work(&mut AsyncMigrationHarness::new(conn)));
    run.await.map_err(|error| StoreError::Unavailable(error.to_string()))?
}

fn failed(error: &(dyn std::error::Error + Send + Sync)) -> StoreError {
    StoreError::Unavailable(format!("a migration failed: {error}"))
}
