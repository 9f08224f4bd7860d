use std::convert::Infallible;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::account::Account;
use super::error::ClusterError;
use super::folder::Folder;
use super::postmaster::{Postmaster, signal};
use super::programs::Programs;
use super::{Durability, file_error};

pub(super) const PAUSE: Duration = Duration::from_millis(2);
/// In pauses: 30 seconds.
pub(super) const PATIENCE: u32 = 15_000;
/// In pauses: 10 minutes, for replaying the log after a crash.
const PATIENCE_WITH_RECOVERY: u32 = 300_000;
const LONGEST_LOG: u64 = 16 << 20;

/// A server and the thread that started it. The kernel stops the server when that thread ends,
/// so the thread stays for as long as the server is wanted.
#[derive(Debug)]
pub(super) struct Server {
    pid: u32,
    wanted: Sender<Infallible>,
    thread: JoinHandle<Result<(), ClusterError>>,
}

impl Server {
    pub(super) fn start(
        folder: &Folder,
        programs: &Programs,
        account: &Account,
        durability: Durability,
    ) -> Result<Self, ClusterError> {
        let keeper = Keeper { folder: folder.clone(), programs: programs.clone(), account: *account };
        let command = keeper.command(durability)?;
        let (wanted, until) = mpsc::channel();
        let (started, ready) = mpsc::sync_channel(1);
        let thread = thread::Builder::new()
            .name("postgres".into())
            .spawn(move || keeper.keep(command, &started, &until))
            .map_err(|source| ClusterError::NotStarted { program: programs.postgres(), source })?;
        match ready.recv() {
            Ok(pid) => Ok(Self { pid, wanted, thread }),
            Err(_) => Err(outcome(thread).err().unwrap_or(ClusterError::Unattended)),
        }
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    pub(super) fn stop(self) -> Result<(), ClusterError> {
        drop(self.wanted);
        outcome(self.thread)
    }
}

fn outcome(thread: JoinHandle<Result<(), ClusterError>>) -> Result<(), ClusterError> {
    thread.join().unwrap_or(Err(ClusterError::Unattended))
}

struct Keeper {
    folder: Folder,
    programs: Programs,
    account: Account,
}

impl Keeper {
    fn command(&self, durability: Durability) -> Result<Command, ClusterError> {
        let mut sockets = std::ffi::OsString::from("unix_socket_directories=");
        sockets.push(self.folder.sockets());
        let mut command = self.account.bound_command(&self.programs.postgres());
        command.arg("-D").arg(self.folder.data()).arg("-c").arg(sockets);
        for setting in SETTINGS.iter().chain(settings(durability)) {
            command.args(["-c", setting]);
        }
        let log = self.open_log()?;
        let errors = log.try_clone().map_err(file_error(&self.folder.log()))?;
        command.stdin(Stdio::null()).stdout(log).stderr(errors);
        // Ctrl-C is for the program, which stops its database after its own work.
        command.process_group(0);
        Ok(command)
    }

    fn open_log(&self) -> Result<File, ClusterError> {
        let path = self.folder.log();
        if fs::metadata(&path).is_ok_and(|log| LONGEST_LOG < log.len()) {
            fs::rename(&path, path.with_extension("log.old")).map_err(file_error(&path))?;
        }
        OpenOptions::new().append(true).create(true).mode(0o600).open(&path).map_err(file_error(&path))
    }

    fn keep(
        self,
        mut command: Command,
        started: &SyncSender<u32>,
        until: &Receiver<Infallible>,
    ) -> Result<(), ClusterError> {
        let program = self.programs.postgres();
        let mut child = command.spawn().map_err(|source| ClusterError::NotStarted { program, source })?;
        if let Err(error) = self.wait_until_ready(&mut child) {
            self.stop(&mut child)?;
            return Err(error);
        }
        let _ = started.send(child.id());
        while until.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
            self.still_runs(&mut child).inspect_err(|error| tracing::error!(%error, "the database is gone"))?;
        }
        self.stop(&mut child)
    }

    fn wait_until_ready(&self, child: &mut Child) -> Result<(), ClusterError> {
        for waited in 0..PATIENCE_WITH_RECOVERY {
            self.still_runs(child)?;
            let postmaster = Postmaster::read(&self.folder);
            if postmaster.as_ref().is_some_and(|it| it.is_ready(child.id())) {
                return Ok(());
            }
            if PATIENCE < waited && !postmaster.is_some_and(|it| it.is_starting(child.id())) {
                break;
            }
            thread::sleep(PAUSE);
        }
        Err(ClusterError::NotReady { log: self.folder.log(), tail: self.end_of_log() })
    }

    fn still_runs(&self, child: &mut Child) -> Result<(), ClusterError> {
        let ended = child.try_wait().map_err(file_error(&self.programs.postgres()))?;
        ended.map_or(Ok(()), |status| {
            Err(ClusterError::Ended { status, log: self.folder.log(), tail: self.end_of_log() })
        })
    }

    /// Asks for a fast shutdown, then insists.
    fn stop(&self, child: &mut Child) -> Result<(), ClusterError> {
        for name in ["INT", "QUIT"] {
            if self.has_ended(child)? {
                return Ok(());
            }
            signal(&self.programs, &self.account, name, child.id())?;
            self.wait_until_ended(child)?;
        }
        child.kill().and_then(|()| child.wait()).map_err(file_error(&self.programs.postgres()))?;
        Ok(())
    }

    fn wait_until_ended(&self, child: &mut Child) -> Result<(), ClusterError> {
        for _ in 0..PATIENCE {
            if self.has_ended(child)? {
                break;
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    fn has_ended(&self, child: &mut Child) -> Result<bool, ClusterError> {
        let ended = child.try_wait().map_err(file_error(&self.programs.postgres()))?;
        Ok(ended.is_some())
    }

    fn end_of_log(&self) -> String {
        let log = fs::read(self.folder.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let mut lines: Vec<&str> = log.lines().rev().take(8).collect();
        lines.reverse();
        lines.join("\n")
    }
}

const SETTINGS: [&str; 6] = [
    "listen_addresses=",
    "port=5432",
    "unix_socket_permissions=0700",
    "timezone=UTC",
    "log_timezone=UTC",
    // The details of an error repeat the row, and the log must hold nothing about a person.
    "log_error_verbosity=terse",
];

fn settings(durability: Durability) -> &'static [&'static str] {
    match durability {
        Durability::Durable => &["max_connections=100", "shared_buffers=256MB"],
        Durability::Volatile => &["max_connections=200", "fsync=off", "synchronous_commit=off", "full_page_writes=off"],
    }
}
