//! What shows that the reminders work, and what is said when they do not. It belongs to the installation: no agency's
//! people or children stand in it.

use diesel_async::AsyncPgConnection;

use crate::error::StoreResult;
use crate::pool::{self, Pool};
use crate::tx::{self, Store};

mod alarms;
mod beats;
mod canaries;
mod grounds;
mod owing;
mod queue;

pub use canaries::{Parts, Proof};
pub use queue::Readiness;

/// Enough to look while a canary is sung.
const CONNECTIONS: u32 = 2;

/// The database as the watch sees it. It opens nothing that is sealed, so it needs no keys.
#[derive(Clone)]
pub struct Lookout {
    pool: Pool,
}

impl Lookout {
    /// The database at `url`, whether it answers or not: connections are opened when they are needed.
    pub fn at(url: &str) -> Self {
        Self { pool: pool::build_lazily(url, CONNECTIONS) }
    }

    async fn within<T>(
        &self,
        opening: &str,
        work: impl AsyncFnOnce(&AsyncPgConnection) -> StoreResult<T>,
    ) -> StoreResult<T> {
        tx::unasked(&self.pool, opening, work).await
    }

    async fn sweep<T>(&self, work: impl AsyncFnOnce(&AsyncPgConnection) -> StoreResult<T>) -> StoreResult<T> {
        self.within(tx::OPEN_SWEEP, work).await
    }
}

impl Store {
    /// The same database, as the watch sees it.
    pub fn lookout(&self) -> Lookout {
        Lookout { pool: self.pool.clone() }
    }
}
