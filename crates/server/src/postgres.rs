//! A private database cluster: found, created, started and stopped with the program.

mod account;
mod claim;
mod error;
mod folder;
mod postmaster;
mod programs;
mod server;
mod session;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use crate::url;
use account::Account;
pub use error::ClusterError;
use folder::Folder;
use programs::Programs;
use server::Server;
pub use session::with_cluster;

const SUPERUSER: &str = "homeward";

/// The login of the program at work: it owns nothing, and becomes `homeward_app`.
const RUNNER: &str = "homeward_run";

/// The lock is for two processes that do this at once.
const ENSURE: &str = "select pg_advisory_lock(1);
    select format('create database %I', :'name')
    where not exists (select from pg_database where datname = :'name') \\gexec
    select 'create role homeward_app nologin'
    where not exists (select from pg_roles where rolname = 'homeward_app') \\gexec
    select format('create role %I login in role homeward_app', :'runner')
    where not exists (select from pg_roles where rolname = :'runner') \\gexec\n";

/// Whether what is written must outlive a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// For real data.
    Durable,
    /// For tests: faster, and lost if the machine stops.
    Volatile,
}

/// A running cluster. It stops when this is dropped, or when the program dies.
#[derive(Debug)]
pub struct Cluster {
    programs: Programs,
    account: Account,
    folder: Folder,
    /// `None` when another process of ours started the server, and will stop it.
    server: Option<Server>,
    /// Declared after the server: it is let go only once the server has stopped.
    _claim: Option<fs::File>,
}

impl Cluster {
    /// Starts the cluster kept in `dir`, creating it if there is none.
    ///
    /// If another process of this program already runs it, this joins that one.
    pub fn start(dir: &Path, durability: Durability) -> Result<Self, ClusterError> {
        let programs = Programs::find()?;
        let (folder, account) = Folder::open(dir)?;
        let Some(claim) = claim::take(&folder)? else {
            return Ok(Self { programs, account, folder, server: None, _claim: None });
        };
        postmaster::stop_orphan(&folder, &programs, &account)?;
        folder.prepare(&programs, &account, durability)?;
        let server = Server::start(&folder, &programs, &account, durability)?;
        claim::announce(&claim, server.pid())?;
        Ok(Self { programs, account, folder, server: Some(server), _claim: Some(claim) })
    }

    /// Where the data is: the folder asked for, or the one that took its place.
    pub fn dir(&self) -> &Path {
        self.folder.base()
    }

    /// Works for libpq's programs and for `tokio-postgres`. It owns the tables.
    pub fn url(&self, database: &str) -> String {
        self.url_of(SUPERUSER, database)
    }

    /// The same by the login that owns nothing.
    pub fn running_url(&self, database: &str) -> String {
        self.url_of(RUNNER, database)
    }

    fn url_of(&self, login: &str, database: &str) -> String {
        let database = url::percent_encoded(database.as_bytes());
        let sockets = url::percent_encoded(self.folder.sockets().as_os_str().as_encoded_bytes());
        format!("postgresql://{login}@/{database}?host={sockets}&port=5432")
    }

    /// Creates the database unless it exists, and the login that the program works by.
    pub fn ensure_database(&self, name: &str) -> Result<(), ClusterError> {
        let mut psql = self.account.command(&self.programs.psql());
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-v"])
            .arg(format!("name={name}"))
            .args(["-v", &format!("runner={RUNNER}")])
            .args(["-d", &self.url("postgres")]);
        programs::run_with_input(psql, ENSURE)
    }

    /// Stops the server, and says whether it went well.
    pub fn stop(mut self) -> Result<(), ClusterError> {
        self.server.take().map_or(Ok(()), Server::stop)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(server) = self.server.take()
            && let Err(error) = server.stop()
        {
            tracing::error!(%error, "the database did not stop cleanly");
        }
    }
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> ClusterError {
    let path: PathBuf = path.to_owned();
    move |source| ClusterError::File { path, source }
}
