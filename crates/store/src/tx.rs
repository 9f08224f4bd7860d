//! Transactions: the only way to the database, and who may pass.
//!
//! A request is one transaction. Its first round trip opens it, sets the agency for row-level security, and reads
//! what access depends on; the policy decides; then the work runs. A read commits only with the record of whom it
//! showed, a write only with the entry that explains it.

use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use diesel::result::QueryResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use futures_util::future::join_all;
use futures_util::join;
use homeward_domain::audit::{Change, Entry, Look};
use homeward_domain::id::{AgencyId, ChildId, Id};
use homeward_domain::policy::{self, Action, Denied, Grant, Permit};
use uuid::Uuid;

use crate::call::{self, Agency, Call, Child, Standing};
use crate::duties::{self, Owed};
use crate::error::{StoreError, StoreResult};
use crate::idempotency::{self, Answer, Answered, Key};
use crate::pool::{self, Pool, Pooled};
use crate::replan::{self, Touched};
use crate::sql::Sql;
use crate::{audit, rungs};

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
        let tx = self.begin(call, Some(child), None).await?.0;
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
        let tx = self.begin(call, None, None).await?.0;
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
        let mut tx = self.begin(call, None, None).await?.0;
        commit(&mut tx.conn).await?;
        Ok(tx.standing)
    }

    /// Writes about one child: re-plans its duties, and commits together with the entries.
    pub async fn write<A: Action, T, E: From<StoreError>>(
        &self,
        call: &Call,
        child: ChildId,
        work: impl AsyncFnOnce(&WriteTx, &Permit<A>) -> Result<Audited<T>, E>,
    ) -> Result<T, E> {
        let tx = self.begin(call, Some(child), None).await?.0;
        match tx.standing.permit() {
            Ok(permit) => {
                let tx = WriteTx::on(tx);
                let result = work(&tx, &permit).await;
                tx.finish(result, |_, _| None).await
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
        let tx = self.begin(call, None, None).await?.0;
        match tx.standing.grant() {
            Ok(grant) => {
                let tx = WriteTx::on(tx);
                let result = work(&tx, &grant).await;
                tx.finish(result, |_, _| None).await
            }
            Err(denied) => Err(tx.refuse(denied).await.into()),
        }
    }

    /// Creates something about one child, once for each key: the answer is kept with the work, or neither is.
    pub async fn create<A: Action, E: From<StoreError>>(
        &self,
        call: &Call,
        child: ChildId,
        key: Option<&Key>,
        work: impl AsyncFnOnce(&WriteTx, &Permit<A>) -> Result<Audited<Answer>, E>,
    ) -> Result<Answered, E> {
        let (tx, claimed) = self.begin(call, Some(child), key).await?;
        match tx.standing.permit() {
            Ok(permit) => {
                let tx = WriteTx::on(tx);
                if let (Some(key), Claimed::Before) = (key, claimed) {
                    return tx.repeat(key).await;
                }
                let result = work(&tx, &permit).await;
                let keep = |call: &Call, answer: &Answer| key.map(|key| idempotency::keep(call, key, answer));
                tx.finish(result, keep).await.map(Answered::Now)
            }
            Err(denied) => Err(tx.refuse(denied).await.into()),
        }
    }

    /// The same within the caller's reach.
    pub async fn create_in<A: Action, E: From<StoreError>>(
        &self,
        call: &Call,
        key: Option<&Key>,
        work: impl AsyncFnOnce(&WriteTx, &Grant<A>) -> Result<Audited<Answer>, E>,
    ) -> Result<Answered, E> {
        let (tx, claimed) = self.begin(call, None, key).await?;
        match tx.standing.grant() {
            Ok(grant) => {
                let tx = WriteTx::on(tx);
                if let (Some(key), Claimed::Before) = (key, claimed) {
                    return tx.repeat(key).await;
                }
                let result = work(&tx, &grant).await;
                let keep = |call: &Call, answer: &Answer| key.map(|key| idempotency::keep(call, key, answer));
                tx.finish(result, keep).await.map(Answered::Now)
            }
            Err(denied) => Err(tx.refuse(denied).await.into()),
        }
    }

    /// One round trip: open, set the agency, read what access depends on, and claim the key if there is one.
    async fn begin(
        &self,
        call: &Call,
        child: Option<ChildId>,
        key: Option<&Key>,
    ) -> StoreResult<(ReadTx, Claimed)> {
        let mut conn = pool::checkout(&self.pool).await?;
        conn.in_transaction = true;
        let (rows, claimed) = opened(&conn.pg, call, child, key).await?;
        let Some(row) = rows.into_iter().next() else {
            roll_back(&mut conn).await;
            return Err(StoreError::SignedOut);
        };
        let standing = row.standing(call, child)?;
        Ok((ReadTx { conn, call: call.clone(), standing }, claimed))
    }
}

/// Whether an idempotency key was claimed by this transaction or by an earlier one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Claimed {
    Now,
    Before,
}

/// Polled in this order, the statements reach the server in this order, without a wait between.
///
/// All of them were prepared when the connection was opened (see [`warm`]), so none of them can fall behind.
async fn opened(
    pg: &AsyncPgConnection,
    call: &Call,
    child: Option<ChildId>,
    key: Option<&Key>,
) -> StoreResult<(Vec<call::Row>, Claimed)> {
    let (mut first, mut second, mut third) = (pg, pg, pg);
    let open = open_for(call.agency);
    let claim = async {
        match key {
            Some(key) => idempotency::claim(call, key).execute(&mut third).await,
            None => Ok(1),
        }
    };
    let (opened, rows, claimed) =
        join!(first.batch_execute(&open), call::standing(call, child).load(&mut second), claim);
    let claimed = if opened.and(claimed)? == 0 { Claimed::Before } else { Claimed::Now };
    Ok((rows?, claimed))
}

