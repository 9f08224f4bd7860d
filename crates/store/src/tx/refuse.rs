//! What was refused is in the trail too (AD-04), in a transaction of its own: the other one is taken back.

use diesel_async::SimpleAsyncConnection as _;
use homeward_domain::policy::{self, Denied};

use super::ReadTx;
use super::frame::{commit_with, open_for, roll_back};
use crate::audit::{self, By};
use crate::error::{StoreError, StoreResult};

impl ReadTx {
    /// Ends the transaction, and records that nothing came of it. Whether there is such a child or not, as much is done.
    pub(super) async fn refuse(mut self, denied: Denied) -> StoreError {
        roll_back(&mut self.conn).await;
        match self.record(denied).await {
            Ok(()) => denied.into(),
            Err(error) => error,
        }
    }

    async fn record(&mut self, denied: Denied) -> StoreResult<()> {
        let caller = &self.standing.caller;
        let entry = policy::refused(caller, self.standing.child.map(|it| it.id), denied);
        let statement = audit::entry(By::calling(&self.call, caller.role), &entry)?;
        self.conn.in_transaction = true;
        (&self.conn.pg).batch_execute(&open_for(self.call.agency)).await?;
        commit_with(&mut self.conn, vec![statement]).await
    }
}
