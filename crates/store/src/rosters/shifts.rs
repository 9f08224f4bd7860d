//! Who is on call, for a unit or for the whole agency.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{Id, ShiftId, UnitId, UserId};
use homeward_domain::policy::{Action, ArrangeRoster, Denied, Grant, Reach};
use homeward_domain::roster::Span;
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};
use crate::page::{After, Page, Window};
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// One turn of being on call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// The turn.
    pub id: ShiftId,
    /// Who.
    pub user: UserId,
    /// Where; none for the whole agency.
    pub unit: Option<UnitId>,
    /// Its code.
    pub unit_code: Option<String>,
    /// From when.
    pub starts_at: DateTime<Utc>,
    /// Until when.
    pub ends_at: DateTime<Utc>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
    /// When it was called off.
    pub cancelled_at: Option<DateTime<Utc>>,
}

/// A turn as it is arranged.
#[derive(Clone, Copy, Debug)]
pub struct NewShift {
    /// Who.
    pub user: UserId,
    /// Where; none for the whole agency.
    pub unit: Option<UnitId>,
    /// How long.
    pub span: Span,
}

const SHIFTS: &str = "select s.id, s.user_id, s.unit_id, n.code as unit_code, s.starts_at, s.ends_at, s.recorded_at, \
    s.recorded_by, s.cancelled_at from on_call_shifts s \
    left join units n on n.agency_id = s.agency_id and n.id = s.unit_id where s.agency_id = ?";

const ADD: &str = "insert into on_call_shifts (agency_id, id, unit_id, user_id, starts_at, ends_at, recorded_at, \
    recorded_by) values (?, ?, ?, ?, ?, ?, ?, ?)";

const CANCEL: &str = "update on_call_shifts set cancelled_at = ?, cancelled_by = ? \
    where agency_id = ? and id = ? and cancelled_at is null";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    unit_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    unit_code: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    starts_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    ends_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    recorded_at: DateTime<Utc>,
    #[diesel(sql_type = SqlUuid)]
    recorded_by: Uuid,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    cancelled_at: Option<DateTime<Utc>>,
}

impl From<Row> for Shift {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            user: Id::from_uuid(row.user_id),
            unit: row.unit_id.map(Id::from_uuid),
            unit_code: row.unit_code,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            recorded_at: row.recorded_at,
            recorded_by: Id::from_uuid(row.recorded_by),
            cancelled_at: row.cancelled_at,
        }
    }
}

/// The turns that stand and are not over, those of one's own units and of the whole agency, by their start.
pub async fn list<A: Action>(tx: &ReadTx, grant: &Grant<A>, window: &Window) -> StoreResult<Page<Shift>> {
    let mut query = within(grant).push(" and s.cancelled_at is null and ? < s.ends_at");
    query = query.bind::<Timestamptz, _>(tx.at());
    if let Some(after) = window.after {
        query = query.push(" and (s.starts_at, s.id) > (?, ?)");
        query = query.bind::<Timestamptz, _>(after.at).bind::<SqlUuid, _>(after.id);
    }
    let query = query.push(" order by s.starts_at, s.id limit ?").bind::<BigInt, _>(window.limit + 1);
    let rows: Vec<Row> = query.load(&mut tx.conn()).await?;
    let shifts = rows.into_iter().map(Shift::from).collect();
    Ok(Page::cut(shifts, window, |it: &Shift| After { at: it.starts_at, id: it.id.uuid() }))
}

/// One of them, called off or over or not.
pub async fn find<A: Action>(tx: &ReadTx, grant: &Grant<A>, id: ShiftId) -> StoreResult<Shift> {
    let query = within(grant).push(" and s.id = ?").bind::<SqlUuid, _>(id.uuid());
    let row: Option<Row> = query.get_result(&mut tx.conn()).await.optional()?;
    row.map(Shift::from).ok_or(StoreError::NotFound)
}

fn within<A: Action>(grant: &Grant<A>) -> Sql {
    let query = sql(SHIFTS).bind::<SqlUuid, _>(grant.agency().uuid());
    match &grant.caller().reach {
        Reach::WholeAgency => query,
        Reach::Units(units) => {
            let units: Vec<Uuid> = units.iter().map(|it| it.uuid()).collect();
            query.push(" and (s.unit_id is null or s.unit_id = any(?))").bind::<Array<SqlUuid>, _>(units)
        }
    }
}

/// Puts somebody on call. One arranges for one's own units only.
pub async fn add(tx: &WriteTx, grant: &Grant<ArrangeRoster>, new: NewShift) -> StoreResult<Shift> {
    arranged_by(grant, new.unit)?;
    let id: ShiftId = tx.new_id();
    sql(ADD)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .bind::<Nullable<SqlUuid>, _>(new.unit.map(Id::uuid))
        .bind::<SqlUuid, _>(new.user.uuid())
        .bind::<Timestamptz, _>(new.span.starts_at())
        .bind::<Timestamptz, _>(new.span.ends_at())
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .execute(&mut tx.conn())
        .await?;
    find(tx, grant, id).await
}

/// Calls a turn off; false where it was called off before.
pub async fn cancel(tx: &WriteTx, grant: &Grant<ArrangeRoster>, shift: &Shift) -> StoreResult<bool> {
    arranged_by(grant, shift.unit)?;
    let cancelled = sql(CANCEL)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(shift.id.uuid())
        .execute(&mut tx.conn())
        .await?;
    Ok(cancelled == 1)
}

/// Whether the caller may arrange who is on call there.
pub fn arranged_by(grant: &Grant<ArrangeRoster>, unit: Option<UnitId>) -> StoreResult<()> {
    let place = unit.map_or(Reach::WholeAgency, |unit| Reach::Units(vec![unit]));
    if grant.caller().reach.meets(&place) { Ok(()) } else { Err(Denied::Forbidden.into()) }
}
