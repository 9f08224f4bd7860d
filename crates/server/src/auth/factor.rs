//! The second factor as people have it: an app that counts by the clock (RFC 6238), and codes to recover with.

use chrono::{DateTime, Utc};
use homeward_store::sessions::SecretHash;
use sha2::{Digest as _, Sha256};
use totp_rs::{Builder, Totp, TotpError};

use super::token::{NoRandomness, Secret};

#[cfg(test)]
mod tests;

/// How long a code of the app counts; one step before and after is taken too.
const STEP_SECONDS: u64 = 30;
const DIGITS: usize = 6;
/// 160 bits, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;

/// How many codes to recover with, and how long they are: five bits a character, 80 bits.
const CODES: usize = 10;
const CODE_CHARS: usize = 16;
/// 32 characters that nobody takes for another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// What somebody sends as a code.
#[derive(Clone)]
pub enum FactorCode {
    /// Of the app.
    Counted(String),
    /// To recover with, as it is stored.
    Recovery(SecretHash),
}

/// What an app is given to count with. Shown once.
pub struct Enrolment {
    /// The bytes.
    pub secret: Vec<u8>,
    /// The same to type.
    pub base32: String,
    /// The same to scan.
    pub url: String,
}

impl FactorCode {
    /// Six digits are of the app; anything else is to recover with, however it was typed.
    pub fn parse(text: &str) -> Self {
        let plain: String = text.chars().filter(|it| !it.is_whitespace() && *it != '-').collect();
        if plain.len() == DIGITS && plain.bytes().all(|it| it.is_ascii_digit()) {
            Self::Counted(plain)
        } else {
            Self::Recovery(hash(&plain.to_lowercase()))
        }
    }
}

/// Something new to count with, for the app of whoever has this e-mail.
pub fn enrolment(email: &str) -> Result<Enrolment, EnrolmentError> {
    let secret: Vec<u8> = Secret::random()?.bytes().iter().take(SECRET_BYTES).copied().collect();
    // A colon parts the issuer from the account.
    let account = email.replace(':', " ");
    let totp =
        Builder::new().with_secret(secret.clone()).with_account_name(account).with_issuer(Some("Homeward")).build()?;
    Ok(Enrolment { base32: totp.secret().to_base32(), url: totp.to_url()?, secret })
}

/// Why there is nothing to count with.
#[derive(Debug, thiserror::Error)]
pub enum EnrolmentError {
    /// The machine gave no random bytes.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The library refused.
    #[error("no second factor can be made: {0}")]
    Totp(#[from] TotpError),
}

/// The time step whose code this is; none where it is of no step within one of now.
pub fn step(secret: &[u8], code: &str, at: DateTime<Utc>) -> Option<i64> {
    let totp: Totp = Builder::new().with_secret(secret.to_vec()).with_step_duration(STEP_SECONDS).build().ok()?;
    totp.check(code, u64::try_from(at.timestamp()).ok()?).and_then(|it| i64::try_from(it).ok())
}

/// Ten codes to recover with, as they are shown this once, and as they are stored.
pub fn recovery_codes() -> Result<Vec<(String, SecretHash)>, NoRandomness> {
    (0..CODES).map(|_| recovery_code()).collect()
}

fn recovery_code() -> Result<(String, SecretHash), NoRandomness> {
    let secret = Secret::random()?;
    let letters = secret.bytes().iter().filter_map(|it| ALPHABET.get(usize::from(*it) % ALPHABET.len()));
    let plain: Vec<char> = letters.take(CODE_CHARS).map(|it| char::from(*it)).collect();
    let shown = plain.chunks(4).map(|it| it.iter().collect::<String>()).collect::<Vec<_>>().join("-");
    Ok((shown, hash(&plain.iter().collect::<String>())))
}

/// Random enough that a plain digest will do: nobody tries 80 bits.
fn hash(plain: &str) -> SecretHash {
    SecretHash(Sha256::digest(plain.as_bytes()).into())
}
