use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::ClusterError;

/// Where distributions other than Debian put the server.
const USUAL_PLACES: [&str; 8] = [
    "/opt/homebrew/opt/postgresql@15/bin",
    "/opt/homebrew/opt/postgresql/bin",
    "/opt/homebrew/bin",
    "/usr/local/opt/postgresql@15/bin",
    "/usr/local/pgsql/bin",
    "/usr/local/bin",
    "/usr/pgsql-15/bin",
    "/usr/bin",
];

/// The folder of the server's programs.
#[derive(Clone, Debug)]
pub(super) struct Programs(PathBuf);

impl Programs {
    pub(super) fn find() -> Result<Self, ClusterError> {
        let usual = USUAL_PLACES.iter().map(PathBuf::from);
        // A machine with only the client has a pg_config whose folder lacks the server: look further.
        said_by_pg_config()
            .into_iter()
            .chain(debian_newest_first())
            .chain(usual)
            .find(|dir| ["initdb", "postgres", "pg_ctl", "psql"].iter().all(|name| dir.join(name).exists()))
            .map(Self)
            .ok_or(ClusterError::NotInstalled)
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.0.join("initdb")
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.0.join("postgres")
    }

    pub(super) fn pg_ctl(&self) -> PathBuf {
        self.0.join("pg_ctl")
    }

    pub(super) fn psql(&self) -> PathBuf {
        self.0.join("psql")
    }
}

fn said_by_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output().ok()?;
    let dir = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(dir.trim()))
}

fn debian_newest_first() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_by(|one, other| other.cmp(one));
    versions.into_iter().map(|(_, dir)| dir).collect()
}

pub(super) fn run(command: Command) -> Result<(), ClusterError> {
    run_with_input(command, "")
}

pub(super) fn run_with_input(mut command: Command, input: &str) -> Result<(), ClusterError> {
    let program = Path::new(command.get_program()).to_owned();
    let not_started = |source| ClusterError::NotStarted { program: program.clone(), source };
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(not_started)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that fails before it reads says why in its status and its errors.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(not_started)?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(ClusterError::Failed { program, status: output.status, stderr })
}
