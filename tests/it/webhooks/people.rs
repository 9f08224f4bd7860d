//! An endpoint that takes nothing is told to people, who go on being reminded, and is never switched off (WH-10); and so is
//! every change of one (WH-08).

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Active, NOW};
use crate::support::{Endpoint, Relay, TestApp};

const PROPOSED: &str = "administrator@demo.homeward.test";
const APPROVED: &str = "second-administrator@demo.homeward.test";
const CONTACT: &str = "systems@agency.test";

async fn mailing(relay: &Relay, endpoint: &Endpoint) -> Active {
    Active::of(TestApp::mailing(NOW, relay).await, &endpoint.url).await
}

/// The headings of the notices about endpoints that this address got, in order.
fn told(relay: &Relay, to: &str) -> Vec<String> {
    let headings = relay.letters_to(to).into_iter().map(|it| it.header("Subject"));
    headings.filter(|it| it.to_lowercase().contains("webhook endpoint")).collect()
}

fn of_outages(relay: &Relay, to: &str) -> Vec<String> {
    let outages = ["takes nothing", "is gone", "takes what it is sent again"];
    told(relay, to).into_iter().filter(|it| outages.iter().any(|end| it.ends_with(end))).collect()
}

async fn failing(active: &Active) -> (Value, Value) {
    let endpoint = active.app.person("administrator").await.get(&active.path, 200).await;
    (endpoint["failing_since"].clone(), endpoint["failing_told_at"].clone())
}

#[tokio::test]
async fn wh_10_an_endpoint_that_takes_nothing_is_told_to_its_people_once_and_once_more_when_it_takes_again() {
    let (relay, endpoint) = (Relay::start().await, Endpoint::start());
    let active = mailing(&relay, &endpoint).await;
    endpoint.answer(503, Duration::ZERO);
    active.app.given_case().await;
    active.app.live_until("2026-05-01T08:04:00Z").await;
    assert_eq!(failing(&active).await, (json!("2026-05-01T08:00:00Z"), Value::Null));
    assert!(of_outages(&relay, CONTACT).is_empty());
    active.app.live_until("2026-05-01T12:00:00Z").await;
    assert!(failing(&active).await.1.is_string());
    for to in [PROPOSED, APPROVED, CONTACT] {
        assert_eq!(of_outages(&relay, to), ["A webhook endpoint takes nothing"], "{to}");
    }
    endpoint.answer(200, Duration::ZERO);
    active.app.live_until("2026-05-01T13:00:00Z").await;
    assert_eq!(failing(&active).await, (Value::Null, Value::Null));
    for to in [PROPOSED, APPROVED, CONTACT] {
        assert_eq!(of_outages(&relay, to).last().unwrap(), "A webhook endpoint takes what it is sent again", "{to}");
        assert_eq!(of_outages(&relay, to).len(), 2);
    }
    let body = relay.letters_to(CONTACT).pop().unwrap().body();
    assert!(body.contains(endpoint.authority()) && !body.contains("/hook"), "{body}");
}

#[tokio::test]
async fn wh_10_a_short_outage_is_told_to_nobody() {
    let (relay, endpoint) = (Relay::start().await, Endpoint::start());
    let active = mailing(&relay, &endpoint).await;
    endpoint.answer(503, Duration::ZERO);
    active.app.given_case().await;
    active.app.live_until("2026-05-01T08:03:00Z").await;
    endpoint.answer(200, Duration::ZERO);
    active.app.live_until("2026-05-01T08:20:00Z").await;
    assert_eq!(failing(&active).await, (Value::Null, Value::Null));
    assert!([PROPOSED, APPROVED, CONTACT].iter().all(|to| of_outages(&relay, to).is_empty()));
}

#[tokio::test]
async fn wh_10_an_endpoint_that_says_it_is_gone_is_told_at_once() {
    let (relay, endpoint) = (Relay::start().await, Endpoint::start());
    let active = mailing(&relay, &endpoint).await;
    endpoint.answer(410, Duration::ZERO);
    active.app.given_case().await;
    active.app.travel_to(NOW).await;
    active.app.settle().await;
    assert_eq!(of_outages(&relay, PROPOSED), ["A webhook endpoint says that it is gone"]);
    assert_eq!(failing(&active).await.1, NOW);
}

