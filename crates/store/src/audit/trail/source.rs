//! The trail as the database has it, line by line, all of one moment.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bytea, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use homeward_domain::id::AgencyId;
use uuid::Uuid;

use super::bytes::{Bytes, Hash};
use super::line::Line;
use super::rows::{CHECKPOINT, CheckpointRow, OF_TRACES, RECORD, TraceRow, big};
use crate::call::first_id;
use crate::convert::code;
use crate::error::{StoreError, StoreResult};
use crate::migrate;
use crate::sql::{Sql, sql};
use crate::{agencies, tx};

/// So many rows are read at once.
const BATCH: i64 = 10_000;

/// So many rows that are no links are told one by one.
const LOOSE_MAX: i64 = 1000;

/// A row is written so long after the instant in its id at most, or it is not looked for in a part.
const WRITTEN: TimeDelta = TimeDelta::hours(1);

/// As the role that owns nothing. Batches are read along the keys: to join whole tables once for each would take hours.
const SET_UP: &str = "set role homeward_app; set timezone = 'UTC'; set jit = off; \
    begin isolation level repeatable read read only; set local homeward.sweep = 'on'";

const ALONG_THE_KEYS: &str = "; set local enable_hashjoin = off; set local enable_mergejoin = off";

const AT_ONCE: &str = "set local enable_hashjoin = on; set local enable_mergejoin = on";

const LINKS: &str = "select agency_id, kind, trace_id as id, sequence, hash from audit_links \
    where agency_id = ? and ? < sequence order by sequence limit ?";

const LOOSE: &str = "select t.id, t.kind, t.at from ( \
    select agency_id, id, 'change'::text as kind, at from audit_entries where agency_id = ? and ? <= id union all \
    select agency_id, id, 'look'::text, at from looks where agency_id = ? and ? <= id) t \
    where not exists (select from audit_links k where k.agency_id = ? and k.trace_id = t.id and k.kind = t.kind) \
    and not exists (select from audit_unlinked u where u.agency_id = ? and u.id = t.id and u.kind = t.kind) \
    order by t.id limit ?";

const WAITING: &str = "select count(*) as count from audit_unlinked where agency_id = ?";

/// Where reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// With the first link.
    First,
    /// With the checkpoint before this link.
    Link(u64),
    /// With the last checkpoint before this instant.
    Instant(DateTime<Utc>),
}

/// A connection of its own, and one transaction that only reads.
pub struct Source {
    conn: AsyncPgConnection,
}

#[derive(QueryableByName)]
struct LinkRow {
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = Bytea)]
    hash: Vec<u8>,
    #[diesel(embed)]
    trace: TraceRow,
}

#[derive(QueryableByName)]
struct LooseRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Source {
    /// The database at `url`, as it is now.
    pub async fn open(url: &str) -> StoreResult<Self> {
        let mut conn = migrate::connect(url).await?;
        conn.batch_execute(SET_UP).await?;
        Ok(Self { conn })
    }

    /// Every agency.
    pub async fn agencies(&mut self) -> StoreResult<Vec<AgencyId>> {
        let rows: Vec<agencies::Row> = sql(agencies::EVERY).load(&mut self.conn).await?;
        rows.into_iter().map(|it| Ok(it.agency()?.id)).collect()
    }

    /// Gives every line of the agency's trail, from there on.
    pub async fn lines<E: From<StoreError>>(
        &mut self,
        agency: AgencyId,
        from: Beginning,
        each: &mut impl FnMut(Line) -> Result<(), E>,
    ) -> Result<(), E> {
        let within = tx::within(agency) + ALONG_THE_KEYS;
        self.conn.batch_execute(&within).await.map_err(StoreError::from)?;
        each(Line::Agency { agency: agency.uuid() })?;
        let begun = self.begin(agency, from).await?;
        self.checkpoints(agency, begun.as_ref().map_or(0, |it| it.number - 1), each).await?;
        let (mut after, mut oldest) = (0, Uuid::nil());
        if let Some(Begun { number, size, at, peaks }) = begun {
            each(Line::From { checkpoint: number, peaks })?;
            (after, oldest) = (size, first_id((at - WRITTEN).timestamp_millis()));
        }
        self.links(agency, after, each).await?;
        self.rest(agency, oldest, each).await?;
        each(Line::End)
    }

