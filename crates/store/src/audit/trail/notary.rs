//! Links what was committed, and signs. One at a time for each agency, and no request waits for it.

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Bytea, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::id::AgencyId;
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use super::bytes::Hash;
use super::checkpoint::{Checkpoint, Signer, Unsigned};
use super::record::{NOTHING, Place, link};
use super::rows::{CHECKPOINT, CheckpointRow, OF_TRACES, RECORD, TraceRow, big};
use super::tree::Tree;
use crate::error::{StoreError, StoreResult};
use crate::sql::sql;
use crate::tx::Store;

/// So many rows are linked with one statement each way.
const BATCH: i64 = 5000;

/// With nothing new to sign, a checkpoint says at least so often that nothing is new (AD-07).
const IDLE: TimeDelta = TimeDelta::minutes(10);

/// Whoever does not get the lock leaves the agency to whoever has it.
const ALONE: &str = "select pg_try_advisory_xact_lock(721347003, hashtext(?)) as alone";

const LAST: &str = " order by number desc limit 1";

/// What was taken out already is not looked at again; what commits behind it waits for the next time.
const WAITING: &str =
    "select agency_id, kind, id from audit_unlinked where agency_id = ? and ? < id order by id limit ?";

const LINK: &str = "insert into audit_links (agency_id, sequence, kind, trace_id, hash) \
    select ?, it.* from unnest(?, ?, ?, ?) as it (sequence, kind, trace_id, hash)";

const WAIT_NO_LONGER: &str = "delete from audit_unlinked where agency_id = ? and id = any(?)";

const SIGN: &str = "insert into audit_checkpoints (agency_id, number, size, root, head, peaks, at, key, signature) \
    values (?, ?, ?, ?, ?, ?, ?, ?, ?)";

const AFTER: &str = " and ? < number order by number limit ?";

#[derive(QueryableByName)]
struct Alone {
    #[diesel(sql_type = Bool)]
    alone: bool,
}

/// A chain as far as it was signed, and what was linked since.
struct Chain {
    agency: AgencyId,
    last: Option<Checkpoint>,
    tree: Tree,
    head: Hash,
}

/// Rows of links, column by column.
#[derive(Default)]
struct Links {
    sequences: Vec<i64>,
    kinds: Vec<&'static str>,
    ids: Vec<Uuid>,
    hashes: Vec<Vec<u8>>,
}

impl Store {
    /// Every agency.
    pub async fn agencies(&self) -> StoreResult<Vec<AgencyId>> {
        let rows = self.every_agency().await?;
        rows.into_iter().map(|it| Ok(it.agency()?.id)).collect()
    }

    /// Links all that waits, and signs if there is something to sign or nothing was signed for long. All of it stands or
    /// none. None where there was no need, or another is at it.
    pub async fn notarize(
        &self,
        agency: AgencyId,
        signer: &Signer,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<Checkpoint>> {
        self.within(agency, async |conn| {
            let alone: Alone = sql(ALONE).bind::<Text, _>(agency.to_string()).get_result(&mut &*conn).await?;
            if !alone.alone {
                return Ok(None);
            }
            let mut chain = Chain::load(conn, agency).await?;
            chain.link_all(conn).await?;
            chain.sign(conn, signer, now).await
        })
        .await
    }

    /// What was signed after the checkpoint with this number, in order.
    pub async fn checkpoints_after(&self, agency: AgencyId, number: u64, limit: i64) -> StoreResult<Vec<Checkpoint>> {
        let query = sql(CHECKPOINT).push(AFTER).bind::<SqlUuid, _>(agency.uuid());
        let query = query.bind::<BigInt, _>(big(number)).bind::<BigInt, _>(limit);
        let rows: Vec<CheckpointRow> = self.within(agency, async |conn| Ok(query.load(&mut &*conn).await?)).await?;
        rows.iter().map(|it| it.checkpoint(agency.uuid())).collect()
    }
}

impl Chain {
    /// What is stored of the tree is believed only if it gives the root that was signed.
    async fn load(conn: &AsyncPgConnection, agency: AgencyId) -> StoreResult<Self> {
        let query = sql(CHECKPOINT).push(LAST).bind::<SqlUuid, _>(agency.uuid());
        let row: Option<CheckpointRow> = query.load(&mut &*conn).await?.into_iter().next();
        let Some(row) = row else {
            return Ok(Self { agency, last: None, tree: Tree::default(), head: NOTHING });
        };
        let last = row.checkpoint(agency.uuid())?;
        let tree = Tree::of(last.says.size, row.peaks()).filter(|it| it.root() == last.says.root);
        let tree = tree.filter(|_| last.is_signed()).ok_or(StoreError::Corrupt("audit_checkpoints.peaks"))?;
        Ok(Self { agency, last: Some(last), tree, head: last.says.head })
    }

