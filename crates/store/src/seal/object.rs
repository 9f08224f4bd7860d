//! The key of one thing that is kept outside the database. It stands, sealed, in the row of the thing.

use std::fmt::Display;

use homeward_domain::id::AgencyId;

use super::{KEY, aes, lock, no_randomness, rand, unlock};
use crate::error::{StoreError, StoreResult};

/// Seals and opens one object, and no other.
pub struct ContentKey([u8; KEY]);

impl ContentKey {
    /// A new one.
    pub fn new() -> StoreResult<Self> {
        let mut key = [0; KEY];
        rand::fill(&mut key).map_err(|_| no_randomness())?;
        Ok(Self(key))
    }

    /// Seals the bytes for the object of this name.
    pub fn seal(&self, agency: AgencyId, name: impl Display, bytes: &[u8]) -> StoreResult<Vec<u8>> {
        let place = format!("object\0{agency}\0{name}");
        aes(&self.0).and_then(|key| lock(&key, &place, bytes)).map_err(|_| no_randomness())
    }

    /// The bytes, if these are the ones that were sealed under this name.
    pub fn open(&self, agency: AgencyId, name: impl Display, sealed: &[u8]) -> StoreResult<Vec<u8>> {
        let place = format!("object\0{agency}\0{name}");
        let bytes = aes(&self.0).ok().and_then(|key| unlock(&key, &place, sealed));
        bytes.ok_or(StoreError::Unopened { table: "objects", column: "content" })
    }

    pub(crate) fn of(bytes: &[u8]) -> StoreResult<Self> {
        bytes.try_into().map(Self).map_err(|_| StoreError::Unopened { table: "objects", column: "key" })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
