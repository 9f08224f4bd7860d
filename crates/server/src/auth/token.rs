//! What a signed-in person carries: short access tokens, refresh tokens that work once, and signed cursors.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use homeward_domain::id::{AgencyId, Id, SessionId, UserId};
use homeward_store::sessions::{Presented, RefreshTokenId, SecretHash, Session};
use homeward_store::sign_ins::{PresentedReset, ResetId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::private_file::{create, read};

pub mod machine;
#[cfg(test)]
mod tests;

use machine::Environment;

/// A key that is shorter could be guessed.
const KEY_BYTES: usize = 32;

/// With fewer different bytes it is a word, a pattern or nothing at all (LG-07). 32 random ones have about 30.
const DIFFERENT_BYTES: usize = 10;

/// What a cursor's tag is cut to: 128 bits.
const TAG_BYTES: usize = 16;

const CURSOR_LABEL: &[u8] = b"homeward cursor";

const MACHINE_LABEL: &[u8] = b"homeward machine key";

const REFRESH_PREFIX: &str = "hwr_";

const RESET_PREFIX: &str = "hwp_";

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file could not be read or made.
    #[error("the key file {path} cannot be used")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is in it does not suffice.
    #[error("a signing key needs at least {KEY_BYTES} bytes")]
    TooShort,
    /// It repeats itself.
    #[error("the signing key repeats itself: take random bytes")]
    TooPlain,
    /// The machine gave no random bytes.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// The machine gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the machine gives no random bytes")]
pub struct NoRandomness;

/// A token that is none of ours, or not any more. Why is nobody's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub struct InvalidToken;

/// What everything is signed with. It is never shown.
#[derive(Clone)]
pub struct SigningKey {
    bytes: Vec<u8>,
    cursors: Hmac<Sha256>,
    machines: Hmac<Sha256>,
}

/// Signs and checks. It is never shown.
pub struct Keys {
    signing: EncodingKey,
    checking: DecodingKey,
    validation: Validation,
    cursors: Hmac<Sha256>,
    machines: Hmac<Sha256>,
    environment: Environment,
}

/// Who an access token speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Of which agency.
    pub agency: AgencyId,
    /// Who.
    pub user: UserId,
    /// In which session.
    pub session: SessionId,
}

/// The claims on the wire; times in seconds.
#[derive(Serialize, Deserialize)]
struct Wire {
    sub: UserId,
    sid: SessionId,
    agy: AgencyId,
    iat: i64,
    exp: i64,
}

/// 32 random bytes. They are never shown and never stored.
pub struct Secret([u8; KEY_BYTES]);

/// A refresh token: `hwr_` and, in base64url, the agency, the token and the secret.
pub struct RefreshToken {
    agency: AgencyId,
    id: RefreshTokenId,
    secret: Secret,
}

impl SigningKey {
    /// Takes a key. Every byte counts, also a newline at the end.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, KeyError> {
        if bytes.len() < KEY_BYTES {
            return Err(KeyError::TooShort);
        }
        if bytes.iter().collect::<BTreeSet<_>>().len() < DIFFERENT_BYTES {
            return Err(KeyError::TooPlain);
        }
        let derived = |label: &[u8]| {
            let label = Hmac::<Sha256>::new_from_slice(&bytes).map(|it| it.chain_update(label));
            let key = label.map_err(|_| KeyError::TooShort)?.finalize().into_bytes();
            Hmac::new_from_slice(&key).map_err(|_| KeyError::TooShort)
        };
        let (cursors, machines) = (derived(CURSOR_LABEL)?, derived(MACHINE_LABEL)?);
        Ok(Self { bytes, cursors, machines })
    }

    /// The key in a file that somebody else has made (`HOMEWARD_KEY_FILE`).
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        Self::from_bytes(read(path).map_err(|source| KeyError::File { path: path.to_owned(), source })?)
    }

    /// The key in the file, which is made if there is none. Two that start at once end up with the same key.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        if !path.exists() {
            let Secret(bytes) = Secret::random()?;
            create(path, &bytes).map_err(|source| KeyError::File { path: path.to_owned(), source })?;
        }
        Self::load(path)
    }
}

