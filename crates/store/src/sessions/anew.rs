//! Proving anew who one is: a new session takes the place of the one that asked, and ends when that would have (SE-08).

use chrono::{DateTime, Utc};
use diesel::sql_types::{Bool, Bytea, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::SessionId;

use super::{RefreshTokenId, SecretHash, Session};
use crate::call::{self, Call};
use crate::error::{StoreError, StoreResult};
use crate::sql::sql;
use crate::tx::Store;

const ANEW: &str = "with old as (update sessions set ended_at = ?, end_reason = 'proven_anew' where agency_id = ? \
    and id = ? and user_id = ? and ended_at is null and ? < expires_at and ? < idle_until \
    returning agency_id, user_id, expires_at, agent, enrolling), \
    started as (insert into sessions (agency_id, id, user_id, started_at, expires_at, idle_until, agent, proven_at, \
    enrolling) select o.agency_id, ?, o.user_id, ?, o.expires_at, ?, o.agent, ?, o.enrolling and ? from old o \
    returning agency_id, id, expires_at, enrolling), \
    carried as (insert into refresh_tokens (agency_id, id, session_id, secret_hash, issued_at) \
    select agency_id, ?, id, ?, ? from started) \
    select expires_at, enrolling from started";

#[derive(QueryableByName)]
struct Started {
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
    #[diesel(sql_type = Bool)]
    enrolling: bool,
}

impl Store {
    /// Whoever calls has proven anew who they are. If they have just set up a second factor, nothing more is due.
    pub async fn start_anew(
        &self,
        call: &Call,
        secret_hash: SecretHash,
        still_enrolling: bool,
    ) -> StoreResult<Session> {
        let (id, token): (SessionId, RefreshTokenId) = (call::new_id(call.at), call::new_id(call.at));
        let anew = sql(ANEW)
            .bind::<Timestamptz, _>(call.at)
            .bind::<SqlUuid, _>(call.agency.uuid())
            .bind::<SqlUuid, _>(call.session.uuid())
            .bind::<SqlUuid, _>(call.user.uuid())
            .bind::<Timestamptz, _>(call.at)
            .bind::<Timestamptz, _>(call.at)
            .bind::<SqlUuid, _>(id.uuid())
            .bind::<Timestamptz, _>(call.at)
            .bind::<Timestamptz, _>(call.at + self.limits.idle)
            .bind::<Timestamptz, _>(call.at)
            .bind::<Bool, _>(still_enrolling)
            .bind::<SqlUuid, _>(token.uuid())
            .bind::<Bytea, _>(secret_hash.0.to_vec())
            .bind::<Timestamptz, _>(call.at);
        let started: Option<Started> =
            self.within(call.agency, async |conn| Ok(anew.get_result(&mut &*conn).await.optional()?)).await?;
        let Started { expires_at, enrolling } = started.ok_or(StoreError::SignedOut)?;
        Ok(Session { agency: call.agency, user: call.user, id, expires_at, token, enrolling })
    }
}
