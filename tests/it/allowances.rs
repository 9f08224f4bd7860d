//! How much may be asked for in a minute, on all servers together, and what is never held back (LM).

use homeward_server::allowance::Rates;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{Person, Reply, TestApp, document, new_child};

const NOW: &str = "2026-05-01T08:00:00Z";
/// The next minutes: nothing is counted of them yet.
const LATER: &str = "2026-05-01T08:01:20Z";
const LATER_STILL: &str = "2026-05-01T08:02:00Z";
const ENOUGH: u32 = 100_000;
const ROOMY: Rates =
    Rates { session: ENOUGH, person: ENOUGH, source: ENOUGH, stranger: ENOUGH, agency: ENOUGH, reporter: 600 };

async fn asks(by: &Person, from: &str) -> Reply {
    by.send(Method::GET, "/v1/me", None, &[("x-forwarded-for", from)]).await
}

/// How often all of these are let in, one after the other, until none is.
async fn let_in(all: &[&Person], from: &str) -> u32 {
    let mut count = 0;
    loop {
        let before = count;
        for by in all {
            let reply = asks(by, from).await;
            assert!([200, 429].contains(&reply.status), "{}", reply.text);
            count += u32::from(reply.status == 200);
        }
        if count == before {
            return count;
        }
    }
}

