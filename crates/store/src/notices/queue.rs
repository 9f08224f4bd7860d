//! What is told of an endpoint or of a key waits in a table of its own; how it is taken and marked is the same.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{AgencyId, Id};
use homeward_domain::vocabulary::Vocabulary;
use uuid::Uuid;

use crate::convert::code;
use crate::error::StoreResult;
use crate::sql::sql;
use crate::tx::Store;

/// Whoever takes a notice has it so long; after that it is tried again.
pub(super) const LEASE: TimeDelta = TimeDelta::minutes(2);

/// What could not be sent for so long is news no more.
pub(super) const NEWS: TimeDelta = TimeDelta::days(1);

/// A notice of this kind that a worker holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken<K> {
    /// Of which agency.
    pub agency: AgencyId,
    /// The notice.
    pub id: Uuid,
    /// What happened.
    pub notice: K,
    /// When.
    pub happened_at: DateTime<Utc>,
}

/// The statements over one table.
pub(crate) struct Queue {
    pub(crate) take: &'static str,
    pub(crate) sent: &'static str,
    pub(crate) kind: &'static str,
}

/// The queue in the table of this name.
macro_rules! queue_of {
    ($table:literal) => {
        $crate::notices::queue::Queue {
            take: concat!(
                "update ",
                $table,
                " n set tries = n.tries + 1, next_try_at = ? from (select o.agency_id, o.id from ",
                $table,
                " o where o.sent_at is null and o.next_try_at <= ? and ? < o.happened_at and o.kind = any(?) \
                 order by o.next_try_at, o.id limit ? for update skip locked) o \
                 where n.agency_id = o.agency_id and n.id = o.id returning n.agency_id, n.id, n.kind, n.happened_at"
            ),
            sent: concat!("update ", $table, " set sent_at = ? where agency_id = ? and id = ? and sent_at is null"),
            kind: concat!($table, ".kind"),
        }
    };
}
pub(crate) use queue_of;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    agency_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Timestamptz)]
    happened_at: DateTime<Utc>,
}

impl Queue {
    /// Takes what is to be told now. What a newer version of the program queued is left to that.
    pub(crate) async fn take<K: Vocabulary>(
        &self,
        store: &Store,
        at: DateTime<Utc>,
        limit: i64,
    ) -> StoreResult<Vec<Taken<K>>> {
        let known: Vec<&str> = K::ALL.iter().map(|it| it.code()).collect();
        let take = sql(self.take)
            .bind::<Timestamptz, _>(at + LEASE)
            .bind::<Timestamptz, _>(at)
            .bind::<Timestamptz, _>(at - NEWS)
            .bind::<Array<Text>, _>(known)
            .bind::<BigInt, _>(limit);
        let rows: Vec<Row> = store.sweep(async |conn| Ok(take.load(&mut &*conn).await?)).await?;
        let taken = |it: Row| {
            let (agency, notice) = (Id::from_uuid(it.agency_id), code(&it.kind, self.kind)?);
            Ok(Taken { agency, id: it.id, notice, happened_at: it.happened_at })
        };
        rows.into_iter().map(taken).collect()
    }

    /// The relay has it, or there is nobody to send it to.
    pub(crate) async fn mark<K>(&self, store: &Store, taken: &Taken<K>, at: DateTime<Utc>) -> StoreResult<()> {
        let sent = sql(self.sent).bind::<Timestamptz, _>(at);
        let sent = sent.bind::<SqlUuid, _>(taken.agency.uuid()).bind::<SqlUuid, _>(taken.id);
        store.within(taken.agency, async |conn| Ok(sent.execute(&mut &*conn).await?)).await?;
        Ok(())
    }
}
