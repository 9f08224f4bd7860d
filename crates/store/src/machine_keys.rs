//! Keys of programs: made by a person, whose name they act in, and kept as keyed hashes (KY-01, ADR 0031).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_types::{Array, BigInt, Bytea, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{Id, MachineKeyId, UserId};
use homeward_domain::machine_key::{OVERLAP, Scope, TOO_LONG_UNUSED, UNUSED, warning};
use homeward_domain::policy::{Grant, KeepKeys, MakeKeys};
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use crate::convert::code;
use crate::error::{StoreError, StoreResult};
use crate::sessions::SecretHash;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

mod notices;
mod presented;

pub use notices::HeldKeyNotice;
pub use presented::PresentedKey;

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineKey {
    /// The key.
    pub id: MachineKeyId,
    /// In whose name it acts.
    pub owner: UserId,
    /// What they call it.
    pub label: String,
    /// What it is for.
    pub scopes: Vec<Scope>,
    /// Where it may be used from; none is anywhere.
    pub networks: Option<Vec<String>>,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// When it was last given another secret.
    pub renewed_at: Option<DateTime<Utc>>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// Until when the secret before works too.
    pub previous_until: Option<DateTime<Utc>>,
    /// When and from where it was last used.
    pub used: Option<(DateTime<Utc>, Option<String>)>,
    /// How often it was used.
    pub uses: i64,
    /// When and from where it was last presented outside its networks.
    pub refused: Option<(DateTime<Utc>, Option<String>)>,
    /// When it was revoked, and by whom.
    pub revoked: Option<(DateTime<Utc>, UserId)>,
}

/// How a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It works, if its owner does.
    Active,
    /// It works, and nobody has used it for long.
    Unused,
    /// Nobody has used it for too long: it works no more.
    Lapsed,
    /// Its time is over.
    Expired,
    /// Somebody revoked it.
    Revoked,
}

/// What a person makes.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What they call it.
    pub label: String,
    /// What it is for.
    pub scopes: Vec<Scope>,
    /// Where it may be used from, checked before.
    pub networks: Option<Vec<String>>,
    /// How long it works.
    pub lifetime: TimeDelta,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    owner_id: Uuid,
    #[diesel(sql_type = Text)]
    label: String,
    #[diesel(sql_type = Array<Text>)]
    scopes: Vec<String>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    networks: Option<Vec<String>>,
    #[diesel(sql_type = Timestamptz)]
    made_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    renewed_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    previous_until: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    used_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    used_from: Option<String>,
    #[diesel(sql_type = BigInt)]
    uses: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    refused_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    refused_from: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    revoked_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    revoked_by: Option<Uuid>,
}

const COLUMNS: &str = "id, owner_id, label, scopes, networks, made_at, renewed_at, expires_at, previous_until, used_at, \
    used_from, uses, refused_at, refused_from, revoked_at, revoked_by";

const INSERT: &str = "insert into machine_keys (agency_id, id, owner_id, label, scopes, networks, secret_hash, made_at, \
    expires_at, uses, warned_days) values (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?) returning ";

/// Of the caller alone. Whatever secret came before the present one is forgotten: two work at most.
const RENEW: &str = "update machine_keys set previous_hash = secret_hash, previous_until = least(?, expires_at), \
    secret_hash = ?, renewed_at = ?, expires_at = ?, warned_days = ? \
    where agency_id = ? and owner_id = ? and id = ? and revoked_at is null returning ";

/// The first time stands.
const REVOKE: &str = "update machine_keys set revoked_at = coalesce(revoked_at, ?), revoked_by = coalesce(revoked_by, ?) \
    where agency_id = ? and id = ? and (?::uuid is null or owner_id = ?) returning ";

impl Row {
    fn key(self) -> StoreResult<MachineKey> {
        let scopes = self.scopes.iter().map(|it| code(it, "machine_keys.scopes")).collect::<StoreResult<_>>()?;
        Ok(MachineKey {
            id: Id::from_uuid(self.id),
            owner: Id::from_uuid(self.owner_id),
            label: self.label,
            scopes,
            networks: self.networks,
            made_at: self.made_at,
            renewed_at: self.renewed_at,
            expires_at: self.expires_at,
            previous_until: self.previous_until,
            used: self.used_at.map(|at| (at, self.used_from)),
            uses: self.uses,
            refused: self.refused_at.map(|at| (at, self.refused_from)),
            revoked: self.revoked_at.zip(self.revoked_by.map(Id::from_uuid)),
        })
    }
}