#[tokio::test]
async fn lm_01_two_servers_on_one_database_do_not_multiply_what_a_session_may_ask_for() {
    let app = TestApp::allowing(NOW, Rates { session: 45, ..ROOMY }).await;
    let here = app.caseworker().await;
    let there = here.at_replica(&app.replica().await);
    app.set_clock(LATER);
    assert_eq!(let_in(&[&here, &there], "192.0.2.1").await, 45);
    // The control: one of them alone lets in as much, so each counted what the other let in.
    app.set_clock(LATER_STILL);
    assert_eq!(let_in(&[&there], "192.0.2.1").await, 45);
    assert_eq!(asks(&here, "192.0.2.1").await.status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn lm_01_of_a_hundred_at_once_at_two_servers_no_more_are_let_in_than_in_turn() {
    let app = TestApp::allowing(NOW, Rates { session: 45, ..ROOMY }).await;
    let here = app.caseworker().await;
    let there = here.at_replica(&app.replica().await);
    app.set_clock(LATER);
    let mut at_once = JoinSet::new();
    for number in 0..100 {
        let by = if number % 2 == 0 { here.clone() } else { there.clone() };
        at_once.spawn(async move { asks(&by, "192.0.2.1").await.status });
    }
    let mut answered = at_once.join_all().await;
    answered.sort_unstable();
    assert_eq!(answered, [vec![200; 45], vec![429; 55]].concat());
}

#[tokio::test]
async fn lm_01_a_person_has_one_allowance_however_often_they_signed_in() {
    let app = TestApp::allowing(NOW, Rates { session: 30, person: 40, ..ROOMY }).await;
    let (first, second) = (app.caseworker().await, app.caseworker().await);
    let other = app.supervisor().await;
    app.set_clock(LATER);
    assert_eq!(let_in(&[&first, &second], "192.0.2.1").await, 40);
    assert_eq!(let_in(&[&other], "192.0.2.1").await, 30);
}

#[tokio::test]
async fn lm_01_an_address_has_one_allowance_for_all_who_are_signed_in_there() {
    let app = TestApp::allowing(NOW, Rates { source: 40, ..ROOMY }).await;
    let (one, other) = (app.caseworker().await, app.stranger().await);
    app.set_clock(LATER);
    assert_eq!(let_in(&[&one, &other], "192.0.2.1").await, 40);
    assert_eq!(let_in(&[&one], "192.0.2.2").await, 40);
    // Whoever has one address of IPv6 has the network around it.
    assert_eq!(let_in(&[&one], "2001:db8::1").await, 40);
    assert_eq!(asks(&one, "2001:db8::2").await.status, 429);
}

#[tokio::test]
async fn lm_01_an_agency_that_asks_for_too_much_slows_no_other() {
    let app = TestApp::allowing(NOW, Rates { agency: 40, ..ROOMY }).await;
    let (one, other, stranger) = (app.caseworker().await, app.supervisor().await, app.stranger().await);
    app.set_clock(LATER);
    assert_eq!(let_in(&[&one, &other], "192.0.2.1").await, 40);
    assert_eq!(let_in(&[&stranger], "192.0.2.1").await, 40);
}

#[tokio::test]
async fn lm_01_who_is_not_signed_in_is_counted_by_address_and_keeps_nobody_out_who_is() {
    let app = TestApp::allowing(NOW, Rates { stranger: 40, ..ROOMY }).await;
    let (nobody, worker) = (app.nobody(), app.caseworker().await);
    let forged = nobody.with_token("forged");
    app.set_clock(LATER);
    let from = [("x-forwarded-for", "192.0.2.7")];
    let guess = || Some(json!({ "email": "nobody@demo.homeward.test", "password": "a guess at somebody's" }));
    let mut refused = 0;
    for _ in 0..20 {
        refused += u32::from(nobody.send(Method::POST, "/v1/auth/login", guess(), &from).await.status == 401);
        refused += u32::from(forged.send(Method::GET, "/v1/me", None, &from).await.status == 401);
    }
    assert_eq!(refused, 40);
    for (by, method, path) in [
        (&nobody, Method::POST, "/v1/auth/login"),
        (&nobody, Method::POST, "/v1/auth/refresh"),
        (&nobody, Method::POST, "/v1/auth/password-reset"),
        (&nobody, Method::GET, "/v1/calendars/anything/deadlines.ics"),
        (&forged, Method::GET, "/v1/me"),
        (&nobody, Method::GET, "/v1/me"),
    ] {
        let reply = by.send(method, path, None, &from).await;
        assert_eq!((reply.status, reply.slug().as_str()), (429, "too-many-requests"), "{path}");
    }
    assert_eq!(asks(&worker, "192.0.2.7").await.status, 200);
    assert_eq!(asks(&forged, "192.0.2.8").await.status, 401);
}

#[tokio::test]
async fn lm_01_a_clock_that_was_ahead_shuts_nobody_out() {
    let app = TestApp::allowing(NOW, Rates { session: 40, ..ROOMY }).await;
    let worker = app.caseworker().await;
    app.set_clock("2026-05-01T08:14:00Z");
    assert_eq!(let_in(&[&worker], "192.0.2.1").await, 40);
    app.set_clock(LATER);
    let there = worker.at_replica(&app.replica().await);
    assert_eq!(let_in(&[&worker, &there], "192.0.2.1").await, 40);
}

/// A path with something in the place of each parameter.
fn filled(template: &str) -> String {
    let fill = |it: &str| if it.starts_with('{') { uuid::Uuid::nil().to_string() } else { it.to_owned() };
    template.split('/').map(fill).collect::<Vec<_>>().join("/")
}

fn operations() -> Vec<(Method, &'static str, &'static Value)> {
    let mut all = Vec::new();
    for (path, item) in document()["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().iter();
        all.extend(methods.map(|(method, it)| (method.to_uppercase().parse().unwrap(), path.as_str(), it)));
    }
    all
}

#[tokio::test]
async fn lm_02_every_operation_says_when_to_come_again_and_is_described_to() {
    let app = TestApp::allowing(NOW, Rates { session: 40, stranger: 40, ..ROOMY }).await;
    let worker = app.caseworker().await;
    app.set_clock(LATER);
    let_in(&[&worker], "192.0.2.1").await;
    while asks(&app.nobody(), "127.0.0.1").await.status != 429 {}
    let mut held_back = 0;
    for (method, path, operation) in operations() {
        let described = &operation["responses"]["429"];
        assert!(described["headers"]["Retry-After"].is_object(), "{method} {path}");
        assert!(described["content"]["application/problem+json"].is_object(), "{method} {path}");
        let reply = worker.send(method.clone(), &filled(path), None, &[]).await;
        if reply.status != 429 {
            assert!(method == Method::POST && reports(path), "{method} {path} answered {}", reply.status);
            continue;
        }
        held_back += 1;
        assert_eq!((reply.slug().as_str(), reply.header("retry-after")), ("too-many-requests", "40"), "{path}");
        assert_eq!(reply.json()["status"], 429);
    }
    assert!(150 < held_back, "{held_back}");
    app.set_clock(LATER_STILL);
    assert_eq!(asks(&worker, "192.0.2.1").await.status, 200);
}

/// What is counted by itself.
fn reports(path: &str) -> bool {
    let ends = ["/v1/children", "/missing-episodes", "/observations", "/whereabouts"];
    ends.iter().any(|it| path.ends_with(it))
}

#[tokio::test]
async fn lm_03_with_all_else_used_up_200_episodes_are_opened_and_200_children_seen_in_a_minute() {
    let app = TestApp::allowing(NOW, Rates { session: 40, person: 40, source: 80, agency: 80, ..ROOMY }).await;
    let (worker, supervisor, auditor) = (app.caseworker().await, app.supervisor().await, app.auditor().await);
    let catalogue = worker.get("/v1/indicators", 200).await;
    let code = &catalogue["indicators"][0]["code"];
    app.set_clock(LATER);
    assert_eq!(let_in(&[&supervisor], "192.0.2.1").await, 40);
    assert_eq!(let_in(&[&worker], "192.0.2.1").await, 40);
    let mut children = Vec::new();
    for _ in 0..200 {
        children.push(new_child(&supervisor, json!({})).await);
    }
    for child in &children {
        let received = json!({ "agency_information_received_at": NOW });
        worker.post(&format!("/v1/children/{child}/missing-episodes"), received, 201).await;
        let seen = json!({
            "indicator_code": code, "observed_at": NOW, "observed_by_name": "Sample Observer",
            "observer_role": "teacher", "source": "direct_observation", "context": "Seen at the station.",
        });
        worker.post(&format!("/v1/children/{child}/observations"), seen, 201).await;
    }
    // The rest is still held back, for the worker and for everybody else of the agency.
    assert_eq!(asks(&worker, "192.0.2.1").await.status, 429);
    assert_eq!(asks(&auditor, "192.0.2.2").await.status, 429);
}

#[tokio::test]
async fn lm_03_what_reports_has_an_end_too() {
    let app = TestApp::allowing(NOW, ROOMY).await;
    let worker = app.caseworker().await;
    let mut answered = Vec::new();
    for _ in 0..601 {
        answered.push(worker.send(Method::POST, "/v1/children", Some(json!({})), &[]).await.status);
    }
    assert_eq!(answered.iter().filter(|it| **it == 429).count(), 1);
    assert_eq!(answered.last(), Some(&429));
}
