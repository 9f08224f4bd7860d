//! What needs the keys that seal: the tables from before, the store, the rotation.

use homeward_store::{Store, migrate};

use super::{Database, Failure, ensure_current, print};
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::data_keys;

/// Brings the tables up to date, and seals what is there from before it was sealed.
pub(super) async fn migrate_and_seal(config: &Config, database: &Database) -> Result<usize, Failure> {
    let keyring = data_keys::load(&config.data_key_file, &database.owner_url).await?;
    Ok(migrate::up(&database.owner_url, &keyring, SystemClock.now()).await?)
}

/// The database behind the policy, once its keys have proven to be the right ones: nothing is sealed with others.
pub(super) async fn admitted(config: &Config, database: &Database) -> Result<Store, Failure> {
    let keyring = data_keys::load(&config.data_key_file, &database.url).await?;
    let store = Store::open(&database.url, config.connections, keyring).await?;
    store.admit_keys(SystemClock.now()).await?;
    Ok(store)
}

/// The same for what runs for long: it follows the file of the keys.
pub(super) async fn open_store(config: &Config, database: &Database) -> Result<Store, Failure> {
    let store = admitted(config, database).await?;
    tokio::spawn(data_keys::watch(config.data_key_file.clone(), store.keyring().clone()));
    tokio::spawn(data_keys::count(store.clone()));
    Ok(store)
}

/// A new key, and every value under it.
pub(super) async fn rotate_keys(config: &Config, database: &Database) -> Result<(), Failure> {
    ensure_current(database).await?;
    let store = admitted(config, database).await?;
    data_keys::add(&config.data_key_file, store.keyring())?;
    store.admit_keys(SystemClock.now()).await?;
    let rotated = data_keys::settle(&database.owner_url, store.keyring()).await?;
    let number = rotated.number;
    print(&format!("{} values moved to key {number}; the keys before it open nothing any more", rotated.values));
    Ok(())
}
