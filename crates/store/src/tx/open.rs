//! The database as it is opened, and work on it that is no person's request.

use diesel_async::AsyncPgConnection;
use homeward_domain::id::AgencyId;

use super::Store;
use super::frame::{OPEN_SWEEP, open_for, unasked};
use crate::error::StoreResult;
use crate::pool;
use crate::seal::Keyring;
use crate::search::IndexKeys;
use crate::sessions::Limits;

impl Store {
    /// Opens a pool of `connections` to the database at `url`, whose sealed values the keyring opens.
    pub async fn open(url: &str, connections: u32, keyring: Keyring) -> StoreResult<Self> {
        let (pool, index_keys) = (pool::build(url, connections).await?, IndexKeys::default());
        Ok(Self { pool, keyring, mails: false, limits: Limits::default(), index_keys })
    }

    /// The same, where mail leaves the installation: what is delivered into inboxes goes out by mail too.
    pub fn mailing(self) -> Self {
        Self { mails: true, ..self }
    }

    /// The same, where sessions last as long as this.
    pub fn limited(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Work within one agency that is no person's request.
    pub(crate) async fn within<T>(
        &self,
        agency: AgencyId,
        work: impl AsyncFnOnce(&AsyncPgConnection) -> StoreResult<T>,
    ) -> StoreResult<T> {
        unasked(&self.pool, &open_for(agency), work).await
    }

    /// Work across every agency, on the few tables that allow it.
    pub(crate) async fn sweep<T>(
        &self,
        work: impl AsyncFnOnce(&AsyncPgConnection) -> StoreResult<T>,
    ) -> StoreResult<T> {
        unasked(&self.pool, OPEN_SWEEP, work).await
    }
}
