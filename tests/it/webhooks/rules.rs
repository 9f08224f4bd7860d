//! One set of rules for every address that somebody can type (WH-06), and a fresh proof for who changes one (WH-08).

use std::collections::BTreeSet;

use homeward_server::reminders::{Outbox, Way};
use homeward_server::webhook::{Allowed, Poster};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Active, NOW, propose};
use crate::support::{Endpoint, PASSWORD, TestApp, document};

const REFUSED: &str = include_str!("../../../crates/server/src/webhook/refused.txt");

/// The fields of bodies by which an address that the program will call can come in.
fn fields_for_addresses() -> BTreeSet<String> {
    let schemas = document()["components"]["schemas"].as_object().unwrap();
    let asked: BTreeSet<String> = document()["paths"].as_object().unwrap().values().flat_map(bodies).collect();
    let fields = |(name, schema): (&String, &Value)| {
        let names: Vec<String> =
            schema["properties"].as_object().into_iter().flat_map(|it| it.keys().cloned()).collect();
        let sounds_so =
            |it: &String| it.split('_').any(|part| ["url", "uri", "issuer", "endpoint", "host"].contains(&part));
        names.into_iter().filter(sounds_so).map(|it| format!("{name}.{it}")).collect::<Vec<_>>()
    };
    schemas.iter().filter(|(name, _)| asked.contains(*name)).flat_map(fields).collect()
}

/// The schemas that the bodies of a path refer to.
fn bodies(path: &Value) -> Vec<String> {
    let all = path.as_object().unwrap().values();
    let named =
        |it: &Value| it["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str().map(str::to_owned);
    all.filter_map(named).map(|it| it.rsplit('/').next().unwrap().to_owned()).collect()
}

#[test]
fn wh_06_an_address_comes_in_by_one_field_and_no_other() {
    assert_eq!(fields_for_addresses(), BTreeSet::from(["NewWebhook.url".to_owned()]));
}

#[tokio::test]
async fn wh_06_no_spelling_of_an_inner_address_can_be_proposed() {
    let app = TestApp::at(NOW).await;
    let strict = app.posting_with(Poster::new(Allowed::default()));
    let admin = app.person("administrator").await.at_replica(&strict);
    let refused: Vec<&str> = REFUSED.lines().filter(|it| !it.is_empty() && !it.starts_with('#')).collect();
    for url in &refused {
        let proposal = json!({ "url": url, "contact_email": "systems@agency.test" });
        let answer = admin.post("/v1/webhooks", proposal, 422).await;
        assert_eq!(answer["errors"][0]["pointer"], "/url", "{url} {answer}");
    }
    assert!(150 <= refused.len());
    assert_eq!(admin.get("/v1/webhooks", 200).await["data"], json!([]));
}

#[tokio::test]
async fn wh_06_an_address_that_was_let_in_once_is_held_to_the_rules_whenever_it_is_called() {
    let endpoint = Endpoint::start();
    let active = Active::at(&endpoint).await;
    let before = endpoint.heard().len();
    let strict = Poster::new(Allowed::default());
    let admin = active.admin.at_replica(&active.app.posting_with(strict.clone()));
    let proof = admin.send(Method::POST, &format!("{}/proof", active.path), None, &[]).await;
    assert_eq!((proof.status, proof.slug().as_str()), (409, "challenge-not-answered"));
    active.app.given_case().await;
    let outbox = Outbox { way: Way::Hooks(strict), ..active.app.outboxes[0].clone() };
    active.app.worker.sweep().await.unwrap();
    outbox.sweep().await.unwrap();
    assert_eq!((endpoint.heard().len(), active.messages("failing").await.len()), (before, 2));
}

#[tokio::test]
async fn wh_08_every_change_of_an_endpoint_takes_a_fresh_proof() {
    let app = TestApp::strict(NOW).await;
    let (_, made) = propose(&app, &Endpoint::start().url).await;
    let who = json!({ "email": "administrator@demo.homeward.test", "password": PASSWORD });
    let tokens = app.nobody().post("/v1/auth/login", who, 200).await;
    app.set_clock("2026-05-01T08:04:30Z");
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    let tokens = app.nobody().post("/v1/auth/refresh", refresh, 200).await;
    let admin = app.nobody().with_token(tokens["access_token"].as_str().unwrap());
    let path = format!("/v1/webhooks/{}", made["id"].as_str().unwrap());
    let etag = admin.etag(&path).await;
    app.set_clock("2026-05-01T08:05:00Z");
    admin.get(&path, 200).await;
    for (method, act) in [
        (Method::PUT, "approval"),
        (Method::POST, "proof"),
        (Method::PUT, "secret"),
        (Method::PUT, "pause"),
        (Method::PUT, "removal"),
    ] {
        let body = match act {
            "approval" => Some(json!({})),
            "pause" | "removal" => Some(json!({ "reason": "a reason" })),
            _ => None,
        };
        let refused = admin.send(method, &format!("{path}/{act}"), body, &[("if-match", &etag)]).await;
        assert_eq!((refused.status, refused.slug().as_str()), (403, "step-up-required"), "{act}");
    }
    let proposal = json!({ "url": "https://hooks.example.org/", "contact_email": "systems@agency.test" });
    assert_eq!(admin.post("/v1/webhooks", proposal.clone(), 403).await["type"], "/problems/step-up-required");
    let proven = admin.post("/v1/auth/step-up", json!({ "password": PASSWORD }), 200).await;
    admin.with_token(proven["access_token"].as_str().unwrap()).post("/v1/webhooks", proposal, 201).await;
}
