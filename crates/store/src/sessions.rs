//! Signing in: from an e-mail to a session, and from one refresh token to the next.
//!
//! A session is one sign-in and all that is refreshed from it. Each refresh token works once: whoever sends it again
//! has a copy that somebody else used, so the session ends for both.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_types::{Bool, Bytea, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryDsl as _, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::id::{AgencyId, Id, SessionId, UserId};
use uuid::Uuid;

use crate::call::{self, Call};
use crate::error::{StoreError, StoreResult};
use crate::pool;
use crate::schema::sign_ins::dsl;
use crate::sql::sql;
use crate::tx::Store;

/// How long a session lasts, however often it is refreshed: a long shift, and then the person signs in again.
pub const LIFETIME: TimeDelta = TimeDelta::hours(12);

/// Names a refresh token.
pub type RefreshTokenId = Id<names::RefreshToken>;

/// What an id can name here. This type has no values.
pub mod names {
    /// See [`super::RefreshTokenId`].
    pub enum RefreshToken {}
}

/// The SHA-256 of a refresh token's secret. The secret itself is never stored.
#[derive(Clone, Copy)]
pub struct SecretHash(pub [u8; 32]);

/// What stands behind an e-mail. It says nothing yet: the password has to be checked.
pub struct SignIn {
    /// Of which agency.
    pub agency: AgencyId,
    /// Who.
    pub user: UserId,
    /// Argon2id, in PHC form.
    pub password_hash: String,
}

/// A session that stands, with its newest refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Of which agency.
    pub agency: AgencyId,
    /// Of whom.
    pub user: UserId,
    /// The session.
    pub id: SessionId,
    /// When it ends by itself.
    pub expires_at: DateTime<Utc>,
    /// The refresh token that works next.
    pub token: RefreshTokenId,
}

/// A refresh token as it was sent.
pub struct Presented {
    /// The agency in the token.
    pub agency: AgencyId,
    /// The token.
    pub token: RefreshTokenId,
    /// Of the secret in the token.
    pub secret_hash: SecretHash,
}

/// What came of a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It worked, and has a successor.
    Renewed(Session),
    /// It had worked before: its session has ended now.
    Reused(SessionId),
    /// It is none of ours, or its session has ended or expired.
    Unknown,
}

/// Nothing is inserted for someone who was disabled.
const START: &str = "with started as (insert into sessions (agency_id, id, user_id, started_at, expires_at) \
    select u.agency_id, ?, u.id, ?, ? from users u where u.agency_id = ? and u.id = ? and u.disabled_at is null \
    returning agency_id, id) \
    insert into refresh_tokens (agency_id, id, session_id, secret_hash, issued_at) \
    select agency_id, ?, id, ?, ? from started";

/// Two uses of one token come one after the other, and so do two uses of two tokens of one session.
const LOCK: &str = "select t.secret_hash, t.used_at is not null as is_used, t.session_id, s.user_id, s.expires_at, \
    s.ended_at is null and u.disabled_at is null as stands \
    from refresh_tokens t join sessions s on s.agency_id = t.agency_id and s.id = t.session_id \
    join users u on u.agency_id = s.agency_id and u.id = s.user_id \
    where t.agency_id = ? and t.id = ? for update of t, s";

const SUCCEED: &str = "with used as (update refresh_tokens set used_at = ? where agency_id = ? and id = ? \
    returning agency_id, session_id) \
    insert into refresh_tokens (agency_id, id, session_id, secret_hash, issued_at) \
    select agency_id, ?, session_id, ?, ? from used";

const END_REUSED: &str = "update sessions set ended_at = ?, end_reason = 'refresh_token_reused' \
    where agency_id = ? and id = ?";

const SIGN_OUT: &str = "update sessions set ended_at = ?, end_reason = 'signed_out' \
    where agency_id = ? and id = ? and user_id = ? and ended_at is null and ? < expires_at";

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = Bytea)]
    secret_hash: Vec<u8>,
    #[diesel(sql_type = Bool)]
    is_used: bool,
    #[diesel(sql_type = SqlUuid)]
    session_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
    #[diesel(sql_type = Bool)]
    stands: bool,
}

impl SecretHash {
    /// Takes the same time wherever the two differ.
    fn is(&self, stored: &[u8]) -> bool {
        let differing = self.0.iter().zip(stored).fold(0, |all, (ours, theirs)| all | (ours ^ theirs));
        stored.len() == self.0.len() && std::hint::black_box(differing) == 0
    }
}

impl Store {
    /// What stands behind an e-mail, in lower case.
    pub async fn find_sign_in(&self, email: &str) -> StoreResult<Option<SignIn>> {
        let conn = pool::checkout(&self.pool).await?;
        let row: Option<(Uuid, Uuid, String)> = dsl::sign_ins
            .find(email)
            .select((dsl::agency_id, dsl::user_id, dsl::password_hash))
            .first(&mut &conn.pg)
            .await
            .optional()?;
        Ok(row.map(|(agency, user, password_hash)| SignIn {
            agency: Id::from_uuid(agency),
            user: Id::from_uuid(user),
            password_hash,
        }))
    }

