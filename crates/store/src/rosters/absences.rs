//! Who is away, and who stands where they stood.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{AbsenceId, Id, UserId};
use homeward_domain::impossible::Impossible;
use homeward_domain::policy::{Action, ArrangeRoster, Grant, OwnSettings, Reach};
use homeward_domain::roster::{Away, Span, unfit};
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};
use crate::page::{After, Page, Window};
use crate::people;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// One time that somebody is away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    /// The time.
    pub id: AbsenceId,
    /// Who.
    pub user: UserId,
    /// Who stands where they stood; nobody, and a rung goes up.
    pub substitute: Option<UserId>,
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

const ABSENCES: &str = "select n.id, n.user_id, n.substitute_id, n.starts_at, n.ends_at, n.recorded_at, n.recorded_by, \
    n.cancelled_at from absences n where n.agency_id = ?";

const OF_UNITS: &str = " and (n.user_id = ? or exists (select from user_units uu \
    where uu.agency_id = n.agency_id and uu.user_id = n.user_id and uu.unit_id = any(?)))";

const RECORD: &str = "insert into absences (agency_id, id, user_id, substitute_id, starts_at, ends_at, recorded_at, \
    recorded_by) values (?, ?, ?, ?, ?, ?, ?, ?)";

const CANCEL: &str = "update absences set cancelled_at = ?, cancelled_by = ? \
    where agency_id = ? and id = ? and cancelled_at is null";

const IS_AWAY: &str = "select exists (select from absences n where n.agency_id = ? and n.user_id = ? \
    and n.cancelled_at is null and n.starts_at < ? and ? < n.ends_at) as away";

#[derive(QueryableByName)]
pub(super) struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    substitute_id: Option<Uuid>,
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

#[derive(QueryableByName)]
struct IsAway {
    #[diesel(sql_type = Bool)]
    away: bool,
}

impl From<Row> for Absence {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            user: Id::from_uuid(row.user_id),
            substitute: row.substitute_id.map(Id::from_uuid),
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            recorded_at: row.recorded_at,
            recorded_by: Id::from_uuid(row.recorded_by),
            cancelled_at: row.cancelled_at,
        }
    }
}

impl Absence {
    pub(super) fn away(&self) -> StoreResult<Away> {
        let span = Span::kept(self.starts_at, self.ends_at).ok_or(StoreError::Corrupt("absences"))?;
        Ok(Away { user: self.user, substitute: self.substitute, span, recorded_at: self.recorded_at })
    }
}

/// What stands and is not over: one's own, and of those for whom one may arrange, by its start.
pub async fn list(tx: &ReadTx, grant: &Grant<OwnSettings>, window: &Window) -> StoreResult<Page<Absence>> {
    let mut query = within(tx, grant).push(" and n.cancelled_at is null and ? < n.ends_at");
    query = query.bind::<Timestamptz, _>(tx.at());
    if let Some(after) = window.after {
        query = query.push(" and (n.starts_at, n.id) > (?, ?)");
        query = query.bind::<Timestamptz, _>(after.at).bind::<SqlUuid, _>(after.id);
    }
    let query = query.push(" order by n.starts_at, n.id limit ?").bind::<BigInt, _>(window.limit + 1);
    let rows: Vec<Row> = query.load(&mut tx.conn()).await?;
    let absences = rows.into_iter().map(Absence::from).collect();
    Ok(Page::cut(absences, window, |it: &Absence| After { at: it.starts_at, id: it.id.uuid() }))
}

/// One of them, called off or over or not.
pub async fn find(tx: &ReadTx, grant: &Grant<OwnSettings>, id: AbsenceId) -> StoreResult<Absence> {
    let query = within(tx, grant).push(" and n.id = ?").bind::<SqlUuid, _>(id.uuid());
    let row: Option<Row> = query.get_result(&mut tx.conn()).await.optional()?;
    row.map(Absence::from).ok_or(StoreError::NotFound)
}

