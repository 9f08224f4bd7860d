//! What a token says, held against what the issuer's settings ask.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use homeward_store::issuers::Issuer;
use homeward_store::sessions::ProviderSignIn;
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Header, Validation, decode, decode_header};
use serde::Deserialize;
use serde::de::IgnoredAny;
use sha2::{Digest as _, Sha256};

use super::Refused;

/// No provider needs more. Nothing that is longer is read.
const LONGEST: usize = 8 * 1024;
/// A subject has 255 characters at most (section 2 of the core specification).
const SUBJECT: usize = 255;
/// How far the clocks of two machines may be apart for the end and the beginning of a token, in seconds (OI-03).
const LEEWAY: i64 = 60;
/// RFC 9068, 2.1.
const ACCESS_TOKEN: &str = "at+jwt";

/// A token that has the form of one. Nothing in it is proven.
pub(super) struct Token<'a> {
    text: &'a str,
    pub(super) key_id: String,
    pub(super) algorithm: Algorithm,
    kind: Option<String>,
    claims: Claims,
}

/// A name that comes twice is refused by the reader: two readers would not agree on which one counts.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    auth_time: Option<i64>,
    acr: Option<String>,
    amr: Option<Vec<String>>,
    client_id: Option<String>,
    azp: Option<String>,
    sid: Option<String>,
    /// What a provider calls the kind of a token that does not say so in its header.
    typ: Option<String>,
    /// What stands in ID tokens only.
    nonce: Option<IgnoredAny>,
    at_hash: Option<IgnoredAny>,
    c_hash: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn contains(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.iter().any(|it| it == audience),
        }
    }
}

impl<'a> Token<'a> {
    /// Reads its form. Where its header brings keys along or says where some are, that is not looked at (OI-04).
    pub(super) fn read(text: &'a str) -> Result<Self, Refused> {
        if LONGEST < text.len() {
            return Err(Refused::Malformed);
        }
        let header = decode_header(text).map_err(|_| Refused::Malformed)?;
        if header.alg.family() == AlgorithmFamily::Hmac {
            return Err(Refused::Algorithm);
        }
        let Header { alg, kid, typ, crit, enc, zip, .. } = header;
        if crit.is_some() || enc.is_some() || zip.is_some() {
            return Err(Refused::Malformed);
        }
        let key_id = kid.ok_or(Refused::Key)?;
        let claims = claims(text).ok_or(Refused::Malformed)?;
        Ok(Self { text, key_id, algorithm: alg, kind: typ, claims })
    }

    /// Whether this issuer could have made it for us.
    pub(super) fn is_of(&self, issuer: &Issuer) -> bool {
        self.claims.iss == issuer.terms.issuer && self.claims.aud.contains(&issuer.terms.audience)
    }

    /// Whether the key signed it. Only the signature is judged here: times are held against our own clock.
    pub(super) fn is_signed_with(&self, key: &DecodingKey) -> bool {
        let mut validation = Validation::new(self.algorithm);
        (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
        validation.required_spec_claims.clear();
        decode::<Claims>(self.text, key, &validation).is_ok()
    }

    /// Which sign-in it is of, if its issuer may say that of somebody now.
    pub(super) fn judge(
        &self,
        issuer: &Issuer,
        lifetime: TimeDelta,
        at: DateTime<Utc>,
    ) -> Result<ProviderSignIn, Refused> {
        if !issuer.terms.algorithms.iter().any(|it| it.parse().is_ok_and(|it: Algorithm| it == self.algorithm)) {
            return Err(Refused::Algorithm);
        }
        self.is_access_token(issuer)?;
        self.claims.is_for(&issuer.terms.clients)?;
        self.claims.is_timely(at)?;
        self.claims.is_strong(issuer, at)?;
        self.claims.is_sound()?;
        let (proven_at, expires_at) = self.claims.lasts(lifetime)?;
        if expires_at <= at {
            return Err(Refused::Time);
        }
        Ok(ProviderSignIn {
            agency: issuer.agency,
            issuer: issuer.id,
            version: issuer.version,
            subject: self.claims.sub.clone(),
            mark: self.mark(issuer.version),
            proven_at,
            expires_at,
            proves_two_factors: !issuer.terms.acr.is_empty() || !issuer.terms.amr.is_empty(),
        })
    }

    /// An ID token tells a client who signed in, and is no leave to ask anything here (OI-08).
    fn is_access_token(&self, issuer: &Issuer) -> Result<(), Refused> {
        let kind = self.kind.as_deref().map(str::to_ascii_lowercase);
        let kind = kind.as_deref().map(|it| it.strip_prefix("application/").unwrap_or(it));
        match kind {
            Some(ACCESS_TOKEN) => Ok(()),
            None | Some("jwt") if issuer.terms.takes_plain_jwt && self.claims.could_be_access_token() => Ok(()),
            _ => Err(Refused::Kind),
        }
    }

    /// All tokens of one sign-in have one mark. Where a token does not say when that was, it is alone.
    fn mark(&self, version: i32) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(version.to_be_bytes());
        if let Some(auth_time) = self.claims.auth_time {
            digest.update(b"sign-in");
            digest.update(auth_time.to_be_bytes());
            digest.update(self.claims.sid.as_deref().unwrap_or_default());
        } else {
            digest.update(b"token");
            digest.update(self.text);
        }
        digest.finalize().into()
    }
}

