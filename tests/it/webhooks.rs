//! Webhooks: made by two people, proven, signed, thin, tried until they are taken.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Endpoint, Person, TestApp};

mod people;
mod reply;
mod rules;
mod signatures;

const NOW: &str = "2026-05-01T08:00:00Z";

/// An endpoint that is approved, proven and active at once.
struct Active {
    app: TestApp,
    admin: Person,
    path: String,
    secret: String,
}

impl Active {
    async fn at(endpoint: &Endpoint) -> Self {
        Self::of(TestApp::at(NOW).await, &endpoint.url).await
    }

    async fn of(app: TestApp, url: &str) -> Self {
        let (admin, made) = propose(&app, url).await;
        let path = format!("/v1/webhooks/{}", made["id"].as_str().unwrap());
        let second = app.second_administrator().await;
        let approval = json!({ "emergency_reason": "the county's system goes live tonight" });
        second.put(&path, &format!("{path}/approval"), approval, 200).await;
        admin.send(reqwest::Method::POST, &format!("{path}/proof"), None, &[]).await.expect_status(200, &path);
        let secret = made["secret"].as_str().unwrap().to_owned();
        Self { app, admin, path, secret }
    }

    async fn state(&self) -> Value {
        self.admin.get(&self.path, 200).await["state"].clone()
    }

    async fn messages(&self, state: &str) -> Vec<Value> {
        let page = self.admin.get(&format!("{}/messages?state={state}", self.path), 200).await;
        page["data"].as_array().unwrap().clone()
    }
}

async fn propose(app: &TestApp, url: &str) -> (Person, Value) {
    let admin = app.person("administrator").await;
    let proposal = json!({ "url": url, "contact_email": "systems@agency.test" });
    let made = admin.post("/v1/webhooks", proposal, 201).await;
    (admin, made)
}

#[tokio::test]
async fn wh_08_whoever_proposed_an_endpoint_cannot_approve_it() {
    let app = TestApp::at(NOW).await;
    let (admin, made) = propose(&app, &Endpoint::start().url).await;
    assert_eq!(made["state"], "proposed");
    let path = format!("/v1/webhooks/{}", made["id"].as_str().unwrap());
    let refused = admin.put(&path, &format!("{path}/approval"), json!({}), 403).await;
    assert_eq!(refused["type"], "/problems/takes-another-person");
    let second = app.second_administrator().await;
    let approved = second.put(&path, &format!("{path}/approval"), json!({}), 200).await;
    assert_eq!((&approved["state"], &approved["active_from"]), (&json!("unproven"), &json!("2026-05-02T08:00:00Z")));
}

#[tokio::test]
async fn wh_08_nothing_is_sent_before_an_endpoint_has_proven_that_it_is_meant() {
    let endpoint = Endpoint::start();
    let app = TestApp::at(NOW).await;
    let (admin, made) = propose(&app, &endpoint.url).await;
    let path = format!("/v1/webhooks/{}", made["id"].as_str().unwrap());
    endpoint.answer(204, Duration::ZERO);
    let refused = admin.send(reqwest::Method::POST, &format!("{path}/proof"), None, &[]).await;
    assert_eq!((refused.status, refused.slug().as_str()), (409, "challenge-not-answered"));
    app.given_case().await;
    app.travel_to(NOW).await;
    assert!(endpoint.events().is_empty());
}

#[tokio::test]
async fn wh_09_an_event_is_signed_and_says_what_kind_which_id_and_when_and_nothing_else() {
    let endpoint = Endpoint::start();
    let active = Active::at(&endpoint).await;
    let case = active.app.given_case().await;
    active.app.travel_to(NOW).await;
    let events = endpoint.events();
    assert_eq!(events.len(), 2);
    for heard in &events {
        assert!(signatures::by_secret(heard, &active.secret));
        let event = heard.json();
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&event), ["data", "timestamp", "type"]);
        assert_eq!(keys(&event["data"]), ["id", "version"]);
        let duties = case.now().await["duties"].clone();
        assert!(duties.as_array().unwrap().iter().any(|it| it["id"] == event["data"]["id"]));
    }
}

