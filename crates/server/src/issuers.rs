//! Trusting a provider: what was typed, checked, and every fault at once.

use chrono::{DateTime, TimeDelta, Utc};
use homeward_domain::id::IssuerId;
use homeward_store::StoreError;
use homeward_store::agencies::Setup;
use homeward_store::issuers::{Issuer, Terms};
use jsonwebtoken::{Algorithm, AlgorithmFamily};

use crate::cli::Trust;
use crate::provider::Fetcher;

/// Why a provider is not trusted.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Everything that is wrong with what was typed.
    #[error("{}", .0.join("; "))]
    Refused(Vec<String>),
}

/// Trusts a provider as the owner of the tables at `url`.
pub async fn set(url: &str, trust: Trust, fetcher: &Fetcher, now: DateTime<Utc>) -> Result<IssuerId, IssuerError> {
    let faults = faults(&trust, fetcher);
    if !faults.is_empty() {
        return Err(IssuerError::Refused(faults));
    }
    let mut setup = Setup::begin(url, now).await?;
    let agency = setup.find_agency(&trust.agency).await?.ok_or_else(|| unknown(&trust.agency))?;
    let terms = Terms {
        issuer: trust.issuer,
        audience: trust.audience,
        jwks_url: trust.jwks_url,
        algorithms: trust.algorithm,
        clients: trust.client,
        acr: trust.acr,
        amr: trust.amr,
        auth_age: trust.auth_minutes.map(TimeDelta::minutes),
        takes_plain_jwt: trust.plain_jwt,
    };
    let id = setup.set_issuer(agency, terms).await?;
    let id = id.ok_or_else(|| refused("another agency has this issuer and audience: take another audience"))?;
    setup.commit().await?;
    Ok(id)
}

/// Trusts it no more.
pub async fn remove(url: &str, agency: &str, named: (&str, &str), now: DateTime<Utc>) -> Result<(), IssuerError> {
    let mut setup = Setup::begin(url, now).await?;
    let id = setup.find_agency(agency).await?.ok_or_else(|| unknown(agency))?;
    setup.remove_issuer(id, named).await?.ok_or_else(|| refused("the agency does not trust it"))?;
    Ok(setup.commit().await?)
}

/// One line for a person.
pub fn told(issuer: &Issuer) -> String {
    let Issuer { id, terms, keys, .. } = issuer;
    let Terms { issuer: name, audience, clients, algorithms, .. } = terms;
    let read = keys.as_ref().map_or_else(|| "never read".to_owned(), |(_, at)| format!("read at {}", at.to_rfc3339()));
    let (clients, algorithms) = (clients.join(", "), algorithms.join(", "));
    format!("{id} {name} for {audience}, to {clients}; signs with {algorithms}; keys {read}")
}

fn faults(trust: &Trust, fetcher: &Fetcher) -> Vec<String> {
    let mut faults = Vec::new();
    let urls = [("--issuer", Some(&trust.issuer)), ("--jwks-url", trust.jwks_url.as_ref())];
    for (name, url) in urls.into_iter().filter_map(|(name, url)| Some((name, url?))) {
        if let Err(refusal) = fetcher.check(url) {
            faults.push(format!("{name} {refusal}"));
        }
    }
    for name in &trust.algorithm {
        if !name.parse::<Algorithm>().is_ok_and(|it| it.family() != AlgorithmFamily::Hmac) {
            faults.push(format!("--algorithm: `{name}` is none that an issuer may sign with"));
        }
    }
    if [&trust.audience].into_iter().chain(&trust.client).any(|it| it.trim().is_empty()) {
        faults.push("--audience and --client must say something".to_owned());
    }
    faults
}

fn unknown(agency: &str) -> IssuerError {
    refused(&format!("there is no agency `{agency}`"))
}

fn refused(why: &str) -> IssuerError {
    IssuerError::Refused(vec![why.to_owned()])
}
