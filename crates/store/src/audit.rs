//! The audit trail: appended to and read here, and nowhere else.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::audit::{Entry, Look};
use homeward_domain::id::Id;
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};
use crate::sql::sql;
use crate::tx::{ReadTx, WriteTx};

/// One look and the children it showed, in one round trip whatever their number.
const INSERT_LOOK: &str = "with look as (insert into looks (agency_id, id, at, actor_id, kind, request_id) \
    values (?, ?, ?, ?, ?, ?) returning agency_id, id) \
    insert into look_children (agency_id, child_id, look_id) \
    select look.agency_id, shown.id, look.id from look, unnest(?) as shown(id)";

const INSERT_ENTRY: &str = "insert into audit_entries (agency_id, id, at, actor_id, child_id, action, detail, request_id) \
    values (?, ?, ?, ?, ?, ?, ?, ?)";

/// Records whom a read showed. A read that showed nobody leaves no trace.
pub(crate) async fn insert_look(tx: &ReadTx, look: &Look) -> StoreResult<()> {
    if look.children().is_empty() {
        return Ok(());
    }
    let children: Vec<Uuid> = look.children().iter().map(|it| it.uuid()).collect();
    let id: Id<Look> = tx.new_id();
    sql(INSERT_LOOK)
        .bind::<SqlUuid, _>(look.agency().uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(look.actor().uuid())
        .bind::<Text, _>(look.kind().0)
        .bind::<Nullable<Text>, _>(tx.call().request_id.clone())
        .bind::<Array<SqlUuid>, _>(children)
        .execute(&mut tx.conn())
        .await?;
    Ok(())
}

/// Records what was done. The tables refuse a change that no entry of the same transaction explains.
pub(crate) async fn insert_entries(tx: &WriteTx, entries: &[Entry]) -> StoreResult<()> {
    for entry in entries {
        let mut detail = serde_json::to_value(entry.change()).map_err(|_| StoreError::Corrupt("audit_entries.detail"))?;
        let action = detail.as_object_mut().and_then(|it| it.remove("action"));
        let action = action.and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default();
        let id: Id<Entry> = tx.new_id();
        insert_entry(tx, entry, id.uuid(), action, detail).await?;
    }
    Ok(())
}

async fn insert_entry(
    tx: &WriteTx,
    entry: &Entry,
    id: Uuid,
    action: String,
    detail: serde_json::Value,
) -> StoreResult<()> {
    let at: DateTime<Utc> = tx.at();
    sql(INSERT_ENTRY)
        .bind::<SqlUuid, _>(entry.agency().uuid())
        .bind::<SqlUuid, _>(id)
        .bind::<Timestamptz, _>(at)
        .bind::<SqlUuid, _>(entry.actor().uuid())
        .bind::<Nullable<SqlUuid>, _>(entry.child().map(Id::uuid))
        .bind::<Text, _>(action)
        .bind::<Jsonb, _>(detail)
        .bind::<Nullable<Text>, _>(tx.call().request_id.clone())
        .execute(&mut tx.conn())
        .await?;
    Ok(())
}
