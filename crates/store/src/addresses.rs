//! How a person is reached by mail beside the address they sign in with, and what was refused.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{AddressId, BounceId, Id};
use homeward_domain::policy::{Grant, OwnSettings};
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};
use crate::sql::sql;
use crate::tx::{ReadTx, WriteTx};

/// One address of the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// None for the one they sign in with, which stays.
    pub id: Option<AddressId>,
    /// They are tried in this order, from 0.
    pub position: i32,
    /// The address.
    pub email: String,
    /// That it was refused, and nobody has said yet that it works again.
    pub bounce: Option<Bounce>,
}

/// A refusal of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// The refusal.
    pub id: BounceId,
    /// When.
    pub bounced_at: DateTime<Utc>,
    /// The code that the other side gave.
    pub reply: String,
}

const OWN: &str = "select f.id, a.position, a.email, b.id as bounce_id, b.bounced_at, b.reply \
    from addresses_of(?, ?) a \
    left join addresses f on f.agency_id = ? and f.user_id = ? and f.position = a.position and f.removed_at is null \
    left join bounces b on b.agency_id = ? and b.user_id = ? and b.email = a.email and b.cleared_at is null \
    order by a.position";

/// Two that are added at once take two places.
const LOCK: &str = "select id from users where agency_id = ? and id = ? for no key update";

const ADD: &str = "insert into addresses (agency_id, id, user_id, position, email, added_at) \
    select t.agency_id, ?, t.user_id, 1 + coalesce((select max(position) from addresses a \
    where a.agency_id = t.agency_id and a.user_id = t.user_id), 0), ?, ? \
    from (select ?::uuid as agency_id, ?::uuid as user_id) t";

const REMOVE: &str = "update addresses set removed_at = ? \
    where agency_id = ? and user_id = ? and id = ? and removed_at is null";

const CLEAR: &str = "update bounces set cleared_at = ?, cleared_by = ? \
    where agency_id = ? and user_id = ? and id = ? and cleared_at is null";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    id: Option<Uuid>,
    #[diesel(sql_type = Integer)]
    position: i32,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    bounce_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    bounced_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    reply: Option<String>,
}

impl From<Row> for Address {
    fn from(row: Row) -> Self {
        let bounce = row.bounce_id.zip(row.bounced_at).zip(row.reply);
        Self {
            id: row.id.map(Id::from_uuid),
            position: row.position,
            email: row.email,
            bounce: bounce.map(|((id, bounced_at), reply)| Bounce { id: Id::from_uuid(id), bounced_at, reply }),
        }
    }
}

/// The caller's addresses, in the order in which they are tried.
pub async fn own(tx: &ReadTx, grant: &Grant<OwnSettings>) -> StoreResult<Vec<Address>> {
    let (agency, user) = (grant.agency().uuid(), grant.actor().uuid());
    let mut query = sql(OWN);
    for _ in 0..3 {
        query = query.bind::<SqlUuid, _>(agency).bind::<SqlUuid, _>(user);
    }
    let rows: Vec<Row> = query.load(&mut tx.conn()).await?;
    Ok(rows.into_iter().map(Address::from).collect())
}

/// The same, held against other writers until the commit.
pub async fn lock(tx: &WriteTx, grant: &Grant<OwnSettings>) -> StoreResult<Vec<Address>> {
    sql(LOCK)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .execute(&mut tx.conn())
        .await?;
    own(tx, grant).await
}

/// Adds an address behind all others, which are locked.
pub async fn add(tx: &WriteTx, grant: &Grant<OwnSettings>, email: String) -> StoreResult<AddressId> {
    let id: AddressId = tx.new_id();
    sql(ADD)
        .bind::<SqlUuid, _>(id.uuid())
        .bind::<Text, _>(email)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .execute(&mut tx.conn())
        .await?;
    Ok(id)
}

/// Takes an address back. What waits to leave for it goes to the next one.
pub async fn remove(tx: &WriteTx, grant: &Grant<OwnSettings>, id: AddressId) -> StoreResult<()> {
    let removed = sql(REMOVE)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .execute(&mut tx.conn())
        .await?;
    if removed == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// The caller says that an address works again. The refusal stays on record; false where there is none that stands.
pub async fn clear(tx: &WriteTx, grant: &Grant<OwnSettings>, id: BounceId) -> StoreResult<bool> {
    let cleared = sql(CLEAR)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .execute(&mut tx.conn())
        .await?;
    Ok(cleared == 1)
}
