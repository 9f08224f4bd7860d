//! Starting a session once somebody has proven who they are.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Bytea, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::id::{AgencyId, SessionId, UserId};

use super::{SecretHash, Session};
use crate::call;
use crate::error::StoreResult;
use crate::notices::{self, Notice};
use crate::sign_ins::{self, SignIn};
use crate::sql::sql;
use crate::tx::Store;

/// A client that somebody has not used for so long is told of like one they never used.
const KNOWN: TimeDelta = TimeDelta::days(90);

/// So many failures before a success are told (PW-12).
const TOLD_FAILURES: i32 = 3;

/// Nothing is inserted for someone who was disabled. The person is locked, so that two sign-ins at once count each other.
const START: &str = "with person as (select u.agency_id, u.id from users u \
    where u.agency_id = ? and u.id = ? and u.disabled_at is null for no key update), \
    started as (insert into sessions (agency_id, id, user_id, started_at, expires_at, idle_until, agent, \
    proven_at, enrolling) select p.agency_id, ?, p.id, ?, ?, ?, ?, ?, ? from person p returning agency_id, id) \
    insert into refresh_tokens (agency_id, id, session_id, secret_hash, issued_at) \
    select agency_id, ?, id, ?, ? from started";

/// Of those that stand, the newest stay.
const END_OLDEST: &str = "update sessions s set ended_at = ?, end_reason = 'too_many' where s.agency_id = ? and s.id in \
    (select o.id from sessions o where o.agency_id = ? and o.user_id = ? and o.ended_at is null \
    and ? < o.expires_at and ? < o.idle_until order by o.started_at desc, o.id desc offset ?)";

/// Whether somebody who signed in before did so with another client than any of late.
const ELSEWHERE: &str = "select exists (select from sessions s where s.agency_id = ? and s.user_id = ? and s.id <> ?) \
    and not exists (select from sessions s where s.agency_id = ? and s.user_id = ? and s.id <> ? \
    and s.agent is not distinct from ? and ? < s.started_at) as is_new";

/// What a session is started for.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// What it calls itself.
    pub agent: Option<String>,
    /// Whether a second factor has to be set up before anything else.
    pub enrolling: bool,
}

#[derive(QueryableByName)]
struct Elsewhere {
    #[diesel(sql_type = Bool)]
    is_new: bool,
}

impl Store {
    /// Starts a session for someone who has proven who they are; none where they were disabled.
    pub async fn start_session(
        &self,
        who: &SignIn,
        secret_hash: SecretHash,
        Client { agent, enrolling }: Client,
        at: DateTime<Utc>,
    ) -> StoreResult<Option<Session>> {
        let session = Session {
            agency: who.agency,
            user: who.user,
            id: call::new_id(at),
            expires_at: at + self.limits.lifetime,
            token: call::new_id(at),
            enrolling,
        };
        let started = self
            .within(who.agency, async |conn| {
                if !self.start(conn, &session, (secret_hash, agent.clone()), at).await? {
                    return Ok(false);
                }
                sign_ins::forget_failures(conn, who, at).await?;
                self.end_oldest(conn, (who.agency, who.user), at).await?;
                self.tell(conn, who, (&session, agent.clone()), at).await?;
                Ok(true)
            })
            .await?;
        Ok(started.then_some(session))
    }

    async fn start(
        &self,
        mut conn: &AsyncPgConnection,
        session: &Session,
        (secret_hash, agent): (SecretHash, Option<String>),
        at: DateTime<Utc>,
    ) -> StoreResult<bool> {
        let inserted = sql(START)
            .bind::<SqlUuid, _>(session.agency.uuid())
            .bind::<SqlUuid, _>(session.user.uuid())
            .bind::<SqlUuid, _>(session.id.uuid())
            .bind::<Timestamptz, _>(at)
            .bind::<Timestamptz, _>(session.expires_at)
            .bind::<Timestamptz, _>(at + self.limits.idle)
            .bind::<Nullable<Text>, _>(agent)
            .bind::<Timestamptz, _>(at)
            .bind::<Bool, _>(session.enrolling)
            .bind::<SqlUuid, _>(session.token.uuid())
            .bind::<Bytea, _>(secret_hash.0.to_vec())
            .bind::<Timestamptz, _>(at)
            .execute(&mut conn)
            .await?;
        Ok(inserted == 1)
    }

    /// Of those that stand of one person, ends the oldest where there are more than may be.
    pub(super) async fn end_oldest(
        &self,
        mut conn: &AsyncPgConnection,
        (agency, user): (AgencyId, UserId),
        at: DateTime<Utc>,
    ) -> StoreResult<()> {
        sql(END_OLDEST)
            .bind::<Timestamptz, _>(at)
            .bind::<SqlUuid, _>(agency.uuid())
            .bind::<SqlUuid, _>(agency.uuid())
            .bind::<SqlUuid, _>(user.uuid())
            .bind::<Timestamptz, _>(at)
            .bind::<Timestamptz, _>(at)
            .bind::<BigInt, _>(self.limits.at_once)
            .execute(&mut conn)
            .await?;
        Ok(())
    }

    /// What is odd about a sign-in is told to whoever it is of.
    async fn tell(
        &self,
        conn: &AsyncPgConnection,
        who: &SignIn,
        (session, agent): (&Session, Option<String>),
        at: DateTime<Utc>,
    ) -> StoreResult<()> {
        if !self.mails {
            return Ok(());
        }
        if TOLD_FAILURES <= who.failures {
            notices::queue(conn, Notice::SignedInAfterFailures, (who.agency, who.user), at).await?;
        }
        self.tell_elsewhere(conn, (who.agency, who.user, session.id), agent, at).await
    }

    /// A client that they have not used of late is told to whoever the sign-in is of.
    pub(super) async fn tell_elsewhere(
        &self,
        conn: &AsyncPgConnection,
        (agency, user, session): (AgencyId, UserId, SessionId),
        agent: Option<String>,
        at: DateTime<Utc>,
    ) -> StoreResult<()> {
        if self.mails && is_elsewhere(conn, (agency, user, session), agent, at).await? {
            notices::queue(conn, Notice::SignedInElsewhere, (agency, user), at).await?;
        }
        Ok(())
    }
}

async fn is_elsewhere(
    mut conn: &AsyncPgConnection,
    (agency, user, session): (AgencyId, UserId, SessionId),
    agent: Option<String>,
    at: DateTime<Utc>,
) -> StoreResult<bool> {
    let mut query = sql(ELSEWHERE);
    for _ in 0..2 {
        query =
            query.bind::<SqlUuid, _>(agency.uuid()).bind::<SqlUuid, _>(user.uuid()).bind::<SqlUuid, _>(session.uuid());
    }
    let query = query.bind::<Nullable<Text>, _>(agent).bind::<Timestamptz, _>(at - KNOWN);
    let row: Elsewhere = query.get_result(&mut conn).await?;
    Ok(row.is_new)
}
