//! An interview, a screening or a finished task that was recorded in error: the record stays, and this stands beside it.

use chrono::{DateTime, Utc};
use diesel::{Insertable, Queryable, Selectable};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::Id;
use homeward_domain::policy::{Action, Permit};
use uuid::Uuid;

use crate::episodes::Episode;
use crate::error::StoreResult;
use crate::notifications::Retraction;
use crate::replan::Touched;
use crate::schema::retractions::dsl;
use crate::seal::{RECORD_RETRACTED, Safe};
use crate::tx::WriteTx;

/// What is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    Interview(Uuid),
    Screening(Uuid),
    Completion(Uuid),
}

impl Record {
    fn parts(self) -> (&'static str, Uuid) {
        match self {
            Self::Interview(id) => ("return_interview", id),
            Self::Screening(id) => ("screening", id),
            Self::Completion(id) => ("completion", id),
        }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::schema::retractions)]
pub(crate) struct Row {
    agency_id: Uuid,
    record_id: Uuid,
    child_id: Uuid,
    episode_id: Uuid,
    kind: String,
    retracted_at: DateTime<Utc>,
    retracted_by: Uuid,
    reason: Vec<u8>,
}

impl Row {
    pub(crate) fn retraction(self, safe: Safe<'_>) -> StoreResult<Retraction> {
        let reason = safe.open(RECORD_RETRACTED, self.record_id, &self.reason)?;
        Ok(Retraction { at: self.retracted_at, by: Id::from_uuid(self.retracted_by), reason })
    }
}

/// Takes a record of a locked episode back: what it did is owed again.
pub(crate) async fn insert<A: Action>(
    tx: &WriteTx,
    permit: &Permit<A>,
    episode: Episode,
    (record, reason): (Record, String),
) -> StoreResult<Retraction> {
    let (kind, record_id) = record.parts();
    let row = Row {
        agency_id: permit.agency().uuid(),
        record_id,
        child_id: permit.child().uuid(),
        episode_id: episode.id.uuid(),
        kind: kind.to_owned(),
        retracted_at: tx.at(),
        retracted_by: permit.actor().uuid(),
        reason: tx.seal(RECORD_RETRACTED, record_id, &reason)?,
    };
    diesel::insert_into(dsl::retractions).values(&row).execute(&mut tx.conn()).await?;
    tx.touch(Touched::Changed(Box::new(episode)));
    Ok(Retraction { at: tx.at(), by: permit.actor(), reason })
}
