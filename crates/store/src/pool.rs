//! Connections: opened on the main runtime, dropped when a transaction was left open.

use std::time::Duration;

use diesel::ConnectionError;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use tokio::runtime::Handle;

use crate::error::{StoreError, StoreResult};
use crate::tx;

pub(crate) type Pool = bb8::Pool<Manager>;
pub(crate) type Pooled = bb8::PooledConnection<'static, Manager>;

/// How long a request waits for a connection before it is told to come back.
const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(5);

/// The role that owns nothing; a statement or a transaction that hangs is ended by the server. Compiling a query
/// costs more than the longest of ours saves.
const SET_UP: &str = "set role homeward_app; set statement_timeout = '15s'; \
    set idle_in_transaction_session_timeout = '15s'; set timezone = 'UTC'; set jit = off";

/// A connection that knows whether its transaction was finished.
pub(crate) struct Conn {
    pub(crate) pg: AsyncPgConnection,
    pub(crate) in_transaction: bool,
}

/// Opens connections.
#[derive(Debug)]
pub(crate) struct Manager {
    url: String,
    // The task that drives a connection must not sit on a request's single-threaded runtime: it would stall with it.
    runtime: Handle,
}

impl bb8::ManageConnection for Manager {
    type Connection = Conn;
    type Error = ConnectionError;

    async fn connect(&self) -> Result<Conn, ConnectionError> {
        let url = self.url.clone();
        let opened = self.runtime.spawn(async move {
            let mut pg = AsyncPgConnection::establish(&url).await?;
            pg.batch_execute(SET_UP).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
            tx::warm(&pg).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
            Ok(Conn { pg, in_transaction: false })
        });
        opened.await.map_err(|error| ConnectionError::BadConnection(error.to_string()))?
    }

    async fn is_valid(&self, conn: &mut Conn) -> Result<(), ConnectionError> {
        // No round trip: the driver knows when the other side has gone.
        if self.has_broken(conn) {
            return Err(ConnectionError::BadConnection("the connection has closed".to_owned()));
        }
        Ok(())
    }

    /// A dropped future leaves its transaction open: the connection goes, and its locks with it.
    fn has_broken(&self, conn: &mut Conn) -> bool {
        conn.in_transaction || diesel_async::pooled_connection::PoolableConnection::is_broken(&mut conn.pg)
    }
}

/// A pool of `size` connections. Few are enough: a connection is never held across anything slow.
pub(crate) async fn build(url: &str, size: u32) -> StoreResult<Pool> {
    let pool = builder(size).min_idle(Some(size.min(2))).build(manager(url)).await;
    pool.map_err(|error| StoreError::Unavailable(error.to_string()))
}

/// The same without a connection: the first is opened for whoever first needs it.
pub(crate) fn build_lazily(url: &str, size: u32) -> Pool {
    builder(size).build_unchecked(manager(url))
}

fn manager(url: &str) -> Manager {
    Manager { url: url.to_owned(), runtime: Handle::current() }
}

fn builder(size: u32) -> bb8::Builder<Manager> {
    bb8::Pool::builder().max_size(size).connection_timeout(CHECKOUT_TIMEOUT).test_on_check_out(true)
}

/// A connection, or word that none was to be had.
pub(crate) async fn checkout(pool: &Pool) -> StoreResult<Pooled> {
    pool.get_owned().await.map_err(|error| StoreError::Unavailable(error.to_string()))
}
