//! Providers that agencies trust to say who somebody is, and their public keys as they were last read.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{AgencyId, Id, IssuerId};
use homeward_domain::policy::{Grant, ManagePeople};
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreResult;
use crate::sql::sql;
use crate::tx::{ReadTx, Store};

/// An issuer is asked for its keys this often at most, by all replicas together (OI-04).
pub const PAUSE: TimeDelta = TimeDelta::minutes(1);

/// What is trusted, and how far. See [`Issuer`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What it calls itself, to the letter.
    pub issuer: String,
    /// What its tokens have to be made for.
    pub audience: String,
    /// Where its keys are; none asks its discovery document.
    pub jwks_url: Option<String>,
    /// What it may sign with.
    pub algorithms: Vec<String>,
    /// To whom it may have given a token.
    pub clients: Vec<String>,
    /// One of these says how strongly somebody signed in; none asks for nothing.
    pub acr: Vec<String>,
    /// All of these are among how somebody signed in.
    pub amr: Vec<String>,
    /// How long ago somebody may have signed in.
    pub auth_age: Option<TimeDelta>,
    /// Whether its access tokens need not say that they are some (RFC 9068).
    pub takes_plain_jwt: bool,
}

/// A provider, as the agency trusts it.
#[derive(Clone, Debug, PartialEq)]
pub struct Issuer {
    /// Whose people it knows.
    pub agency: AgencyId,
    /// The issuer.
    pub id: IssuerId,
    /// What is trusted, and how far.
    pub terms: Terms,
    /// Counts up with each change of the settings.
    pub version: i32,
    /// When it was set.
    pub set_at: DateTime<Utc>,
    /// Its public keys, and when they were read.
    pub keys: Option<(Value, DateTime<Utc>)>,
    /// When somebody last asked for them.
    pub asked_at: Option<DateTime<Utc>>,
}

/// Those that stand.
pub(crate) const EVERY: &str = "select agency_id, id, issuer, audience, jwks_url, algorithms, clients, acr, amr, \
    auth_seconds, takes_plain_jwt, version, set_at, keys, keys_at, asked_at from issuers where removed_at is null \
    order by issuer, audience";

const OF_AGENCY: &str = "select agency_id, id, issuer, audience, jwks_url, algorithms, clients, acr, amr, \
    auth_seconds, takes_plain_jwt, version, set_at, keys, keys_at, asked_at from issuers \
    where agency_id = ? and removed_at is null order by issuer, audience";

const CLAIM: &str = "update issuers set asked_at = ? where agency_id = ? and id = ? and removed_at is null \
    and (asked_at is null or asked_at <= ?)";

const KEEP: &str = "update issuers set keys = ?, keys_at = ? where agency_id = ? and id = ? and removed_at is null \
    and version = ?";

#[derive(QueryableByName)]
pub(crate) struct Row {
    #[diesel(sql_type = SqlUuid)]
    agency_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    issuer: String,
    #[diesel(sql_type = Text)]
    audience: String,
    #[diesel(sql_type = Nullable<Text>)]
    jwks_url: Option<String>,
    #[diesel(sql_type = Array<Text>)]
    algorithms: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    clients: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    acr: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    amr: Vec<String>,
    #[diesel(sql_type = Nullable<Integer>)]
    auth_seconds: Option<i32>,
    #[diesel(sql_type = Bool)]
    takes_plain_jwt: bool,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Timestamptz)]
    set_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    keys: Option<Value>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    keys_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    asked_at: Option<DateTime<Utc>>,
}

impl From<Row> for Issuer {
    fn from(row: Row) -> Self {
        Self {
            agency: Id::from_uuid(row.agency_id),
            id: Id::from_uuid(row.id),
            terms: Terms {
                issuer: row.issuer,
                audience: row.audience,
                jwks_url: row.jwks_url,
                algorithms: row.algorithms,
                clients: row.clients,
                acr: row.acr,
                amr: row.amr,
                auth_age: row.auth_seconds.map(|it| TimeDelta::seconds(it.into())),
                takes_plain_jwt: row.takes_plain_jwt,
            },
            version: row.version,
            set_at: row.set_at,
            keys: row.keys.zip(row.keys_at),
            asked_at: row.asked_at,
        }
    }
}

impl Store {
    /// Every issuer of the installation.
    pub async fn issuers(&self) -> StoreResult<Vec<Issuer>> {
        let rows: Vec<Row> = self.sweep(async |conn| Ok(sql(EVERY).load(&mut &*conn).await?)).await?;
        Ok(rows.into_iter().map(Issuer::from).collect())
    }

    /// Whether it is the caller's turn to ask the issuer for its keys.
    pub async fn claim_keys(&self, issuer: &Issuer, at: DateTime<Utc>) -> StoreResult<bool> {
        let claim = sql(CLAIM)
            .bind::<Timestamptz, _>(at)
            .bind::<SqlUuid, _>(issuer.agency.uuid())
            .bind::<SqlUuid, _>(issuer.id.uuid())
            .bind::<Timestamptz, _>(at - PAUSE);
        Ok(self.within(issuer.agency, async |conn| Ok(claim.execute(&mut &*conn).await?)).await? == 1)
    }

    /// Keeps what the issuer answered: keys that are not in it are gone.
    pub async fn keep_keys(&self, issuer: &Issuer, keys: Value, at: DateTime<Utc>) -> StoreResult<()> {
        let keep = sql(KEEP)
            .bind::<Jsonb, _>(keys)
            .bind::<Timestamptz, _>(at)
            .bind::<SqlUuid, _>(issuer.agency.uuid())
            .bind::<SqlUuid, _>(issuer.id.uuid())
            .bind::<Integer, _>(issuer.version);
        self.within(issuer.agency, async |conn| Ok(keep.execute(&mut &*conn).await?)).await?;
        Ok(())
    }
}

/// The issuers of the caller's agency.
pub async fn list(tx: &ReadTx, grant: &Grant<ManagePeople>) -> StoreResult<Vec<Issuer>> {
    let rows: Vec<Row> = sql(OF_AGENCY).bind::<SqlUuid, _>(grant.agency().uuid()).load(&mut tx.conn()).await?;
    Ok(rows.into_iter().map(Issuer::from).collect())
}
