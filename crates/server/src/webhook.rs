//! Webhooks by the Standard Webhooks specification: signed, thin, to addresses that were checked.

use std::time::Duration;

use chrono::{DateTime, Utc};
use homeward_domain::delivery::Reply;
use homeward_store::deliveries::{Answer, Hook};
use homeward_store::webhooks::Signers;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::hex::hex;

mod address;
mod sign;

pub use address::{Allowed, Checked, Refusal, check};
pub use sign::{NoSigner, shown, shown_key, signing};

#[cfg(test)]
mod tests;

/// An endpoint gets this long to answer (WH-04).
const PATIENCE: Duration = Duration::from_secs(10);
/// As much of its answer is read (WH-04).
const ANSWER: usize = 64 * 1024;
/// HTTP says that there is nothing, and never will be.
const GONE: u16 = 410;

/// What a webhook says: that something of this kind happened to this id, and nothing more (WH-09).
#[derive(Debug, Serialize)]
pub struct Event {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// When.
    pub timestamp: DateTime<Utc>,
    /// To what.
    pub data: Subject,
}

/// What an event is about.
#[derive(Debug, Serialize)]
pub struct Subject {
    /// The duty, or the endpoint itself for a challenge.
    pub id: Uuid,
    /// Counts up.
    pub version: i32,
    /// What an endpoint has to answer to show that it is meant; only in a challenge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
}

/// What is to be posted, and what signs it.
pub struct Post<'a> {
    /// Where to.
    pub url: &'a str,
    /// The same over every try.
    pub id: Uuid,
    /// Each of them signs.
    pub signers: &'a Signers,
    /// What it says.
    pub event: &'a Event,
}

/// What came back.
struct Heard {
    status: u16,
    hash: String,
}

/// Posts to endpoints.
#[derive(Clone, Default)]
pub struct Poster {
    allowed: Allowed,
}

impl Event {
    /// A rung of a duty has fired.
    pub fn due(hook: &Hook) -> Self {
        let data = Subject { id: hook.duty, version: hook.version, challenge: None };
        Self { kind: "duty.reminded", timestamp: hook.at, data }
    }

    /// Are you the one who is meant? (WH-08)
    pub fn challenge(endpoint: Uuid, challenge: String, at: DateTime<Utc>) -> Self {
        Self {
            kind: "endpoint.challenge",
            timestamp: at,
            data: Subject { id: endpoint, version: 1, challenge: Some(challenge) },
        }
    }
}

impl Poster {
    /// Posts anywhere that is public, and to the `allowed` pairs of host and port.
    pub fn new(allowed: Allowed) -> Self {
        Self { allowed }
    }

    /// Whether this could be posted to.
    pub fn check(&self, url: &str) -> Result<(), Refusal> {
        check(url, &self.allowed).map(|_| ())
    }

    /// Posts one event once.
    pub async fn send(&self, post: &Post<'_>, now: DateTime<Utc>) -> Answer {
        match self.post(post, now).await {
            Ok(heard) => Answer { reply: reply(heard.status), code: Some(heard.status.into()), hash: Some(heard.hash) },
            Err(_) => Answer { reply: Reply::Later, code: None, hash: None },
        }
    }

    /// Whether the endpoint answered the challenge with its very text.
    pub async fn is_answered(&self, post: &Post<'_>, challenge: &str, now: DateTime<Utc>) -> bool {
        let heard = self.post(post, now).await;
        heard.is_ok_and(|heard| heard.status == 200 && heard.hash == hex(&Sha256::digest(challenge)))
    }

    async fn post(&self, post: &Post<'_>, now: DateTime<Utc>) -> Result<Heard, Failure> {
        let checked = check(post.url, &self.allowed)?;
        let client = pinned(&checked).await?.timeout(PATIENCE).build()?;
        let body = serde_json::to_string(post.event)?;
        let response = client
            .post(checked.url.clone())
            .header("content-type", "application/json")
            .header("user-agent", "homeward")
            .header("webhook-id", post.id.to_string())
            .header("webhook-timestamp", now.timestamp().to_string())
            .header("webhook-signature", sign::signatures(post, now, &body)?)
            .body(body)
            .send()
            .await?;
        heard(response).await
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A client that knows one address for the host: the one that was checked (WH-01). It follows nothing (WH-03), and no
/// proxy of the environment is asked (WH-05).
pub(crate) async fn pinned(checked: &Checked) -> Result<ClientBuilder, Failure> {
    let address = checked.resolve().await?;
    Ok(Client::builder().redirect(Policy::none()).no_proxy().resolve(&checked.host, address))
}

async fn heard(mut response: Response) -> Result<Heard, Failure> {
    let status = response.status().as_u16();
    let mut digest = Sha256::new();
    let mut read = 0;
    while let Some(chunk) = response.chunk().await? {
        let rest = ANSWER - read;
        digest.update(chunk.get(..rest).unwrap_or(&chunk));
        read = ANSWER.min(read + chunk.len());
        if read == ANSWER {
            break;
        }
    }
    Ok(Heard { status, hash: hex(&digest.finalize()) })
}

/// An endpoint that answers with anything but 2xx is tried again: nothing is given up, and a person can see it.
fn reply(status: u16) -> Reply {
    match status {
        200..=299 => Reply::Accepted,
        GONE => Reply::Refused,
        _ => Reply::Later,
    }
}
