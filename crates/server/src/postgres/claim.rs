use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;

use super::error::ClusterError;
use super::file_error;
use super::folder::Folder;
use super::postmaster::Postmaster;
use super::server::{PATIENCE, PAUSE};

/// Holds the cluster for this process; `None` if another process runs it and it answers.
pub(super) fn take(folder: &Folder) -> Result<Option<File>, ClusterError> {
    let path = folder.claim();
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(file_error(&path))?;
    for _ in 0..PATIENCE {
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0).map_err(file_error(&path))?;
                return Ok(Some(file));
            }
            Err(TryLockError::Error(source)) => return Err(ClusterError::File { path, source }),
            Err(TryLockError::WouldBlock) => {}
        }
        let announced = fs::read_to_string(&path).ok().and_then(|pid| pid.trim().parse().ok());
        if announced.is_some_and(|pid| Postmaster::read(folder).is_some_and(|it| it.is_ready(pid))) {
            return Ok(None);
        }
        thread::sleep(PAUSE);
    }
    Err(ClusterError::Held { path: folder.base().to_owned() })
}

/// Tells whoever finds the cluster claimed that it can be used.
pub(super) fn announce(mut claim: &File, pid: u32) -> Result<(), ClusterError> {
    writeln!(claim, "{pid}").map_err(file_error(Path::new("claim")))
}
