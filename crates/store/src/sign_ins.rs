//! What stands behind an e-mail: a password, how often it was guessed at, and whether it is locked.
//!
//! A try is counted before its password is compared and forgotten when it was right, so a hundred at once at several
//! servers are no more than `FAILURES` (PW-05, PW-06). The failures of e-mails that nobody has are not counted: whoever
//! is locked, and whoever is nobody, gets the same answer as whoever mistyped.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_types::{Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryDsl as _, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use homeward_domain::id::{AgencyId, Id, UserId};
use homeward_domain::notice::Notice;
use homeward_domain::policy::{Grant, ManagePeople, OwnSettings};
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};
use crate::notices;
use crate::pool;
use crate::schema::sign_ins::dsl;
use crate::sql::sql;
use crate::tx::{Store, WriteTx};

mod reset;

pub use reset::{PresentedReset, ResetId, Resetting, start_reset};

/// So many failures within [`WINDOW`] lock a sign-in.
const FAILURES: i32 = 5;

const WINDOW: TimeDelta = TimeDelta::minutes(15);

/// What stands behind an e-mail. It says nothing yet: the password has to be checked.
pub struct SignIn {
    /// Of which agency.
    pub agency: AgencyId,
    /// Who.
    pub user: UserId,
    /// Argon2id, in PHC form.
    pub password_hash: String,
    /// How many failures came before this try.
    pub failures: i32,
}

/// The last claim that fits locks for those who come after; if it was right, that is forgotten.
const CLAIM: &str = "update sign_ins set \
    failures = case when locked_at is null and ? < failing_since then failures + 1 else 1 end, \
    failing_since = case when locked_at is null and ? < failing_since then failing_since else ? end, \
    locked_at = case when locked_at is null and ? < failing_since and ? <= failures + 1 then ?::timestamptz end \
    where email = ? and (locked_at is null or locked_at <= ?) and (used_at is null or ? < used_at) \
    returning agency_id, user_id, password_hash, failures";

const FORGET: &str = "update sign_ins set failures = null, failing_since = null, locked_at = null, used_at = ? \
    where agency_id = ? and user_id = ?";

const CHOOSE: &str = "update sign_ins set password_hash = ?, failures = null, failing_since = null, locked_at = null, \
    used_at = ? where agency_id = ? and user_id = ?";

/// A right password without the code that is due is neither a failure nor a success.
const TAKE_BACK: &str = "update sign_ins set failures = nullif(failures - 1, 0), \
    failing_since = case when 1 < failures then failing_since end, locked_at = null \
    where agency_id = ? and user_id = ? and failures is not null";

const UPGRADE: &str = "update sign_ins set password_hash = ? where agency_id = ? and user_id = ? and password_hash = ?";

#[derive(QueryableByName)]
struct Claimed {
    #[diesel(sql_type = SqlUuid)]
    agency_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Text)]
    password_hash: String,
    #[diesel(sql_type = Nullable<Integer>)]
    failures: Option<i32>,
}

impl SignIn {
    /// Whether this try, if it fails, is the one that locks.
    pub fn is_last(&self) -> bool {
        FAILURES <= self.failures + 1
    }
}

