//! Choosing a password with a code that came by mail. The code is made when its mail leaves, is kept as a hash, and works
//! once for half an hour. No administrator ever sees it (PW-10, PW-11).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_types::{Array, Bytea, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::id::{AgencyId, Id, UserId};
use homeward_domain::notice::{Notice, RESET_MINUTES};
use homeward_domain::policy::{Grant, ManagePeople};
use uuid::Uuid;

use crate::call;
use crate::error::StoreResult;
use crate::notices;
use crate::sessions::SecretHash;
use crate::sql::sql;
use crate::tx::{Store, WriteTx};

/// Names a code.
pub type ResetId = Id<names::PasswordReset>;

/// What an id can name here. This type has no values.
pub mod names {
    /// See [`super::ResetId`].
    pub enum PasswordReset {}
}

/// A code as it was sent back.
pub struct PresentedReset {
    /// The agency in the code.
    pub agency: AgencyId,
    /// The code.
    pub id: ResetId,
    /// Of the secret in the code.
    pub secret_hash: SecretHash,
}

/// Whose password is to be chosen.
pub struct Resetting {
    /// Who.
    pub user: UserId,
    /// Words that anybody would guess first: the agency, their units, their name and e-mail.
    pub words: Vec<String>,
}

/// A newer code takes the place of an older one.
const MAKE: &str = "with older as (update password_resets set used_at = ? where agency_id = ? and user_id = ? \
    and used_at is null) \
    insert into password_resets (agency_id, id, user_id, secret_hash, made_at, expires_at) values (?, ?, ?, ?, ?, ?)";

const FIND: &str = "select r.user_id, r.secret_hash, array[a.name, u.name, u.email] || \
    array(select n.name from user_units uu join units n on n.agency_id = uu.agency_id and n.id = uu.unit_id \
    where uu.agency_id = u.agency_id and uu.user_id = u.id) as words \
    from password_resets r join users u on u.agency_id = r.agency_id and u.id = r.user_id and u.disabled_at is null \
    join agencies a on a.id = r.agency_id \
    where r.agency_id = ? and r.id = ? and r.used_at is null and ? < r.expires_at for update of r";

const USE: &str = "update password_resets set used_at = ? where agency_id = ? and id = ?";

/// No row where somebody of another agency signs in with the e-mail.
const GIVE: &str = "insert into sign_ins as i (email, agency_id, user_id, password_hash, used_at) \
    select u.email, u.agency_id, u.id, ?, ? from users u where u.agency_id = ? and u.id = ? \
    on conflict (email) do update set password_hash = excluded.password_hash, used_at = excluded.used_at, \
    failures = null, failing_since = null, locked_at = null \
    where (i.agency_id, i.user_id) = (excluded.agency_id, excluded.user_id)";

const END_ALL: &str = "update sessions set ended_at = ?, end_reason = 'password_changed' \
    where agency_id = ? and user_id = ? and ended_at is null";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Bytea)]
    secret_hash: Vec<u8>,
    #[diesel(sql_type = Array<Text>)]
    words: Vec<String>,
}

/// Has a code sent to somebody within the caller's reach.
pub async fn start_reset(tx: &WriteTx, grant: &Grant<ManagePeople>, user: UserId) -> StoreResult<()> {
    notices::queue(tx.conn(), Notice::ResetLink, (grant.agency(), user), tx.at()).await
}

impl Store {
    /// Keeps the hash of a code that is about to be mailed.
    pub async fn make_reset(
        &self,
        (agency, user): (AgencyId, UserId),
        secret_hash: SecretHash,
        at: DateTime<Utc>,
    ) -> StoreResult<ResetId> {
        let id: ResetId = call::new_id(at);
        let make = sql(MAKE)
            .bind::<Timestamptz, _>(at)
            .bind::<SqlUuid, _>(agency.uuid())
            .bind::<SqlUuid, _>(user.uuid())
            .bind::<SqlUuid, _>(agency.uuid())
            .bind::<SqlUuid, _>(id.uuid())
            .bind::<SqlUuid, _>(user.uuid())
            .bind::<Bytea, _>(secret_hash.0.to_vec())
            .bind::<Timestamptz, _>(at)
            .bind::<Timestamptz, _>(at + TimeDelta::minutes(RESET_MINUTES));
        self.within(agency, async |conn| Ok(make.execute(&mut &*conn).await?)).await?;
        Ok(id)
    }

    /// Whose password a code lets choose; none where it is none of ours, or was used, or is too old.
    pub async fn find_reset(&self, code: &PresentedReset, at: DateTime<Utc>) -> StoreResult<Option<Resetting>> {
        self.within(code.agency, async |conn| find(conn, code, at).await).await
    }

    /// Uses a code: the password is another from now on, and every session has ended. False where it was used meanwhile.
    pub async fn reset_password(&self, code: &PresentedReset, hash: &str, at: DateTime<Utc>) -> StoreResult<bool> {
        self.within(code.agency, async |conn| {
            let Some(found) = find(conn, code, at).await? else { return Ok(false) };
            let given = sql(GIVE)
                .bind::<Text, _>(hash.to_owned())
                .bind::<Timestamptz, _>(at)
                .bind::<SqlUuid, _>(code.agency.uuid())
                .bind::<SqlUuid, _>(found.user.uuid())
                .execute(&mut &*conn)
                .await?;
            for (statement, of) in [(USE, code.id.uuid()), (END_ALL, found.user.uuid())] {
                let query = sql(statement).bind::<Timestamptz, _>(at).bind::<SqlUuid, _>(code.agency.uuid());
                query.bind::<SqlUuid, _>(of).execute(&mut &*conn).await?;
            }
            if given == 1 && self.mails {
                notices::queue(conn, Notice::PasswordReset, (code.agency, found.user), at).await?;
            }
            Ok(given == 1)
        })
        .await
    }
}

async fn find(
    mut conn: &AsyncPgConnection,
    code: &PresentedReset,
    at: DateTime<Utc>,
) -> StoreResult<Option<Resetting>> {
    let row: Option<Row> = sql(FIND)
        .bind::<SqlUuid, _>(code.agency.uuid())
        .bind::<SqlUuid, _>(code.id.uuid())
        .bind::<Timestamptz, _>(at)
        .get_result(&mut conn)
        .await
        .optional()?;
    let row = row.filter(|it| code.secret_hash.is(&it.secret_hash));
    Ok(row.map(|it| Resetting { user: Id::from_uuid(it.user_id), words: it.words }))
}
