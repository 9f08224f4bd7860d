//! What is hashed of an entry or a look, and how.

use aws_lc_rs::digest::{Context, SHA256};
use chrono::{DateTime, Utc};
use homeward_domain::vocabulary::Vocabulary as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::bytes::{Bytes, Hash};
use crate::audit::TraceKind;

/// Begins every link: nothing else that is hashed or signed begins with it.
const TAG: &[u8] = b"homeward audit link 1\n";

/// One entry or one look, with all that it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// To the microsecond.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Uuid,
    /// What was done, or what kind of reading it was.
    pub action: String,
    /// The child that was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub child: Option<Uuid>,
    /// The text that the database gives for the detail: the same for the same value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Under which the request was logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// As what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Uuid>,
    /// From which address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// By which operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The children that were shown, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Uuid>,
}

/// The fields by number. What is not there is left out, so that a field of a later version changes no older link; a
/// number is never given twice.
mod field {
    pub(super) const KIND: u8 = 1;
    pub(super) const ID: u8 = 2;
    pub(super) const AT: u8 = 3;
    pub(super) const ACTOR: u8 = 4;
    pub(super) const ACTION: u8 = 5;
    pub(super) const CHILD: u8 = 6;
    pub(super) const DETAIL: u8 = 7;
    pub(super) const REQUEST_ID: u8 = 8;
    pub(super) const CHILDREN: u8 = 9;
    pub(super) const ROLE: u8 = 10;
    pub(super) const SESSION: u8 = 11;
    pub(super) const SOURCE: u8 = 12;
    pub(super) const OPERATION: u8 = 13;
    pub(super) const OUTCOME: u8 = 14;
}

/// Number, length, bytes: no two records give the same.
struct Canonical(Vec<u8>);

impl Canonical {
    fn put(&mut self, field: u8, bytes: &[u8]) {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.0.push(field);
        self.0.extend(length.to_be_bytes());
        self.0.extend(bytes);
    }

    fn put_some(&mut self, field: u8, bytes: Option<&[u8]>) {
        if let Some(bytes) = bytes {
            self.put(field, bytes);
        }
    }
}

impl Record {
    fn canonical(&self, kind: TraceKind, id: Uuid) -> Vec<u8> {
        let mut bytes = Canonical(Vec::with_capacity(256));
        bytes.put(field::KIND, kind.code().as_bytes());
        bytes.put(field::ID, id.as_bytes());
        bytes.put(field::AT, &self.at.timestamp_micros().to_be_bytes());
        bytes.put(field::ACTOR, self.actor.as_bytes());
        bytes.put(field::ACTION, self.action.as_bytes());
        bytes.put_some(field::CHILD, self.child.as_ref().map(|it| it.as_bytes().as_slice()));
        bytes.put_some(field::DETAIL, self.detail.as_deref().map(str::as_bytes));
        bytes.put_some(field::REQUEST_ID, self.request_id.as_deref().map(str::as_bytes));
        if !self.children.is_empty() {
            let children: Vec<u8> = self.children.iter().flat_map(|it| it.into_bytes()).collect();
            bytes.put(field::CHILDREN, &children);
        }
        bytes.put_some(field::ROLE, self.role.as_deref().map(str::as_bytes));
        bytes.put_some(field::SESSION, self.session.as_ref().map(|it| it.as_bytes().as_slice()));
        bytes.put_some(field::SOURCE, self.source.as_deref().map(str::as_bytes));
        bytes.put_some(field::OPERATION, self.operation.as_deref().map(str::as_bytes));
        bytes.put_some(field::OUTCOME, self.outcome.as_deref().map(str::as_bytes));
        bytes.0
    }
}

/// Where a link stands: in whose chain, the how manieth, and after which.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) agency: Uuid,
    pub(super) sequence: u64,
    pub(super) before: Hash,
}

/// The hash of a link. All but the record has a fixed length.
pub(super) fn link(place: Place, (kind, id): (TraceKind, Uuid), record: &Record) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(TAG);
    context.update(place.agency.as_bytes());
    context.update(&place.sequence.to_be_bytes());
    context.update(&place.before.0);
    context.update(&record.canonical(kind, id));
    hash(context)
}

/// What stands before the first.
pub(super) const NOTHING: Hash = Bytes([0; 32]);

pub(super) fn hash(context: Context) -> Hash {
    let digest = context.finish();
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(digest.as_ref()) {
        *to = *from;
    }
    Bytes(bytes)
}
