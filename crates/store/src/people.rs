//! The people and units of the caller's own agency.

use std::collections::BTreeMap;

use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{Id, UnitId, UserId};
use uuid::Uuid;

use crate::error::StoreResult;
use crate::schema::{units, user_units, users};
use crate::tx::ReadTx;

mod change;
mod listed;

pub use change::{Changed, NewMember, add, change, lock};
pub use listed::{Absent, Filter, Member, colleague, find, list, overseen};

/// The caller. Their role, their reach and their agency are in [`crate::call::Standing`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// Their name.
    pub name: String,
    /// Where they sign in.
    pub email: String,
    /// Where they work, by code.
    pub units: Vec<Unit>,
}

/// A unit of an agency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The unit.
    pub id: UnitId,
    /// Its name in URLs and files.
    pub code: String,
    /// Its name for people.
    pub name: String,
}

/// The caller of this transaction.
pub async fn caller(tx: &ReadTx) -> StoreResult<Person> {
    let user = tx.call().user;
    let (name, email): (String, String) = users::table
        .find((tx.call().agency.uuid(), user.uuid()))
        .select((users::name, users::email))
        .first(&mut tx.conn())
        .await?;
    Ok(Person { id: user, name, email, units: units_of(tx, user).await? })
}

/// Where someone works, by code.
pub async fn units_of(tx: &ReadTx, user: UserId) -> StoreResult<Vec<Unit>> {
    let agency = tx.call().agency.uuid();
    let theirs = user_units::table
        .filter(user_units::agency_id.eq(agency))
        .filter(user_units::user_id.eq(user.uuid()))
        .select(user_units::unit_id);
    let rows: Vec<(Uuid, String, String)> = units::table
        .filter(units::agency_id.eq(agency))
        .filter(units::id.eq_any(theirs))
        .order(units::code)
        .select((units::id, units::code, units::name))
        .load(&mut tx.conn())
        .await?;
    Ok(rows.into_iter().map(|(id, code, name)| Unit { id: Id::from_uuid(id), code, name }).collect())
}

/// The unit with this code.
pub async fn unit_by_code(tx: &ReadTx, code: &str) -> StoreResult<Option<UnitId>> {
    let id: Option<Uuid> = units::table
        .filter(units::agency_id.eq(tx.call().agency.uuid()))
        .filter(units::code.eq(code))
        .select(units::id)
        .first(&mut tx.conn())
        .await
        .optional()?;
    Ok(id.map(Id::from_uuid))
}

/// Every unit, by code.
pub async fn units(tx: &ReadTx) -> StoreResult<Vec<Unit>> {
    let rows: Vec<(Uuid, String, String)> = units::table
        .filter(units::agency_id.eq(tx.call().agency.uuid()))
        .order(units::code)
        .select((units::id, units::code, units::name))
        .load(&mut tx.conn())
        .await?;
    Ok(rows.into_iter().map(|(id, code, name)| Unit { id: Id::from_uuid(id), code, name }).collect())
}

/// The code of every unit.
pub async fn unit_codes(tx: &ReadTx) -> StoreResult<BTreeMap<UnitId, String>> {
    let rows: Vec<(Uuid, String)> = units::table
        .filter(units::agency_id.eq(tx.call().agency.uuid()))
        .select((units::id, units::code))
        .load(&mut tx.conn())
        .await?;
    Ok(rows.into_iter().map(|(id, code)| (Id::from_uuid(id), code)).collect())
}

/// Whether this is someone of the agency to whom a child can be assigned.
pub async fn worker_exists(tx: &ReadTx, user: UserId) -> StoreResult<bool> {
    let found: Option<Uuid> = users::table
        .find((tx.call().agency.uuid(), user.uuid()))
        .filter(users::disabled_at.is_null())
        .select(users::id)
        .first(&mut tx.conn())
        .await
        .optional()?;
    Ok(found.is_some())
}
