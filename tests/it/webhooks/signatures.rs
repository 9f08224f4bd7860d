//! What a receiver can check, by its own means and not by those of the program.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_compact::{PublicKey, Signature};
use reqwest::Method;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use super::{Active, NOW};
use crate::support::{Endpoint, Heard};

/// Whether one of its `v1` signatures is of this secret.
pub(super) fn by_secret(heard: &Heard, secret: &str) -> bool {
    let webhook = Webhook::new(secret).unwrap();
    let signed = webhook.sign(&heard.id, heard.timestamp.parse().unwrap(), heard.text.as_bytes()).unwrap();
    heard.signature.split(' ').any(|it| it == signed)
}

/// Whether one of its `v1a` signatures is of this public key.
fn by_key(heard: &Heard, public_key: &str) -> bool {
    let key = STANDARD.decode(public_key.strip_prefix("whpk_").unwrap()).unwrap();
    let key = PublicKey::from_slice(&key).unwrap();
    let text = format!("{}.{}.{}", heard.id, heard.timestamp, heard.text);
    let mut theirs = heard.signature.split(' ').filter_map(|it| it.strip_prefix("v1a,"));
    let is_right = |it: &str| key.verify(&text, &Signature::from_slice(&STANDARD.decode(it).unwrap()).unwrap()).is_ok();
    theirs.any(is_right)
}

async fn rotate(active: &Active) -> Value {
    let etag = active.admin.etag(&active.path).await;
    let url = format!("{}/secret", active.path);
    let rotated = active.admin.send(Method::PUT, &url, None, &[("if-match", &etag)]).await;
    rotated.expect_status(200, &url)
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

async fn public_key(active: &Active) -> String {
    text(&active.admin.get(&active.path, 200).await, "public_key")
}

#[tokio::test]
async fn wh_07_an_event_is_signed_by_the_secret_and_by_the_key_of_its_endpoint() {
    let endpoint = Endpoint::start();
    let active = Active::at(&endpoint).await;
    let key = public_key(&active).await;
    active.app.given_case().await;
    active.app.travel_to(NOW).await;
    for heard in endpoint.heard() {
        assert!(by_secret(&heard, &active.secret) && by_key(&heard, &key), "{heard:?}");
        let forged = Heard { text: heard.text.replace("version", "versiom"), ..heard };
        assert!(!by_secret(&forged, &active.secret) && !by_key(&forged, &key));
    }
    assert_eq!(endpoint.heard().len(), 3);
}

#[tokio::test]
async fn wh_07_a_secret_and_a_key_that_are_replaced_sign_for_seven_days_beside_the_new_ones() {
    let endpoint = Endpoint::start();
    let active = Active::at(&endpoint).await;
    let first = public_key(&active).await;
    let rotated = rotate(&active).await;
    let (secret, second) = (text(&rotated, "secret"), text(&rotated, "public_key"));
    assert_ne!(first, second);
    active.app.given_case().await;
    active.app.travel_to(NOW).await;
    for heard in endpoint.events() {
        assert!(by_secret(&heard, &active.secret) && by_secret(&heard, &secret));
        assert!(by_key(&heard, &first) && by_key(&heard, &second));
    }
    active.app.travel_to("2026-05-08T08:00:01Z").await;
    let last = endpoint.events().pop().unwrap();
    assert!(!by_secret(&last, &active.secret) && by_secret(&last, &secret));
    assert!(!by_key(&last, &first) && by_key(&last, &second));
}

#[tokio::test]
async fn wh_07_the_key_of_one_endpoint_signs_nothing_for_another() {
    let (one, other) = (Endpoint::start(), Endpoint::start());
    let active = Active::at(&one).await;
    let proposal = json!({ "url": other.url, "contact_email": "systems@agency.test" });
    let made = active.admin.post("/v1/webhooks", proposal, 201).await;
    let proof = format!("/v1/webhooks/{}/proof", text(&made, "id"));
    active.admin.send(Method::POST, &proof, None, &[]).await.expect_status(200, &proof);
    let heard = other.heard().pop().unwrap();
    assert!(by_key(&heard, &text(&made, "public_key")));
    assert!(!by_key(&heard, &public_key(&active).await) && !by_secret(&heard, &active.secret));
}

#[tokio::test]
async fn wh_07_an_endpoint_from_before_keys_is_signed_for_by_its_secret_and_gets_a_key_with_the_next() {
    let endpoint = Endpoint::start();
    let active = Active::at(&endpoint).await;
    let forget = "update webhooks set signing_key = null, public_key = null";
    active.app.db.owner().await.execute(forget, &[]).await.unwrap();
    active.app.given_case().await;
    active.app.travel_to(NOW).await;
    let heard = endpoint.events();
    assert!(heard.iter().all(|it| by_secret(it, &active.secret) && !it.signature.contains("v1a,")));
    let key = text(&rotate(&active).await, "public_key");
    active.app.travel_to("2026-05-01T20:00:00Z").await;
    assert!(by_key(&endpoint.events().pop().unwrap(), &key));
}
