//! The audit trail: appended to and read here, and nowhere else.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::audit::{Entry, Look};
use homeward_domain::id::{Id, SessionId};
use homeward_domain::policy::Role;
use homeward_domain::vocabulary::Vocabulary as _;
use serde::Serialize;
use uuid::Uuid;

use crate::call::{self, Call, Origin};
use crate::error::{StoreError, StoreResult};
use crate::sql::{Sql, sql};

mod read;
mod reviews;
pub mod trail;

pub use read::{Actor, Trace, TraceFilter, TraceKind, of_child, traces};
pub use reviews::{Review, Unusual, record, reviews, unusual};

/// One look and the children it showed, in one round trip whatever their number.
const INSERT_LOOK: &str = "with look as (insert into looks (agency_id, id, at, actor_id, kind, request_id, \
    role, session_id, source, operation) \
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning agency_id, id) \
    insert into look_children (agency_id, child_id, look_id) \
    select look.agency_id, shown.id, look.id from look, unnest(?) as shown(id)";

const INSERT_ENTRY: &str = "insert into audit_entries (agency_id, id, at, actor_id, child_id, action, detail, \
    outcome, request_id, role, session_id, source, operation) \
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// The entries of many children at once. The columns are named: the transaction's id the database fills in.
const INSERT_ALL: &str = "insert into audit_entries (agency_id, id, at, actor_id, child_id, action, detail, outcome, \
    request_id, role, session_id, source, operation) select agency_id, id, at, actor_id, child_id, action, detail, \
    outcome, request_id, role, session_id, source, operation \
    from json_populate_recordset(null::audit_entries, ?::json)";

/// Of an import, or of whoever is not let in yet.
static NOWHERE: Origin = Origin { request_id: None, source: None, operation: None };

/// When, as what and from where something was done or seen.
#[derive(Clone, Copy)]
pub(crate) struct By<'a> {
    pub(crate) at: DateTime<Utc>,
    pub(crate) role: Option<Role>,
    pub(crate) session: Option<SessionId>,
    pub(crate) origin: &'a Origin,
}

impl<'a> By<'a> {
    /// A signed-in person's request.
    pub(crate) fn calling(call: &'a Call, role: Role) -> Self {
        Self { at: call.at, role: Some(role), session: Some(call.session), origin: &call.origin }
    }

    /// A request of somebody who signs in or out.
    pub(crate) fn arriving(at: DateTime<Utc>, session: Option<SessionId>, origin: &'a Origin) -> Self {
        Self { at, role: None, session, origin }
    }

    /// No request.
    pub(crate) fn unasked(at: DateTime<Utc>) -> Self {
        Self { at, role: None, session: None, origin: &NOWHERE }
    }

    fn bind(self, statement: Sql) -> Sql {
        statement
            .bind::<Nullable<Text>, _>(self.origin.request_id.clone())
            .bind::<Nullable<Text>, _>(self.role.map(Role::code))
            .bind::<Nullable<SqlUuid>, _>(self.session.map(Id::uuid))
            .bind::<Nullable<Text>, _>(self.origin.source.map(|it| it.to_string()))
            .bind::<Nullable<Text>, _>(self.origin.operation.clone())
    }
}

/// The statement that records whom a read showed; none where it showed nobody and the trail was not read.
pub(crate) fn look(by: By<'_>, look: &Look) -> Option<Sql> {
    if look.children().is_empty() && !look.kind().is_of_the_trail() {
        return None;
    }
    let children: Vec<Uuid> = look.children().iter().map(|it| it.uuid()).collect();
    let statement = sql(INSERT_LOOK)
        .bind::<SqlUuid, _>(look.agency().uuid())
        .bind::<SqlUuid, _>(call::new_id::<Look>(by.at).uuid())
        .bind::<Timestamptz, _>(by.at)
        .bind::<SqlUuid, _>(look.actor().uuid())
        .bind::<Text, _>(look.kind().0);
    Some(by.bind(statement).bind::<Array<SqlUuid>, _>(children))
}

/// The statement that records what was done. The tables refuse a change that no entry explains.
pub(crate) fn entry(by: By<'_>, entry: &Entry) -> StoreResult<Sql> {
    let (action, detail) = told(entry)?;
    let statement = sql(INSERT_ENTRY)
        .bind::<SqlUuid, _>(entry.agency().uuid())
        .bind::<SqlUuid, _>(call::new_id::<Entry>(by.at).uuid())
        .bind::<Timestamptz, _>(by.at)
        .bind::<SqlUuid, _>(entry.actor().uuid())
        .bind::<Nullable<SqlUuid>, _>(entry.child().map(Id::uuid))
        .bind::<Text, _>(action)
        .bind::<Jsonb, _>(detail)
        .bind::<Text, _>(entry.change().outcome().code());
    Ok(by.bind(statement))
}

/// The name of the change, and what else there is to say of it.
fn told(entry: &Entry) -> StoreResult<(String, serde_json::Value)> {
    let mut detail = serde_json::to_value(entry.change()).map_err(|_| StoreError::Corrupt("audit_entries.detail"))?;
    let action = detail.as_object_mut().and_then(|it| it.remove("action"));
    Ok((action.and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default(), detail))
}

#[derive(Serialize)]
struct Row<'a> {
    agency_id: Uuid,
    id: Uuid,
    at: DateTime<Utc>,
    actor_id: Uuid,
    child_id: Option<Uuid>,
    action: String,
    detail: serde_json::Value,
    outcome: &'static str,
    request_id: Option<&'a str>,
    role: Option<&'static str>,
    session_id: Option<Uuid>,
    source: Option<String>,
    operation: Option<&'a str>,
}

/// The same of many children at once, in a transaction that goes on.
pub(crate) async fn insert_all(conn: &AsyncPgConnection, entries: &[Entry], by: By<'_>) -> StoreResult<()> {
    sql(INSERT_ALL).bind::<Text, _>(rows(entries, by)?).execute(&mut &*conn).await?;
    Ok(())
}

fn rows(entries: &[Entry], by: By<'_>) -> StoreResult<String> {
    let row = |entry: &Entry| {
        let (action, detail) = told(entry)?;
        Ok(Row {
            agency_id: entry.agency().uuid(),
            id: call::new_id::<Entry>(by.at).uuid(),
            at: by.at,
            actor_id: entry.actor().uuid(),
            child_id: entry.child().map(Id::uuid),
            action,
            detail,
            outcome: entry.change().outcome().code(),
            request_id: by.origin.request_id.as_deref(),
            role: by.role.map(Role::code),
            session_id: by.session.map(Id::uuid),
            source: by.origin.source.map(|it| it.to_string()),
            operation: by.origin.operation.as_deref(),
        })
    };
    let rows = entries.iter().map(row).collect::<StoreResult<Vec<_>>>()?;
    serde_json::to_string(&rows).map_err(|_| StoreError::Corrupt("audit_entries"))
}
