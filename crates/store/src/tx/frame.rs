//! What goes over the wire together: opening and ending a transaction without waiting in between.

use chrono::{DateTime, Utc};
use diesel::result::QueryResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use futures_util::future::join_all;
use futures_util::join;
use homeward_domain::audit::Change;
use homeward_domain::id::{AgencyId, ChildId, Id, UserId};
use homeward_domain::policy::{self, Action, Role};
use uuid::Uuid;

use crate::audit::By;
use crate::call::{self, Call, Origin};
use crate::error::{StoreError, StoreResult};
use crate::idempotency::{self, Answer, Key};
use crate::pool::{self, Pool, Pooled};
use crate::sessions::Touch;
use crate::sql::Sql;
use crate::{audit, duties, rungs};

/// Whether an idempotency key was claimed by this transaction or by an earlier one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Claimed {
    Now,
    Before,
}

/// Polled in this order, the statements reach the server in this order, without a wait between.
///
/// All of them were prepared when the connection was opened (see [`warm`]), so none of them can fall behind.
pub(super) async fn opened(
    pg: &AsyncPgConnection,
    call: &Call,
    child: Option<ChildId>,
    (key, wall): (Option<&Key>, Wall),
) -> StoreResult<(Vec<call::Row>, Claimed)> {
    let (mut first, mut second, mut third) = (pg, pg, pg);
    let open = open_as(call, wall);
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
        key: None,
        at: DateTime::UNIX_EPOCH,
        origin: Origin::default(),
    };
    let key = Key { key: String::new(), fingerprint: Vec::new() };
    let answer = Answer { status: 0, location: None, etag: None, body: String::new() };
    let permit = policy::importer(nobody.agency, nobody.user);
    let entry = permit.did(None, Change::ChildAdded);
    let look = permit.saw(vec![Id::from_uuid(Uuid::nil())]);
    (&mut &*pg).batch_execute(&open_for(nobody.agency)).await?;
    let _: Vec<call::Row> = call::standing(&nobody, None).load(&mut &*pg).await?;
    let program = Call { key: Some(Id::from_uuid(Uuid::nil())), ..nobody.clone() };
    let _: Vec<call::Row> = call::standing(&program, None).load(&mut &*pg).await?;
    let mut statements = vec![idempotency::claim(&nobody, &key), idempotency::kept(&nobody, &key, &answer, Vec::new())];
    let by = By::calling(&nobody, Role::Caseworker);
    statements.extend(audit::look(by, &look));
    statements.extend(audit::entry(by, &entry));
    statements.push(Touch::prepared(&nobody));
    statements.extend([duties::upsert("[]".to_owned()), rungs::queue("[]".to_owned())]);
    for statement in statements {
        statement.execute(&mut &*pg).await?;
    }
    (&mut &*pg).batch_execute("rollback").await
}

/// The agency's id is a UUID, so nothing else can be said with it.
pub(crate) fn open_for(agency: AgencyId) -> String {
    format!("begin; {}", within(agency))
}

/// The same for a transaction that is open already.
pub(crate) fn within(agency: AgencyId) -> String {
    format!("set local homeward.agency_id = '{agency}'")
}

/// Whether the wall around restricted records stands in a transaction of a person. Only those pass it that show nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wall {
    Stands,
    Passed,
}

impl Wall {
    /// What the act needs.
    pub(super) fn of<A: Action>() -> Self {
        if policy::passes_restriction::<A>() { Self::Passed } else { Self::Stands }
    }
}

/// The same for a person, or a program in their name: what they may not know of is not there.
fn open_as(call: &Call, wall: Wall) -> String {
    match wall {
        Wall::Stands if call.key.is_some() => {
            person(&format!("{}; {MACHINE}", open_for(call.agency)), call.user, call.at)
        }
        Wall::Stands => person(&open_for(call.agency), call.user, call.at),
        Wall::Passed => open_for(call.agency),
    }
}

/// A program does not see what is for named people alone.
const MACHINE: &str = "set local homeward.machine = 'on'";

/// An id and an instant are made of digits and signs, so nothing else can be said with them.
pub(crate) fn person(opening: &str, user: UserId, at: DateTime<Utc>) -> String {
    format!("{opening}; set local homeward.user_id = '{user}'; set local homeward.at = '{}'", at.to_rfc3339())
}

/// The worker sweeps every agency, and sees only the tables whose policy allows it: the queue, and kept answers.
pub(crate) const OPEN_SWEEP: &str = "begin; set local homeward.sweep = 'on'";

/// One transaction that is no person's request: of a worker, of the watch, of somebody who signs in. It is kept if the
/// work went well, and taken back if not.
pub(crate) async fn unasked<T>(
    pool: &Pool,
    opening: &str,
    work: impl AsyncFnOnce(&AsyncPgConnection) -> StoreResult<T>,
) -> StoreResult<T> {
    let mut conn = pool::checkout(pool).await?;
    conn.in_transaction = true;
    (&conn.pg).batch_execute(opening).await?;
    match work(&conn.pg).await {
        Ok(value) => commit(&mut conn).await.map(|()| value),
        Err(error) => {
            roll_back(&mut conn).await;
            Err(error)
        }
    }
}

/// Ends a transaction that is not to be kept. If that fails, the pool drops the connection, which ends it too.
pub(super) async fn roll_back(conn: &mut Pooled) {
    if conn.pg.batch_execute("rollback").await.is_ok() {
        conn.in_transaction = false;
    }
}

/// Sends the last statements and the commit without a wait between.
///
/// If one of them fails, the server turns the commit into a rollback, and the failure is what is reported: what cannot
/// be recorded is neither done nor shown, and may be tried again.
pub(super) async fn commit_with(conn: &mut Pooled, statements: Vec<Sql>) -> StoreResult<()> {
    let pg = &conn.pg;
    let statements = statements.into_iter().map(|statement| async move { statement.execute(&mut &*pg).await });
    let (mut last, commit) = (pg, "commit");
    let (done, committed) = join!(join_all(statements), last.batch_execute(commit));
    conn.in_transaction = false;
    let done: QueryResult<Vec<usize>> = done.into_iter().collect();
    done.map_err(unrecorded)?;
    Ok(committed?)
}

fn unrecorded(error: diesel::result::Error) -> StoreError {
    match StoreError::from(error) {
        StoreError::Broken(error) => StoreError::Unavailable(format!("what happened cannot be recorded: {error}")),
        other => other,
    }
}

/// Keeps the transaction.
async fn commit(conn: &mut Pooled) -> StoreResult<()> {
    conn.pg.batch_execute("commit").await?;
    conn.in_transaction = false;
    Ok(())
}