impl Keys {
    /// The keys that come from the signing key.
    pub fn new(key: SigningKey) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // The time is compared with our own clock, in `verify`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            signing: EncodingKey::from_secret(&key.bytes),
            checking: DecodingKey::from_secret(&key.bytes),
            validation,
            cursors: key.cursors,
            machines: key.machines,
            environment: Environment::default(),
        }
    }

    /// An access token, and how many seconds it works from `at`. It does not outlive its session. Each request asks the
    /// database whether that still stands, so `lifetime` is not how long a stolen one works after a sign-out.
    pub fn sign(
        &self,
        session: &Session,
        lifetime: TimeDelta,
        at: DateTime<Utc>,
    ) -> Result<(String, i64), jsonwebtoken::errors::Error> {
        let expires_at = session.expires_at.min(at + lifetime).timestamp();
        let wire =
            Wire { sub: session.user, sid: session.id, agy: session.agency, iat: at.timestamp(), exp: expires_at };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &wire, &self.signing)?;
        Ok((token, wire.exp - wire.iat))
    }

    /// Who the token speaks for, if it is one of ours and `at` is not too late.
    pub fn verify(&self, token: &str, at: DateTime<Utc>) -> Result<Claims, InvalidToken> {
        let checked = jsonwebtoken::decode::<Wire>(token, &self.checking, &self.validation);
        let Wire { sub, sid, agy, exp, .. } = checked.map_err(|_| InvalidToken)?.claims;
        if exp <= at.timestamp() {
            return Err(InvalidToken);
        }
        Ok(Claims { agency: agy, user: sub, session: sid })
    }

    /// The payload with its tag, for a client to send back.
    pub fn sign_cursor(&self, payload: &[u8]) -> String {
        let tag = self.tag(payload).finalize().into_bytes();
        let signed: Vec<u8> = payload.iter().chain(tag.iter().take(TAG_BYTES)).copied().collect();
        URL_SAFE_NO_PAD.encode(signed)
    }

    /// The payload, if we signed it.
    pub fn verify_cursor(&self, cursor: &str) -> Option<Vec<u8>> {
        let signed = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (payload, tag) = signed.split_last_chunk::<TAG_BYTES>()?;
        self.tag(payload).verify_truncated_left(tag).ok()?;
        Some(payload.to_vec())
    }

    fn tag(&self, payload: &[u8]) -> Hmac<Sha256> {
        self.cursors.clone().chain_update(payload)
    }
}

impl Secret {
    /// A new one.
    pub fn random() -> Result<Self, NoRandomness> {
        let mut bytes = [0; KEY_BYTES];
        for half in bytes.chunks_exact_mut(KEY_BYTES / 2) {
            half.copy_from_slice(&argon2::password_hash::try_generate_salt().map_err(|_| NoRandomness)?);
        }
        Ok(Self(bytes))
    }

    /// What is stored of it.
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0).into())
    }

    /// The bytes themselves, for whoever turns them into something to type.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl RefreshToken {
    /// The newest token of a session, with the secret whose hash was stored.
    pub fn of(session: &Session, secret: Secret) -> Self {
        Self { agency: session.agency, id: session.token, secret }
    }

    /// Reads what a client sent.
    pub fn parse(text: &str) -> Result<Self, InvalidToken> {
        let (agency, id, secret) = unpack(REFRESH_PREFIX, text)?;
        Ok(Self { agency, id: Id::from_uuid(id), secret })
    }

    /// What the client is given. Nothing else shows the secret.
    pub fn reveal(&self) -> String {
        pack(REFRESH_PREFIX, self.agency, self.id.uuid(), &self.secret)
    }

    /// What the database is asked, for a client that calls itself `agent`.
    pub fn presented(&self, agent: Option<String>) -> Presented {
        Presented { agency: self.agency, token: self.id, secret_hash: self.secret.hash(), agent }
    }
}

/// The code that a mail brings to choose a password with. Nothing else shows the secret.
pub fn reset_code(agency: AgencyId, id: ResetId, secret: &Secret) -> String {
    pack(RESET_PREFIX, agency, id.uuid(), secret)
}

/// Reads such a code.
pub fn read_reset_code(text: &str) -> Result<PresentedReset, InvalidToken> {
    let (agency, id, secret) = unpack(RESET_PREFIX, text)?;
    Ok(PresentedReset { agency, id: Id::from_uuid(id), secret_hash: secret.hash() })
}

fn pack(prefix: &str, agency: AgencyId, id: Uuid, secret: &Secret) -> String {
    let bytes = [agency.uuid().as_bytes().as_slice(), id.as_bytes(), &secret.0].concat();
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))
}

fn unpack(prefix: &str, text: &str) -> Result<(AgencyId, Uuid, Secret), InvalidToken> {
    let bytes = text.strip_prefix(prefix).and_then(|it| URL_SAFE_NO_PAD.decode(it).ok()).ok_or(InvalidToken)?;
    let (agency, rest) = bytes.split_first_chunk::<16>().ok_or(InvalidToken)?;
    let (id, secret) = rest.split_first_chunk::<16>().ok_or(InvalidToken)?;
    let secret = Secret(secret.try_into().map_err(|_| InvalidToken)?);
    Ok((Id::from_uuid(Uuid::from_bytes(*agency)), Uuid::from_bytes(*id), secret))
}
