//! The people of an agency as others of it see them, and as a roster does. No child is among it.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{Id, UnitId, UserId};
use homeward_domain::policy::{Action, Denied, Grant, Reach, ReadPeople};
use homeward_domain::roster::Colleague;
use serde::Deserialize;
use uuid::Uuid;

use super::Unit;
use crate::convert::code;
use crate::error::{StoreError, StoreResult};
use crate::page::{After, Page, Window};
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;

/// Someone of the agency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who, in what role, and where.
    pub colleague: Colleague,
    /// Their name.
    pub name: String,
    /// What they sign in with.
    pub email: String,
    /// Where they work, by code; none for the whole agency.
    pub units: Vec<Unit>,
    /// Who stands in for them.
    pub back_up: Option<UserId>,
    /// That they are away now.
    pub absent: Option<Absent>,
    /// Whether an address of theirs was refused, and nobody has said yet that it works again (DL-14).
    pub has_bounced: bool,
    /// When they were disabled.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When their sign-in was locked after failures; it may have opened by itself since.
    pub locked_at: Option<DateTime<Utc>>,
    /// When they last signed in or were given a password.
    pub signed_in_at: Option<DateTime<Utc>>,
    /// When they were added.
    pub created_at: DateTime<Utc>,
    /// Counts up from 1.
    pub version: i32,
}

/// That someone is away now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absent {
    /// Until when.
    pub ends_at: DateTime<Utc>,
    /// Who stands where they stood.
    pub substitute: Option<UserId>,
}

/// Whom to show.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only those who work in this unit.
    pub unit: Option<UnitId>,
}

const MEMBERS: &str = "select u.id, u.email, u.name, u.role, u.whole_agency, u.created_at, u.disabled_at, u.version, \
    (select coalesce(jsonb_agg(jsonb_build_object('id', n.id, 'code', n.code, 'name', n.name) order by n.code), '[]') \
    from user_units uu join units n on n.agency_id = uu.agency_id and n.id = uu.unit_id \
    where uu.agency_id = u.agency_id and uu.user_id = u.id) as units, \
    (select b.back_up_id from back_ups b where b.agency_id = u.agency_id and b.user_id = u.id \
    order by b.version desc limit 1) as back_up_id, w.substitute_id, w.ends_at as away_until, \
    exists (select from addresses_of(u.agency_id, u.id) a where a.bounced) as has_bounced, i.locked_at, i.used_at \
    from users u left join sign_ins i on i.email = u.email and i.agency_id = u.agency_id and i.user_id = u.id left join lateral (select n.substitute_id, n.ends_at from absences n where n.agency_id = u.agency_id \
    and n.user_id = u.id and n.cancelled_at is null and n.starts_at <= ? and ? < n.ends_at \
    order by n.recorded_at desc limit 1) w on true where u.agency_id = ?";

/// Those of one's units, and those who work for the whole agency.
const WITHIN: &str = " and (u.whole_agency or exists (select from user_units uu where uu.agency_id = u.agency_id \
    and uu.user_id = u.id and uu.unit_id = any(?)))";

const OF_UNIT: &str = " and exists (select from user_units uu where uu.agency_id = u.agency_id \
    and uu.user_id = u.id and uu.unit_id = ?)";

const COLLEAGUE: &str = "select u.id, u.role, u.whole_agency, u.disabled_at is not null as is_disabled, \
    array(select uu.unit_id from user_units uu where uu.agency_id = u.agency_id and uu.user_id = u.id) as units \
    from users u where u.agency_id = ? and u.id = ?";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Bool)]
    whole_agency: bool,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    disabled_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    locked_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    used_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Jsonb)]
    units: serde_json::Value,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    back_up_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    substitute_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    away_until: Option<DateTime<Utc>>,
    #[diesel(sql_type = Bool)]
    has_bounced: bool,
}

#[derive(Deserialize)]
struct UnitRow {
    id: Uuid,
    code: String,
    name: String,
}

#[derive(QueryableByName)]
struct ColleagueRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Bool)]
    whole_agency: bool,
    #[diesel(sql_type = Bool)]
    is_disabled: bool,
    #[diesel(sql_type = Array<SqlUuid>)]
    units: Vec<Uuid>,
}

