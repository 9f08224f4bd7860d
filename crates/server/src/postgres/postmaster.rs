use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use super::account::Account;
use super::error::ClusterError;
use super::file_error;
use super::folder::Folder;
use super::programs::{self, Programs};
use super::server::{PATIENCE, PAUSE};

/// Stops a server whose program was killed: it would keep the data locked.
pub(super) fn stop_orphan(folder: &Folder, programs: &Programs, account: &Account) -> Result<(), ClusterError> {
    let Some(Postmaster { pid, .. }) = Postmaster::read(folder) else { return Ok(()) };
    if !is_postmaster_of(pid, folder) {
        // The number may belong to an innocent process by now, and PostgreSQL would wait for it.
        let path = folder.postmaster_pid();
        return fs::remove_file(&path).map_err(file_error(&path));
    }
    tracing::warn!(pid, "stopping a database server that was left behind");
    // It may end by itself before this reaches it.
    let _ = signal(programs, account, "INT", pid);
    for _ in 0..PATIENCE {
        if !is_postmaster_of(pid, folder) {
            return Ok(());
        }
        thread::sleep(PAUSE);
    }
    Err(ClusterError::Held { path: folder.base().to_owned() })
}

/// The postmaster works in its data folder, so its pid cannot be mistaken for another's.
fn is_postmaster_of(pid: u32, folder: &Folder) -> bool {
    let process = PathBuf::from(format!("/proc/{pid}"));
    if Path::new("/proc/self").exists() {
        return fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == folder.data());
    }
    let command = Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output();
    command.is_ok_and(|it| String::from_utf8_lossy(&it.stdout).contains("postgres"))
}

pub(super) fn signal(programs: &Programs, account: &Account, name: &str, pid: u32) -> Result<(), ClusterError> {
    let mut pg_ctl = account.command(&programs.pg_ctl());
    pg_ctl.args(["kill", name, &pid.to_string()]);
    programs::run(pg_ctl)
}

/// What the server says of itself.
pub(super) struct Postmaster {
    pid: u32,
    status: String,
}

impl Postmaster {
    pub(super) fn read(folder: &Folder) -> Option<Self> {
        let file = fs::read_to_string(folder.postmaster_pid()).ok()?;
        let pid = file.lines().next()?.trim().parse().ok()?;
        let status = file.lines().nth(7).unwrap_or_default().trim().to_owned();
        Some(Self { pid, status })
    }

    pub(super) fn is_ready(&self, pid: u32) -> bool {
        self.pid == pid && self.status == "ready"
    }

    pub(super) fn is_starting(&self, pid: u32) -> bool {
        self.pid == pid && self.status == "starting"
    }
}
