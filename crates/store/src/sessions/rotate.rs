//! From one refresh token to the next.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Bool, Bytea, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::id::{AgencyId, Id};
use uuid::Uuid;

use super::{GRACE, RefreshTokenId, SecretHash, Session};
use crate::call;
use crate::error::StoreResult;
use crate::notices::{self, Notice};
use crate::sql::sql;
use crate::tx::Store;

/// A refresh token as it was sent.
pub struct Presented {
    /// The agency in the token.
    pub agency: AgencyId,
    /// The token.
    pub token: RefreshTokenId,
    /// Of the secret in the token.
    pub secret_hash: SecretHash,
    /// What the client calls itself.
    pub agent: Option<String>,
}

/// What came of a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It worked, and has a successor.
    Renewed(Session),
    /// It had worked before: its session has ended now.
    Reused(Session),
    /// It is none of ours, or its session has ended or expired.
    Unknown,
}

/// Two uses of one token come one after the other, and so do two uses of two tokens of one session.
const LOCK: &str = "select t.secret_hash, t.used_at, t.successor_id, t.session_id, s.user_id, s.expires_at, s.agent, s.enrolling, \
    s.ended_at is null and u.disabled_at is null and ? < s.expires_at and ? < s.idle_until as stands \
    from refresh_tokens t join sessions s on s.agency_id = t.agency_id and s.id = t.session_id \
    join users u on u.agency_id = s.agency_id and u.id = s.user_id \
    where t.agency_id = ? and t.id = ? for update of t, s";

/// The successor of a token that is used again for a reply that was lost works no more. No row where it was used already.
const WITHDRAW: &str = "update refresh_tokens set used_at = ? where agency_id = ? and id = ? and used_at is null";

const SUCCEED: &str = "with used as (update refresh_tokens set used_at = coalesce(used_at, ?), successor_id = ? \
    where agency_id = ? and id = ? returning agency_id, session_id), \
    moved as (update sessions s set idle_until = ? from used where s.agency_id = used.agency_id \
    and s.id = used.session_id) \
    insert into refresh_tokens (agency_id, id, session_id, secret_hash, issued_at) \
    select agency_id, ?, session_id, ?, ? from used";

const END_REUSED: &str = "update sessions set ended_at = ?, end_reason = 'refresh_token_reused' \
    where agency_id = ? and id = ?";

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = Bytea)]
    secret_hash: Vec<u8>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    used_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    successor_id: Option<Uuid>,
    #[diesel(sql_type = SqlUuid)]
    session_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>)]
    agent: Option<String>,
    #[diesel(sql_type = Bool)]
    enrolling: bool,
    #[diesel(sql_type = Bool)]
    stands: bool,
}

impl Store {
    /// Takes a refresh token and gives its successor. What a second use does to the session is kept, not undone.
    pub async fn rotate(
        &self,
        presented: &Presented,
        successor: SecretHash,
        at: DateTime<Utc>,
    ) -> StoreResult<Rotation> {
        self.within(presented.agency, async |conn| {
            let Some(locked) = lock(conn, presented, at).await? else { return Ok(Rotation::Unknown) };
            let session = Session {
                agency: presented.agency,
                user: Id::from_uuid(locked.user_id),
                id: Id::from_uuid(locked.session_id),
                expires_at: locked.expires_at,
                token: call::new_id(at),
                enrolling: locked.enrolling,
            };
            if locked.used_at.is_none() || was_lost(conn, presented, &locked, at).await? {
                self.succeed(conn, presented, (session.token, successor), at).await?;
                return Ok(Rotation::Renewed(session));
            }
            end_reused(conn, &session, at).await?;
            if self.mails {
                notices::queue(conn, Notice::RefreshTokenReused, (session.agency, session.user), at).await?;
            }
            Ok(Rotation::Reused(session))
        })
        .await
    }

    async fn succeed(
        &self,
        mut conn: &AsyncPgConnection,
        used: &Presented,
        (id, secret_hash): (RefreshTokenId, SecretHash),
        at: DateTime<Utc>,
    ) -> StoreResult<()> {
        sql(SUCCEED)
            .bind::<Timestamptz, _>(at)
            .bind::<SqlUuid, _>(id.uuid())
            .bind::<SqlUuid, _>(used.agency.uuid())
            .bind::<SqlUuid, _>(used.token.uuid())
            .bind::<Timestamptz, _>(at + self.limits.idle)
            .bind::<SqlUuid, _>(id.uuid())
            .bind::<Bytea, _>(secret_hash.0.to_vec())
            .bind::<Timestamptz, _>(at)
            .execute(&mut conn)
            .await?;
        Ok(())
    }
}

/// The token and its session, if both are what they should be.
async fn lock(mut conn: &AsyncPgConnection, presented: &Presented, at: DateTime<Utc>) -> StoreResult<Option<Locked>> {
    let locked: Option<Locked> = sql(LOCK)
        .bind::<Timestamptz, _>(at)
        .bind::<Timestamptz, _>(at)
        .bind::<SqlUuid, _>(presented.agency.uuid())
        .bind::<SqlUuid, _>(presented.token.uuid())
        .get_result(&mut conn)
        .await
        .optional()?;
    Ok(locked.filter(|it| presented.secret_hash.is(&it.secret_hash) && it.stands))
}

/// Whether a second use is the same client asking for a reply that it never got. The successor works no more then: of
/// two who have the token, whoever comes later is the one who goes on, and the other ends the session by trying.
async fn was_lost(
    mut conn: &AsyncPgConnection,
    presented: &Presented,
    locked: &Locked,
    at: DateTime<Utc>,
) -> StoreResult<bool> {
    let (Some(used_at), Some(successor)) = (locked.used_at, locked.successor_id) else { return Ok(false) };
    if used_at + GRACE < at || locked.agent != presented.agent {
        return Ok(false);
    }
    let withdrawn = sql(WITHDRAW)
        .bind::<Timestamptz, _>(at)
        .bind::<SqlUuid, _>(presented.agency.uuid())
        .bind::<SqlUuid, _>(successor)
        .execute(&mut conn)
        .await?;
    Ok(withdrawn == 1)
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
