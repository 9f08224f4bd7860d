//! The report of an identified victim: one duty to law enforcement, 24 hours (T20, T21).

use serde_json::{Value, json};

use super::{IDENTIFIED, NOW, concluded, duty, listed, superseding, url};
use crate::support::{Person, TestApp, new_child, told};

async fn report(by: &Person, child: &str, determination: &Value, status: u16) -> Value {
    let path = format!("{}/{}/notifications", url(child), determination["id"].as_str().unwrap());
    by.post(&path, told("law_enforcement", NOW), status).await
}

#[tokio::test]
async fn t20_an_identification_is_owed_to_law_enforcement_in_24_hours_though_no_child_is_missing() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({})).await;
    let created = worker.post(&url(&child), concluded(IDENTIFIED, "2026-05-01T06:00:00Z"), 201).await;
    let owed = created["duties"].as_array().unwrap();
    assert_eq!(owed.len(), 1);
    assert_eq!((&owed[0]["kind"], &owed[0]["recipient"]), (&json!("identification_report"), &json!("law_enforcement")));
    assert_eq!(owed[0]["due_at"], "2026-05-02T06:00:00Z");
    assert_eq!((&owed[0]["episode_id"], &owed[0]["determination_id"]), (&json!(null), &created["id"]));
    let work = worker.get("/v1/duties", 200).await;
    assert_eq!(work["data"].as_array().unwrap().len(), 1);
    assert_eq!((&work["data"][0]["id"], &work["data"][0]["episode_number"]), (&owed[0]["id"], &json!(null)));
}

#[tokio::test]
async fn the_report_to_law_enforcement_discharges_it_and_its_retraction_makes_it_owed_again() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({})).await;
    let created = worker.post(&url(&child), concluded(IDENTIFIED, NOW), 201).await;
    let made = report(&worker, &child, &created, 201).await;
    assert_eq!(duty(&worker, &child, 0).await["state"], "timely");
    assert_eq!(duty(&worker, &child, 0).await["notification_id"], made["id"]);
    let path = format!("{}/{}/notifications", url(&child), created["id"].as_str().unwrap());
    let retraction = format!("{path}/{}/retraction", made["id"].as_str().unwrap());
    worker.post(&retraction, json!({ "reason": "Another child was meant." }), 201).await;
    assert_eq!(duty(&worker, &child, 0).await["state"], "open");
    let contacts = worker.get(&path, 200).await;
    assert_eq!(contacts["data"][0]["retraction_reason"], "Another child was meant.");
    worker.post(&retraction, json!({ "reason": "Again." }), 409).await;
}

#[tokio::test]
async fn a_report_about_an_episode_or_to_another_recipient_leaves_it_owed() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let created = case.worker.post(&url(&case.child), concluded(IDENTIFIED, NOW), 201).await;
    case.report("law_enforcement", NOW).await;
    assert_eq!(duty(&case.worker, &case.child, 0).await["state"], "open");
    let path = format!("{}/{}/notifications", url(&case.child), created["id"].as_str().unwrap());
    let mut other = told("ncmec", NOW);
    other["kind"] = json!("update_shared");
    let problem = case.worker.post(&path, other, 422).await;
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2);
    report(&case.worker, &case.child, &created, 201).await;
    assert_eq!(case.duty("initial_report", "ncmec").await["state"], "open");
}

#[tokio::test]
async fn nothing_is_owed_for_any_other_conclusion() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({})).await;
    for kind in ["labor_trafficking_victim_identified", "at_risk_reasonable_cause", "not_identified_at_this_time"] {
        let created = worker.post(&url(&child), concluded(kind, NOW), 201).await;
        assert_eq!(created["duties"], json!([]), "{kind}");
        report(&worker, &child, &created, 422).await;
    }
    assert_eq!(worker.get("/v1/duties", 200).await["data"], json!([]));
}

#[tokio::test]
async fn t21_a_withdrawal_before_the_report_ends_what_is_owed_and_keeps_it_readable() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({})).await;
    let created = worker.post(&url(&child), concluded(IDENTIFIED, NOW), 201).await;
    worker.post(&url(&child), superseding("withdrawn", NOW, &created), 201).await;
    assert_eq!(worker.get("/v1/duties", 200).await["data"], json!([]));
    assert_eq!(duty(&worker, &child, 0).await["id"], created["duties"][0]["id"]);
    app.live_until("2026-05-04T08:00:00Z").await;
    let worker = app.caseworker().await;
    assert_eq!(worker.get("/v1/reminders", 200).await["data"], json!([]));
}

#[tokio::test]
async fn restating_it_gives_no_time_and_no_second_duty() {
    let app = TestApp::at("2026-05-01T20:00:00Z").await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({})).await;
    let first = worker.post(&url(&child), concluded(IDENTIFIED, NOW), 201).await;
    let again = worker.post(&url(&child), superseding(IDENTIFIED, "2026-05-01T20:00:00Z", &first), 201).await;
    assert_eq!(again["duties"], first["duties"]);
    report(&worker, &child, &again, 201).await;
    let states: Vec<Value> = listed(&worker, &child).await.iter().map(|it| it["duties"][0]["state"].clone()).collect();
    assert_eq!(states, ["timely", "timely"]);
}

#[tokio::test]
async fn two_identifications_are_two_duties() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({})).await;
    let first = worker.post(&url(&child), concluded(IDENTIFIED, NOW), 201).await;
    worker.post(&url(&child), concluded(IDENTIFIED, NOW), 201).await;
    report(&worker, &child, &first, 201).await;
    let states: Vec<Value> = listed(&worker, &child).await.iter().map(|it| it["duties"][0]["state"].clone()).collect();
    assert_eq!(states, ["timely", "open"]);
}

#[tokio::test]
async fn the_report_is_neither_before_the_receipt_nor_in_the_future() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({})).await;
    let created = worker.post(&url(&child), concluded(IDENTIFIED, NOW), 201).await;
    let path = format!("{}/{}/notifications", url(&child), created["id"].as_str().unwrap());
    for (made_at, slug) in [("2026-05-01T07:59:59Z", "before-receipt"), ("2026-05-01T08:00:01Z", "in-the-future")] {
        let problem = worker.post(&path, told("law_enforcement", made_at), 422).await;
        assert_eq!(problem["type"], format!("/problems/{slug}"));
    }
}

#[tokio::test]
async fn a_report_that_nobody_makes_is_spoken_of_in_words_that_tell_nothing() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({})).await;
    worker.post(&url(&child), concluded(IDENTIFIED, NOW), 201).await;
    app.live_until("2026-05-02T09:00:00Z").await;
    let worker = app.caseworker().await;
    let inbox = worker.get("/v1/reminders?limit=200", 200).await;
    let last = inbox["data"].as_array().unwrap().last().unwrap();
    assert_eq!(
        last["message"],
        "Make the report to law enforcement now. The law's outer limit is 2026-05-02 03:00 CDT."
    );
    assert_eq!((&last["episode_id"], &last["rung"]), (&json!(null), &json!("at_once")));
    let supervisor = app.supervisor().await.get("/v1/reminders?limit=200", 200).await;
    assert!(!supervisor["data"].as_array().unwrap().is_empty());
}
