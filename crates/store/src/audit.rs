//! The audit trail: appended to and read here, and nowhere else.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::audit::{Entry, Look};
use homeward_domain::id::Id;
use serde::Serialize;
use uuid::Uuid;

use crate::call::{self, Call};
use crate::error::{StoreError, StoreResult};
use crate::sql::{Sql, sql};

mod read;
pub mod trail;

pub use read::{Actor, Trace, TraceFilter, TraceKind, of_child, traces};

/// One look and the children it showed, in one round trip whatever their number.
const INSERT_LOOK: &str = "with look as (insert into looks (agency_id, id, at, actor_id, kind, request_id) \
    values (?, ?, ?, ?, ?, ?) returning agency_id, id) \
    insert into look_children (agency_id, child_id, look_id) \
    select look.agency_id, shown.id, look.id from look, unnest(?) as shown(id)";

const INSERT_ENTRY: &str = "insert into audit_entries (agency_id, id, at, actor_id, child_id, action, detail, request_id) \
    values (?, ?, ?, ?, ?, ?, ?, ?)";

/// The entries of many children at once. The columns are named: the transaction's id the database fills in.
const INSERT_ALL: &str = "insert into audit_entries (agency_id, id, at, actor_id, child_id, action, detail, \
    request_id) select agency_id, id, at, actor_id, child_id, action, detail, request_id \
    from json_populate_recordset(null::audit_entries, ?::json)";

/// The statement that records whom a read showed; none where it showed nobody.
pub(crate) fn look(call: &Call, look: &Look) -> Option<Sql> {
    if look.children().is_empty() {
        return None;
    }
    let children: Vec<Uuid> = look.children().iter().map(|it| it.uuid()).collect();
    let statement = sql(INSERT_LOOK)
        .bind::<SqlUuid, _>(look.agency().uuid())
        .bind::<SqlUuid, _>(call::new_id::<Look>(call.at).uuid())
        .bind::<Timestamptz, _>(call.at)
        .bind::<SqlUuid, _>(look.actor().uuid())
        .bind::<Text, _>(look.kind().0)
        .bind::<Nullable<Text>, _>(call.request_id.clone())
        .bind::<Array<SqlUuid>, _>(children);
    Some(statement)
}

/// The statement that records what was done. The tables refuse a change that no entry explains.
pub(crate) fn entry(call: &Call, entry: &Entry) -> StoreResult<Sql> {
    let (action, detail) = told(entry)?;
    let statement = sql(INSERT_ENTRY)
        .bind::<SqlUuid, _>(entry.agency().uuid())
        .bind::<SqlUuid, _>(call::new_id::<Entry>(call.at).uuid())
        .bind::<Timestamptz, _>(call.at)
        .bind::<SqlUuid, _>(entry.actor().uuid())
        .bind::<Nullable<SqlUuid>, _>(entry.child().map(Id::uuid))
        .bind::<Text, _>(action)
        .bind::<Jsonb, _>(detail)
        .bind::<Nullable<Text>, _>(call.request_id.clone());
    Ok(statement)
}

/// The name of the change, and what else there is to say of it.
fn told(entry: &Entry) -> StoreResult<(String, serde_json::Value)> {
    let mut detail = serde_json::to_value(entry.change()).map_err(|_| StoreError::Corrupt("audit_entries.detail"))?;
    let action = detail.as_object_mut().and_then(|it| it.remove("action"));
    Ok((action.and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default(), detail))
}

#[derive(Serialize)]
struct Row {
    agency_id: Uuid,
    id: Uuid,
    at: DateTime<Utc>,
    actor_id: Uuid,
    child_id: Option<Uuid>,
    action: String,
    detail: serde_json::Value,
    request_id: Option<String>,
}

/// The same of many children at once, in a transaction that goes on.
pub(crate) async fn insert_all(
    conn: &AsyncPgConnection,
    entries: &[Entry],
    at: DateTime<Utc>,
    request_id: Option<&str>,
) -> StoreResult<()> {
    sql(INSERT_ALL).bind::<Text, _>(rows(entries, at, request_id)?).execute(&mut &*conn).await?;
    Ok(())
}

fn rows(entries: &[Entry], at: DateTime<Utc>, request_id: Option<&str>) -> StoreResult<String> {
    let row = |entry: &Entry| {
        let (action, detail) = told(entry)?;
        let (agency_id, id) = (entry.agency().uuid(), call::new_id::<Entry>(at).uuid());
        let child_id = entry.child().map(Id::uuid);
        let request_id = request_id.map(str::to_owned);
        Ok(Row { agency_id, id, at, actor_id: entry.actor().uuid(), child_id, action, detail, request_id })
    };
    let rows = entries.iter().map(row).collect::<StoreResult<Vec<_>>>()?;
    serde_json::to_string(&rows).map_err(|_| StoreError::Corrupt("audit_entries"))
}
