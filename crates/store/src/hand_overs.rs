//! Children handed from one worker to another: the record, what is owed, and what has not been heard go together.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Bytea, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel::{ExpressionMethods as _, QueryDsl as _, Queryable, QueryableByName, Selectable, SelectableHelper as _};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{ChildId, HandOverId, Id, UserId};
use homeward_domain::policy::{Grant, HandOver, Reach};
use uuid::Uuid;

use crate::children::sealed_anew;
use crate::error::StoreResult;
use crate::schema::hand_overs::dsl;
use crate::seal;
use crate::sql::sql;
use crate::tx::{ReadTx, WriteTx};

/// One handing over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOver {
    /// The handing over.
    pub id: HandOverId,
    /// Whose work the children were.
    pub from: UserId,
    /// Whose they are.
    pub to: UserId,
    /// Why.
    pub reason: String,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
}

/// The children of a worker within the caller's reach, held in the order of their ids, so that two hand-overs never
/// wait for each other. Their open episodes are held first: whoever changes facts of one has planned it by then.
const CHILDREN: &str = "with held as materialized (select e.child_id from missing_episodes e \
    join children c on c.agency_id = e.agency_id and c.id = e.child_id \
    where c.agency_id = ? and c.assigned_to = ? and e.closed_at is null order by e.id for update of e) \
    select c.id from children c where c.agency_id = ? and c.assigned_to = ? \
    and (?::uuid[] is null or c.unit_id = any(?)) and (select count(*) from held) >= 0 \
    order by c.id for update of c";

const KEEP_VERSIONS: &str = "insert into child_versions (agency_id, child_id, version, superseded_at, facts, \
    identity) select c.agency_id, c.id, c.version, ?, to_jsonb(c) - 'identity', c.identity from children c \
    where c.agency_id = ? and c.id = any(?)";

/// The new version is sealed for its own place.
const ASSIGN: &str = "update children c set assigned_to = ?, version = c.version + 1, recorded_at = ?, recorded_by = ?, \
    identity = r.identity from unnest(?, ?) as r (id, identity) where c.agency_id = ? and c.id = r.id";

const RECORD: &str = "insert into hand_overs (agency_id, id, from_user_id, to_user_id, reason, recorded_at, recorded_by) \
    values (?, ?, ?, ?, ?, ?, ?)";

/// What is owed moves with the children; what was done stays where it was done.
const MOVE_DUTIES: &str = "update duties set assigned_to = ? where agency_id = ? and child_id = any(?) \
    and done_at is null and closed_undone_at is null and superseded_at is null and assigned_to is distinct from ?";

/// A worker that is about to deliver a rung has read whom it is for: it loses the rung, and whoever leases it next reads
/// again.
const TAKE_BACK: &str = "update rungs r set fence = r.fence + 1, leased_until = null from duties d \
    where d.agency_id = r.agency_id and d.id = r.duty_id and d.agency_id = ? and d.child_id = any(?) \
    and r.sent_at is null and r.cancelled_at is null";

/// The last rung that fired for each duty is given once more by the worker, to whoever has not had it.
const GIVE_AGAIN: &str = "update rungs r set handed_over_at = ?, follow_up_at = ?, fence = r.fence + 1, \
    leased_until = null \
    from (select distinct on (g.duty_id) g.agency_id, g.id from rungs g \
    join duties d on d.agency_id = g.agency_id and d.id = g.duty_id \
    where d.agency_id = ? and d.child_id = any(?) and d.done_at is null and d.closed_undone_at is null \
    and d.superseded_at is null and g.sent_at is not null and g.cancelled_at is null \
    order by g.duty_id, g.ordinal desc) last where r.agency_id = last.agency_id and r.id = last.id";