fn within(tx: &ReadTx, grant: &Grant<OwnSettings>) -> Sql {
    let query = sql(ABSENCES).bind::<SqlUuid, _>(grant.agency().uuid());
    let units = match &grant.caller().reach {
        Reach::WholeAgency if tx.may::<ArrangeRoster>() => return query,
        Reach::Units(units) if tx.may::<ArrangeRoster>() => units.iter().map(|it| it.uuid()).collect(),
        _ => Vec::<Uuid>::new(),
    };
    query.push(OF_UNITS).bind::<SqlUuid, _>(grant.actor().uuid()).bind::<Array<SqlUuid>, _>(units)
}

/// Everyone who is away for a part of `over`, in the whole agency.
pub(super) async fn within_span<A: Action>(tx: &ReadTx, grant: &Grant<A>, over: Span) -> StoreResult<Vec<Away>> {
    let rows: Vec<Row> = sql(ABSENCES)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .push(" and n.cancelled_at is null and n.starts_at < ? and ? < n.ends_at")
        .bind::<Timestamptz, _>(over.ends_at())
        .bind::<Timestamptz, _>(over.starts_at())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(|row| Absence::from(row).away()).collect()
}

/// Why `substitute` cannot stand in for `user` all that time; nothing where they can. Both are of the agency.
pub async fn unfit_substitute(
    tx: &ReadTx,
    user: UserId,
    substitute: UserId,
    span: Span,
) -> StoreResult<Option<Impossible>> {
    let field = "substitute_id";
    let unknown = Some(Impossible::of(field, "is nobody of the agency"));
    let who = people::colleague(tx, user).await?.ok_or(StoreError::NotFound)?;
    let Some(other) = people::colleague(tx, substitute).await? else { return Ok(unknown) };
    if let Some(unfit) = unfit(field, &other, &who) {
        return Ok(Some(unfit));
    }
    let is_away: IsAway = sql(IS_AWAY)
        .bind::<SqlUuid, _>(tx.call().agency.uuid())
        .bind::<SqlUuid, _>(substitute.uuid())
        .bind::<Timestamptz, _>(span.ends_at())
        .bind::<Timestamptz, _>(span.starts_at())
        .get_result(&mut tx.conn())
        .await?;
    Ok(is_away.away.then(|| Impossible::of(field, "is away in that time")))
}

/// Records that somebody will be away: for oneself, or for those for whom one may arrange.
pub async fn record(
    tx: &WriteTx,
    grant: &Grant<OwnSettings>,
    user: UserId,
    substitute: Option<UserId>,
    span: Span,
) -> StoreResult<Absence> {
    arranged_by(tx, grant, user).await?;
    let id: AbsenceId = tx.new_id();
    sql(RECORD)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .bind::<SqlUuid, _>(user.uuid())
        .bind::<Nullable<SqlUuid>, _>(substitute.map(Id::uuid))
        .bind::<Timestamptz, _>(span.starts_at())
        .bind::<Timestamptz, _>(span.ends_at())
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .execute(&mut tx.conn())
        .await?;
    find(tx, grant, id).await
}

/// Says that somebody will not be away; false where that was said before.
pub async fn cancel(tx: &WriteTx, grant: &Grant<OwnSettings>, absence: &Absence) -> StoreResult<bool> {
    arranged_by(tx, grant, absence.user).await?;
    let cancelled = sql(CANCEL)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(absence.id.uuid())
        .execute(&mut tx.conn())
        .await?;
    Ok(cancelled == 1)
}

/// Whether the caller may say that this person is away.
pub async fn arranged_by(tx: &ReadTx, grant: &Grant<OwnSettings>, user: UserId) -> StoreResult<()> {
    if user == grant.actor() {
        return Ok(());
    }
    let arranging = tx.standing().grant::<ArrangeRoster>()?;
    people::overseen(tx, &arranging, user).await.map(drop)
}
