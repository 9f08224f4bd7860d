//! Signatures by the Standard Webhooks specification: `v1` by a secret, `v1a` by a key pair (WH-07).

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use homeward_store::webhooks::Signing;
use standardwebhooks::Webhook;

use super::{Failure, Post};

/// It cannot sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key of an endpoint cannot be used")]
pub struct NoSigner;

/// What signs for an endpoint from now on, from random bytes.
pub fn signing(secret: Vec<u8>, seed: Vec<u8>) -> Result<Signing, NoSigner> {
    let public_key = pair(&seed)?.public_key().as_ref().to_vec();
    Ok(Signing { secret, seed, public_key })
}

/// The secret as its owner gets to see it, once.
pub fn shown(secret: &[u8]) -> String {
    format!("whsec_{}", STANDARD.encode(secret))
}

/// The public half of the key, as anybody may see it.
pub fn shown_key(public_key: &[u8]) -> String {
    format!("whpk_{}", STANDARD.encode(public_key))
}

/// One signature for each secret and each key, by a blank: whoever knows any of them can check it.
pub(super) fn signatures(post: &Post<'_>, now: DateTime<Utc>, body: &str) -> Result<String, Failure> {
    let (id, at) = (post.id.to_string(), now.timestamp());
    let by_secret = |secret: &Vec<u8>| -> Result<String, Failure> {
        Ok(Webhook::from_bytes(secret.clone())?.sign(&id, at, body.as_bytes())?)
    };
    let text = format!("{id}.{at}.{body}");
    let by_key = |seed: &Vec<u8>| -> Result<String, Failure> {
        Ok(format!("v1a,{}", STANDARD.encode(pair(seed)?.sign(text.as_bytes()))))
    };
    let secrets = post.signers.secrets.iter().map(by_secret);
    let all = secrets.chain(post.signers.seeds.iter().map(by_key)).collect::<Result<Vec<_>, _>>()?;
    Ok(all.join(" "))
}

fn pair(seed: &[u8]) -> Result<Ed25519KeyPair, NoSigner> {
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| NoSigner)
}
