//! Passwords: argon2id, off the event loop, a few at a time, and in the same time for whoever does not exist.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Deserializer};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization as _;
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

mod guessable;
#[cfg(test)]
mod tests;

/// More at once would only wait for each other, each with its memory.
const AT_ONCE: usize = 2;

/// So many wait for their turn; whoever comes then is told to come again (PW-02).
const WAITING: usize = 48;

/// The longest password, in bytes.
const MAX_BYTES: usize = 1024;

/// The shortest new password, in characters (PW-03).
const MIN_NEW_CHARS: usize = 15;

/// What a guess costs: the memory in KiB and the passes of argon2id, one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
}

/// What a person types to prove who they are, in one form for all ways to write it (NFC). It is never shown.
#[derive(Clone)]
pub struct Password(String);

/// Why this cannot be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRule {
    /// Nothing, or more than is worth hashing.
    #[error("must be 1 to {MAX_BYTES} bytes long")]
    Length,
    /// A new one is too easy to guess.
    #[error("a new password must be at least {MIN_NEW_CHARS} characters long; a few words are easy to remember")]
    TooShort,
    /// A new one consists of what anybody would try first.
    #[error("consists of common words, names of the agency or its people, or rows of keys: add words of your own")]
    Guessable,
}

/// Why a password was not judged.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many wait already.
    #[error("too many passwords wait to be hashed")]
    Busy,
    /// The stored hash is none of ours, or there was no memory.
    #[error("the password cannot be hashed: {0}")]
    Hash(#[from] password_hash::Error),
    /// The program is going down.
    #[error("the password was not hashed in time")]
    Stopped,
}

/// What came of comparing a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Whether it was right.
    pub right: bool,
    /// Its hash at the cost of today, where it was right and the stored one was weaker (PW-01).
    pub stronger: Option<String>,
}

/// Hashes and checks.
pub struct Passwords {
    cost: Cost,
    permits: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// Somebody's turn to hash. A try is counted once it is had: whoever is told to come again has not tried.
pub struct Turn {
    cost: Cost,
    permit: OwnedSemaphorePermit,
}

impl Cost {
    /// What PW-01 asks for: 64 MiB, three passes.
    pub const STRONG: Self = Self { memory: 64 * 1024, passes: 3 };

    fn argon2id(self) -> Result<Argon2<'static>, password_hash::Error> {
        let params = Params::new(self.memory, self.passes, 1, None).map_err(password_hash::Error::from)?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }

    /// Of a password that nobody knows: what is compared where there is nothing to compare with.
    fn nobody(self) -> String {
        let (salt, hash) = ("YWFhYWFhYWFhYWFhYWFhYQ", "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE");
        format!("$argon2id$v=19$m={},t={},p=1${salt}${hash}", self.memory, self.passes)
    }

    /// Whether a guess at the stored hash costs less than this.
    fn is_above(self, stored: &str) -> bool {
        let params = PasswordHash::new(stored).ok().and_then(|it| Params::try_from(&it).ok());
        params.is_none_or(|it| it.m_cost() < self.memory || it.t_cost() < self.passes)
    }
}

impl Password {
    /// A password as somebody sends it to sign in.
    pub fn parse(text: String) -> Result<Self, PasswordRule> {
        if !(1..=MAX_BYTES).contains(&text.len()) {
            return Err(PasswordRule::Length);
        }
        Ok(Self(if text.is_ascii() { text } else { text.nfc().collect() }))
    }

    /// A password as somebody chooses it; `words` are those that whoever knows them would try.
    pub fn choose(text: String, words: &[&str]) -> Result<Self, PasswordRule> {
        let password = Self::parse(text)?;
        password.judge_new(words).map(|()| password)
    }

    /// Whether this may be a new password: its length and what it consists of, and no rule about kinds of characters.
    pub fn judge_new(&self, words: &[&str]) -> Result<(), PasswordRule> {
        if self.0.chars().count() < MIN_NEW_CHARS {
            Err(PasswordRule::TooShort)
        } else if guessable::is_guessable(&self.0, words) {
            Err(PasswordRule::Guessable)
        } else {
            Ok(())
        }
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password")
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for Password {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
            .min_length(Some(1))
            .max_length(Some(MAX_BYTES))
            .into()
    }
}

impl ToSchema for Password {}

impl Passwords {
    /// At this cost.
    pub fn new(cost: Cost) -> Self {
        let (permits, waiting) = (Semaphore::new(AT_ONCE), Semaphore::new(AT_ONCE + WAITING));
        Self { cost, permits: Arc::new(permits), waiting: Arc::new(waiting) }
    }

    /// Waits for a turn.
    pub async fn turn(&self) -> Result<Turn, PasswordError> {
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| PasswordError::Stopped)?;
        drop(place);
        Ok(Turn { cost: self.cost, permit })
    }

    /// The hash to store, in PHC form, with a salt of its own.
    pub async fn hash(&self, password: &Password) -> Result<String, PasswordError> {
        let (password, turn) = (password.clone(), self.turn().await?);
        turn.spend(move |cost| hash(cost, &password)).await?
    }
}

impl Turn {
    /// Whether the password is the stored one. Where nothing is stored, as much is computed.
    pub async fn compare(self, password: Password, stored: Option<String>) -> Result<Judged, PasswordError> {
        self.spend(move |cost| compare(cost, &password, stored.as_deref())).await?
    }

    /// The permit goes with the work: a client that hangs up does not make room for a third.
    async fn spend<T: Send + 'static>(self, work: impl FnOnce(Cost) -> T + Send + 'static) -> Result<T, PasswordError> {
        let run = tokio::task::spawn_blocking(move || {
            let done = work(self.cost);
            drop(self.permit);
            done
        });
        run.await.map_err(|_| PasswordError::Stopped)
    }
}

fn hash(cost: Cost, password: &Password) -> Result<String, PasswordError> {
    Ok(cost.argon2id()?.hash_password(password.0.as_bytes())?.to_string())
}

/// The parameters are those in the hash, so an older and cheaper one still opens, once more.
fn compare(cost: Cost, password: &Password, stored: Option<&str>) -> Result<Judged, PasswordError> {
    let nobody = cost.nobody();
    match cost.argon2id()?.verify_password(password.0.as_bytes(), stored.unwrap_or(&nobody)) {
        Ok(()) => {
            let is_weak = stored.is_some_and(|it| cost.is_above(it));
            let stronger = if is_weak { Some(hash(cost, password)?) } else { None };
            Ok(Judged { right: stored.is_some(), stronger })
        }
        Err(password_hash::Error::PasswordInvalid) => Ok(Judged { right: false, stronger: None }),
        Err(error) => Err(error.into()),
    }
}
