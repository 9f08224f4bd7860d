use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::account::Account;
use super::error::ClusterError;
use super::programs::{self, Programs};
use super::{Durability, SUPERUSER, file_error};
use crate::hex::hex;

/// What a Unix socket's address can hold, less the ending zero.
const LONGEST_SOCKET: usize = 106;
/// Where root's cluster lives when the folder asked for cannot be reached by anyone else.
const WAYSIDE: &str = "/var/lib/homeward";

/// The folder of one cluster.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    base: PathBuf,
    sockets: PathBuf,
}

impl Folder {
    pub(super) fn open(dir: &Path) -> Result<(Self, Account), ClusterError> {
        let (base, account) = settle(dir)?;
        let sockets = sockets_for(&base);
        Ok((Self { base, sockets }, account))
    }

    pub(super) fn base(&self) -> &Path {
        &self.base
    }

    pub(super) fn sockets(&self) -> &Path {
        &self.sockets
    }

    pub(super) fn data(&self) -> PathBuf {
        self.base.join("data")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.base.join("postgres.log")
    }

    pub(super) fn claim(&self) -> PathBuf {
        self.base.join("claim")
    }

    pub(super) fn postmaster_pid(&self) -> PathBuf {
        self.data().join("postmaster.pid")
    }

    /// Makes what the server needs. Only the holder of the claim may call this.
    pub(super) fn prepare(
        &self,
        programs: &Programs,
        account: &Account,
        durability: Durability,
    ) -> Result<(), ClusterError> {
        private_folder(&self.sockets, account)?;
        if self.data().exists() { Ok(()) } else { self.create_data(programs, account, durability) }
    }

    /// Creates the data elsewhere and then renames it: there is a whole cluster or none.
    fn create_data(&self, programs: &Programs, account: &Account, durability: Durability) -> Result<(), ClusterError> {
        let unfinished = self.base.join("data.unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(file_error(&unfinished))?;
        }
        private_folder(&unfinished, account)?;
        let mut initdb = account.command(&programs.initdb());
        // Trust, because the socket lies in a folder that only the server's account and root may enter.
        initdb
            .args(["--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8"])
            .args(["--locale", "C.UTF-8", "--no-instructions", "--pgdata"])
            .arg(&unfinished);
        initdb.arg(match durability {
            Durability::Durable => "--data-checksums",
            Durability::Volatile => "--no-sync",
        });
        programs::run(initdb)?;
        fs::rename(&unfinished, self.data()).map_err(file_error(&unfinished))?;
        fs::File::open(&self.base).and_then(|base| base.sync_all()).map_err(file_error(&self.base))
    }
}

fn settle(dir: &Path) -> Result<(PathBuf, Account), ClusterError> {
    let account = Account::choose()?;
    let asked = made(dir, &account)?;
    if let Some(account) = resident(&asked, account)? {
        return Ok((asked, account));
    }
    let wayside = made(&Path::new(WAYSIDE).join(short_name(&asked)), &account)?;
    tracing::warn!(
        asked = %asked.display(), used = %wayside.display(),
        "the database cannot enter the folder asked for, and is kept in another"
    );
    let account = resident(&wayside, account)?.ok_or(ClusterError::Unreachable { path: asked })?;
    Ok((wayside, account))
}

fn made(dir: &Path, account: &Account) -> Result<PathBuf, ClusterError> {
    let mode = if account.is_lent() { 0o711 } else { 0o700 };
    DirBuilder::new().recursive(true).mode(mode).create(dir).map_err(file_error(dir))?;
    fs::canonicalize(dir).map_err(file_error(dir))
}

/// Who runs the server here, if it can enter.
fn resident(base: &Path, account: Account) -> Result<Option<Account>, ClusterError> {
    let account = account.for_data(&base.join("data"))?;
    if !account.is_lent() || account.can_enter(base) {
        return Ok(Some(account));
    }
    if is_ours_to_open(base) {
        fs::set_permissions(base, fs::Permissions::from_mode(0o711)).map_err(file_error(base))?;
    }
    Ok(account.can_enter(base).then_some(account))
}

/// An empty folder or one with a cluster in it; never somebody's home.
fn is_ours_to_open(base: &Path) -> bool {
    base.join("claim").exists() || fs::read_dir(base).is_ok_and(|mut entries| entries.next().is_none())
}

fn sockets_for(base: &Path) -> PathBuf {
    let near = base.join("run");
    let name = near.as_os_str().as_encoded_bytes();
    // A comma would be read as a list of hosts.
    let plain = !name.iter().any(|byte| *byte == b',' || byte.is_ascii_control());
    if plain && name.len() + "/.s.PGSQL.5432".len() <= LONGEST_SOCKET {
        return near;
    }
    Path::new("/tmp").join(format!("homeward-{}", short_name(base)))
}

fn short_name(path: &Path) -> String {
    let mut name = hex(&Sha256::digest(path.as_os_str().as_encoded_bytes()));
    name.truncate(16);
    name
}

/// Makes it, or accepts it only if it is exactly what would have been made: `/tmp` is everyone's.
fn private_folder(path: &Path, account: &Account) -> Result<(), ClusterError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => return account.give(path),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(file_error(path)(error)),
    }
    let found = fs::symlink_metadata(path).map_err(file_error(path))?;
    if found.is_dir() && found.uid() == account.uid() && found.mode() & 0o777 == 0o700 {
        return Ok(());
    }
    Err(ClusterError::ForeignSockets { path: path.to_owned(), ours: account.uid() })
}
