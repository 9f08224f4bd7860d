//! Passwords: argon2id, off the event loop, a few at a time, and in the same time for whoever does not exist.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argon2::password_hash::{self, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};
use tokio::sync::Semaphore;
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use self::tries::Tries;

#[cfg(test)]
mod tests;
mod tries;

/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// More at once would only wait for each other, each with its memory.
const AT_ONCE: usize = 2;

/// Of a password that nobody knows, with the cost of ours: what an unknown e-mail is compared with.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$YWFhYWFhYWFhYWFhYWFhYQ$YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE";

/// The longest password, in bytes.
const MAX_BYTES: usize = 1024;

/// The shortest new password, in characters.
const MIN_NEW_CHARS: usize = 12;

/// What a person types to prove who they are. It is never shown.
#[derive(Clone)]
pub struct Password(String);

/// Why this cannot be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRule {
    /// Nothing, or more than is worth hashing.
    #[error("must be 1 to {MAX_BYTES} bytes long")]
    Length,
    /// A new one is too easy to guess.
    #[error("a new password must be at least {MIN_NEW_CHARS} characters long")]
    TooShort,
}

/// Why a password was not judged.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The e-mail has failed too often.
    #[error("too many tries; wait {seconds} seconds")]
    TooManyTries {
        /// How long to wait.
        seconds: u64,
    },
    /// The stored hash is none of ours, or there was no memory.
    #[error("the password cannot be hashed: {0}")]
    Hash(#[from] password_hash::Error),
    /// The program is going down.
    #[error("the password was not hashed in time")]
    Stopped,
}

/// Somebody tries to sign in.
pub struct Attempt {
    /// Trimmed, in lower case.
    pub email: String,
    /// What they typed.
    pub password: Password,
    /// What is stored behind the e-mail, if anything is.
    pub stored: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Hashes and checks, and slows down whoever guesses.
///
/// An e-mail that has failed ten times within 15 minutes is refused until the oldest of these is 15 minutes old, also
/// with the right password and also if nobody has it. The tries are kept in the memory of this process, of at most
/// 10,000 e-mails: a restart forgets them, and each of several replicas counts for itself.
pub struct Passwords {
    permits: Arc<Semaphore>,
    tries: Arc<Mutex<Tries>>,
}

impl Password {
    /// A password as somebody sends it to sign in.
    pub fn parse(text: String) -> Result<Self, PasswordRule> {
        if (1..=MAX_BYTES).contains(&text.len()) { Ok(Self(text)) } else { Err(PasswordRule::Length) }
    }

    /// A password as somebody chooses it.
    pub fn choose(text: String) -> Result<Self, PasswordRule> {
        if text.chars().count() < MIN_NEW_CHARS { Err(PasswordRule::TooShort) } else { Self::parse(text) }
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

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

impl Passwords {
    /// With no failed tries.
    pub fn new() -> Self {
        Self { permits: Arc::new(Semaphore::new(AT_ONCE)), tries: Arc::default() }
    }

    /// The hash to store, in PHC form, with a salt of its own.
    pub async fn hash(&self, password: &Password) -> Result<String, PasswordError> {
        let password = password.clone();
        self.off_the_loop(move || Ok(argon2id()?.hash_password(password.0.as_bytes())?.to_string())).await?
    }

    /// Whether the password is right. A failure counts; [`Passwords::forget`] what counted once they are signed in.
    pub async fn check(&self, attempt: Attempt) -> Result<bool, PasswordError> {
        let tries = Arc::clone(&self.tries);
        // Under the permit, so that a hundred tries at once are counted like a hundred in a row.
        self.off_the_loop(move || judge(&tries, &attempt)).await?
    }

    /// Forgets the failed tries of whoever has signed in.
    pub fn forget(&self, email: &str) {
        lock(&self.tries).forget(email);
    }

    /// The permit goes with the work: a client that hangs up does not make room for a third.
    async fn off_the_loop<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| PasswordError::Stopped)?;
        let run = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        });
        run.await.map_err(|_| PasswordError::Stopped)
    }
}

fn judge(tries: &Mutex<Tries>, attempt: &Attempt) -> Result<bool, PasswordError> {
    if let Some(seconds) = lock(tries).wait(&attempt.email, attempt.at) {
        return Err(PasswordError::TooManyTries { seconds });
    }
    let right = verify(&attempt.password, attempt.stored.as_deref())?;
    if !right {
        lock(tries).count(&attempt.email, attempt.at);
    }
    Ok(right)
}

fn lock(tries: &Mutex<Tries>) -> MutexGuard<'_, Tries> {
    tries.lock().unwrap_or_else(PoisonError::into_inner)
}

fn argon2id() -> Result<Argon2<'static>, password_hash::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(password_hash::Error::from)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The parameters are those in the hash, so an older and cheaper one still opens.
fn verify(password: &Password, stored: Option<&str>) -> Result<bool, PasswordError> {
    let compared = argon2id()?.verify_password(password.0.as_bytes(), stored.unwrap_or(NOBODY));
    match compared {
        Ok(()) => Ok(stored.is_some()),
        Err(password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
