//! The file with the keys that seal values: made, read, watched, and grown by a rotation.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use homeward_store::seal::{self, Keyring, KeyringFault};
use homeward_store::{Store, StoreError};
use tokio::time::sleep;

use crate::clock::{Clock as _, SystemClock};
use crate::private_file;

/// How often a running program looks for new keys.
const LOOK: Duration = Duration::from_secs(1);
/// How often it is written down how often the keys were used.
const COUNT: Duration = Duration::from_mins(1);
/// By then every running program has seen the new key.
const SEEN: Duration = Duration::from_secs(5);
/// By then every transaction that sealed with an older one has ended: the database ends it after 15 seconds.
const ENDED: Duration = Duration::from_secs(20);

/// Why there are no keys to seal with.
#[derive(Debug, thiserror::Error)]
pub enum DataKeyError {
    /// The file could not be read or made.
    #[error("the data key file {path} cannot be used")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others on the machine can read it.
    #[error(
        "the data key file {0} can be read by everyone: chmod 600 it, and make a new key with `homeward keys rotate`"
    )]
    Open(PathBuf),
    /// It is not what it should be.
    #[error("the data key file {path}: {fault}")]
    Fault {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        fault: KeyringFault,
    },
    /// The database holds what only the lost file opens.
    #[error("there is no data key file {path}, and the database holds what was sealed with key {number}: put it back")]
    Lost {
        /// Which file.
        path: PathBuf,
        /// The newest key.
        number: i32,
    },
    /// The database could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads the keys. A first one is made only for a database in which nothing was ever sealed (EN-06).
pub async fn load(path: &Path, database_url: &str) -> Result<Keyring, DataKeyError> {
    if !path.exists() {
        if let Some(number) = seal::known_keys(database_url).await?.last().copied() {
            return Err(DataKeyError::Lost { path: path.to_owned(), number });
        }
        let text = seal::grown("").map_err(|fault| DataKeyError::Fault { path: path.to_owned(), fault })?;
        private_file::create(path, text.as_bytes()).map_err(|source| file(path, source))?;
    }
    Keyring::parse(&text(path)?).map_err(|fault| DataKeyError::Fault { path: path.to_owned(), fault })
}

/// Writes down how often the keys were used, for as long as the program runs. A key that has worn is said aloud.
pub async fn count(store: Store) {
    loop {
        sleep(COUNT).await;
        match store.count_key_uses().await {
            Ok(uses) => {
                metrics::gauge!("data_key_uses").set(u32::try_from(uses).unwrap_or(u32::MAX));
                if seal::ENOUGH <= uses {
                    tracing::error!(uses, "alarm: the newest data key has worn: replace it (`homeward keys rotate`)");
                }
            }
            Err(error) => tracing::warn!(%error, "uses of the data keys were not written down; they will be"),
        }
    }
}

/// Takes up what is added to the file while the program runs.
pub async fn watch(path: PathBuf, keyring: Keyring) {
    let mut before = text(&path).ok();
    loop {
        sleep(LOOK).await;
        let now = text(&path).ok();
        if now == before {
            continue;
        }
        if let Some(Ok(())) = now.as_deref().map(|it| keyring.replace(it)) {
            tracing::warn!(numbers = ?keyring.numbers(), "the data keys have changed");
        } else {
            tracing::error!("the data key file is not usable; the keys that were read before stay in use");
        }
        before = now;
    }
}

/// Whether the file can be used now. Nothing is made or changed.
pub fn is_usable(path: &Path) -> bool {
    text(path).is_ok_and(|text| Keyring::parse(&text).is_ok())
}

/// What a rotation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The newest key.
    pub number: u32,
    /// How many values it wraps that another wrapped before.
    pub values: usize,
}

/// Adds a key to the file and to the keyring. New values are sealed with it.
pub fn add(path: &Path, keyring: &Keyring) -> Result<(), DataKeyError> {
    let grown = seal::grown(&text(path)?).map_err(|fault| DataKeyError::Fault { path: path.to_owned(), fault })?;
    private_file::replace(path, grown.as_bytes()).map_err(|source| file(path, source))?;
    keyring.replace(&grown).map_err(|fault| DataKeyError::Fault { path: path.to_owned(), fault })
}

/// Waits until every program that runs has the newest key, and puts every value under it.
pub async fn settle(owner_url: &str, keyring: &Keyring) -> Result<Rotated, DataKeyError> {
    sleep(SEEN).await;
    let first = seal::rewrap(owner_url, keyring).await?;
    sleep(ENDED).await;
    let last = seal::rewrap(owner_url, keyring).await?;
    seal::retire(owner_url, keyring, SystemClock.now()).await?;
    let number = keyring.numbers().last().copied().unwrap_or_default();
    Ok(Rotated { number, values: first.values + last.values })
}

fn text(path: &Path) -> Result<String, DataKeyError> {
    let is_open = File::open(path).and_then(|it| private_file::is_open(&it)).map_err(|source| file(path, source))?;
    if is_open {
        return Err(DataKeyError::Open(path.to_owned()));
    }
    let bytes = private_file::read(path).map_err(|source| file(path, source))?;
    String::from_utf8(bytes).map_err(|_| file(path, io::ErrorKind::InvalidData.into()))
}

fn file(path: &Path, source: io::Error) -> DataKeyError {
    DataKeyError::File { path: path.to_owned(), source }
}
