//! The second factor: codes that an app counts by the clock, and ten to recover with. Each works once (MF-02, MF-04).

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Bool, Bytea, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::id::{AgencyId, Id, UserId};
use homeward_domain::notice::Notice;
use homeward_domain::policy::{Grant, OwnFactor};
use uuid::Uuid;

use crate::error::StoreResult;
use crate::notices;
use crate::seal::FACTOR_SECRET;
use crate::sessions::SecretHash;
use crate::sql::sql;
use crate::tx::{ReadTx, Store, WriteTx};

mod reset;

pub use reset::{Reset, Resetting, ask_reset};

/// A factor, and what its app counts with.
pub struct Factor {
    /// The factor.
    pub id: Uuid,
    /// Shared with the app.
    pub secret: Vec<u8>,
}

/// What is asked of somebody beside their password.
pub struct Asked {
    /// Their factor, if they have set one up.
    pub factor: Option<Factor>,
    /// Whether their agency wants everyone to have one.
    pub required: bool,
}

/// What somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Since when they have a factor.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Whether their agency wants everyone to have one.
    pub required: bool,
    /// How many codes to recover with are left.
    pub recovery_codes: i64,
}

const ASKED: &str = "select f.id, f.secret, a.second_factor_required as required from agencies a \
    left join second_factors f on f.agency_id = a.id and f.user_id = ? and f.confirmed_at is not null \
    and f.removed_at is null where a.id = ?";

/// Of many who send the same code at once, one changes the row.
const USE_STEP: &str = "update second_factors set last_step = ? where agency_id = ? and id = ? and last_step < ? \
    and removed_at is null";

const USE_CODE: &str = "update recovery_codes set used_at = ? where agency_id = ? and user_id = ? and code_hash = ? \
    and used_at is null and replaced_at is null";

const ENROL: &str = "insert into second_factors (agency_id, id, user_id, secret, made_at) values (?, ?, ?, ?, ?)";

const PENDING: &str = "select id, secret, false as required from second_factors where agency_id = ? and user_id = ? \
    and confirmed_at is null and removed_at is null order by made_at desc, id desc limit 1";

const REMOVE: &str = "update second_factors set removed_at = ? where agency_id = ? and user_id = ? and id <> ? \
    and removed_at is null";

const CONFIRM: &str = "update second_factors set confirmed_at = ?, last_step = ? where agency_id = ? and id = ? \
    and confirmed_at is null";

const REPLACE: &str = "update recovery_codes set replaced_at = ? where agency_id = ? and user_id = ? \
    and replaced_at is null";

const MAKE: &str = "insert into recovery_codes (agency_id, user_id, code_hash, made_at) \
    select ?, ?, code.hash, ? from unnest(?) as code(hash)";

const STATUS: &str = "select f.confirmed_at, a.second_factor_required as required, (select count(*) \
    from recovery_codes c where c.agency_id = a.id and c.user_id = ? and c.used_at is null and c.replaced_at is null) \
    as recovery_codes from agencies a left join second_factors f on f.agency_id = a.id and f.user_id = ? \
    and f.confirmed_at is not null and f.removed_at is null where a.id = ?";

#[derive(QueryableByName)]
struct AskedRow {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Bytea>)]
    secret: Option<Vec<u8>>,
    #[diesel(sql_type = Bool)]
    required: bool,
}

#[derive(QueryableByName)]
struct StatusRow {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    confirmed_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Bool)]
    required: bool,
    #[diesel(sql_type = BigInt)]
    recovery_codes: i64,
}

impl Store {
    /// What is asked of somebody beside their password. A factor whose delay to be taken away is over goes now.
    pub async fn second_factor(&self, (agency, user): (AgencyId, UserId), at: DateTime<Utc>) -> StoreResult<Asked> {
        self.within(agency, async |conn| {
            reset::carry_out(conn, (agency, user), at).await?;
            let ask = sql(ASKED).bind::<SqlUuid, _>(user.uuid()).bind::<SqlUuid, _>(agency.uuid());
            let row: AskedRow = ask.get_result(&mut &*conn).await?;
            let factor = match (row.id, row.secret) {
                (Some(id), Some(sealed)) => {
                    Some(Factor { id, secret: self.keyring.open_at(agency, FACTOR_SECRET, id, &sealed)? })
                }
                _ => None,
            };
            Ok(Asked { factor, required: row.required })
        })
        .await
    }

    /// Takes the code of a time step, once; false where it or a later one was taken before.
    pub async fn use_step(
        &self,
        (agency, user): (AgencyId, UserId),
        (factor, step): (&Factor, i64),
        at: DateTime<Utc>,
    ) -> StoreResult<bool> {
        let take = sql(USE_STEP)
            .bind::<BigInt, _>(step)
            .bind::<SqlUuid, _>(agency.uuid())
            .bind::<SqlUuid, _>(factor.id)
            .bind::<BigInt, _>(step);
        self.within(agency, async |conn| {
            let taken = take.execute(&mut &*conn).await? == 1;
            if taken {
                reset::cancel(conn, (agency, user), at).await?;
            }
            Ok(taken)
        })
        .await
    }

