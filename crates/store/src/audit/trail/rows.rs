//! The SQL of records: the same for whoever links them and for whoever reads them back.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bytea, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::bytes::{Bytes, Hash};
use super::checkpoint::{Checkpoint, Unsigned};
use super::record::Record;
use crate::audit::TraceKind;
use crate::convert::code;
use crate::error::{StoreError, StoreResult};

/// What a link is made of; `w` has the agency, the kind and the id.
pub(super) const RECORD: &str = "w.kind, w.id, coalesce(e.at, l.at) as at, coalesce(e.actor_id, l.actor_id) as actor, \
    coalesce(e.action, l.kind) as action, e.child_id as child, e.detail::text as detail, \
    coalesce(e.request_id, l.request_id) as request_id, coalesce(e.role, l.role) as role, \
    coalesce(e.session_id, l.session_id) as session, coalesce(e.source, l.source) as source, \
    coalesce(e.operation, l.operation) as operation, e.outcome, array(select s.child_id from look_children s \
    where s.agency_id = l.agency_id and s.look_id = l.id order by s.child_id) as children from (";

pub(super) const OF_TRACES: &str = ") w \
    left join audit_entries e on w.kind = 'change' and e.agency_id = w.agency_id and e.id = w.id \
    left join looks l on w.kind = 'look' and l.agency_id = w.agency_id and l.id = w.id order by ";

pub(super) const CHECKPOINT: &str = "select number, size, root, head, peaks, at, key, signature \
    from audit_checkpoints where agency_id = ?";

#[derive(QueryableByName)]
pub(super) struct TraceRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = SqlUuid)]
    pub(super) id: Uuid,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    actor: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    action: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    child: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    detail: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    request_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    role: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    session: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    source: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    operation: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    outcome: Option<String>,
    #[diesel(sql_type = Array<SqlUuid>)]
    children: Vec<Uuid>,
}

impl TraceRow {
    /// None where the row is gone.
    pub(super) fn record(self) -> StoreResult<(TraceKind, Option<Record>)> {
        let kind = code(&self.kind, "audit_links.kind")?;
        let there = self.at.zip(self.actor).zip(self.action);
        let record = there.map(|((at, actor), action)| Record {
            at,
            actor,
            action,
            child: self.child,
            detail: self.detail,
            request_id: self.request_id,
            children: self.children,
            role: self.role,
            session: self.session,
            source: self.source,
            operation: self.operation,
            outcome: self.outcome,
        });
        Ok((kind, record))
    }
}

#[derive(QueryableByName)]
pub(super) struct CheckpointRow {
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = BigInt)]
    size: i64,
    #[diesel(sql_type = Bytea)]
    root: Vec<u8>,
    #[diesel(sql_type = Bytea)]
    head: Vec<u8>,
    #[diesel(sql_type = Bytea)]
    peaks: Vec<u8>,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Bytea)]
    key: Vec<u8>,
    #[diesel(sql_type = Bytea)]
    signature: Vec<u8>,
}

impl CheckpointRow {
    pub(super) fn peaks(&self) -> Vec<Hash> {
        self.peaks.chunks_exact(32).filter_map(Bytes::of).collect()
    }

    pub(super) fn checkpoint(&self, agency: Uuid) -> StoreResult<Checkpoint> {
        let read = || {
            let says = Unsigned {
                agency,
                number: u64::try_from(self.number).ok()?,
                size: u64::try_from(self.size).ok()?,
                root: Bytes::of(&self.root)?,
                head: Bytes::of(&self.head)?,
                at: self.at,
            };
            Some(Checkpoint { says, key: Bytes::of(&self.key)?, signature: Bytes::of(&self.signature)? })
        };
        read().ok_or(StoreError::Corrupt("audit_checkpoints"))
    }
}

/// A count or a number as the database counts.
pub(super) fn big(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
