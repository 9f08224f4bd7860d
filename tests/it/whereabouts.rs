//! Whether someone knows where the child is: told again and again; no reminder ends by it.

use serde_json::{Value, json};

use crate::support::{Case, TestApp};

const NOW: &str = "2026-05-01T08:00:00Z";

fn verified() -> Value {
    json!({
        "known": "yes_verified", "verified_by_name": "Sample Worker", "verified_at": NOW, "how": "Seen at school.",
    })
}

async fn known(case: &Case) -> Vec<Value> {
    let listed = case.worker.get(&case.url("/whereabouts"), 200).await;
    listed["data"].as_array().unwrap().iter().map(|it| it["known"].clone()).collect()
}

#[tokio::test]
async fn the_latest_statement_is_the_episodes_and_the_earlier_ones_stay() {
    let app = TestApp::at(NOW).await;
    let opened = json!({ "agency_information_received_at": NOW, "whereabouts_known": "no" });
    let case = Case::open_with(&app, opened).await;
    case.worker.post(&case.url("/whereabouts"), verified(), 201).await;
    assert_eq!(case.now().await["whereabouts_known"], "yes_verified");
    case.worker.patch(&case.url(""), json!({ "whereabouts_known": "yes_unverified" }), 200).await;
    assert_eq!(case.now().await["whereabouts_known"], "yes_unverified");
    assert_eq!(known(&case).await, ["no", "yes_verified", "yes_unverified"]);
    case.worker.patch(&case.url(""), json!({ "circumstances": "Left at night." }), 200).await;
    assert_eq!(known(&case).await.len(), 3);
}

#[tokio::test]
async fn to_be_verified_takes_a_person_and_an_instant_and_nothing_else_has_them() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let url = case.url("/whereabouts");
    let problem = case.worker.post(&url, json!({ "known": "yes_verified" }), 422).await;
    let at_fault: Vec<&Value> = problem["errors"].as_array().unwrap().iter().map(|it| &it["pointer"]).collect();
    assert_eq!(at_fault, ["/verified_by_name", "/verified_at"]);
    let mut unverified = verified();
    unverified["known"] = json!("yes_unverified");
    case.worker.post(&url, unverified, 422).await;
    let mut ahead = verified();
    ahead["verified_at"] = json!("2026-05-01T08:00:01Z");
    case.worker.post(&url, ahead, 422).await;
    assert_eq!(case.now().await["whereabouts_known"], json!(null));
}

/// What the reminders of a case say, after a day.
async fn reminded(whereabouts: Option<Value>) -> Vec<Value> {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    if let Some(told) = whereabouts {
        case.worker.post(&case.url("/whereabouts"), told, 201).await;
    }
    app.live_until("2026-05-02T09:00:00Z").await;
    let inbox = app.caseworker().await.get("/v1/reminders?limit=200", 200).await;
    let told = |it: &Value| json!([it["step"], it["message"], it["sent_at"]]);
    inbox["data"].as_array().unwrap().iter().map(told).collect()
}

#[tokio::test]
async fn reminders_go_on_whatever_is_known_of_the_whereabouts() {
    let without = reminded(None).await;
    assert!(6 < without.len());
    for told in [verified(), json!({ "known": "yes_unverified" }), json!({ "known": "no" })] {
        assert_eq!(reminded(Some(told)).await, without);
    }
}

#[tokio::test]
async fn a_changed_whereabouts_is_worth_telling_the_police_again() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    case.report("law_enforcement", NOW).await;
    app.set_clock("2026-05-01T08:05:00Z");
    case.worker.post(&case.url("/whereabouts"), verified(), 201).await;
    let version = case.now().await["version"].clone();
    case.worker.post(&case.url("/whereabouts"), verified(), 201).await;
    assert_eq!(case.now().await["version"], version);
    let update = case.duty("share_update", "law_enforcement").await;
    assert_eq!(update["starts_at"], "2026-05-01T08:05:00Z");
}
