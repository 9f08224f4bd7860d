//! People whom a provider of their agency signed in: its access tokens (RFC 9068), held against its
//! public keys and against what the agency asks of them (ADR 0033).
//!
//! Nothing here decides what somebody may do. A token that is found good names a session, and the database says with the
//! first statement of the request whether that stands.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use homeward_domain::id::{IssuerId, SessionId, UserId};
use homeward_store::call::Origin;
use homeward_store::issuers::{Issuer, PAUSE};
use homeward_store::sessions::ProviderSignIn;
use homeward_store::{Store, StoreResult};
use serde_json::json;

use crate::auth::token::Claims;
use crate::clock::Clock;

mod fetch;
mod keys;
mod token;

pub use fetch::{FetchError, Fetcher};
use keys::KeySet;
use token::Token;

/// Settings and keys are read from the database again after so long.
const FRESH: TimeDelta = TimeDelta::seconds(10);
/// A key that is asked for and not there is looked for again after so long.
const SHORT: TimeDelta = TimeDelta::seconds(1);
/// Keys that are older are asked for again, so that one that the issuer took back ends within ten minutes (OI-05).
const STALE: TimeDelta = TimeDelta::minutes(5);
/// The same of whoever looks after them without a request, so that hardly a request waits for it.
const AGEING: TimeDelta = TimeDelta::minutes(3);
/// How often that is.
const ROUND: Duration = Duration::from_mins(1);
/// How many sign-ins are remembered; then the database is asked again.
const REMEMBERED: usize = 10_000;

/// Why a token is none. Whoever sent it is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is no token, or says what cannot be.
    Malformed,
    /// It is signed in a way that nobody may, or this issuer may not.
    Algorithm,
    /// It is from an issuer, or for an audience, that nobody trusts.
    Issuer,
    /// It does not say that it is an access token.
    Kind,
    /// It was given to somebody else.
    Client,
    /// It is over, or has not begun.
    Time,
    /// It does not say that somebody signed in as strongly, or as lately, as is asked.
    Strength,
    /// The issuer has no such key.
    Key,
    /// The key did not sign it.
    Signature,
    /// The issuer means nobody by it who works here.
    Nobody,
}

impl Refused {
    /// In figures and in the log.
    fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Algorithm => "algorithm",
            Self::Issuer => "issuer",
            Self::Kind => "kind",
            Self::Client => "client",
            Self::Time => "time",
            Self::Strength => "strength",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Nobody => "nobody",
        }
    }
}

/// An issuer with its keys, ready to hold a token against.
struct Trusted {
    issuer: Issuer,
    keys: KeySet,
}

/// What the database said.
#[derive(Default)]
struct Known {
    issuers: Vec<Trusted>,
    read_at: Option<DateTime<Utc>>,
}

type Sessions = HashMap<(IssuerId, String, [u8; 32]), (UserId, SessionId)>;

/// The providers of all agencies.
pub struct Providers {
    store: Store,
    fetcher: Fetcher,
    known: RwLock<Arc<Known>>,
    sessions: Mutex<Sessions>,
    /// Held while the database or an issuer is asked, so that others wait for the answer and do not ask too.
    asking: tokio::sync::Mutex<()>,
}

impl Providers {
    /// Whose keys are asked for by `fetcher`.
    pub fn new(store: Store, fetcher: Fetcher) -> Self {
        let (known, sessions, asking) = (RwLock::default(), Mutex::default(), tokio::sync::Mutex::default());
        Self { store, fetcher, known, sessions, asking }
    }

    /// For whom the token speaks, and in which session; why not, where it is none.
    pub async fn admit(
        &self,
        token: &str,
        (agent, origin): (Option<String>, &Origin),
        at: DateTime<Utc>,
    ) -> StoreResult<Result<Claims, Refused>> {
        let admitted = match self.judge(token, at).await? {
            Ok(sign_in) => self.session(&sign_in, agent, origin, at).await?.ok_or(Refused::Nobody),
            Err(refused) => Err(refused),
        };
        if let Err(refused) = admitted {
            metrics::counter!("provider_tokens_refused_total", "reason" => refused.code()).increment(1);
            tracing::info!(reason = refused.code(), "a token of no provider, or one that is not taken");
        }
        Ok(admitted)
    }

    async fn judge(&self, text: &str, at: DateTime<Utc>) -> StoreResult<Result<ProviderSignIn, Refused>> {
        let token = match Token::read(text) {
            Ok(token) => token,
            Err(refused) => return Ok(Err(refused)),
        };
        let known = self.known(at, FRESH).await?;
        let found = match known.of(&token) {
            Ok(found) => found,
            Err(refused) => return Ok(Err(refused)),
        };
        let lifetime = self.store.limits().lifetime;
        let sign_in = match token.judge(&found.issuer, lifetime, at) {
            Ok(sign_in) => sign_in,
            Err(refused) => return Ok(Err(refused)),
        };
        if found.is_older_than(STALE, at) || found.keys.find(&token).is_none() {
            self.ask(found, at).await?;
        }
        let known = self.known(at, FRESH).await?;
        let key = known.of(&token).map(|it| it.keys.find(&token));
        Ok(match key {
            Ok(Some(key)) if token.is_signed_with(key) => Ok(sign_in),
            Ok(Some(_)) => Err(Refused::Signature),
            Ok(None) | Err(_) => Err(Refused::Key),
        })
    }

