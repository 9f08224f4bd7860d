use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use thiserror::Error;

/// Why there is no private database.
#[derive(Debug, Error)]
pub enum ClusterError {
    #[error(
        "PostgreSQL's server programs (initdb, postgres) were not found: set DATABASE_URL, or install them \
         (Debian, Ubuntu: apt-get install postgresql-15; Fedora: dnf install postgresql-server; \
         macOS: brew install postgresql@15)"
    )]
    NotInstalled,
    #[error(
        "PostgreSQL does not run as root, and this machine has neither a user `postgres` nor `nobody` to run it as"
    )]
    NoAccount,
    #[error("the account that runs the database cannot enter {path}: choose another folder")]
    Unreachable { path: PathBuf },
    #[error("{path} belongs to user id {owner}, and the database would run as user id {ours}")]
    ForeignData { path: PathBuf, owner: u32, ours: u32 },
    #[error("{path} should be a private folder of user id {ours}, and is not: remove it")]
    ForeignSockets { path: PathBuf, ours: u32 },
    #[error("another process holds the database in {path}, and it is not answering")]
    Held { path: PathBuf },
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("{program} could not be started: {source}")]
    NotStarted { program: PathBuf, source: io::Error },
    #[error("{program} failed ({status}): {stderr}")]
    Failed { program: PathBuf, status: ExitStatus, stderr: String },
    #[error("PostgreSQL ended by itself ({status}); {log} ends with:\n{tail}")]
    Ended { status: ExitStatus, log: PathBuf, tail: String },
    #[error("PostgreSQL was not ready in time; {log} ends with:\n{tail}")]
    NotReady { log: PathBuf, tail: String },
    #[error("the thread that looks after PostgreSQL ended early")]
    Unattended,
    #[error("there is no command to run")]
    NoCommand,
}
