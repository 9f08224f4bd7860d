//! Transactions: the only way to the database, and who may pass.
//!
//! A request is one transaction. Its first round trip opens it, sets the agency for row-level security, and reads
//! what access depends on; the policy decides; then the work runs. A read commits only with the record of whom it
//! showed, a write only with the entry that explains it.

use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use homeward_domain::audit::{Entry, Look};
use homeward_domain::id::{ChildId, Id};
use homeward_domain::policy::{self, Action, Denied, Grant, Permit};

use crate::audit::{self, By};
use crate::call::{self, Agency, Call, Child, Standing};
use crate::duties::Owed;
use crate::error::{StoreError, StoreResult};
use crate::idempotency::{self, Answer, Answered, Key};
use crate::pool::{self, Pool, Pooled};
use crate::replan::{self, Touched};
use crate::seal::Keyring;
use crate::search::IndexKeys;
use crate::sessions::{Limits, Touch};
use crate::sql::Sql;

mod frame;
mod open;
mod refuse;

use frame::{Claimed, Wall, commit_with, opened, roll_back};
pub(crate) use frame::{OPEN_SWEEP, open_for, person, unasked, warm, within};

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
    pub(crate) keyring: Keyring,
    pub(crate) mails: bool,
    pub(crate) limits: Limits,
    index_keys: IndexKeys,
}

/// A transaction that reads.
pub struct ReadTx {
    conn: Pooled,
    keyring: Keyring,
    index_keys: IndexKeys,
    call: Call,
    standing: Standing,
    touch: Touch,
    mails: bool,
}

/// A transaction that writes, and needs an entry to commit.
pub struct WriteTx {
    read: ReadTx,
    touched: Mutex<Vec<Touched>>,
}

impl Store {
    /// Reads about one child, and records that they were looked at before the value leaves.
    pub async fn read<A: Action, T, E: From<StoreError>>(
        &self,
        call: &Call,
        child: ChildId,
        work: impl AsyncFnOnce(&ReadTx, &Permit<A>) -> Result<Seen<T>, E>,
    ) -> Result<T, E> {
        let tx = self.begin(call, Some(child), (None, Wall::of::<A>())).await?.0;
        match tx.standing.permit() {
            Ok(permit) => {
                let result = work(&tx, &permit).await;
                tx.finish(result).await
            }
            Err(denied) => Err(tx.refuse(denied).await.into()),
        }
    }

