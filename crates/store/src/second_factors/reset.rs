//! Whoever has lost every factor: two administrators, a delay, and word to whoever it concerns (MF-07).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_types::{Bool, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::id::{AgencyId, Id, UserId};
use homeward_domain::notice::Notice;
use homeward_domain::policy::{Grant, ManagePeople};
use uuid::Uuid;

use super::take_away;
use crate::error::StoreResult;
use crate::notices;
use crate::sql::sql;
use crate::tx::WriteTx;

/// So long the owner can say that nobody asked for this.
const DELAY: TimeDelta = TimeDelta::minutes(15);

/// What the second administrator has not agreed to within this is forgotten.
const ASK: TimeDelta = TimeDelta::days(1);

/// Names a taking away.
type ResetId = Id<Reset>;

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset {
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// When the factor goes; none until another administrator has agreed.
    pub effective_at: Option<DateTime<Utc>>,
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resetting {
    /// It was asked for, or agreed to, or had been before.
    Stands(Reset),
    /// The same administrator cannot agree with themself.
    TakesAnother,
    /// There is nothing to take away.
    NoFactor,
}

const HAS_FACTOR: &str = "select exists (select from second_factors f where f.agency_id = ? and f.user_id = ? \
    and f.confirmed_at is not null and f.removed_at is null) as has";

const FORGET: &str = "update second_factor_resets set cancelled_at = ? where agency_id = ? and user_id = ? \
    and cancelled_at is null and done_at is null and agreed_at is null and asked_at <= ?";

const OPEN: &str = "select id, asked_by, asked_at, effective_at from second_factor_resets where agency_id = ? \
    and user_id = ? and cancelled_at is null and done_at is null for update";

const ASK_FOR: &str =
    "insert into second_factor_resets (agency_id, id, user_id, asked_by, asked_at) values (?, ?, ?, ?, ?)";

const AGREE: &str = "update second_factor_resets set agreed_by = ?, agreed_at = ?, effective_at = ? \
    where agency_id = ? and id = ?";

const CANCEL: &str = "update second_factor_resets set cancelled_at = ? where agency_id = ? and user_id = ? \
    and cancelled_at is null and done_at is null";

const CARRY_OUT: &str = "update second_factor_resets set done_at = ? where agency_id = ? and user_id = ? \
    and cancelled_at is null and done_at is null and effective_at <= ?";

#[derive(QueryableByName)]
struct Has {
    #[diesel(sql_type = Bool)]
    has: bool,
}

#[derive(QueryableByName)]
struct Open {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    asked_by: Uuid,
    #[diesel(sql_type = Timestamptz)]
    asked_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    effective_at: Option<DateTime<Utc>>,
}

/// Asks that the factor of somebody within the caller's reach be taken away, or agrees with another who asked.
pub async fn ask_reset(tx: &WriteTx, grant: &Grant<ManagePeople>, user: UserId) -> StoreResult<Resetting> {
    let has = sql(HAS_FACTOR).bind::<SqlUuid, _>(grant.agency().uuid()).bind::<SqlUuid, _>(user.uuid());
    let Has { has } = has.get_result(&mut tx.conn()).await?;
    if !has {
        return Ok(Resetting::NoFactor);
    }
    let forget = sql(FORGET).bind::<Timestamptz, _>(tx.at()).bind::<SqlUuid, _>(grant.agency().uuid());
    forget.bind::<SqlUuid, _>(user.uuid()).bind::<Timestamptz, _>(tx.at() - ASK).execute(&mut tx.conn()).await?;
    let open = sql(OPEN).bind::<SqlUuid, _>(grant.agency().uuid()).bind::<SqlUuid, _>(user.uuid());
    let open: Option<Open> = open.get_result(&mut tx.conn()).await.optional()?;
    match open {
        None => ask(tx, grant, user).await.map(Resetting::Stands),
        Some(open) if open.effective_at.is_some() => {
            Ok(Resetting::Stands(Reset { asked_at: open.asked_at, effective_at: open.effective_at }))
        }
        Some(open) if open.asked_by == grant.actor().uuid() => Ok(Resetting::TakesAnother),
        Some(open) => agree(tx, grant, (user, &open)).await.map(Resetting::Stands),
    }
}

async fn ask(tx: &WriteTx, grant: &Grant<ManagePeople>, user: UserId) -> StoreResult<Reset> {
    let id: ResetId = tx.new_id();
    sql(ASK_FOR)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .bind::<SqlUuid, _>(user.uuid())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<Timestamptz, _>(tx.at())
        .execute(&mut tx.conn())
        .await?;
    Ok(Reset { asked_at: tx.at(), effective_at: None })
}

async fn agree(tx: &WriteTx, grant: &Grant<ManagePeople>, (user, open): (UserId, &Open)) -> StoreResult<Reset> {
    let effective_at = tx.at() + DELAY;
    sql(AGREE)
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<Timestamptz, _>(tx.at())
        .bind::<Timestamptz, _>(effective_at)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(open.id)
        .execute(&mut tx.conn())
        .await?;
    notices::tell(tx, Notice::FactorResetAsked, user).await?;
    Ok(Reset { asked_at: open.asked_at, effective_at: Some(effective_at) })
}

/// Whoever uses the factor has not lost it.
pub(super) async fn cancel(
    mut conn: &AsyncPgConnection,
    (agency, user): (AgencyId, UserId),
    at: DateTime<Utc>,
) -> StoreResult<()> {
    let cancel = sql(CANCEL).bind::<Timestamptz, _>(at).bind::<SqlUuid, _>(agency.uuid());
    cancel.bind::<SqlUuid, _>(user.uuid()).execute(&mut conn).await?;
    Ok(())
}

/// Takes the factor away where that was agreed on and the delay is over.
pub(super) async fn carry_out(
    mut conn: &AsyncPgConnection,
    (agency, user): (AgencyId, UserId),
    at: DateTime<Utc>,
) -> StoreResult<()> {
    let done = sql(CARRY_OUT)
        .bind::<Timestamptz, _>(at)
        .bind::<SqlUuid, _>(agency.uuid())
        .bind::<SqlUuid, _>(user.uuid())
        .bind::<Timestamptz, _>(at)
        .execute(&mut conn)
        .await?;
    if done == 1 { take_away(conn, (agency, user), at).await } else { Ok(()) }
}