    async fn link_all(&mut self, conn: &AsyncPgConnection) -> StoreResult<()> {
        let mut after = Uuid::nil();
        loop {
            let query = sql("select ").push(RECORD).push(WAITING).push(OF_TRACES).push("w.id");
            let query = query.bind::<SqlUuid, _>(self.agency.uuid()).bind::<SqlUuid, _>(after);
            let rows: Vec<TraceRow> = query.bind::<BigInt, _>(BATCH).load(&mut &*conn).await?;
            let is_last = big(u64::try_from(rows.len()).unwrap_or(u64::MAX)) < BATCH;
            let waited: Vec<Uuid> = rows.iter().map(|it| it.id).collect();
            after = waited.last().copied().unwrap_or(after);
            let links = self.links(rows)?;
            self.keep(conn, links, waited).await?;
            if is_last {
                return Ok(());
            }
        }
    }

    fn links(&mut self, rows: Vec<TraceRow>) -> StoreResult<Links> {
        let mut links = Links::default();
        for row in rows {
            let id = row.id;
            let (kind, record) = row.record()?;
            let Some(record) = record else {
                tracing::error!(%id, agency = %self.agency, "alarm: a row of the trail was gone before it was linked");
                continue;
            };
            let sequence = self.tree.size() + 1;
            let place = Place { agency: self.agency.uuid(), sequence, before: self.head };
            self.head = link(place, (kind, id), &record);
            self.tree.add(&self.head);
            links.sequences.push(big(sequence));
            links.kinds.push(kind.code());
            links.ids.push(id);
            links.hashes.push(self.head.0.to_vec());
        }
        Ok(links)
    }

    async fn keep(&self, conn: &AsyncPgConnection, links: Links, waited: Vec<Uuid>) -> StoreResult<()> {
        if waited.is_empty() {
            return Ok(());
        }
        sql(LINK)
            .bind::<SqlUuid, _>(self.agency.uuid())
            .bind::<Array<BigInt>, _>(links.sequences)
            .bind::<Array<Text>, _>(links.kinds)
            .bind::<Array<SqlUuid>, _>(links.ids)
            .bind::<Array<Bytea>, _>(links.hashes)
            .execute(&mut &*conn)
            .await?;
        let done = sql(WAIT_NO_LONGER).bind::<SqlUuid, _>(self.agency.uuid()).bind::<Array<SqlUuid>, _>(waited);
        done.execute(&mut &*conn).await?;
        Ok(())
    }

    async fn sign(
        &self,
        conn: &AsyncPgConnection,
        signer: &Signer,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<Checkpoint>> {
        if !self.is_due(now) {
            return Ok(None);
        }
        let (number, size) = (self.last.map_or(1, |it| it.says.number + 1), self.tree.size());
        let (root, at) = (self.tree.root(), now.trunc_subsecs(6));
        let says = Unsigned { agency: self.agency.uuid(), number, size, root, head: self.head, at };
        let checkpoint = signer.sign(says).map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let peaks: Vec<u8> = self.tree.peaks().iter().flat_map(|it| it.0).collect();
        sql(SIGN)
            .bind::<SqlUuid, _>(says.agency)
            .bind::<BigInt, _>(big(number))
            .bind::<BigInt, _>(big(size))
            .bind::<Bytea, _>(root.0.to_vec())
            .bind::<Bytea, _>(self.head.0.to_vec())
            .bind::<Bytea, _>(peaks)
            .bind::<Timestamptz, _>(at)
            .bind::<Bytea, _>(checkpoint.key.0.to_vec())
            .bind::<Bytea, _>(checkpoint.signature.0.to_vec())
            .execute(&mut &*conn)
            .await?;
        Ok(Some(checkpoint))
    }

    /// A clock that was set back is no reason to be silent until it has caught up.
    fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.last.is_none_or(|it| it.says.size < self.tree.size() || IDLE <= (now - it.says.at).abs())
    }
}