#[tokio::test]
async fn an_endpoint_that_fails_is_tried_under_the_same_id_until_it_takes_the_event() {
    let endpoint = Endpoint::start();
    let active = Active::at(&endpoint).await;
    endpoint.answer(503, Duration::ZERO);
    let case = active.app.given_case().await;
    case.report("law_enforcement", NOW).await;
    active.app.live_until("2026-05-01T08:05:00Z").await;
    let failing = active.messages("failing").await;
    assert_eq!((&failing[0]["last_status"], failing[0]["tries"].as_i64().unwrap() > 3), (&json!(503), true));
    endpoint.answer(200, Duration::ZERO);
    let resend = format!("{}/messages/{}/resend", active.path, failing[0]["id"].as_str().unwrap());
    let admin = active.app.person("administrator").await;
    assert_eq!(admin.send(reqwest::Method::POST, &resend, None, &[]).await.status, 200);
    active.app.settle().await;
    let events = endpoint.events();
    assert!(events.iter().filter(|it| it.id == events[0].id).count() > 3);
    assert!(!active.messages("accepted").await.is_empty());
}

#[tokio::test]
async fn wh_03_a_redirect_is_not_followed() {
    let endpoint = Endpoint::start();
    let active = Active::at(&endpoint).await;
    endpoint.answer(302, Duration::ZERO);
    active.app.given_case().await;
    active.app.travel_to(NOW).await;
    assert_eq!(active.messages("failing").await[0]["last_status"], 302);
}

#[tokio::test]
async fn an_endpoint_that_says_it_is_gone_is_a_dead_letter_that_a_person_can_send_again() {
    let endpoint = Endpoint::start();
    let active = Active::at(&endpoint).await;
    endpoint.answer(410, Duration::ZERO);
    active.app.given_case().await;
    active.app.travel_to(NOW).await;
    let dead = active.messages("refused").await;
    assert_eq!(dead.len(), 2);
    endpoint.answer(200, Duration::ZERO);
    for letter in &dead {
        let resend = format!("{}/messages/{}/resend", active.path, letter["id"].as_str().unwrap());
        assert_eq!(active.admin.send(reqwest::Method::POST, &resend, None, &[]).await.status, 200);
    }
    active.app.settle().await;
    assert_eq!((active.messages("refused").await.len(), active.messages("accepted").await.len()), (0, 2));
}

#[tokio::test]
async fn wh_10_only_a_person_pauses_an_endpoint_and_then_nothing_is_queued_for_it() {
    let endpoint = Endpoint::start();
    let active = Active::at(&endpoint).await;
    let pause = format!("{}/pause", active.path);
    active.admin.put(&active.path, &pause, json!({ "reason": "maintenance of the county's system" }), 200).await;
    assert_eq!(active.state().await, "paused");
    active.app.given_case().await;
    active.app.travel_to(NOW).await;
    assert!(endpoint.events().is_empty());
    active.admin.put(&active.path, &pause, json!({ "reason": null }), 200).await;
    assert_eq!(active.state().await, "active");
}

#[tokio::test]
async fn a_removed_endpoint_stays_on_record_and_is_sent_nothing() {
    let endpoint = Endpoint::start();
    let active = Active::at(&endpoint).await;
    active.app.given_case().await;
    let removal = json!({ "reason": "replaced" });
    active.admin.put(&active.path, &format!("{}/removal", active.path), removal, 200).await;
    active.app.travel_to(NOW).await;
    assert!(endpoint.events().is_empty());
    assert_eq!(active.state().await, "removed");
}

#[tokio::test]
async fn endpoints_are_an_administrators_and_of_one_agency() {
    let endpoint = Endpoint::start();
    let active = Active::at(&endpoint).await;
    active.app.supervisor().await.get(&active.path, 403).await;
    active.app.stranger().await.get(&active.path, 403).await;
    let secret_is_gone = active.admin.get(&active.path, 200).await;
    assert_eq!(secret_is_gone["secret"], Value::Null);
}