    /// Starts a session for someone whose password was right; none where they were disabled.
    pub async fn start_session(
        &self,
        who: &SignIn,
        secret_hash: SecretHash,
        at: DateTime<Utc>,
    ) -> StoreResult<Option<Session>> {
        let session = Session {
            agency: who.agency,
            user: who.user,
            id: call::new_id(at),
            expires_at: at + LIFETIME,
            token: call::new_id(at),
        };
        let started = self.within(who.agency, async |conn| start(conn, &session, secret_hash, at).await).await?;
        Ok(started.then_some(session))
    }

    /// Takes a refresh token and gives its successor. What a second use does to the session is kept, not undone.
    pub async fn rotate(
        &self,
        presented: &Presented,
        successor: SecretHash,
        at: DateTime<Utc>,
    ) -> StoreResult<Rotation> {
        self.within(presented.agency, async |conn| rotate(conn, presented, successor, at).await).await
    }

    /// Ends the caller's session.
    pub async fn end_session(&self, call: &Call) -> StoreResult<()> {
        let query = sql(SIGN_OUT)
            .bind::<Timestamptz, _>(call.at)
            .bind::<SqlUuid, _>(call.agency.uuid())
            .bind::<SqlUuid, _>(call.session.uuid())
            .bind::<SqlUuid, _>(call.user.uuid())
            .bind::<Timestamptz, _>(call.at);
        let ended = self.within(call.agency, async |conn| Ok(query.execute(&mut &*conn).await?)).await?;
        if ended == 0 { Err(StoreError::SignedOut) } else { Ok(()) }
    }
}

async fn start(
    mut conn: &AsyncPgConnection,
    session: &Session,
    secret_hash: SecretHash,
    at: DateTime<Utc>,
) -> StoreResult<bool> {
    let inserted = sql(START)
        .bind::<SqlUuid, _>(session.id.uuid())
        .bind::<Timestamptz, _>(at)
        .bind::<Timestamptz, _>(session.expires_at)
        .bind::<SqlUuid, _>(session.agency.uuid())
        .bind::<SqlUuid, _>(session.user.uuid())
        .bind::<SqlUuid, _>(session.token.uuid())
        .bind::<Bytea, _>(secret_hash.0.to_vec())
        .bind::<Timestamptz, _>(at)
        .execute(&mut conn)
        .await?;
    Ok(inserted == 1)
}

async fn rotate(
    mut conn: &AsyncPgConnection,
    presented: &Presented,
    successor: SecretHash,
    at: DateTime<Utc>,
) -> StoreResult<Rotation> {
    let locked: Option<Locked> = sql(LOCK)
        .bind::<SqlUuid, _>(presented.agency.uuid())
        .bind::<SqlUuid, _>(presented.token.uuid())
        .get_result(&mut conn)
        .await
        .optional()?;
    let Some(locked) = locked.filter(|it| presented.secret_hash.is(&it.secret_hash)) else {
        return Ok(Rotation::Unknown);
    };
    if !locked.stands || locked.expires_at <= at {
        return Ok(Rotation::Unknown);
    }
    let session = Session {
        agency: presented.agency,
        user: Id::from_uuid(locked.user_id),
        id: Id::from_uuid(locked.session_id),
        expires_at: locked.expires_at,
        token: call::new_id(at),
    };
    if locked.is_used {
        end_reused(conn, &session, at).await?;
        return Ok(Rotation::Reused(session.id));
    }
    succeed(conn, presented, (session.token, successor), at).await?;
    Ok(Rotation::Renewed(session))
}

async fn succeed(
    mut conn: &AsyncPgConnection,
    used: &Presented,
    (id, secret_hash): (RefreshTokenId, SecretHash),
    at: DateTime<Utc>,
) -> StoreResult<()> {
    sql(SUCCEED)
        .bind::<Timestamptz, _>(at)
        .bind::<SqlUuid, _>(used.agency.uuid())
        .bind::<SqlUuid, _>(used.token.uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .bind::<Bytea, _>(secret_hash.0.to_vec())
        .bind::<Timestamptz, _>(at)
        .execute(&mut conn)
        .await?;
    Ok(())
}

async fn end_reused(mut conn: &AsyncPgConnection, session: &Session, at: DateTime<Utc>) -> StoreResult<()> {
    sql(END_REUSED)
        .bind::<Timestamptz, _>(at)
        .bind::<SqlUuid, _>(session.agency.uuid())
        .bind::<SqlUuid, _>(session.id.uuid())
        .execute(&mut conn)
        .await?;
    Ok(())
}