    /// Takes a code to recover with, once, and tells its owner.
    pub async fn use_recovery_code(
        &self,
        (agency, user): (AgencyId, UserId),
        code: SecretHash,
        at: DateTime<Utc>,
    ) -> StoreResult<bool> {
        let take = sql(USE_CODE)
            .bind::<Timestamptz, _>(at)
            .bind::<SqlUuid, _>(agency.uuid())
            .bind::<SqlUuid, _>(user.uuid())
            .bind::<Bytea, _>(code.0.to_vec());
        self.within(agency, async |conn| {
            if take.execute(&mut &*conn).await? != 1 {
                return Ok(false);
            }
            reset::cancel(conn, (agency, user), at).await?;
            if self.mails {
                notices::queue(conn, Notice::RecoveryCodeUsed, (agency, user), at).await?;
            }
            Ok(true)
        })
        .await
    }
}

/// What the caller has.
pub async fn status(tx: &ReadTx, grant: &Grant<OwnFactor>) -> StoreResult<Status> {
    let row: StatusRow = sql(STATUS)
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .get_result(&mut tx.conn())
        .await?;
    Ok(Status { confirmed_at: row.confirmed_at, required: row.required, recovery_codes: row.recovery_codes })
}

/// Keeps what the caller's app is to count with. It opens nothing before it is confirmed.
pub async fn enrol(tx: &WriteTx, grant: &Grant<OwnFactor>, secret: &[u8]) -> StoreResult<Uuid> {
    let id: Id<Factor> = tx.new_id();
    sql(ENROL)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<Bytea, _>(tx.seal(FACTOR_SECRET, id, secret)?)
        .bind::<Timestamptz, _>(tx.at())
        .execute(&mut tx.conn())
        .await?;
    Ok(id.uuid())
}

/// What the caller's app is to count with and was not confirmed yet.
pub async fn pending(tx: &WriteTx, grant: &Grant<OwnFactor>) -> StoreResult<Option<Factor>> {
    let row: Option<AskedRow> = sql(PENDING)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .get_result(&mut tx.conn())
        .await
        .optional()?;
    let Some((id, sealed)) = row.and_then(|it| it.id.zip(it.secret)) else { return Ok(None) };
    Ok(Some(Factor { id, secret: tx.open_bytes(FACTOR_SECRET, id, &sealed)? }))
}

/// The app counts right: this factor takes the place of any before it, and these codes of all before them.
pub async fn confirm(
    tx: &WriteTx,
    grant: &Grant<OwnFactor>,
    (factor, step): (&Factor, i64),
    codes: &[SecretHash],
) -> StoreResult<()> {
    sql(REMOVE)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<SqlUuid, _>(factor.id)
        .execute(&mut tx.conn())
        .await?;
    sql(CONFIRM)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<BigInt, _>(step)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(factor.id)
        .execute(&mut tx.conn())
        .await?;
    renew_codes(tx, grant, codes).await?;
    notices::tell(tx, Notice::FactorChanged, grant.actor()).await
}

/// These codes take the place of all before them.
pub async fn renew_codes(tx: &WriteTx, grant: &Grant<OwnFactor>, codes: &[SecretHash]) -> StoreResult<()> {
    let (agency, user) = (grant.agency().uuid(), grant.actor().uuid());
    sql(REPLACE)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(agency)
        .bind::<SqlUuid, _>(user)
        .execute(&mut tx.conn())
        .await?;
    sql(MAKE)
        .bind::<SqlUuid, _>(agency)
        .bind::<SqlUuid, _>(user)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<Array<Bytea>, _>(codes.iter().map(|it| it.0.to_vec()).collect::<Vec<_>>())
        .execute(&mut tx.conn())
        .await?;
    Ok(())
}

/// Takes the factor and the codes away.
async fn take_away(
    mut conn: &AsyncPgConnection,
    (agency, user): (AgencyId, UserId),
    at: DateTime<Utc>,
) -> StoreResult<()> {
    let remove = sql(REMOVE)
        .bind::<Timestamptz, _>(at)
        .bind::<SqlUuid, _>(agency.uuid())
        .bind::<SqlUuid, _>(user.uuid())
        .bind::<SqlUuid, _>(Uuid::nil());
    remove.execute(&mut conn).await?;
    let replace = sql(REPLACE).bind::<Timestamptz, _>(at).bind::<SqlUuid, _>(agency.uuid());
    replace.bind::<SqlUuid, _>(user.uuid()).execute(&mut conn).await?;
    Ok(())
}