fn claims(text: &str) -> Option<Claims> {
    let mut parts = text.split('.');
    let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

fn instant(seconds: i64) -> Result<DateTime<Utc>, Refused> {
    DateTime::from_timestamp(seconds, 0).ok_or(Refused::Malformed)
}

impl Claims {
    fn could_be_access_token(&self) -> bool {
        let marks = [&self.nonce, &self.at_hash, &self.c_hash];
        marks.iter().all(|it| it.is_none()) && self.typ.as_deref().is_none_or(|it| it == "Bearer")
    }

    /// Whether it was given to one of these, and says of nobody else that it was (OI-08).
    fn is_for(&self, clients: &[String]) -> Result<(), Refused> {
        let mut said = [&self.client_id, &self.azp].into_iter().flatten().peekable();
        let is_said = said.peek().is_some();
        if is_said && said.all(|it| clients.contains(it)) { Ok(()) } else { Err(Refused::Client) }
    }

    /// Nothing that was already is in the future, by our own clock.
    fn is_timely(&self, at: DateTime<Utc>) -> Result<(), Refused> {
        let now = at.timestamp();
        let is_over = self.exp.saturating_add(LEEWAY) <= now;
        let has_not_begun = self.nbf.is_some_and(|it| now < it.saturating_sub(LEEWAY));
        let is_of_the_future = now < self.iat || self.auth_time.is_some_and(|it| now < it);
        if is_over || has_not_begun || is_of_the_future || self.exp <= self.iat { Err(Refused::Time) } else { Ok(()) }
    }

    /// What is asked and not said is taken for the weakest (OI-07).
    fn is_strong(&self, issuer: &Issuer, at: DateTime<Utc>) -> Result<(), Refused> {
        let acr = issuer.terms.acr.is_empty() || self.acr.as_ref().is_some_and(|it| issuer.terms.acr.contains(it));
        let said = self.amr.as_deref().unwrap_or_default();
        let amr = issuer.terms.amr.iter().all(|it| said.contains(it));
        let is_recent = |oldest: TimeDelta| {
            self.auth_time.is_some_and(|it| at.timestamp().saturating_sub(it) <= oldest.num_seconds())
        };
        if acr && amr && issuer.terms.auth_age.is_none_or(is_recent) { Ok(()) } else { Err(Refused::Strength) }
    }

    fn is_sound(&self) -> Result<(), Refused> {
        let length = self.sub.chars().count();
        let is_plain = !self.sub.chars().any(char::is_control);
        if (1..=SUBJECT).contains(&length) && is_plain { Ok(()) } else { Err(Refused::Malformed) }
    }

    /// When they proved who they are, and until when a session on it lasts. Where it does not say when they signed in, the
    /// session ends with the token.
    fn lasts(&self, lifetime: TimeDelta) -> Result<(Option<DateTime<Utc>>, DateTime<Utc>), Refused> {
        let until = |since: DateTime<Utc>| since.checked_add_signed(lifetime).ok_or(Refused::Malformed);
        match self.auth_time {
            Some(auth_time) => {
                let proven_at = instant(auth_time)?;
                Ok((Some(proven_at), until(proven_at)?))
            }
            None => Ok((None, instant(self.exp)?.min(until(instant(self.iat)?)?))),
        }
    }
}
