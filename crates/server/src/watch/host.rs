//! The machine that a process runs on: its disk, its files, its name.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use homeward_domain::silence::Machine;
use rustix::system::uname;

use crate::disk::free_percent;

/// The folder and the file whose loss would be noticed too late.
pub struct Host {
    data_dir: PathBuf,
    key_file: PathBuf,
    began: Instant,
    grace: Duration,
}

/// Who starts first makes the key file: a watch that starts at the same moment waits this long for it.
const GRACE: Duration = Duration::from_secs(30);

impl Host {
    /// The machine, by where this program keeps its data.
    pub fn new(data_dir: &Path, key_file: &Path) -> Self {
        Self { data_dir: data_dir.to_owned(), key_file: key_file.to_owned(), began: Instant::now(), grace: GRACE }
    }

    /// The same, which waits so long for a key file that is not there yet.
    pub fn granting(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// A machine without the folder keeps no keys: a watch on another host misses none there.
    pub fn look(&self) -> Machine {
        let disk_free_percent = free_percent(&self.data_dir);
        if let Some(percent) = disk_free_percent {
            metrics::gauge!("disk_free_percent").set(percent);
        }
        let may_lack_it = !self.data_dir.exists() || self.began.elapsed() < self.grace;
        Machine { disk_free_percent, has_key: may_lack_it || self.key_file.exists() }
    }
}

/// What a process is called beside its work: replicas in containers all have the same number.
pub fn worker_name(kind: &str) -> String {
    let machine = uname();
    format!("{kind}-{}-{}", machine.nodename().to_string_lossy(), std::process::id())
}
