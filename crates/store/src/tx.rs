//! Transactions: the only way to the database, and who may pass.
//!
//! A request is one transaction. Its first round trip opens it, sets the agency for row-level security, and reads
//! what access depends on; the policy decides; then the work runs. A read commits only with the record of whom it
//! showed, a write only with the entry that explains it.

use std::ops::Deref;
use std::sync::Mutex;

use chrono::{DateTime, Utc};
use diesel::sql_types::{Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use futures_util::join;
use homeward_domain::audit::{Entry, Look};
use homeward_domain::id::{AgencyId, ChildId, Id};
use homeward_domain::policy::{Action, Denied, Grant, Permit};

use crate::duties::Owed;
use crate::call::{self, Agency, Call, Child, STANDING, Standing};
use crate::error::{StoreError, StoreResult};
use crate::pool::{self, Pool, Pooled};
use crate::replan::{self, Touched};
use crate::sql::sql;
use crate::audit;

/// A value, and whom showing it shows. Looks at nobody are not written.
#[derive(Debug)]
pub struct Seen<T>(pub T, pub Look);

/// A value, and the entries that explain the change.
#[derive(Debug)]
pub struct Audited<T>(pub T, pub Vec<Entry>);

impl<T> Audited<T> {
    /// A change explained by one entry.
    pub fn new(value: T, entry: Entry) -> Self {
        Self(value, vec![entry])
    }

    /// Nothing was changed.
    pub fn unchanged(value: T) -> Self {
        Self(value, Vec::new())
    }
}

/// The database, behind the policy.
#[derive(Clone)]
pub struct Store {
    pub(crate) pool: Pool,
}

/// A transaction that reads.
pub struct ReadTx {
    conn: Pooled,
    call: Call,
    standing: Standing,
}

/// A transaction that writes, and needs an entry to commit.
pub struct WriteTx {
    read: ReadTx,
    touched: Mutex<Vec<Touched>>,
}

impl Store {
    /// Opens a pool of `connections` to the database at `url`.
    pub async fn open(url: &str, connections: u32) -> StoreResult<Self> {
        Ok(Self { pool: pool::build(url, connections).await? })
    }

    /// Reads about one child, and records that they were looked at before the value leaves.
    pub async fn read<A: Action, T, E: From<StoreError>>(
        &self,
        call: &Call,
        child: ChildId,
        work: impl AsyncFnOnce(&ReadTx, &Permit<A>) -> Result<Seen<T>, E>,
    ) -> Result<T, E> {
        let tx = self.begin(call, Some(child)).await?;
        match tx.standing.permit() {
            Ok(permit) => {
                let result = work(&tx, &permit).await;
                tx.finish(result).await
            }
            Err(denied) => Err(tx.refuse(denied).await.into()),
        }
    }

    /// Reads a collection within the caller's reach, and records whom it showed before the value leaves.
    pub async fn list<A: Action, T, E: From<StoreError>>(
        &self,
        call: &Call,
        work: impl AsyncFnOnce(&ReadTx, &Grant<A>) -> Result<Seen<T>, E>,
    ) -> Result<T, E> {
        let tx = self.begin(call, None).await?;
        match tx.standing.grant() {
            Ok(grant) => {
                let result = work(&tx, &grant).await;
                tx.finish(result).await
            }
            Err(denied) => Err(tx.refuse(denied).await.into()),
        }
    }

    /// Reads what concerns no child: the caller, the rules, the catalogue.
    pub async fn standing(&self, call: &Call) -> StoreResult<Standing> {
        let tx = self.begin(call, None).await?;
        let standing = tx.standing.clone();
        tx.commit().await?;
        Ok(standing)
    }

    /// Writes about one child: re-plans its duties, and commits together with the entries.
    pub async fn write<A: Action, T, E: From<StoreError>>(
        &self,
        call: &Call,
        child: ChildId,
        work: impl AsyncFnOnce(&WriteTx, &Permit<A>) -> Result<Audited<T>, E>,
    ) -> Result<T, E> {
        let tx = self.begin(call, Some(child)).await?;
        match tx.standing.permit() {
            Ok(permit) => {
                let tx = WriteTx { read: tx, touched: Mutex::default() };
                let result = work(&tx, &permit).await;
                tx.finish(result).await
            }
            Err(denied) => Err(tx.refuse(denied).await.into()),
        }
    }

    /// Writes what belongs to no child yet, or to the caller.
    pub async fn write_in<A: Action, T, E: From<StoreError>>(
        &self,
        call: &Call,
        work: impl AsyncFnOnce(&WriteTx, &Grant<A>) -> Result<Audited<T>, E>,
    ) -> Result<T, E> {
        let tx = self.begin(call, None).await?;
        match tx.standing.grant() {
            Ok(grant) => {
                let tx = WriteTx { read: tx, touched: Mutex::default() };
                let result = work(&tx, &grant).await;
                tx.finish(result).await
            }
            Err(denied) => Err(tx.refuse(denied).await.into()),
        }
    }

    /// One round trip: open, set the agency, and read what access depends on.
    async fn begin(&self, call: &Call, child: Option<ChildId>) -> StoreResult<ReadTx> {
        let mut conn = pool::checkout(&self.pool).await?;
        conn.in_transaction = true;
        let rows: StoreResult<Vec<call::Row>> = {
            let (mut first, mut second) = (&conn.pg, &conn.pg);
            let open = open_for(call.agency);
            let query = sql(STANDING)
                .bind::<Nullable<SqlUuid>, _>(child.map(Id::uuid))
                .bind::<SqlUuid, _>(call.agency.uuid())
                .bind::<SqlUuid, _>(call.session.uuid())
                .bind::<SqlUuid, _>(call.user.uuid())
                .bind::<Timestamptz, _>(call.at);
            // Polled in this order, so the statements reach the server in this order, without a wait between.
            let (opened, rows) = join!(first.batch_execute(&open), query.load(&mut second));
            opened.and(rows).map_err(StoreError::from)
        };
        match rows?.pop() {
            Some(row) => {
                let standing = row.standing(call, child)?;
                Ok(ReadTx { conn, call: call.clone(), standing })
            }
            None => {
                roll_back(&mut conn).await;
                Err(StoreError::SignedOut)
            }
        }
    }
}

/// The agency's id is a UUID, so nothing else can be said with it.
pub(crate) fn open_for(agency: AgencyId) -> String {
    format!("begin; set local homeward.agency_id = '{agency}'")
}

/// Ends a transaction that is not to be kept. If that fails, the pool drops the connection, which ends it too.
pub(crate) async fn roll_back(conn: &mut Pooled) {
    if conn.pg.batch_execute("rollback").await.is_ok() {
        conn.in_transaction = false;
    }
}

/// Keeps the transaction.
pub(crate) async fn commit(conn: &mut Pooled) -> StoreResult<()> {
    conn.pg.batch_execute("commit").await?;
    conn.in_transaction = false;
    Ok(())
}

impl ReadTx {
    /// The one instant of the request.
    pub fn at(&self) -> DateTime<Utc> {
        self.call.at
    }

    /// Who calls.
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// The caller's agency.
    pub fn agency(&self) -> &Agency {
        &self.standing.agency
    }

    /// The caller as the database knows them.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// The child asked for.
    pub(crate) fn child(&self) -> StoreResult<&Child> {
        self.standing.child.as_ref().ok_or(StoreError::NotFound)
    }

    /// A further right over the same child, decided by the same policy.
    pub fn also<A: Action>(&self) -> Result<Permit<A>, Denied> {
        self.standing.permit()
    }

    /// A new id of this instant.
    pub fn new_id<T>(&self) -> Id<T> {
        call::new_id(self.call.at)
    }

    pub(crate) fn conn(&self) -> &AsyncPgConnection {
        &self.conn.pg
    }

    async fn finish<T, E: From<StoreError>>(mut self, result: Result<Seen<T>, E>) -> Result<T, E> {
        match result {
            Ok(Seen(value, look)) => {
                audit::insert_look(&self, &look).await?;
                self.commit().await?;
                Ok(value)
            }
            Err(error) => {
                roll_back(&mut self.conn).await;
                Err(error)
            }
        }
    }

    async fn commit(mut self) -> StoreResult<()> {
        commit(&mut self.conn).await
    }

    async fn refuse(mut self, denied: Denied) -> StoreError {
        roll_back(&mut self.conn).await;
        denied.into()
    }
}

impl Deref for WriteTx {
    type Target = ReadTx;

    fn deref(&self) -> &ReadTx {
        &self.read
    }
}

impl WriteTx {
    /// Says that an episode's facts changed, so that its duties are planned again before the commit.
    pub(crate) fn touch(&self, touched: Touched) {
        let mut all = self.touched.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.push(touched);
    }

    async fn finish<T, E: From<StoreError>>(mut self, result: Result<Audited<T>, E>) -> Result<T, E> {
        let kept = match result {
            Ok(Audited(value, entries)) => self.settle(&entries).await.map(|()| value).map_err(E::from),
            Err(error) => Err(error),
        };
        match kept {
            Ok(value) => {
                commit(&mut self.read.conn).await?;
                Ok(value)
            }
            Err(error) => {
                roll_back(&mut self.read.conn).await;
                Err(error)
            }
        }
    }

    /// Plans now what the commit would plan anyway, for an answer that shows what is owed.
    pub async fn plan(&self) -> StoreResult<Vec<Owed>> {
        let touched = std::mem::take(&mut *self.touched.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let mut owed = Vec::new();
        for episode in touched {
            owed.extend(replan::episode(self, episode).await?);
        }
        Ok(owed)
    }

    async fn settle(&self, entries: &[Entry]) -> StoreResult<()> {
        self.plan().await?;
        audit::insert_entries(self, entries).await
    }
}