#[tokio::test]
async fn wh_10_where_neither_who_proposed_nor_who_approved_is_there_every_administrator_is_told() {
    let (relay, endpoint) = (Relay::start().await, Endpoint::start());
    let active = mailing(&relay, &endpoint).await;
    active.app.given_person("third-administrator", "administrator", None).await;
    let leave = "update users set disabled_at = now() where email = any($1)";
    active.app.db.owner().await.execute(leave, &[&vec![PROPOSED, APPROVED]]).await.unwrap();
    endpoint.answer(503, Duration::ZERO);
    active.app.given_case().await;
    active.app.live_until("2026-05-01T09:00:00Z").await;
    assert_eq!(of_outages(&relay, "third-administrator@demo.homeward.test").len(), 1);
    assert!(of_outages(&relay, PROPOSED).is_empty() && of_outages(&relay, APPROVED).is_empty());
    let third = active.app.person("third-administrator").await;
    assert!(third.get(&active.path, 200).await["failing_told_at"].is_string());
}

#[tokio::test]
async fn wh_10_an_endpoint_that_is_down_for_seven_days_is_still_tried_and_people_are_reminded_up_to_the_top() {
    let (relay, endpoint) = (Relay::start().await, Endpoint::start());
    let mut active = mailing(&relay, &endpoint).await;
    endpoint.answer(503, Duration::ZERO);
    active.app.given_case().await;
    active.app.live_until("2026-05-01T20:00:00Z").await;
    let tries = endpoint.events().len();
    for day in 2..=8 {
        active.app.travel_to(&format!("2026-05-0{day}T08:00:00Z")).await;
    }
    active.admin = active.app.person("administrator").await;
    assert!(tries < endpoint.events().len());
    assert_eq!((active.state().await, active.messages("failing").await.is_empty()), (json!("active"), false));
    assert_eq!(of_outages(&relay, PROPOSED), ["A webhook endpoint takes nothing"]);
    let by_mail = relay.letters_to("supervisor@demo.homeward.test").len();
    assert!(0 < by_mail);
}

#[tokio::test]
async fn wh_08_every_change_of_an_endpoint_is_told_to_every_administrator_and_to_its_contact() {
    let (relay, endpoint) = (Relay::start().await, Endpoint::start());
    let app = TestApp::mailing(NOW, &relay).await;
    app.given_person("third-administrator", "administrator", None).await;
    let active = Active::of(app, &endpoint.url).await;
    let etag = active.admin.etag(&active.path).await;
    let act = |act: &str| format!("{}/{act}", active.path);
    active.admin.send(Method::PUT, &act("secret"), None, &[("if-match", &etag)]).await.expect_status(200, "secret");
    for reason in [json!("maintenance"), Value::Null] {
        active.admin.put(&active.path, &act("pause"), json!({ "reason": reason }), 200).await;
    }
    active.admin.put(&active.path, &act("removal"), json!({ "reason": "replaced" }), 200).await;
    active.app.settle().await;
    let after_approval = [
        "A webhook endpoint was approved to begin at once",
        "A webhook endpoint has answered its challenge",
        "The secret of a webhook endpoint was replaced",
        "A webhook endpoint was paused",
        "A webhook endpoint is sent to again",
        "A webhook endpoint was removed",
    ];
    let sorted = |mut all: Vec<String>| {
        all.sort();
        all
    };
    let contact = after_approval.map(str::to_owned).to_vec();
    let everyone = [vec!["A webhook endpoint was proposed".to_owned()], contact.clone()].concat();
    assert_eq!(sorted(told(&relay, CONTACT)), sorted(contact));
    assert_eq!(sorted(told(&relay, "third-administrator@demo.homeward.test")), sorted(everyone));
    let names_who = |to: &str| relay.letters_to(to).iter().any(|it| it.body().contains(PROPOSED));
    assert!(names_who("third-administrator@demo.homeward.test") && !names_who(CONTACT));
}
