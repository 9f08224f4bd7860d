//! Asking an issuer for its keys: by the rules for every address that somebody typed (WH-01 to WH-06), and over TLS that
//! is checked (NT-03).

use std::net::IpAddr;
use std::time::Duration;

use jsonwebtoken::jwk::Jwk;
use reqwest::{Certificate, Client};
use serde::Deserialize;
use serde_json::Value;

use super::keys::usable;
use crate::webhook::{Allowed, Checked, Refusal, check, pinned};

/// An issuer gets this long to answer: a request may be waiting.
const PATIENCE: Duration = Duration::from_secs(5);
/// As much of its answer is read.
const ANSWER: usize = 64 * 1024;
/// Section 4 of the specification of discovery 1.0.
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// Asks issuers for their keys.
#[derive(Clone, Default)]
pub struct Fetcher {
    allowed: Allowed,
    authority: Option<Certificate>,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address may not be asked.
    #[error("the address {0}")]
    Address(#[from] Refusal),
    /// It could not be reached, or not be trusted.
    #[error("no answer: {0}")]
    Silent(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer is not one.
    #[error("the answer {0}")]
    Answer(&'static str),
}

/// What is read of a discovery document.
#[derive(Deserialize)]
struct Discovered {
    issuer: String,
    jwks_uri: String,
}

impl Fetcher {
    /// Asks anywhere that is public, and the `allowed` pairs of host and port.
    pub fn new(allowed: Allowed) -> Self {
        Self { allowed, authority: None }
    }

    /// The same, where certificates of this authority are trusted beside those of the machine.
    pub fn trusting(self, authority: Option<Certificate>) -> Self {
        Self { authority, ..self }
    }

    /// Whether this could be asked. In the clear it is only on this machine, and only where that is allowed by name.
    pub fn check(&self, url: &str) -> Result<Checked, Refusal> {
        let checked = check(url, &self.allowed)?;
        let host = checked.host.trim_matches(['[', ']']);
        let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback());
        if checked.url.scheme() == "https" || is_here { Ok(checked) } else { Err(Refusal::NotHttps) }
    }

    /// The keys that the issuer publishes now. None at all is no answer: it would shut everybody out.
    pub async fn keys(&self, issuer: &str, jwks_url: Option<&str>) -> Result<Vec<Jwk>, FetchError> {
        let discovered = match jwks_url {
            Some(_) => None,
            None => Some(self.discover(issuer).await?),
        };
        let url = jwks_url.or(discovered.as_deref()).unwrap_or_default();
        let keys = usable(&self.get(url).await?);
        if keys.is_empty() { Err(FetchError::Answer("holds no key that can be used")) } else { Ok(keys) }
    }

    /// Where its keys are, by its own word, which has to be the word of this very issuer.
    async fn discover(&self, issuer: &str) -> Result<String, FetchError> {
        self.check(issuer)?;
        let found = self.get(&format!("{}{DISCOVERY}", issuer.trim_end_matches('/'))).await?;
        let found = serde_json::from_value(found).map_err(|_| FetchError::Answer("is no discovery document"))?;
        let Discovered { issuer: named, jwks_uri } = found;
        if named == issuer { Ok(jwks_uri) } else { Err(FetchError::Answer("is of another issuer")) }
    }

    async fn get(&self, url: &str) -> Result<Value, FetchError> {
        let checked = self.check(url)?;
        let client = self.client(&checked).await.map_err(FetchError::Silent)?;
        let asked =
            client.get(checked.url.clone()).header("accept", "application/json").header("user-agent", "homeward");
        let mut response = asked.send().await.map_err(|it| FetchError::Silent(it.into()))?;
        if response.status().as_u16() != 200 {
            return Err(FetchError::Answer("is not 200"));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|it| FetchError::Silent(it.into()))? {
            body.extend_from_slice(&chunk);
            if ANSWER < body.len() {
                return Err(FetchError::Answer("is too long"));
            }
        }
        serde_json::from_slice(&body).map_err(|_| FetchError::Answer("is not JSON"))
    }

    async fn client(&self, checked: &Checked) -> Result<Client, Box<dyn std::error::Error + Send + Sync>> {
        let client = pinned(checked).await?.timeout(PATIENCE).tls_certs_merge(self.authority.clone());
        Ok(client.build()?)
    }
}

#[cfg(test)]
mod tests;
