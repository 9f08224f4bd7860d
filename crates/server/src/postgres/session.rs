use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::thread;

use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

use super::{Cluster, ClusterError, Durability, file_error};

/// Runs a command that finds a database of its own in `DATABASE_URL`.
///
/// Without a folder the cluster is a temporary one, and is removed afterwards.
pub fn with_cluster(
    dir: Option<PathBuf>,
    durability: Durability,
    command: &[OsString],
) -> Result<ExitStatus, ClusterError> {
    let (program, arguments) = command.split_first().ok_or(ClusterError::NoCommand)?;
    let temporary = if dir.is_none() { Some(TemporaryFolder::create()?) } else { None };
    let dir = dir.or_else(|| temporary.as_ref().map(|it| it.0.clone())).unwrap_or_default();
    let cluster = Cluster::start(&dir, durability)?;
    cluster.ensure_database("homeward")?;
    let mut command = Command::new(program);
    command.args(arguments).env("DATABASE_URL", cluster.url("homeward"));
    // Whoever tries things out creates and drops databases, and has no use for what a crash leaves.
    command.env("HOMEWARD_UNGUARDED", "accepted");
    let status = run(&mut command).map_err(|source| ClusterError::NotStarted { program: program.into(), source })?;
    cluster.stop()?;
    Ok(status)
}

struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn create() -> Result<Self, ClusterError> {
        let path = Path::new("/tmp").join(format!("homeward-{}", uuid::Uuid::new_v4().simple()));
        DirBuilder::new().mode(0o700).create(&path).map_err(file_error(&path))?;
        Ok(Self(path))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "a temporary folder stays behind");
        }
    }
}

/// In a thread of its own, because the caller's may belong to a runtime already.
fn run(command: &mut Command) -> io::Result<ExitStatus> {
    let run_here = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(attend(command))
    };
    thread::scope(|scope| scope.spawn(run_here).join())
        .unwrap_or_else(|_| Err(io::Error::other("the thread that waits for the command panicked")))
}

/// Outlives the signals that end the command, so as to stop the cluster after it.
async fn attend(command: &mut Command) -> io::Result<ExitStatus> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut child = command.spawn()?;
    loop {
        tokio::select! {
            status = child.wait() => return status,
            // The terminal has sent these to the command as well.
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
            _ = terminate.recv() => pass_on_terminate(&child).await?,
        }
    }
}

async fn pass_on_terminate(child: &Child) -> io::Result<()> {
    if let Some(pid) = child.id() {
        Command::new("/bin/sh").args(["-c", "kill -TERM \"$1\"", "sh", &pid.to_string()]).status().await?;
    }
    Ok(())
}
