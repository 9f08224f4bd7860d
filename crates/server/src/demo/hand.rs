//! The demo's caseworker, signed in: whatever they record passes the policy and the audit, as over HTTP.

use chrono::{DateTime, TimeDelta, Utc};
use homeward_domain::audit::Entry;
use homeward_domain::id::ChildId;
use homeward_domain::policy::{Action, Permit};
use homeward_store::call::{Call, Origin};
use homeward_store::sessions::Client;
use homeward_store::{Audited, StoreError, WriteTx};

use super::cases::Stage;
use crate::auth::token::Secret;
use crate::objects::Objects;
use crate::problem::Problem;

/// Someone who records.
pub(super) struct Hand<'a> {
    stage: &'a Stage,
    call: Call,
    began_at: DateTime<Utc>,
}

impl<'a> Hand<'a> {
    /// Signs them in. Nobody gets the token of this session, and it ends with the telling.
    pub(super) async fn of(
        stage: &'a Stage,
        email: &str,
        began_at: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<Self, Problem> {
        let unknown = || StoreError::Corrupt("sign_ins");
        let who = stage.store.find_sign_in(email).await?.ok_or_else(unknown)?;
        let secret = Secret::random().map_err(|error| Problem::Internal(Box::new(error)))?;
        let session =
            stage.store.start_session(&who, secret.hash(), Client::default(), at).await?.ok_or_else(unknown)?;
        let call =
            Call { agency: who.agency, user: who.user, session: session.id, key: None, at, origin: Origin::default() };
        Ok(Self { stage, call, began_at })
    }

    /// The same, at the beginning of the telling.
    pub(super) fn earlier(&self) -> Self {
        Self { stage: self.stage, call: Call { at: self.began_at, ..self.call.clone() }, began_at: self.began_at }
    }

    /// Signs them out.
    pub(super) async fn rest(&self) -> Result<(), Problem> {
        Ok(self.stage.store.end_session(&self.call).await?)
    }

    pub(super) fn call(&self) -> &Call {
        &self.call
    }

    pub(super) fn objects(&self) -> &Objects {
        &self.stage.objects
    }

    pub(super) fn hours_ago(&self, hours: i64) -> DateTime<Utc> {
        self.call.at - TimeDelta::hours(hours)
    }

    /// Records one thing about a child, with its entry.
    pub(super) async fn record<A: Action, T>(
        &self,
        child: ChildId,
        work: impl AsyncFnOnce(&WriteTx, &Permit<A>) -> Result<(T, Entry), Problem>,
    ) -> Result<T, Problem> {
        let work = async |tx: &WriteTx, permit: &Permit<A>| {
            let (told, entry) = work(tx, permit).await?;
            Ok::<_, Problem>(Audited::new(told, entry))
        };
        self.stage.store.write(&self.call, child, work).await
    }
}
