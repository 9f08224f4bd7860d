//! Unusual looks, each rule where it holds and where it does not, and their review.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::NOW;
use crate::support::{Person, TestApp, new_child};

const LOOKS: &str = "/v1/unusual-looks";

async fn privacy_officer(app: &TestApp) -> Person {
    app.person("privacy").await
}

/// The rules that hold of what happened until now, with whose records.
async fn found(app: &TestApp, by: &Person) -> Vec<(String, Vec<String>)> {
    // What happens now is over a moment later.
    let now = app.now() + chrono::TimeDelta::seconds(1);
    app.set_clock(&now.to_rfc3339());
    let page = by.get(LOOKS, 200).await;
    let rows = page["data"].as_array().unwrap().iter();
    let children =
        |it: &Value| it["child_ids"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect();
    rows.map(|it| (it["rule"].as_str().unwrap().to_owned(), children(it))).collect()
}

async fn open(by: &Person, children: &[String]) {
    for child in children {
        by.get(&format!("/v1/children/{child}"), 200).await;
    }
}

async fn children(by: &Person, count: usize) -> Vec<String> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(new_child(by, json!({})).await);
    }
    all.sort();
    all
}

#[tokio::test]
async fn ad_12_whoever_opens_thirty_children_within_an_hour_is_asked_and_whoever_lists_them_is_not() {
    let app = TestApp::at("2026-05-01T15:00:00Z").await;
    let (worker, supervisor) = (app.caseworker().await, app.supervisor().await);
    let privacy = privacy_officer(&app).await;
    let all = children(&worker, 30).await;
    open(&supervisor, &all[..29]).await;
    open(&supervisor, &all[..29]).await;
    supervisor.get("/v1/children?limit=200", 200).await;
    assert_eq!(found(&app, &privacy).await, []);
    open(&supervisor, &all[29..]).await;
    assert_eq!(found(&app, &privacy).await, [("many_children".to_owned(), all)]);
}

#[tokio::test]
async fn ad_12_several_children_at_night_are_asked_about_unless_one_is_on_call() {
    // 21:59 in Chicago, then 22:00.
    let app = TestApp::at("2026-05-02T02:59:00Z").await;
    let all = children(&app.caseworker().await, 3).await;
    open(&app.supervisor().await, &all).await;
    let privacy = privacy_officer(&app).await;
    assert_eq!(found(&app, &privacy).await, []);
    app.set_clock("2026-05-02T03:00:00Z");
    let on_call = app.person("on-call").await;
    open(&on_call, &all).await;
    let supervisor = app.supervisor().await;
    open(&supervisor, &all[..2]).await;
    assert_eq!(found(&app, &privacy).await, []);
    open(&supervisor, &all[2..]).await;
    assert_eq!(found(&app, &privacy).await, [("out_of_hours".to_owned(), all)]);
}

#[tokio::test]
async fn ad_12_a_turn_on_call_makes_the_night_usual() {
    let app = TestApp::at("2026-05-02T02:30:00Z").await;
    let (worker, supervisor) = (app.caseworker().await, app.supervisor().await);
    let all = children(&worker, 3).await;
    let shift = json!({
        "user_id": worker.id.unwrap().uuid(), "unit_code": "north-county",
        "starts_at": "2026-05-02T03:00:00Z", "ends_at": "2026-05-02T11:00:00Z",
    });
    supervisor.post("/v1/on-call-shifts", shift, 201).await;
    app.set_clock("2026-05-02T03:10:00Z");
    open(&app.caseworker().await, &all).await;
    let privacy = privacy_officer(&app).await;
    assert_eq!(found(&app, &privacy).await, []);
}

