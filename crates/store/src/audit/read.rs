//! Reading the trail: changes and looks in one list, newest first.
//!
//! Ids of entries and of looks are made from the instant they were written, so the order of ids is the order of time,
//! and the primary keys serve the pages.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::audit::Outcome;
use homeward_domain::id::{ChildId, Id, SessionId, UserId};
use homeward_domain::policy::{Grant, Permit, Reach, ReadAccessLog, ReadAudit, ReadDeterminations, Role};
use homeward_domain::vocabulary::Vocabulary;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::call::first_id;
use crate::convert::{code, optional};
use crate::error::StoreResult;
use crate::page::{After, Page, Window};
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;

/// Whether something was done, or looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceKind {
    /// A change of a record.
    Change,
    /// An act of reading.
    Look,
}

impl Vocabulary for TraceKind {
    const NAME: &'static str = "TraceKind";
    const ALL: &'static [Self] = &[Self::Change, Self::Look];

    fn code(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Look => "look",
        }
    }
}

/// One change or one look.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The entry.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// Which of the two.
    pub kind: TraceKind,
    /// What was done, or what kind of reading it was.
    pub action: String,
    /// By whom.
    pub actor: Actor,
    /// Every child it concerned or showed.
    pub children: Vec<ChildId>,
    /// Ids, field names and instants of a change; empty for a look.
    pub detail: serde_json::Value,
    /// Under which the request was logged.
    pub request_id: Option<String>,
    /// In what role they did it then; none where it was no signed-in person's request, or is older than this is kept.
    pub role: Option<Role>,
    /// In which session.
    pub session: Option<SessionId>,
    /// From which address.
    pub source: Option<String>,
    /// By which operation.
    pub operation: Option<String>,
    /// What came of a change; none of a look, which was given.
    pub outcome: Option<Outcome>,
}

/// Who did it or looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The person.
    pub id: UserId,
    /// Their name now; none where the agency knows them no more.
    pub name: Option<String>,
    /// Where they sign in.
    pub email: Option<String>,
}

/// What to show of the trail.
#[derive(Clone, Copy, Debug, Default)]
pub struct TraceFilter {
    /// Only about this child.
    pub child: Option<ChildId>,
    /// Only of this person.
    pub actor: Option<UserId>,
    /// Only at or after this instant.
    pub from: Option<DateTime<Utc>>,
    /// Only before this instant.
    pub before: Option<DateTime<Utc>>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    action: String,
    #[diesel(sql_type = SqlUuid)]
    actor_id: Uuid,
    #[diesel(sql_type = Nullable<Text>)]
    actor_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    actor_email: Option<String>,
    #[diesel(sql_type = Array<SqlUuid>)]
    child_ids: Vec<Uuid>,
    #[diesel(sql_type = Jsonb)]
    detail: serde_json::Value,
    #[diesel(sql_type = Nullable<Text>)]
    request_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    role: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    session_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    source: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    operation: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    outcome: Option<String>,
}

impl Row {
    fn trace(self) -> StoreResult<Trace> {
        Ok(Trace {
            id: self.id,
            at: self.at,
            kind: code(&self.kind, "kind of trace")?,
            action: self.action,
            actor: Actor { id: Id::from_uuid(self.actor_id), name: self.actor_name, email: self.actor_email },
            children: self.child_ids.into_iter().map(Id::from_uuid).collect(),
            detail: self.detail,
            request_id: self.request_id,
            role: optional(self.role, "role of a trace")?,
            session: self.session_id.map(Id::from_uuid),
            source: self.source,
            operation: self.operation,
            outcome: optional(self.outcome, "audit_entries.outcome")?,
        })
    }
}

const BEGIN: &str = "select t.*, u.name as actor_name, u.email as actor_email from (";

const CHANGES: &str = "(select e.id, e.at, 'change'::text as kind, e.action, e.actor_id, \
    array_remove(array[e.child_id], null) as child_ids, e.detail, e.request_id, \
    e.role, e.session_id, e.source, e.operation, e.outcome from audit_entries e \
    where e.agency_id = ?";

const OF_CHANGED_CHILD: &str = " and exists (select from children c \
    where c.agency_id = e.agency_id and c.id = e.child_id";

/// Of the children a look showed, those within the reader's reach.
const LOOKS: &str = " union all (select l.id, l.at, 'look'::text, l.kind, l.actor_id, \
    array(select s.child_id from look_children s join children c on c.agency_id = s.agency_id and c.id = s.child_id \
    where s.agency_id = l.agency_id and s.look_id = l.id";

const LOOKS_WHERE: &str = " order by s.child_id), '{}'::jsonb, l.request_id, \
    l.role, l.session_id, l.source, l.operation, null::text from looks l where l.agency_id = ?";

const OF_SHOWN_CHILD: &str = " and exists (select from look_children s \
    join children c on c.agency_id = s.agency_id and c.id = s.child_id \
    where s.agency_id = l.agency_id and s.look_id = l.id";

/// The looks at one child, by the key that leads with the child.
const LOOKS_AT: &str = " union all (select l.id, l.at, 'look'::text, l.kind, l.actor_id, array[s.child_id], \
    '{}'::jsonb, l.request_id, l.role, l.session_id, l.source, l.operation, null::text from look_children s join looks l on l.agency_id = s.agency_id and l.id = s.look_id \
    where s.agency_id = ? and s.child_id = ?";

