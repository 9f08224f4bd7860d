//! Who alone may open a record. The wall itself is in the database: `restricted_wall` on every table about a child.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Bytea, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{Id, RestrictionId, UserId};
use homeward_domain::policy::{Action, Permit, RestrictRecord, roles_who_work};
use homeward_domain::restriction::Restriction;
use homeward_domain::vocabulary::Vocabulary;
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};
use crate::seal;
use crate::sql::sql;
use crate::tx::{ReadTx, WriteTx};

/// A restriction that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The record of it.
    pub id: RestrictionId,
    /// What it says.
    pub restriction: Restriction,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
}

const STANDS: &str = "select id, only_people, excluded, reason, recorded_at, recorded_by from restrictions \
    where agency_id = ? and child_id = ? and ended_at is null";

const END: &str = "update restrictions set ended_at = ?, ended_by = ?, why_ended = ? \
    where agency_id = ? and child_id = ? and ended_at is null";

const INSERT: &str = "insert into restrictions (agency_id, id, child_id, only_people, excluded, reason, recorded_at, \
    recorded_by) values (?, ?, ?, ?, ?, ?, ?, ?)";

const WORKING: &str =
    "select id from users where agency_id = ? and id = any(?) and disabled_at is null and role = any(?)";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Nullable<Array<SqlUuid>>)]
    only_people: Option<Vec<Uuid>>,
    #[diesel(sql_type = Array<SqlUuid>)]
    excluded: Vec<Uuid>,
    #[diesel(sql_type = Bytea)]
    reason: Vec<u8>,
    #[diesel(sql_type = Timestamptz)]
    recorded_at: DateTime<Utc>,
    #[diesel(sql_type = SqlUuid)]
    recorded_by: Uuid,
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

fn ids(all: Vec<Uuid>) -> Vec<UserId> {
    all.into_iter().map(Id::from_uuid).collect()
}

fn uuids(all: &[UserId]) -> Vec<Uuid> {
    all.iter().map(|it| it.uuid()).collect()
}

/// The restriction of the permitted child, if one stands.
pub async fn find<A: Action>(tx: &ReadTx, permit: &Permit<A>) -> StoreResult<Option<Standing>> {
    let row: Option<Row> = sql(STANDS)
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(permit.child().uuid())
        .get_result(&mut tx.conn())
        .await
        .optional()?;
    let standing = |row: Row| {
        let reason = tx.open(seal::RESTRICTION_REASON, row.id, &row.reason)?;
        let restriction = Restriction { only: row.only_people.map(ids), excluded: ids(row.excluded), reason };
        let (id, recorded_by) = (Id::from_uuid(row.id), Id::from_uuid(row.recorded_by));
        Ok(Standing { id, restriction, recorded_at: row.recorded_at, recorded_by })
    };
    row.map(standing).transpose()
}

/// Which of these people work with children now.
pub async fn working(tx: &ReadTx, permit: &Permit<RestrictRecord>, people: &[UserId]) -> StoreResult<Vec<UserId>> {
    let roles: Vec<&str> = roles_who_work().map(Vocabulary::code).collect();
    let rows: Vec<Named> = sql(WORKING)
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<Array<SqlUuid>, _>(uuids(people))
        .bind::<Array<Text>, _>(roles)
        .load(&mut tx.conn())
        .await?;
    Ok(rows.into_iter().map(|it| Id::from_uuid(it.id)).collect())
}

/// Restricts the record, in place of what stood.
pub async fn restrict(tx: &WriteTx, permit: &Permit<RestrictRecord>, it: Restriction) -> StoreResult<Standing> {
    end(tx, permit, None).await?;
    let id: RestrictionId = tx.new_id();
    sql(INSERT)
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .bind::<SqlUuid, _>(permit.child().uuid())
        .bind::<Nullable<Array<SqlUuid>>, _>(it.only.as_deref().map(uuids))
        .bind::<Array<SqlUuid>, _>(uuids(&it.excluded))
        .bind::<Bytea, _>(tx.seal(seal::RESTRICTION_REASON, id, &it.reason)?)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(permit.actor().uuid())
        .execute(&mut tx.conn())
        .await?;
    Ok(Standing { id, restriction: it, recorded_at: tx.at(), recorded_by: permit.actor() })
}

/// Lets everyone open the record who could before.
pub async fn lift(tx: &WriteTx, permit: &Permit<RestrictRecord>, reason: &str) -> StoreResult<Standing> {
    let standing = find(tx, permit).await?.ok_or(StoreError::NotFound)?;
    end(tx, permit, Some(tx.seal(seal::RESTRICTION_ENDED, standing.id, reason)?)).await?;
    Ok(standing)
}

async fn end(tx: &WriteTx, permit: &Permit<RestrictRecord>, why: Option<Vec<u8>>) -> StoreResult<usize> {
    Ok(sql(END)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(permit.actor().uuid())
        .bind::<Nullable<Bytea>, _>(why)
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(permit.child().uuid())
        .execute(&mut tx.conn())
        .await?)
}
