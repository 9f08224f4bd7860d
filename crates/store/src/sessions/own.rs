//! Sessions as their owner sees them, and how they are ended: by signing out, one by one, or by an administrator.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{Id, SessionId, UserId};
use homeward_domain::policy::{Grant, ManagePeople, OwnSettings, Reach};
use uuid::Uuid;

use crate::call::Call;
use crate::error::{StoreError, StoreResult};
use crate::sql::sql;
use crate::tx::{ReadTx, Store, WriteTx};

/// A session that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// The session.
    pub id: SessionId,
    /// When they signed in.
    pub started_at: DateTime<Utc>,
    /// When it ends if nobody uses it.
    pub idle_until: DateTime<Utc>,
    /// When it ends anyway.
    pub expires_at: DateTime<Utc>,
    /// What the client called itself.
    pub agent: Option<String>,
    /// Whether a provider signed them in.
    pub by_provider: bool,
}

const OWN: &str = "select id, started_at, idle_until, expires_at, agent, identity_id is not null as by_provider \
    from sessions \
    where agency_id = ? and user_id = ? and ended_at is null and ? < expires_at and ? < idle_until \
    order by started_at, id";

const SIGN_OUT: &str = "update sessions set ended_at = ?, end_reason = 'signed_out' \
    where agency_id = ? and id = ? and user_id = ? and ended_at is null and ? < expires_at and ? < idle_until";

const END_ONE: &str = "update sessions set ended_at = ?, end_reason = 'ended_by_owner' \
    where agency_id = ? and id = ? and user_id = ? and ended_at is null";

const END_OTHERS: &str = "update sessions set ended_at = ?, end_reason = 'password_changed' \
    where agency_id = ? and user_id = ? and id <> ? and ended_at is null";

/// In the order of their ids, so that two who end many wait for each other and do not block each other.
const END_ALL: &str = "update sessions s set ended_at = ?, end_reason = 'ended_by_administrator' \
    from (select o.id from sessions o join users u on u.agency_id = o.agency_id and u.id = o.user_id \
    where o.agency_id = ? and o.ended_at is null and ? < o.expires_at and o.id <> ? \
    and (?::uuid is null or o.user_id = ?) and (? or exists (select from user_units uu \
    where uu.agency_id = u.agency_id and uu.user_id = u.id and uu.unit_id = any(?))) \
    order by o.id for update of o) o where s.agency_id = ? and s.id = o.id";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    started_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    idle_until: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>)]
    agent: Option<String>,
    #[diesel(sql_type = Bool)]
    by_provider: bool,
}

impl Store {
    /// Ends the caller's session.
    pub async fn end_session(&self, call: &Call) -> StoreResult<()> {
        let query = sql(SIGN_OUT)
            .bind::<Timestamptz, _>(call.at)
            .bind::<SqlUuid, _>(call.agency.uuid())
            .bind::<SqlUuid, _>(call.session.uuid())
            .bind::<SqlUuid, _>(call.user.uuid())
            .bind::<Timestamptz, _>(call.at)
            .bind::<Timestamptz, _>(call.at);
        let ended = self.within(call.agency, async |conn| Ok(query.execute(&mut &*conn).await?)).await?;
        if ended == 0 { Err(StoreError::SignedOut) } else { Ok(()) }
    }
}

/// The caller's sessions that stand, oldest first.
pub async fn own(tx: &ReadTx, grant: &Grant<OwnSettings>) -> StoreResult<Vec<Live>> {
    let rows: Vec<Row> = sql(OWN)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<Timestamptz, _>(tx.at())
        .bind::<Timestamptz, _>(tx.at())
        .load(&mut tx.conn())
        .await?;
    let live = |it: Row| Live {
        id: Id::from_uuid(it.id),
        started_at: it.started_at,
        idle_until: it.idle_until.min(it.expires_at),
        expires_at: it.expires_at,
        agent: it.agent,
        by_provider: it.by_provider,
    };
    Ok(rows.into_iter().map(live).collect())
}

/// Ends one of the caller's sessions, perhaps this one.
pub async fn end_own(tx: &WriteTx, grant: &Grant<OwnSettings>, id: SessionId) -> StoreResult<()> {
    let ended = sql(END_ONE)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .execute(&mut tx.conn())
        .await?;
    if ended == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// Ends every session of the caller but this one: their password has changed.
pub async fn end_others(tx: &WriteTx, grant: &Grant<OwnSettings>) -> StoreResult<()> {
    sql(END_OTHERS)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<SqlUuid, _>(tx.call().session.uuid())
        .execute(&mut tx.conn())
        .await?;
    Ok(())
}

/// Ends the sessions of somebody, or of everyone within the caller's reach, but the caller's own. Says how many.
pub async fn end_all(tx: &WriteTx, grant: &Grant<ManagePeople>, of: Option<UserId>) -> StoreResult<usize> {
    let (whole, units) = match &grant.caller().reach {
        Reach::WholeAgency => (true, Vec::new()),
        Reach::Units(units) => (false, units.iter().map(|it| it.uuid()).collect::<Vec<Uuid>>()),
    };
    let of = of.map(Id::uuid);
    let ended = sql(END_ALL)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(tx.call().session.uuid())
        .bind::<Nullable<SqlUuid>, _>(of)
        .bind::<Nullable<SqlUuid>, _>(of)
        .bind::<Bool, _>(whole)
        .bind::<Array<SqlUuid>, _>(units)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .execute(&mut tx.conn())
        .await?;
    Ok(ended)
}