const NEWEST: &str = " order by id desc limit ?)";

const END: &str = ") t left join users u on u.agency_id = ? and u.id = t.actor_id order by t.id desc limit ?";

/// One page of the trail within the caller's reach, newest first.
pub async fn traces(
    tx: &ReadTx,
    grant: &Grant<ReadAudit>,
    filter: TraceFilter,
    window: &Window,
) -> StoreResult<Page<Trace>> {
    let agency = grant.agency().uuid();
    let is_narrowed = matches!(grant.caller().reach, Reach::Units(_));
    let mut query = for_whom(tx, sql(BEGIN).push(CHANGES).bind::<SqlUuid, _>(agency));
    if let Some(child) = filter.child {
        query = query.push(" and e.child_id = ?").bind::<SqlUuid, _>(child.uuid());
    }
    if is_narrowed {
        query = within_reach(query.push(OF_CHANGED_CHILD), grant).push(")");
    }
    query = matching(query, filter, window).push(LOOKS);
    query = within_reach(query, grant).push(LOOKS_WHERE).bind::<SqlUuid, _>(agency);
    query = looks_for_whom(tx, query);
    if is_narrowed || filter.child.is_some() {
        query = query.push(OF_SHOWN_CHILD);
        if let Some(child) = filter.child {
            query = query.push(" and s.child_id = ?").bind::<SqlUuid, _>(child.uuid());
        }
        query = within_reach(query, grant).push(")");
    }
    page(tx, matching(query, filter, window), window).await
}

/// One page of who changed and who looked at the permitted child, newest first.
pub async fn of_child(tx: &ReadTx, permit: &Permit<ReadAccessLog>, window: &Window) -> StoreResult<Page<Trace>> {
    let (agency, child) = (permit.agency().uuid(), permit.child().uuid());
    let everyone = TraceFilter::default();
    let query = for_whom(tx, sql(BEGIN).push(CHANGES).bind::<SqlUuid, _>(agency));
    let query = query.push(" and e.child_id = ?").bind::<SqlUuid, _>(child);
    let mut query = matching(query, everyone, window).push(LOOKS_AT);
    query = looks_for_whom(tx, query.bind::<SqlUuid, _>(agency).bind::<SqlUuid, _>(child));
    if let Some(after) = window.after {
        query = query.push(" and s.look_id < ?").bind::<SqlUuid, _>(after.id);
    }
    let query = query.push(" order by s.look_id desc limit ?)").bind::<BigInt, _>(window.limit + 1);
    page(tx, query, window).await
}

/// That something is there of which fewer people may know is told to nobody else: the entry stays out of their trail, and
/// so does that somebody else was refused it.
fn for_whom(tx: &ReadTx, query: Sql) -> Sql {
    if tx.may::<ReadDeterminations>() {
        query
    } else {
        query
            .push(" and e.action <> 'entry_recorded'")
            .push(" and (e.action <> 'refused' or e.operation not like '%/determinations%')")
    }
}

/// The same for a create that was sent twice: its answer is a look. That a packet was made is in the trail anyway, where
/// it may be.
fn looks_for_whom(tx: &ReadTx, query: Sql) -> Sql {
    if tx.may::<ReadDeterminations>() {
        query
    } else {
        query.push(" and l.kind not in ('determine', 'make_packet', 'record_disclosure')")
    }
}

fn within_reach(query: Sql, grant: &Grant<ReadAudit>) -> Sql {
    match &grant.caller().reach {
        Reach::WholeAgency => query,
        Reach::Units(units) => query
            .push(" and (c.unit_id = any(?) or c.assigned_to = ?)")
            .bind::<Array<SqlUuid>, _>(units.iter().map(|it| it.uuid()).collect::<Vec<Uuid>>())
            .bind::<SqlUuid, _>(grant.actor().uuid()),
    }
}

/// Whose, when, and where the page begins, in words that fit both tables.
fn matching(mut query: Sql, filter: TraceFilter, window: &Window) -> Sql {
    if let Some(actor) = filter.actor {
        query = query.push(" and actor_id = ?").bind::<SqlUuid, _>(actor.uuid());
    }
    if let Some(from) = filter.from {
        query = query.push(" and at >= ? and id >= ?").bind::<Timestamptz, _>(from);
        query = query.bind::<SqlUuid, _>(first_id(from.timestamp_millis()));
    }
    if let Some(before) = filter.before {
        query = query.push(" and at < ? and id < ?").bind::<Timestamptz, _>(before);
        query = query.bind::<SqlUuid, _>(first_id(before.timestamp_millis() + 1));
    }
    if let Some(after) = window.after {
        query = query.push(" and id < ?").bind::<SqlUuid, _>(after.id);
    }
    query.push(NEWEST).bind::<BigInt, _>(window.limit + 1)
}

async fn page(tx: &ReadTx, query: Sql, window: &Window) -> StoreResult<Page<Trace>> {
    let rows: Vec<Row> = query
        .push(END)
        .bind::<SqlUuid, _>(tx.call().agency.uuid())
        .bind::<BigInt, _>(window.limit + 1)
        .load(&mut tx.conn())
        .await?;
    let traces = rows.into_iter().map(Row::trace).collect::<StoreResult<Vec<_>>>()?;
    Ok(Page::cut(traces, window, |it| After { at: it.at, id: it.id }))
}