impl MachineKey {
    /// How it stands at `at`.
    pub fn standing(&self, at: DateTime<Utc>) -> Standing {
        let begun = self.renewed_at.unwrap_or(self.made_at);
        let idle = at - self.used.as_ref().map_or(begun, |(used, _)| begun.max(*used));
        if self.revoked.is_some() {
            Standing::Revoked
        } else if self.expires_at <= at {
            Standing::Expired
        } else if TOO_LONG_UNUSED <= idle {
            Standing::Lapsed
        } else if UNUSED <= idle {
            Standing::Unused
        } else {
            Standing::Active
        }
    }
}

/// Adds a key of the caller.
pub async fn make(
    tx: &WriteTx,
    grant: &Grant<MakeKeys>,
    new: NewKey,
    (id, secret): (MachineKeyId, SecretHash),
) -> StoreResult<MachineKey> {
    let scopes: Vec<&str> = new.scopes.iter().map(|it| it.code()).collect();
    let statement = sql(INSERT)
        .push(COLUMNS)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<Text, _>(new.label)
        .bind::<Array<Text>, _>(scopes)
        .bind::<Nullable<Array<Text>>, _>(new.networks)
        .bind::<Bytea, _>(secret.0.to_vec())
        .bind::<Timestamptz, _>(tx.at())
        .bind::<Timestamptz, _>(tx.at() + new.lifetime)
        .bind::<SmallInt, _>(warned(new.lifetime));
    one(tx, statement).await
}

/// Gives a key of the caller another secret, and time from now on. The secret before works beside it for a while.
pub async fn renew(
    tx: &WriteTx,
    grant: &Grant<MakeKeys>,
    (id, secret): (MachineKeyId, SecretHash),
    lifetime: TimeDelta,
) -> StoreResult<MachineKey> {
    let statement = sql(RENEW)
        .push(COLUMNS)
        .bind::<Timestamptz, _>(tx.at() + OVERLAP)
        .bind::<Bytea, _>(secret.0.to_vec())
        .bind::<Timestamptz, _>(tx.at())
        .bind::<Timestamptz, _>(tx.at() + lifetime)
        .bind::<SmallInt, _>(warned(lifetime))
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<SqlUuid, _>(id.uuid());
    one(tx, statement).await
}

/// A warning whose time has come when the key is made says nothing new.
fn warned(lifetime: TimeDelta) -> i16 {
    i16::try_from(warning(lifetime)).unwrap_or(i16::MAX)
}

/// Ends a key at once.
pub async fn revoke(tx: &WriteTx, grant: &Grant<KeepKeys>, id: MachineKeyId) -> StoreResult<MachineKey> {
    let whose = grant.keys_of().map(Id::uuid);
    let statement = sql(REVOKE)
        .push(COLUMNS)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .bind::<Nullable<SqlUuid>, _>(whose)
        .bind::<Nullable<SqlUuid>, _>(whose);
    one(tx, statement).await
}

/// The keys that the caller may see, the newest first; those that work no more too.
pub async fn all(tx: &ReadTx, grant: &Grant<KeepKeys>) -> StoreResult<Vec<MachineKey>> {
    let rows: Vec<Row> = seen(grant).push(" order by id desc").load(&mut tx.conn()).await?;
    rows.into_iter().map(Row::key).collect()
}

/// One of them.
pub async fn find(tx: &ReadTx, grant: &Grant<KeepKeys>, id: MachineKeyId) -> StoreResult<MachineKey> {
    one(tx, seen(grant).push(" and id = ?").bind::<SqlUuid, _>(id.uuid())).await
}

fn seen(grant: &Grant<KeepKeys>) -> Sql {
    let whose = grant.keys_of().map(Id::uuid);
    sql("select ")
        .push(COLUMNS)
        .push(" from machine_keys where agency_id = ? and (?::uuid is null or owner_id = ?)")
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<Nullable<SqlUuid>, _>(whose)
        .bind::<Nullable<SqlUuid>, _>(whose)
}

async fn one(tx: &ReadTx, statement: Sql) -> StoreResult<MachineKey> {
    let row: Option<Row> = statement.get_result(&mut tx.conn()).await.optional()?;
    row.ok_or(StoreError::NotFound)?.key()
}
