//! Telling the recipients: two duties, and one never satisfies the other.

use serde_json::json;

use crate::support::{TestApp, told};

const NOW: &str = "2026-05-01T08:00:00Z";

#[tokio::test]
async fn telling_the_police_leaves_the_report_to_ncmec_open() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    app.set_clock("2026-05-01T08:10:00Z");
    case.report("law_enforcement", "2026-05-01T08:10:00Z").await;
    assert_eq!(case.duty("initial_report", "law_enforcement").await["state"], "timely");
    assert_eq!(case.duty("initial_report", "ncmec").await["state"], "open");
    app.set_clock("2026-05-02T08:00:01Z");
    let case = crate::support::Case { worker: app.caseworker().await, ..case };
    assert_eq!(case.duty("initial_report", "ncmec").await["state"], "overdue");
    assert_eq!(case.duty("initial_report", "law_enforcement").await["state"], "timely");
}

#[tokio::test]
async fn an_ncic_number_is_not_a_report_to_ncmec() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let mut report = told("law_enforcement", NOW);
    report["ncic_number"] = json!("M000000000");
    report["ncic_entry_confirmed_at"] = json!(NOW);
    case.worker.post(&case.url("/notifications"), report, 201).await;
    assert_eq!(case.duty("initial_report", "ncmec").await["state"], "open");
    assert_eq!(case.duty("ncic_confirmation", "law_enforcement").await["state"], "timely");
}

#[tokio::test]
async fn a_try_discharges_nothing() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    for status in ["attempted", "refused_by_recipient"] {
        let mut report = told("ncmec", NOW);
        report["status"] = json!(status);
        report["refusal_reason"] = json!("told to wait");
        case.worker.post(&case.url("/notifications"), report, 201).await;
    }
    assert_eq!(case.duty("initial_report", "ncmec").await["state"], "open");
    let listed = case.worker.get(&case.url("/notifications"), 200).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_retraction_opens_the_duty_again_and_its_reminders() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let report = case.report("ncmec", NOW).await;
    assert_eq!(case.duty("initial_report", "ncmec").await["state"], "timely");
    let url = case.url(&format!("/notifications/{}/retraction", report["id"].as_str().unwrap()));
    let retracted = case.worker.post(&url, json!({ "reason": "Wrong child." }), 201).await;
    assert_eq!(retracted["retraction_reason"], "Wrong child.");
    assert_eq!(case.duty("initial_report", "ncmec").await["state"], "open");
    let problem = case.worker.post(&url, json!({ "reason": "Again." }), 409).await;
    assert_eq!(problem["type"], "/problems/already-retracted");
    app.travel_to(NOW).await;
    let inbox = case.worker.get("/v1/reminders", 200).await;
    assert_eq!(inbox["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn nobody_is_told_before_the_agency_knew() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let problem = case.worker.post(&case.url("/notifications"), told("ncmec", "2026-05-01T07:59:59Z"), 422).await;
    assert_eq!(problem["type"], "/problems/before-receipt");
    let problem = case.worker.post(&case.url("/notifications"), told("ncmec", "2026-05-01T08:00:01Z"), 422).await;
    assert_eq!(problem["type"], "/problems/in-the-future");
    assert_eq!(case.duty("initial_report", "ncmec").await["state"], "open");
}

#[tokio::test]
async fn id_03_the_same_key_records_once_and_repeats_the_first_answer() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let url = case.url("/notifications");
    let first = case.worker.post_once("key-1", &url, told("ncmec", NOW)).await;
    let second = case.worker.post_once("key-1", &url, told("ncmec", NOW)).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.text, second.text);
    assert_eq!(second.header("idempotent-replayed"), "true");
    let other = case.worker.post_once("key-1", &url, told("law_enforcement", NOW)).await;
    assert_eq!((other.status, other.slug().as_str()), (422, "idempotency-key-reused"));
    let listed = case.worker.get(&url, 200).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn regular_communication_goes_on_while_the_child_is_missing() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    case.report("ncmec", NOW).await;
    let next = case.duty("regular_communication", "ncmec").await;
    assert_eq!(next["due_at"], json!(null));
    assert_eq!(next["target_at"], "2026-05-08T08:00:00Z");
}
