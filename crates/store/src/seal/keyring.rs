//! The keys that wrap data keys, each with its number.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::aead::LessSafeKey;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::uses::Uses;
use super::{KEY, aes};

/// The keys, as every holder of a clone sees them now.
#[derive(Clone)]
pub struct Keyring(Arc<Ring>);

struct Ring {
    keys: RwLock<Arc<Keys>>,
    uses: Uses,
}

/// The last has the highest number and seals; the others still open.
pub(super) struct Keys {
    older: BTreeMap<u32, LessSafeKey>,
    newest: (u32, LessSafeKey),
}

/// What is wrong with the text of a keyring. It repeats none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringFault {
    /// No line.
    #[error("holds no key")]
    Empty,
    /// Not `number:key`.
    #[error("line {line} is not a number from 1, a colon and 32 bytes as base64")]
    Line {
        /// Counted from 1.
        line: usize,
    },
    /// The numbers have to grow, so that the last is the newest.
    #[error("line {line} has a number that is not higher than the one before")]
    Number {
        /// Counted from 1.
        line: usize,
    },
    /// The same bytes under two numbers.
    #[error("line {line} repeats a key")]
    Repeated {
        /// Counted from 1.
        line: usize,
    },
    /// The machine gave no random bytes.
    #[error("cannot get a new key: the machine gives no random bytes")]
    NoRandomness,
}

impl Keyring {
    /// Reads one `number:base64` for each line. The last is used for new values.
    pub fn parse(text: &str) -> Result<Self, KeyringFault> {
        Ok(Self(Arc::new(Ring { keys: RwLock::new(Arc::new(parse(text)?)), uses: Uses::default() })))
    }

    /// Takes the keys of this text instead. Every clone sees them from now on.
    pub fn replace(&self, text: &str) -> Result<(), KeyringFault> {
        let keys = Arc::new(parse(text)?);
        *self.0.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// The numbers, the newest last.
    pub fn numbers(&self) -> Vec<u32> {
        let keys = self.keys();
        keys.older.keys().copied().chain([keys.newest.0]).collect()
    }

    pub(super) fn uses(&self) -> &Uses {
        &self.0.uses
    }

    pub(super) fn keys(&self) -> Arc<Keys> {
        self.0.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Keys {
    pub(super) fn newest(&self) -> (u32, &LessSafeKey) {
        (self.newest.0, &self.newest.1)
    }

    pub(super) fn numbered(&self, number: u32) -> Option<&LessSafeKey> {
        if number == self.newest.0 { Some(&self.newest.1) } else { self.older.get(&number) }
    }
}

/// The text of a keyring with one more key, or of a first one.
pub fn grown(text: &str) -> Result<String, KeyringFault> {
    let last = if text.trim().is_empty() { 0 } else { parse(text)?.newest.0 };
    let number = last.checked_add(1).ok_or(KeyringFault::Number { line: 0 })?;
    let mut key = [0; KEY];
    rand::fill(&mut key).map_err(|_| KeyringFault::NoRandomness)?;
    let before = text.trim_end();
    let gap = if before.is_empty() { "" } else { "\n" };
    Ok(format!("{before}{gap}{number}:{}\n", STANDARD.encode(key)))
}

fn parse(text: &str) -> Result<Keys, KeyringFault> {
    let mut seen: Vec<(u32, Vec<u8>)> = Vec::new();
    let lines = text.lines().enumerate().filter(|(_, it)| !it.trim().is_empty());
    for (line, text) in lines.map(|(at, text)| (at + 1, text.trim())) {
        let (number, key) = numbered(text).ok_or(KeyringFault::Line { line })?;
        if seen.last().is_some_and(|(before, _)| number <= *before) {
            return Err(KeyringFault::Number { line });
        }
        if seen.iter().any(|(_, before)| *before == key) {
            return Err(KeyringFault::Repeated { line });
        }
        seen.push((number, key));
    }
    let mut older = BTreeMap::new();
    for (number, key) in seen {
        older.insert(number, aes(&key).map_err(|_| KeyringFault::Empty)?);
    }
    let newest = older.pop_last().ok_or(KeyringFault::Empty)?;
    Ok(Keys { older, newest })
}

fn numbered(line: &str) -> Option<(u32, Vec<u8>)> {
    let (number, key) = line.split_once(':')?;
    let number = number.parse().ok().filter(|it| 0 < *it && i32::try_from(*it).is_ok())?;
    let key = STANDARD.decode(key.trim()).ok().filter(|it| it.len() == KEY)?;
    Some((number, key))
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keyring").field(&self.numbers()).finish()
    }
}