    async fn begin(&mut self, agency: AgencyId, from: Beginning) -> StoreResult<Option<Begun>> {
        let query = sql(CHECKPOINT).bind::<SqlUuid, _>(agency.uuid());
        let query = match from {
            Beginning::First => return Ok(None),
            Beginning::Link(sequence) => query.push(" and size < ?").bind::<BigInt, _>(big(sequence)),
            Beginning::Instant(at) => query.push(" and at <= ?").bind::<Timestamptz, _>(at),
        };
        let rows: Vec<CheckpointRow> = query.push(" order by number desc limit 1").load(&mut self.conn).await?;
        let Some(row) = rows.as_slice().first() else { return Ok(None) };
        let says = row.checkpoint(agency.uuid())?.says;
        Ok(Some(Begun { number: says.number, size: says.size, at: says.at, peaks: row.peaks() }))
    }

    async fn checkpoints<E: From<StoreError>>(
        &mut self,
        agency: AgencyId,
        mut after: u64,
        each: &mut impl FnMut(Line) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            let query = sql(CHECKPOINT).push(" and ? < number order by number limit ?");
            let query = query.bind::<SqlUuid, _>(agency.uuid()).bind::<BigInt, _>(big(after));
            let rows: Vec<CheckpointRow> = self.load(query.bind::<BigInt, _>(BATCH)).await?;
            for row in &rows {
                let checkpoint = row.checkpoint(agency.uuid())?;
                after = checkpoint.says.number;
                each(Line::Checkpoint(checkpoint))?;
            }
            if rows.is_empty() {
                return Ok(());
            }
        }
    }

    async fn links<E: From<StoreError>>(
        &mut self,
        agency: AgencyId,
        mut after: u64,
        each: &mut impl FnMut(Line) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            let query = sql("select w.sequence, w.hash, ").push(RECORD).push(LINKS).push(OF_TRACES).push("w.sequence");
            let query = query.bind::<SqlUuid, _>(agency.uuid()).bind::<BigInt, _>(big(after));
            let rows: Vec<LinkRow> = self.load(query.bind::<BigInt, _>(BATCH)).await?;
            let is_last = rows.is_empty();
            for LinkRow { sequence, hash, trace } in rows {
                let id = trace.id;
                let (kind, record) = trace.record()?;
                let hash = Bytes::of(&hash).ok_or(StoreError::Corrupt("audit_links.hash"))?;
                after = u64::try_from(sequence).unwrap_or_default();
                each(Line::Link { sequence: after, kind, id, hash, record })?;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    async fn rest<E: From<StoreError>>(
        &mut self,
        agency: AgencyId,
        oldest: Uuid,
        each: &mut impl FnMut(Line) -> Result<(), E>,
    ) -> Result<(), E> {
        self.conn.batch_execute(AT_ONCE).await.map_err(StoreError::from)?;
        let agency = agency.uuid();
        let query = sql(LOOSE).bind::<SqlUuid, _>(agency).bind::<SqlUuid, _>(oldest).bind::<SqlUuid, _>(agency);
        let query = query.bind::<SqlUuid, _>(oldest).bind::<SqlUuid, _>(agency).bind::<SqlUuid, _>(agency);
        let rows: Vec<LooseRow> = self.load(query.bind::<BigInt, _>(LOOSE_MAX)).await?;
        for LooseRow { id, kind, at } in rows {
            each(Line::Loose { id, kind: code(&kind, "audit_links.kind")?, at })?;
        }
        let waiting: Vec<Count> = self.load(sql(WAITING).bind::<SqlUuid, _>(agency)).await?;
        let count = waiting.as_slice().first().map_or(0, |it| u64::try_from(it.count).unwrap_or_default());
        each(Line::Waiting { count })
    }

    async fn load<R: QueryableByName<diesel::pg::Pg> + Send + 'static>(&mut self, query: Sql) -> StoreResult<Vec<R>> {
        Ok(query.load(&mut self.conn).await?)
    }
}

/// The checkpoint that reading begins with.
struct Begun {
    number: u64,
    size: u64,
    at: DateTime<Utc>,
    peaks: Vec<Hash>,
}