    /// Judges whether something could be done to one child. It shows nothing, so it is no look.
    pub async fn consider<A: Action, E: From<StoreError>>(
        &self,
        call: &Call,
        child: ChildId,
        work: impl AsyncFnOnce(&ReadTx, &Permit<A>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut tx = self.begin(call, Some(child), (None, Wall::of::<A>())).await?.0;
        match tx.standing.permit() {
            Ok(permit) => {
                let judged = work(&tx, &permit).await;
                roll_back(&mut tx.conn).await;
                judged
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
        let tx = self.begin(call, None, (None, Wall::of::<A>())).await?.0;
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
        let mut tx = self.begin(call, None, (None, Wall::Stands)).await?.0;
        if let Err(denied) = policy::admit_person(&tx.standing.caller) {
            return Err(tx.refuse(denied).await);
        }
        let last = tx.touch.statement(call).into_iter().collect();
        commit_with(&mut tx.conn, last).await?;
        Ok(tx.standing)
    }

    /// Writes about one child: re-plans its duties, and commits together with the entries.
    pub async fn write<A: Action, T, E: From<StoreError>>(
        &self,
        call: &Call,
        child: ChildId,
        work: impl AsyncFnOnce(&WriteTx, &Permit<A>) -> Result<Audited<T>, E>,
    ) -> Result<T, E> {
        let tx = self.begin(call, Some(child), (None, Wall::of::<A>())).await?.0;
        match tx.standing.permit_to_change(call.at) {
            Ok(permit) => {
                let tx = WriteTx::on(tx);
                let result = work(&tx, &permit).await;
                tx.finish(result, |_, _| Ok(None)).await
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
        let tx = self.begin(call, None, (None, Wall::of::<A>())).await?.0;
        match tx.standing.grant_to_change(call.at) {
            Ok(grant) => {
                let tx = WriteTx::on(tx);
                let result = work(&tx, &grant).await;
                tx.finish(result, |_, _| Ok(None)).await
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
        let (tx, claimed) = self.begin(call, Some(child), (key, Wall::of::<A>())).await?;
        match tx.standing.permit_to_change(call.at) {
            Ok(permit) => {
                let tx = WriteTx::on(tx);
                if let (Some(key), Claimed::Before) = (key, claimed) {
                    return tx.repeat(key, permit.saw()).await;
                }
                let result = work(&tx, &permit).await;
                let keep = |tx: &ReadTx, answer: &Answer| key.map(|key| idempotency::keep(tx, key, answer)).transpose();
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
        let (tx, claimed) = self.begin(call, None, (key, Wall::of::<A>())).await?;
        match tx.standing.grant_to_change(call.at) {
            Ok(grant) => {
                let tx = WriteTx::on(tx);
                if let (Some(key), Claimed::Before) = (key, claimed) {
                    return tx.repeat(key, grant.saw(Vec::new())).await;
                }
                let result = work(&tx, &grant).await;
                let keep = |tx: &ReadTx, answer: &Answer| key.map(|key| idempotency::keep(tx, key, answer)).transpose();
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
        with: (Option<&Key>, Wall),
    ) -> StoreResult<(ReadTx, Claimed)> {
        let mut conn = pool::checkout(&self.pool).await?;
        conn.in_transaction = true;
        let (rows, claimed) = opened(&conn.pg, call, child, with).await?;
        let Some(row) = rows.into_iter().next() else {
            roll_back(&mut conn).await;
            return Err(StoreError::SignedOut);
        };
        let touch = Touch { idle_until: row.idle_until, idle: self.limits.idle };
        let standing = row.standing(call, child, self.limits.fresh)?;
        let (keyring, index_keys, mails) = (self.keyring.clone(), self.index_keys.clone(), self.mails);
        Ok((ReadTx { conn, keyring, index_keys, call: call.clone(), standing, touch, mails }, claimed))
    }
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

    /// Whether the caller has a right at all, for what fewer people may know of.
    pub(crate) fn may<A: Action>(&self) -> bool {
        self.standing.grant::<A>().is_ok()
    }

    /// A new id of this instant.
    pub fn new_id<T>(&self) -> Id<T> {
        call::new_id(self.call.at)
    }

    pub(crate) fn conn(&self) -> &AsyncPgConnection {
        &self.conn.pg
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    pub(crate) fn mails(&self) -> bool {
        self.mails
    }

    pub(crate) fn index_keys(&self) -> &IndexKeys {
        &self.index_keys
    }

    /// The look goes out together with the commit. Without it nothing is committed, and nothing shown.
    async fn finish<T, E: From<StoreError>>(mut self, result: Result<Seen<T>, E>) -> Result<T, E> {
        match result {
            Ok(Seen(value, look)) => {
                let look = audit::look(self.by(), &look);
                let last = look.into_iter().chain(self.touch.statement(&self.call)).collect();
                commit_with(&mut self.conn, last).await?;
                Ok(value)
            }
            Err(error) => {
                roll_back(&mut self.conn).await;
                Err(error)
            }
        }
    }

    fn by(&self) -> By<'_> {
        By::calling(&self.call, self.standing.caller.role)
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

    /// Says whose facts changed, so that duties are planned again before the commit.
    pub(crate) fn touch(&self, touched: Touched) {
        let mut all = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(touched);
    }

    /// Plans now what the commit would plan anyway, for an answer that shows what is owed.
    pub async fn plan(&self) -> StoreResult<Vec<Owed>> {
        let touched = std::mem::take(&mut *self.touched.lock().unwrap_or_else(PoisonError::into_inner));
        let mut owed = Vec::new();
        for touched in touched {
            owed.extend(replan::again(self, touched).await?);
        }
        Ok(owed)
    }

    /// Repeats the answer that the key had before. It shows the child again, so it is a look.
    async fn repeat<E: From<StoreError>>(self, key: &Key, look: Look) -> Result<Answered, E> {
        let answer = idempotency::find(&self, key).await;
        let seen = answer.map(|answer| Seen(Answered::Before(answer), look)).map_err(E::from);
        self.read.finish(seen).await
    }

    async fn finish<T, E: From<StoreError>>(
        mut self,
        result: Result<Audited<T>, E>,
        keep: impl FnOnce(&ReadTx, &T) -> StoreResult<Option<Sql>>,
    ) -> Result<T, E> {
        let kept = match result {
            Ok(Audited(value, entries)) => {
                let keep = keep(&self.read, &value);
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
    async fn settle(&mut self, entries: &[Entry], keep: StoreResult<Option<Sql>>) -> StoreResult<()> {
        self.plan().await?;
        let (call, by) = (&self.read.call, self.read.by());
        let mut last = Vec::new();
        match entries {
            [] => {}
            [one] => last.push(audit::entry(by, one)?),
            // What is prepared only now would be sent behind the commit, so it does not go out with it.
            many => audit::insert_all(self.read.conn(), many, by).await?,
        }
        last.extend(keep?);
        last.extend(self.read.touch.statement(call));
        commit_with(&mut self.read.conn, last).await
    }
}