/// What waits to leave for the worker that they were leaves for them no more, unless they stand on the rung by another
/// name: that is seen when it is given again. What is on its way stays leased until then, so that it does not leave twice.
const CALL_BACK: &str = "update deliveries v set ended_at = ?, ending = 'handed_over' from duties d \
    where d.agency_id = v.agency_id and d.id = v.duty_id and d.agency_id = ? and d.child_id = any(?) \
    and v.user_id = ? and v.ended_at is null";

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = crate::schema::hand_overs)]
struct Row {
    id: Uuid,
    from_user_id: Uuid,
    to_user_id: Uuid,
    reason: Vec<u8>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

impl Row {
    fn handed_over(self, tx: &ReadTx) -> StoreResult<HandedOver> {
        Ok(HandedOver {
            id: Id::from_uuid(self.id),
            from: Id::from_uuid(self.from_user_id),
            to: Id::from_uuid(self.to_user_id),
            reason: tx.open(seal::HAND_OVER_REASON, self.id, &self.reason)?,
            recorded_at: self.recorded_at,
            recorded_by: Id::from_uuid(self.recorded_by),
        })
    }
}

/// The children of a worker within the caller's reach, held until the commit.
pub async fn lock(tx: &WriteTx, grant: &Grant<HandOver>, from: UserId) -> StoreResult<Vec<ChildId>> {
    let (agency, from) = (grant.agency().uuid(), from.uuid());
    let units = match &grant.caller().reach {
        Reach::WholeAgency => None,
        Reach::Units(units) => Some(units.iter().map(|it| it.uuid()).collect::<Vec<Uuid>>()),
    };
    let held: Vec<Held> = sql(CHILDREN)
        .bind::<SqlUuid, _>(agency)
        .bind::<SqlUuid, _>(from)
        .bind::<SqlUuid, _>(agency)
        .bind::<SqlUuid, _>(from)
        .bind::<Nullable<Array<SqlUuid>>, _>(units.clone())
        .bind::<Nullable<Array<SqlUuid>>, _>(units)
        .load(&mut tx.conn())
        .await?;
    Ok(held.into_iter().map(|it| Id::from_uuid(it.id)).collect())
}

/// Hands locked children over.
pub async fn record(
    tx: &WriteTx,
    grant: &Grant<HandOver>,
    (from, to): (UserId, UserId),
    children: &[ChildId],
    reason: String,
) -> StoreResult<HandedOver> {
    let (agency, at) = (grant.agency().uuid(), tx.at());
    let ids: Vec<Uuid> = children.iter().map(|it| it.uuid()).collect();
    let id: HandOverId = tx.new_id();
    let (moved, identities) = sealed_anew(tx, &ids).await?;
    let statements = [
        sql(RECORD)
            .bind::<SqlUuid, _>(agency)
            .bind::<SqlUuid, _>(id.uuid())
            .bind::<SqlUuid, _>(from.uuid())
            .bind::<SqlUuid, _>(to.uuid())
            .bind::<Bytea, _>(tx.seal(seal::HAND_OVER_REASON, id, &reason)?)
            .bind::<Timestamptz, _>(at)
            .bind::<SqlUuid, _>(grant.actor().uuid()),
        sql(KEEP_VERSIONS).bind::<Timestamptz, _>(at).bind::<SqlUuid, _>(agency).bind::<Array<SqlUuid>, _>(ids.clone()),
        sql(ASSIGN)
            .bind::<SqlUuid, _>(to.uuid())
            .bind::<Timestamptz, _>(at)
            .bind::<SqlUuid, _>(grant.actor().uuid())
            .bind::<Array<SqlUuid>, _>(moved)
            .bind::<Array<Bytea>, _>(identities)
            .bind::<SqlUuid, _>(agency),
        sql(MOVE_DUTIES)
            .bind::<SqlUuid, _>(to.uuid())
            .bind::<SqlUuid, _>(agency)
            .bind::<Array<SqlUuid>, _>(ids.clone())
            .bind::<SqlUuid, _>(to.uuid()),
    ];
    for statement in statements {
        statement.execute(&mut tx.conn()).await?;
    }
    follow(tx, Some(from), &ids).await?;
    Ok(HandedOver { id, from, to, reason, recorded_at: at, recorded_by: grant.actor() })
}

/// What was heard or waits to leave follows the children to whose work they are now.
pub(crate) async fn follow(tx: &WriteTx, from: Option<UserId>, children: &[Uuid]) -> StoreResult<()> {
    let (agency, at) = (tx.call().agency.uuid(), tx.at());
    sql(TAKE_BACK)
        .bind::<SqlUuid, _>(agency)
        .bind::<Array<SqlUuid>, _>(children.to_vec())
        .execute(&mut tx.conn())
        .await?;
    sql(GIVE_AGAIN)
        .bind::<Timestamptz, _>(at)
        .bind::<Timestamptz, _>(at)
        .bind::<SqlUuid, _>(agency)
        .bind::<Array<SqlUuid>, _>(children.to_vec())
        .execute(&mut tx.conn())
        .await?;
    if let Some(from) = from {
        sql(CALL_BACK)
            .bind::<Timestamptz, _>(at)
            .bind::<SqlUuid, _>(agency)
            .bind::<Array<SqlUuid>, _>(children.to_vec())
            .bind::<SqlUuid, _>(from.uuid())
            .execute(&mut tx.conn())
            .await?;
    }
    Ok(())
}

/// Every time that children of a worker were handed over, newest first.
pub async fn of_worker(tx: &ReadTx, grant: &Grant<HandOver>, from: UserId) -> StoreResult<Vec<HandedOver>> {
    let rows: Vec<Row> = dsl::hand_overs
        .filter(dsl::agency_id.eq(grant.agency().uuid()))
        .filter(dsl::from_user_id.eq(from.uuid()))
        .order((dsl::recorded_at.desc(), dsl::id.desc()))
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(|row| row.handed_over(tx)).collect()
}