#[tokio::test]
async fn ad_12_a_child_who_was_handed_over_is_asked_about_a_week_later() {
    let app = TestApp::at("2026-05-01T15:00:00Z").await;
    let (worker, supervisor) = (app.caseworker().await, app.supervisor().await);
    let child = new_child(&worker, json!({})).await;
    let path = format!("/v1/users/{}/hand-over", worker.id.unwrap().uuid());
    let to = supervisor.id.unwrap().uuid();
    let hand_over = json!({ "to_user_id": to, "child_ids": [child], "reason": "Another caseload." });
    supervisor.post(&path, hand_over, 201).await;
    app.set_clock("2026-05-08T14:59:00Z");
    open(&app.caseworker().await, std::slice::from_ref(&child)).await;
    let privacy = privacy_officer(&app).await;
    assert_eq!(found(&app, &privacy).await, []);
    app.set_clock("2026-05-08T15:00:00Z");
    open(&app.supervisor().await, std::slice::from_ref(&child)).await;
    assert_eq!(found(&app, &privacy_officer(&app).await).await, []);
    open(&app.caseworker().await, std::slice::from_ref(&child)).await;
    assert_eq!(found(&app, &privacy).await, [("no_longer_theirs".to_owned(), vec![child])]);
}

#[tokio::test]
async fn ad_12_who_is_refused_five_times_within_an_hour_is_asked() {
    let app = TestApp::at("2026-05-01T15:00:00Z").await;
    let case = app.given_case().await;
    let outsider = app.given_person("outsider", "caseworker", Some("metro")).await;
    let privacy = privacy_officer(&app).await;
    for _ in 0..3 {
        outsider.get(&case.child_url(""), 404).await;
    }
    outsider.get(&format!("/v1/children/{}", Uuid::new_v4()), 404).await;
    assert_eq!(found(&app, &privacy).await, []);
    outsider.get(&case.url(""), 404).await;
    assert_eq!(found(&app, &privacy).await, [("refused_again".to_owned(), vec![case.child.clone()])]);
}

#[tokio::test]
async fn ad_12_to_read_them_is_a_right_of_its_own_and_a_look_and_ad_01_at_every_child_they_name() {
    let app = TestApp::at("2026-05-01T15:00:00Z").await;
    let case = app.given_case().await;
    app.nobody().get(LOOKS, 401).await;
    let outsider = app.given_person("outsider", "caseworker", Some("metro")).await;
    for who in [&case.worker, &case.supervisor, &app.auditor().await, &app.person("administrator").await, &outsider] {
        who.get(LOOKS, 403).await;
    }
    for _ in 0..5 {
        outsider.get(&case.child_url(""), 404).await;
    }
    let privacy = privacy_officer(&app).await;
    assert_eq!(found(&app, &privacy).await.len(), 1);
    let log = app.auditor().await.get(&case.child_url("/access-log"), 200).await;
    let rows = log["data"].as_array().unwrap().clone();
    assert!(rows.iter().any(|it| it["action"] == "review_looks" && it["actor_email"] == "privacy@demo.homeward.test"));
    let narrow = app.given_person("narrow", "privacy_officer", Some("north-county")).await;
    narrow.get(LOOKS, 403).await;
}

#[tokio::test]
async fn ad_13_that_a_week_was_reviewed_is_recorded_with_what_there_was() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let outsider = app.given_person("outsider", "caseworker", Some("metro")).await;
    for _ in 0..5 {
        outsider.get(&case.child_url(""), 404).await;
    }
    app.set_clock("2026-05-01T08:02:00Z");
    let privacy = privacy_officer(&app).await;
    let week = |to: &str| json!({ "from": "2026-04-24T08:02:00Z", "to": to, "conclusion": "followed_up" });
    privacy.post("/v1/look-reviews", week("2026-05-01T08:03:00Z"), 422).await;
    let review = privacy.post("/v1/look-reviews", week("2026-05-01T08:02:00Z"), 201).await;
    assert_eq!((&review["findings"], &review["conclusion"]), (&json!(1), &json!("followed_up")));
    assert_eq!(privacy.get("/v1/look-reviews", 200).await["data"], json!([review]));
    let headers = [("idempotency-key", "k")];
    let again = Some(week("2026-05-01T08:02:00Z"));
    assert_eq!(app.auditor().await.send(Method::POST, "/v1/look-reviews", again, &headers).await.status, 403);
    let trail = app.auditor().await.get("/v1/audit-entries", 200).await;
    let reviewed =
        trail["data"].as_array().unwrap().iter().find(|it| it["action"] == "looks_reviewed").cloned().unwrap();
    assert_eq!((&reviewed["detail"]["review_id"], &reviewed["detail"]["findings"]), (&review["id"], &json!(1)));
}