impl Row {
    fn member(self) -> StoreResult<Member> {
        let units: Vec<UnitRow> = serde_json::from_value(self.units).map_err(|_| StoreError::Corrupt("user_units"))?;
        let colleague = ColleagueRow {
            id: self.id,
            role: self.role,
            whole_agency: self.whole_agency,
            is_disabled: self.disabled_at.is_some(),
            units: units.iter().map(|it| it.id).collect(),
        };
        let unit = |it: UnitRow| Unit { id: Id::from_uuid(it.id), code: it.code, name: it.name };
        let substitute = self.substitute_id.map(Id::from_uuid);
        Ok(Member {
            colleague: colleague.colleague()?,
            name: self.name,
            email: self.email,
            units: units.into_iter().map(unit).collect(),
            back_up: self.back_up_id.map(Id::from_uuid),
            absent: self.away_until.map(|ends_at| Absent { ends_at, substitute }),
            has_bounced: self.has_bounced,
            disabled_at: self.disabled_at,
            locked_at: self.locked_at,
            signed_in_at: self.used_at,
            created_at: self.created_at,
            version: self.version,
        })
    }
}

impl ColleagueRow {
    fn colleague(self) -> StoreResult<Colleague> {
        let reach = if self.whole_agency {
            Reach::WholeAgency
        } else {
            Reach::Units(self.units.into_iter().map(Id::from_uuid).collect())
        };
        let role = code(&self.role, "users.role")?;
        Ok(Colleague { id: Id::from_uuid(self.id), role, reach, is_disabled: self.is_disabled })
    }
}

/// The people within the caller's reach, in the order in which they were added.
pub async fn list(
    tx: &ReadTx,
    grant: &Grant<ReadPeople>,
    filter: Filter,
    window: &Window,
) -> StoreResult<Page<Member>> {
    let mut query = within(tx, grant);
    if let Some(unit) = filter.unit {
        query = query.push(OF_UNIT).bind::<SqlUuid, _>(unit.uuid());
    }
    if let Some(after) = window.after {
        query = query.push(" and (u.created_at, u.id) > (?, ?)");
        query = query.bind::<Timestamptz, _>(after.at).bind::<SqlUuid, _>(after.id);
    }
    let query = query.push(" order by u.created_at, u.id limit ?").bind::<BigInt, _>(window.limit + 1);
    let rows: Vec<Row> = query.load(&mut tx.conn()).await?;
    let members = rows.into_iter().map(Row::member).collect::<StoreResult<Vec<_>>>()?;
    Ok(Page::cut(members, window, |it| After { at: it.created_at, id: it.colleague.id.uuid() }))
}

/// One of them.
pub async fn find<A: Action>(tx: &ReadTx, grant: &Grant<A>, id: UserId) -> StoreResult<Member> {
    let query = within(tx, grant).push(" and u.id = ?").bind::<SqlUuid, _>(id.uuid());
    let row: Option<Row> = query.get_result(&mut tx.conn()).await.optional()?;
    row.ok_or(StoreError::NotFound)?.member()
}

fn within<A: Action>(tx: &ReadTx, grant: &Grant<A>) -> Sql {
    let query = sql(MEMBERS)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.agency().uuid());
    match &grant.caller().reach {
        Reach::WholeAgency => query,
        Reach::Units(units) => {
            let units: Vec<Uuid> = units.iter().map(|it| it.uuid()).collect();
            query.push(WITHIN).bind::<Array<SqlUuid>, _>(units)
        }
    }
}

/// Anyone of the caller's agency, as a roster sees them.
pub async fn colleague(tx: &ReadTx, id: UserId) -> StoreResult<Option<Colleague>> {
    let row: Option<ColleagueRow> = sql(COLLEAGUE)
        .bind::<SqlUuid, _>(tx.call().agency.uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .get_result(&mut tx.conn())
        .await
        .optional()?;
    row.map(ColleagueRow::colleague).transpose()
}

/// Someone for whom the caller may arrange things: they work in a unit of theirs.
pub async fn overseen<A: Action>(tx: &ReadTx, grant: &Grant<A>, id: UserId) -> StoreResult<Colleague> {
    let colleague = colleague(tx, id).await?.ok_or(StoreError::NotFound)?;
    if grant.caller().reach.meets(&colleague.reach) {
        return Ok(colleague);
    }
    // Who works for the whole agency is seen in the list; who works elsewhere is not.
    Err(if colleague.reach == Reach::WholeAgency { Denied::Forbidden.into() } else { StoreError::NotFound })
}
