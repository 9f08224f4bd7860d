//! Who opens very many records is slowed down, and somebody is told; then it ends (LM-06).

use std::time::{Duration, Instant};

use homeward_server::cli::Reading;
use homeward_server::demo;
use reqwest::Method;
use serde_json::json;

use crate::contract::bodies::{emergency, restriction};
use crate::support::{Person, Relay, Reply, TestApp, new_child};

const NOW: &str = "2026-05-01T15:00:00Z";

async fn budget(app: &TestApp, role: &str, (an_hour, a_day): (u32, u32)) {
    let chosen = Reading { agency: "Demo State".to_owned(), role: role.to_owned(), an_hour, a_day };
    demo::choose_reading(&app.db.url, chosen, app.now()).await.unwrap();
}

async fn children(by: &Person, count: usize) -> Vec<String> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(new_child(by, json!({})).await);
    }
    all
}

async fn open(by: &Person, child: &str) -> Reply {
    by.send(Method::GET, &format!("/v1/children/{child}"), None, &[]).await
}

async fn all_open(by: &Person, children: &[String]) {
    for child in children {
        assert_eq!(open(by, child).await.status, 200);
    }
}

fn stopped(reply: &Reply) -> u64 {
    assert_eq!((reply.status, reply.slug().as_str()), (429, "too-many-children"), "{}", reply.text);
    reply.header("retry-after").parse().unwrap()
}

#[tokio::test]
async fn lm_06_over_the_budget_of_the_role_it_is_slow_and_told_and_over_twice_of_it_it_ends() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    budget(&app, "caseworker", (3, 10)).await;
    let worker = app.caseworker().await;
    let all = children(&worker, 9).await;
    all_open(&worker, &all[..3]).await;
    app.settle().await;
    let told = || relay.letters().iter().filter(|it| it.header("Subject").contains("very many records")).count();
    assert_eq!(told(), 0);
    let since = Instant::now();
    all_open(&worker, &all[3..6]).await;
    assert!(Duration::from_secs(3) <= since.elapsed());
    assert_eq!(stopped(&open(&worker, &all[6]).await), 3_600);
    app.settle().await;
    assert_eq!(told(), 1);
    let letters = relay.letters();
    let letter = letters.iter().find(|it| it.header("Subject").contains("very many records")).unwrap();
    assert!(letter.header("To").contains("privacy@"));
    // What they opened before, what shows no record, and what they write.
    all_open(&worker, &all[..6]).await;
    worker.get("/v1/children?limit=200", 200).await;
    let missing = json!({ "agency_information_received_at": NOW });
    worker.post(&format!("/v1/children/{}/missing-episodes", all[7]), missing, 201).await;
    // Somebody else has a budget of their own, and an hour later it begins anew.
    all_open(&app.supervisor().await, &all).await;
    app.set_clock("2026-05-01T16:00:00Z");
    all_open(&app.caseworker().await, &all[6..8]).await;
}

#[tokio::test]
async fn lm_06_a_day_has_an_end_of_its_own() {
    let app = TestApp::at(NOW).await;
    budget(&app, "caseworker", (2, 2)).await;
    let worker = app.caseworker().await;
    let all = children(&worker, 5).await;
    all_open(&worker, &all[..2]).await;
    app.set_clock("2026-05-01T17:00:00Z");
    // An hour alone would let both be opened at once.
    let worker = app.caseworker().await;
    all_open(&worker, &all[2..4]).await;
    assert_eq!(stopped(&open(&worker, &all[4]).await), 22 * 3_600);
    // Nothing there and nothing to be known look alike.
    assert_eq!(stopped(&open(&worker, &uuid::Uuid::new_v4().to_string()).await), 22 * 3_600);
    app.set_clock("2026-05-02T15:00:00Z");
    all_open(&app.caseworker().await, &all[4..]).await;
}

#[tokio::test]
async fn lm_06_two_servers_count_together() {
    let app = TestApp::at(NOW).await;
    budget(&app, "caseworker", (4, 100)).await;
    let here = app.caseworker().await;
    let there = here.at_replica(&app.replica().await);
    let all = children(&here, 12).await;
    let mut opened = 0;
    for (number, child) in all.iter().enumerate() {
        opened += usize::from(open(if number % 2 == 0 { &here } else { &there }, child).await.status == 200);
    }
    assert!((8..=9).contains(&opened), "{opened}");
}

#[tokio::test]
async fn lm_06_an_emergency_opens_a_record_after_the_end() {
    let app = TestApp::at(NOW).await;
    budget(&app, "on_call", (1, 1)).await;
    let (worker, on_call) = (app.caseworker().await, app.person("on-call").await);
    let all = children(&worker, 4).await;
    let path = format!("/v1/children/{}/restriction", all[3]);
    app.person("privacy").await.post(&path, restriction(&[&worker]), 200).await;
    all_open(&on_call, &all[..2]).await;
    stopped(&open(&on_call, &all[2]).await);
    stopped(&open(&on_call, &all[3]).await);
    let url = format!("/v1/children/{}/emergency-accesses", all[3]);
    on_call.post(&url, emergency(), 201).await;
    assert_eq!(open(&on_call, &all[3]).await.status, 200);
    stopped(&open(&on_call, &all[2]).await);
}
