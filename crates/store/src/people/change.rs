//! Adding people, changing what they may do, and disabling them. What they were before is kept.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{Id, UserId};
use homeward_domain::policy::{Grant, ManagePeople, Reach, Role};
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use super::Member;
use crate::error::{StoreError, StoreResult};
use crate::sql::sql;
use crate::tx::WriteTx;

/// Someone who will work for the agency. They sign in once they have chosen a password.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// In lower case.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they do.
    pub role: Role,
    /// How far they reach.
    pub reach: Reach,
}

/// What somebody is after a change.
#[derive(Clone, Debug)]
pub struct Changed {
    /// Their name.
    pub name: String,
    /// What they do.
    pub role: Role,
    /// How far they reach.
    pub reach: Reach,
    /// When they were disabled.
    pub disabled_at: Option<DateTime<Utc>>,
}

const ADD: &str = "with person as (insert into users (agency_id, id, email, name, role, whole_agency, created_at, version) \
    values (?, ?, ?, ?, ?, ?, ?, 1) returning agency_id, id) \
    insert into user_units (agency_id, user_id, unit_id) \
    select person.agency_id, person.id, unit.id from person, unnest(?) as unit(id)";

const LOCK: &str = "select id from users where agency_id = ? and id = ? for update";

const KEEP: &str = "insert into user_versions (agency_id, user_id, version, superseded_at, superseded_by, facts) \
    select u.agency_id, u.id, u.version, ?, ?, to_jsonb(u) || jsonb_build_object('units', \
    array(select uu.unit_id from user_units uu where uu.agency_id = u.agency_id and uu.user_id = u.id)) \
    from users u where u.agency_id = ? and u.id = ? and u.version = ?";

const CHANGE: &str = "update users set name = ?, role = ?, whole_agency = ?, disabled_at = ?, version = version + 1 \
    where agency_id = ? and id = ? and version = ?";

const LEAVE: &str = "delete from user_units where agency_id = ? and user_id = ? and unit_id <> all(?)";

const JOIN: &str = "insert into user_units (agency_id, user_id, unit_id) select ?, ?, unit.id \
    from unnest(?) as unit(id) on conflict do nothing";

const SIGN_OUT: &str = "update sessions set ended_at = ?, end_reason = 'disabled' \
    where agency_id = ? and user_id = ? and ended_at is null";

/// Adds a person to the agency.
pub async fn add(tx: &WriteTx, grant: &Grant<ManagePeople>, new: NewMember) -> StoreResult<UserId> {
    let id: UserId = tx.new_id();
    let (whole_agency, units) = columns(&new.reach);
    sql(ADD)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .bind::<Text, _>(new.email)
        .bind::<Text, _>(new.name)
        .bind::<Text, _>(new.role.code())
        .bind::<Bool, _>(whole_agency)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<Array<SqlUuid>, _>(units)
        .execute(&mut tx.conn())
        .await?;
    Ok(id)
}

/// A person, held against other writers until the commit: of two changes one comes after the other.
pub async fn lock(tx: &WriteTx, grant: &Grant<ManagePeople>, id: UserId) -> StoreResult<Member> {
    sql(LOCK).bind::<SqlUuid, _>(grant.agency().uuid()).bind::<SqlUuid, _>(id.uuid()).execute(&mut tx.conn()).await?;
    super::find(tx, grant, id).await
}

/// Changes a locked person. Whoever is disabled is signed out in the same transaction.
pub async fn change(tx: &WriteTx, grant: &Grant<ManagePeople>, before: &Member, after: Changed) -> StoreResult<()> {
    let (agency, id) = (grant.agency().uuid(), before.colleague.id.uuid());
    sql(KEEP)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<SqlUuid, _>(agency)
        .bind::<SqlUuid, _>(id)
        .bind::<Integer, _>(before.version)
        .execute(&mut tx.conn())
        .await?;
    let (whole_agency, units) = columns(&after.reach);
    let changed = sql(CHANGE)
        .bind::<Text, _>(after.name)
        .bind::<Text, _>(after.role.code())
        .bind::<Bool, _>(whole_agency)
        .bind::<Nullable<Timestamptz>, _>(after.disabled_at)
        .bind::<SqlUuid, _>(agency)
        .bind::<SqlUuid, _>(id)
        .bind::<Integer, _>(before.version)
        .execute(&mut tx.conn())
        .await?;
    if changed == 0 {
        return Err(StoreError::Stale);
    }
    place(tx, (agency, id), units).await?;
    if after.disabled_at.is_some() { sign_out(tx, (agency, id)).await } else { Ok(()) }
}

async fn place(tx: &WriteTx, (agency, id): (Uuid, Uuid), units: Vec<Uuid>) -> StoreResult<()> {
    for statement in [LEAVE, JOIN] {
        sql(statement)
            .bind::<SqlUuid, _>(agency)
            .bind::<SqlUuid, _>(id)
            .bind::<Array<SqlUuid>, _>(units.clone())
            .execute(&mut tx.conn())
            .await?;
    }
    Ok(())
}

async fn sign_out(tx: &WriteTx, (agency, id): (Uuid, Uuid)) -> StoreResult<()> {
    sql(SIGN_OUT)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(agency)
        .bind::<SqlUuid, _>(id)
        .execute(&mut tx.conn())
        .await?;
    Ok(())
}

fn columns(reach: &Reach) -> (bool, Vec<Uuid>) {
    match reach {
        Reach::WholeAgency => (true, Vec::new()),
        Reach::Units(units) => (false, units.iter().copied().map(Id::uuid).collect()),
    }
}
