//! Values that a copy of the database does not tell: AES-256-GCM, a fresh data key for each value (ADR 0013).
//!
//! A data key is wrapped by a numbered key of the keyring, which is not in the database. Both the value and the wrap are
//! bound to their place (agency, table, column, row): moved anywhere else they do not open.

use std::fmt::Display;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, MAX_TAG_LEN, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use homeward_domain::id::AgencyId;

use crate::error::{StoreError, StoreResult};

mod columns;
pub(crate) mod earlier;
mod keyring;
mod object;
mod rotate;
mod safe;
mod uses;

pub(crate) use columns::*;
pub use columns::{ALL, Column};
pub use keyring::{Keyring, KeyringFault, grown};
pub use object::ContentKey;
pub(crate) use rotate::admit;
pub use rotate::{KeysMissing, Rewrapped, known_keys, retire, rewrap};
pub(crate) use safe::{Safe, Sealed, versioned};
pub use uses::ENOUGH;
pub(crate) use uses::count;

/// The first byte of a sealed value: how the rest is to be read.
const VERSION: u8 = 1;

/// Bytes of a key.
const KEY: usize = 32;

/// Bytes of a wrapped data key: nonce, key, tag.
const WRAPPED: usize = NONCE_LEN + KEY + MAX_TAG_LEN;

/// Where a value stands.
pub(crate) struct Place {
    agency: AgencyId,
    column: Column,
    row: String,
}

/// A sealed value: version, number of the wrapping key, wrapped data key, value.
struct Parts<'a> {
    number: u32,
    wrapped: &'a [u8],
    value: &'a [u8],
}

impl Place {
    pub(crate) fn new(agency: AgencyId, column: Column, row: impl Display) -> Self {
        Self { agency, column, row: row.to_string() }
    }

    fn of_value(&self) -> String {
        let Self { agency, column, row } = self;
        format!("value\0{agency}\0{}\0{}\0{row}", column.home, column.name)
    }

    fn of_key(&self, number: u32) -> String {
        let Self { agency, column, row } = self;
        format!("key {number}\0{agency}\0{}\0{}\0{row}", column.home, column.name)
    }

    fn unopened(&self) -> StoreError {
        StoreError::Unopened { table: self.column.table, column: self.column.name }
    }
}

impl<'a> Parts<'a> {
    fn of(sealed: &'a [u8]) -> Option<Self> {
        let (version, rest) = sealed.split_first()?;
        let (number, rest) = rest.split_first_chunk::<4>()?;
        let (wrapped, value) = rest.split_at_checked(WRAPPED)?;
        (*version == VERSION).then(|| Self { number: u32::from_be_bytes(*number), wrapped, value })
    }

    fn bytes(&self) -> Vec<u8> {
        [&[VERSION], self.number.to_be_bytes().as_slice(), self.wrapped, self.value].concat()
    }
}

impl Keyring {
    /// Seals with the newest key.
    pub(crate) fn seal(&self, place: &Place, plain: &[u8]) -> StoreResult<Vec<u8>> {
        let keys = self.keys();
        let (number, key) = keys.newest();
        self.uses().add(number, 1);
        sealed(number, key, place, plain).map_err(|Unspecified| no_randomness())
    }

    /// Opens with whichever key wrapped it.
    pub(crate) fn open(&self, place: &Place, sealed: &[u8]) -> StoreResult<Vec<u8>> {
        let keys = self.keys();
        let open = || {
            let parts = Parts::of(sealed)?;
            let data_key = unlock(keys.numbered(parts.number)?, &place.of_key(parts.number), parts.wrapped)?;
            unlock(&aes(&data_key).ok()?, &place.of_value(), parts.value)
        };
        open().ok_or_else(|| place.unopened())
    }

    /// What is sealed, if this is the place in which alone it opens. For whoever holds the keys and a copy of the tables.
    pub fn try_open(&self, agency: AgencyId, column: Column, row: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        self.open(&Place::new(agency, column, row), sealed).ok()
    }

    /// Opens a value of an agency where nobody calls: what a worker sends.
    pub(crate) fn open_at(
        &self,
        agency: AgencyId,
        column: Column,
        row: impl Display,
        sealed: &[u8],
    ) -> StoreResult<Vec<u8>> {
        self.open(&Place::new(agency, column, row), sealed)
    }

    /// The same value under the newest key: only the data key is wrapped anew.
    fn rewrapped(&self, place: &Place, sealed: &[u8]) -> StoreResult<Vec<u8>> {
        let keys = self.keys();
        let parts = Parts::of(sealed).ok_or_else(|| place.unopened())?;
        let old = keys.numbered(parts.number).and_then(|key| unlock(key, &place.of_key(parts.number), parts.wrapped));
        let data_key = old.ok_or_else(|| place.unopened())?;
        let (number, key) = keys.newest();
        self.uses().add(number, 1);
        let wrapped = lock(key, &place.of_key(number), &data_key).map_err(|Unspecified| no_randomness())?;
        Ok(Parts { number, wrapped: &wrapped, ..parts }.bytes())
    }
}

fn sealed(number: u32, key: &LessSafeKey, place: &Place, plain: &[u8]) -> Result<Vec<u8>, Unspecified> {
    let mut data_key = [0; KEY];
    rand::fill(&mut data_key)?;
    let wrapped = lock(key, &place.of_key(number), &data_key)?;
    let value = lock(&aes(&data_key)?, &place.of_value(), plain)?;
    Ok(Parts { number, wrapped: &wrapped, value: &value }.bytes())
}

fn aes(key: &[u8]) -> Result<LessSafeKey, Unspecified> {
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key)?))
}

/// Nonce, ciphertext, tag. A random nonce is safe for 2^32 uses of a key (NIST SP 800-38D); a data key has one.
fn lock(key: &LessSafeKey, place: &str, plain: &[u8]) -> Result<Vec<u8>, Unspecified> {
    let mut nonce = [0; NONCE_LEN];
    rand::fill(&mut nonce)?;
    let mut boxed = Vec::with_capacity(plain.len() + MAX_TAG_LEN);
    boxed.extend_from_slice(plain);
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut boxed)?;
    Ok([nonce.as_slice(), &boxed].concat())
}

fn unlock(key: &LessSafeKey, place: &str, boxed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, boxed) = boxed.split_first_chunk::<NONCE_LEN>()?;
    let mut boxed = boxed.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let length = key.open_in_place(nonce, Aad::from(place), &mut boxed).ok()?.len();
    boxed.truncate(length);
    Some(boxed)
}

fn no_randomness() -> StoreError {
    StoreError::Unavailable("the machine gives no random bytes".to_owned())
}

#[cfg(test)]
mod tests;
