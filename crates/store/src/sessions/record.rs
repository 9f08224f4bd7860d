//! Who came and went is in the trail too (AD-04).

use chrono::{DateTime, Utc};
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use homeward_domain::audit::{Entry, SignInStep};
use homeward_domain::id::{AgencyId, UserId};

use crate::audit::{self, By};
use crate::call::Origin;
use crate::error::StoreResult;
use crate::tx::Store;

impl Store {
    /// Records what somebody did at the door. The disk is not waited for where it failed: guesses may be many.
    pub async fn record_sign_in(
        &self,
        (agency, user): (AgencyId, UserId),
        step: SignInStep,
        origin: &Origin,
        at: DateTime<Utc>,
    ) -> StoreResult<()> {
        let session = match step {
            SignInStep::In(session)
            | SignInStep::ByProvider(session, _)
            | SignInStep::Out(session)
            | SignInStep::Reused(session) => Some(session),
            SignInStep::Failed => None,
        };
        let entry = audit::entry(By::arriving(at, session, origin), &Entry::of_sign_in(agency, user, step))?;
        self.within(agency, async |conn| {
            if step == SignInStep::Failed {
                (&mut &*conn).batch_execute("set local synchronous_commit = off").await?;
            }
            entry.execute(&mut &*conn).await?;
            Ok(())
        })
        .await
    }
}