/// Prepares what is later sent without a wait, together with the statement that opens or ends a transaction.
pub(crate) async fn warm(pg: &AsyncPgConnection) -> QueryResult<()> {
    let nobody = Call {
        agency: Id::from_uuid(Uuid::nil()),
        user: Id::from_uuid(Uuid::nil()),
        session: Id::from_uuid(Uuid::nil()),
        at: DateTime::UNIX_EPOCH,
        request_id: None,
    };
    let key = Key { key: String::new(), fingerprint: Vec::new() };
    let answer = Answer { status: 0, location: None, etag: None, body: String::new() };
    let permit = policy::importer(nobody.agency, nobody.user);
    let entry = permit.did(None, Change::ChildAdded);
    let look = permit.saw(vec![Id::from_uuid(Uuid::nil())]);
    (&mut &*pg).batch_execute(&open_for(nobody.agency)).await?;
    let _: Vec<call::Row> = call::standing(&nobody, None).load(&mut &*pg).await?;
    let mut statements = vec![idempotency::claim(&nobody, &key), idempotency::keep(&nobody, &key, &answer)];
    statements.extend(audit::look(&nobody, &look));
    statements.extend(audit::entry(&nobody, &entry));
    statements.extend([duties::upsert("[]".to_owned()), rungs::queue("[]".to_owned())]);
    for statement in statements {
        statement.execute(&mut &*pg).await?;
    }
    (&mut &*pg).batch_execute("rollback").await
}

/// The agency's id is a UUID, so nothing else can be said with it.
pub(crate) fn open_for(agency: AgencyId) -> String {
    format!("begin; set local homeward.agency_id = '{agency}'")
}

/// The worker sweeps every agency, and sees only the tables whose policy allows it: the queue, and kept answers.
pub(crate) const OPEN_SWEEP: &str = "begin; set local homeward.sweep = 'on'";

/// Ends a transaction that is not to be kept. If that fails, the pool drops the connection, which ends it too.
pub(crate) async fn roll_back(conn: &mut Pooled) {
    if conn.pg.batch_execute("rollback").await.is_ok() {
        conn.in_transaction = false;
    }
}

/// Sends the last statements and the commit without a wait between.
///
/// If one of them fails, the server turns the commit into a rollback, and the failure is what is reported.
async fn commit_with(conn: &mut Pooled, statements: Vec<Sql>) -> StoreResult<()> {
    let pg = &conn.pg;
    let statements = statements.into_iter().map(|statement| async move { statement.execute(&mut &*pg).await });
    let (mut last, commit) = (pg, "commit");
    let (done, committed) = join!(join_all(statements), last.batch_execute(commit));
    conn.in_transaction = false;
    let done: QueryResult<Vec<usize>> = done.into_iter().collect();
    done?;
    Ok(committed?)
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

    /// The look goes out together with the commit. Without it nothing is committed, and nothing shown.
    async fn finish<T, E: From<StoreError>>(mut self, result: Result<Seen<T>, E>) -> Result<T, E> {
        match result {
            Ok(Seen(value, look)) => {
                let look = audit::look(&self.call, &look);
                commit_with(&mut self.conn, look.into_iter().collect()).await?;
                Ok(value)
            }
            Err(error) => {
                roll_back(&mut self.conn).await;
                Err(error)
            }
        }
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
    fn on(read: ReadTx) -> Self {
        Self { read, touched: Mutex::default() }
    }

    /// Says that an episode's facts changed, so that its duties are planned again before the commit.
    pub(crate) fn touch(&self, touched: Touched) {
        let mut all = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(touched);
    }

    /// Plans now what the commit would plan anyway, for an answer that shows what is owed.
    pub async fn plan(&self) -> StoreResult<Vec<Owed>> {
        let touched = std::mem::take(&mut *self.touched.lock().unwrap_or_else(PoisonError::into_inner));
        let mut owed = Vec::new();
        for episode in touched {
            owed.extend(replan::episode(self, episode).await?);
        }
        Ok(owed)
    }

    /// Repeats the answer that the key had before. Nothing is written.
    async fn repeat<E: From<StoreError>>(mut self, key: &Key) -> Result<Answered, E> {
        let answer = idempotency::find(&self, key).await;
        roll_back(&mut self.read.conn).await;
        Ok(Answered::Before(answer?))
    }

    async fn finish<T, E: From<StoreError>>(
        mut self,
        result: Result<Audited<T>, E>,
        keep: impl FnOnce(&Call, &T) -> Option<Sql>,
    ) -> Result<T, E> {
        let kept = match result {
            Ok(Audited(value, entries)) => {
                let keep = keep(&self.read.call, &value);
                self.settle(&entries, keep).await.map(|()| value).map_err(E::from)
            }
            Err(error) => Err(error),
        };
        if kept.is_err() {
            roll_back(&mut self.read.conn).await;
        }
        kept
    }

    /// Plans what was touched; then the entries, the kept answer and the commit go out together.
    async fn settle(&mut self, entries: &[Entry], keep: Option<Sql>) -> StoreResult<()> {
        self.plan().await?;
        let call = &self.read.call;
        let mut last = entries.iter().map(|it| audit::entry(call, it)).collect::<StoreResult<Vec<_>>>()?;
        last.extend(keep);
        commit_with(&mut self.read.conn, last).await
    }
}