    /// The session that stands for the sign-in. Whether it still stands is asked with each request.
    async fn session(
        &self,
        sign_in: &ProviderSignIn,
        agent: Option<String>,
        origin: &Origin,
        at: DateTime<Utc>,
    ) -> StoreResult<Option<Claims>> {
        let key = (sign_in.issuer, sign_in.subject.clone(), sign_in.mark);
        let remembered = self.sessions.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        let claims = |(user, session)| Claims { agency: sign_in.agency, user, session };
        if let Some(remembered) = remembered {
            return Ok(Some(claims(remembered)));
        }
        let Some(found) = self.store.provider_session(sign_in, agent, origin, at).await? else { return Ok(None) };
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if REMEMBERED <= sessions.len() {
            sessions.clear();
        }
        sessions.insert(key, found);
        Ok(Some(claims(found)))
    }

    /// What the database says, not older than `fresh`.
    async fn known(&self, at: DateTime<Utc>, fresh: TimeDelta) -> StoreResult<Arc<Known>> {
        let known = self.snapshot();
        if known.is_fresh(fresh, at) {
            return Ok(known);
        }
        let _alone = self.asking.lock().await;
        self.read(at, fresh).await
    }

    async fn read(&self, at: DateTime<Utc>, fresh: TimeDelta) -> StoreResult<Arc<Known>> {
        let known = self.snapshot();
        if known.is_fresh(fresh, at) {
            return Ok(known);
        }
        let issuers = self.store.issuers().await?.into_iter().map(Trusted::from).collect();
        let known = Arc::new(Known { issuers, read_at: Some(at) });
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known.clone();
        Ok(known)
    }

    fn snapshot(&self) -> Arc<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks the issuer for its keys, unless anybody did so within the minute: then theirs are looked for.
    async fn ask(&self, wanted: &Trusted, at: DateTime<Utc>) -> StoreResult<()> {
        let _alone = self.asking.lock().await;
        let known = self.read(at, SHORT).await?;
        let Some(found) = known.issuers.iter().find(|it| it.issuer.id == wanted.issuer.id) else { return Ok(()) };
        let is_early = found.issuer.asked_at.is_some_and(|asked| at < asked + PAUSE);
        if !is_early && self.store.claim_keys(&found.issuer, at).await? {
            self.fetch(&found.issuer, at).await?;
            self.read(at, TimeDelta::zero()).await?;
        }
        Ok(())
    }

    /// Where the issuer does not answer, the keys that are known go on to count (OI-06).
    async fn fetch(&self, issuer: &Issuer, at: DateTime<Utc>) -> StoreResult<()> {
        match self.fetcher.keys(&issuer.terms.issuer, issuer.terms.jwks_url.as_deref()).await {
            Ok(keys) => self.store.keep_keys(issuer, json!({ "keys": keys }), at).await,
            Err(error) => {
                tracing::warn!(%error, issuer = %issuer.id, "the keys of an issuer cannot be read");
                Ok(())
            }
        }
    }

    /// Looks after the keys while nobody asks, and shows how old the oldest are.
    pub async fn watch(self: Arc<Self>, clock: Arc<dyn Clock>) {
        loop {
            if let Err(error) = self.round(clock.now()).await {
                tracing::warn!(%error, "the issuers cannot be looked after");
            }
            tokio::time::sleep(ROUND).await;
        }
    }

    /// One round of it. How old the oldest keys are.
    pub async fn round(&self, at: DateTime<Utc>) -> StoreResult<TimeDelta> {
        for ageing in self.known(at, FRESH).await?.issuers.iter().filter(|it| it.is_older_than(AGEING, at)) {
            self.ask(ageing, at).await?;
        }
        let known = self.known(at, FRESH).await?;
        let oldest = known.issuers.iter().map(|it| it.age(at)).max().unwrap_or_default();
        metrics::gauge!("provider_keys_age_seconds").set(oldest.as_seconds_f64());
        Ok(oldest)
    }
}

impl From<Issuer> for Trusted {
    fn from(issuer: Issuer) -> Self {
        let keys = issuer.keys.as_ref().map_or_else(KeySet::default, |(keys, _)| KeySet::read(keys));
        Self { issuer, keys }
    }
}

impl Trusted {
    fn is_older_than(&self, age: TimeDelta, at: DateTime<Utc>) -> bool {
        self.issuer.keys.as_ref().is_none_or(|(_, read_at)| *read_at + age <= at)
    }

    /// How old its keys are; where there never were any, how long it has been without.
    fn age(&self, at: DateTime<Utc>) -> TimeDelta {
        at - self.issuer.keys.as_ref().map_or(self.issuer.set_at, |(_, read_at)| *read_at)
    }
}

impl Known {
    fn is_fresh(&self, fresh: TimeDelta, at: DateTime<Utc>) -> bool {
        self.read_at.is_some_and(|read_at| read_at <= at && at < read_at + fresh)
    }

    /// The one issuer that says this for its audience. Where two could, it is none.
    fn of(&self, token: &Token<'_>) -> Result<&Trusted, Refused> {
        let mut found = self.issuers.iter().filter(|it| token.is_of(&it.issuer));
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            _ => Err(Refused::Issuer),
        }
    }
}