impl Store {
    /// What stands behind an e-mail, in lower case, for whoever loads the demo.
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
            failures: 0,
        }))
    }

    /// Counts a try to sign in with an e-mail, in lower case, and gives what it is to be compared with. None where nobody
    /// has it, or it is locked or closed.
    ///
    /// The disk is not waited for: that would take longer for an e-mail that somebody has, and tell so (PW-07). What a
    /// crash of the database loses of it is a try or two.
    pub async fn try_sign_in(&self, email: &str, at: DateTime<Utc>) -> StoreResult<Option<SignIn>> {
        let unlocked = self.limits.unlock.map_or(DateTime::UNIX_EPOCH, |after| at - after);
        let claim = sql(CLAIM)
            .bind::<Timestamptz, _>(at - WINDOW)
            .bind::<Timestamptz, _>(at - WINDOW)
            .bind::<Timestamptz, _>(at)
            .bind::<Timestamptz, _>(at - WINDOW)
            .bind::<Integer, _>(FAILURES)
            .bind::<Timestamptz, _>(at)
            .bind::<Text, _>(email.to_owned())
            .bind::<Timestamptz, _>(unlocked)
            .bind::<Timestamptz, _>(at - self.limits.unused);
        let claimed: Option<Claimed> = self
            .sweep(async |conn| {
                (&mut &*conn).batch_execute("set local synchronous_commit = off").await?;
                Ok(claim.get_result(&mut &*conn).await.optional()?)
            })
            .await?;
        Ok(claimed.map(|it| SignIn {
            agency: Id::from_uuid(it.agency_id),
            user: Id::from_uuid(it.user_id),
            password_hash: it.password_hash,
            failures: it.failures.unwrap_or(1) - 1,
        }))
    }

    /// Tells of a sign-in that has just been locked. Reminders and sessions of its owner go on (PW-08).
    pub async fn tell_locked(&self, who: &SignIn, at: DateTime<Utc>) -> StoreResult<()> {
        tracing::warn!(user = %who.user, "a sign-in was locked after {FAILURES} failures");
        if !self.mails {
            return Ok(());
        }
        self.within(who.agency, async |conn| notices::queue(conn, Notice::Locked, (who.agency, who.user), at).await)
            .await
    }

    /// Takes back the count of a try that has not come to its end: the password was right, and a code is due.
    pub async fn take_back(&self, who: &SignIn) -> StoreResult<()> {
        let take = sql(TAKE_BACK).bind::<SqlUuid, _>(who.agency.uuid()).bind::<SqlUuid, _>(who.user.uuid());
        self.sweep(async |conn| Ok(take.execute(&mut &*conn).await?)).await?;
        Ok(())
    }

    /// Puts a stronger hash of the same password in the place of a weak one.
    pub async fn upgrade(&self, who: &SignIn, hash: String) -> StoreResult<()> {
        let upgrade = sql(UPGRADE)
            .bind::<Text, _>(hash)
            .bind::<SqlUuid, _>(who.agency.uuid())
            .bind::<SqlUuid, _>(who.user.uuid())
            .bind::<Text, _>(who.password_hash.clone());
        self.sweep(async |conn| Ok(upgrade.execute(&mut &*conn).await?)).await?;
        Ok(())
    }

    /// Forgets the failures of somebody who has proven their password within a session.
    pub async fn forgive(&self, who: &SignIn, at: DateTime<Utc>) -> StoreResult<()> {
        self.sweep(async |conn| forget_failures(conn, who, at).await).await
    }
}

/// Forgets the failures of whoever got in.
pub(crate) async fn forget_failures(mut conn: &AsyncPgConnection, who: &SignIn, at: DateTime<Utc>) -> StoreResult<()> {
    sql(FORGET)
        .bind::<Timestamptz, _>(at)
        .bind::<SqlUuid, _>(who.agency.uuid())
        .bind::<SqlUuid, _>(who.user.uuid())
        .execute(&mut conn)
        .await?;
    Ok(())
}

/// The caller's new password.
pub async fn choose_password(tx: &WriteTx, grant: &Grant<OwnSettings>, hash: String) -> StoreResult<()> {
    let chosen = sql(CHOOSE)
        .bind::<Text, _>(hash)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .execute(&mut tx.conn())
        .await?;
    if chosen == 0 {
        return Err(StoreError::NotFound);
    }
    notices::tell(tx, Notice::PasswordChanged, grant.actor()).await
}

/// Lets somebody within the caller's reach sign in again who was locked out, or whose sign-in was closed.
pub async fn unlock(tx: &WriteTx, grant: &Grant<ManagePeople>, user: UserId) -> StoreResult<()> {
    sql(FORGET)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(user.uuid())
        .execute(&mut tx.conn())
        .await?;
    Ok(())
}
