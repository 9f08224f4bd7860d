//! The course of an episode: everything that happened, in the order it happened.

use serde_json::{Value, json};

use crate::support::{Case, TestApp, told};

async fn items(case: &Case) -> Vec<Value> {
    case.worker.get(&case.url("/timeline"), 200).await["data"].as_array().unwrap().clone()
}

fn lines(items: &[Value]) -> String {
    let text = |it: &Value, name: &str| it[name].as_str().unwrap().to_owned();
    let line = |it: &Value| format!("{} {}: {}\n", text(it, "occurred_at"), text(it, "kind"), text(it, "summary"));
    items.iter().map(line).collect()
}

/// The same case later, its people signed in again.
async fn later(app: &TestApp, case: Case, instant: &str) -> Case {
    app.live_until(instant).await;
    Case { worker: app.caseworker().await, supervisor: app.supervisor().await, ..case }
}

/// From the last contact to the closure.
async fn whole_story() -> (TestApp, Case) {
    let app = TestApp::at("2026-05-01T08:00:00Z").await;
    let opened = json!({
        "agency_information_received_at": "2026-05-01T07:30:00Z", "absence_began_at": "2026-05-01T02:00:00Z",
        "last_contact_at": "2026-05-01T01:00:00Z", "caregiver_learned_at": "2026-05-01T06:00:00Z",
    });
    let case = later(&app, Case::open_with(&app, opened).await, "2026-05-01T08:30:00Z").await;
    let mut police = told("law_enforcement", "2026-05-01T08:20:00Z");
    police["ncic_entry_confirmed_at"] = json!("2026-05-01T08:25:00Z");
    case.worker.post(&case.url("/notifications"), police, 201).await;
    case.worker.patch(&case.url(""), json!({ "missing_type": "absent_without_permission" }), 200).await;
    let case = later(&app, case, "2026-05-02T08:00:00Z").await;
    case.report("ncmec", "2026-05-02T07:45:00Z").await;
    let case = later(&app, case, "2026-05-03T10:00:00Z").await;
    let back = json!({
        "located_at": "2026-05-03T08:00:00Z", "returned_to_care_at": "2026-05-03T09:00:00Z",
        "recovery_type": "returned_on_own",
    });
    case.worker.put(&case.url(""), &case.url("/recovery"), back, 200).await;
    finish(&case).await;
    (app, case)
}

async fn finish(case: &Case) {
    for recipient in ["law_enforcement", "ncmec"] {
        let mut notice = told(recipient, "2026-05-03T09:30:00Z");
        notice["kind"] = json!("recovery_notice");
        case.worker.post(&case.url("/notifications"), notice, 201).await;
    }
    for task in ["return_interview", "screening"] {
        let done = json!({
            "task": task, "completed_at": "2026-05-03T09:45:00Z", "completed_by_name": "Sample Worker",
        });
        case.worker.post(&case.url("/completions"), done, 201).await;
    }
    let closure = json!({ "reason": "tasks_done", "statement": "Back in the foster home." });
    case.worker.put(&case.url(""), &case.url("/closure"), closure, 200).await;
}

#[tokio::test]
async fn a_whole_story_is_told_in_order() {
    let (_app, case) = whole_story().await;
    expect_test::expect![[r#"
        2026-05-01T01:00:00Z last_contact: Someone last had contact with the child
        2026-05-01T02:00:00Z absence_began: The absence began
        2026-05-01T06:00:00Z caregiver_learned: The caregiver learned of the absence
        2026-05-01T07:30:00Z information_received: The agency received the information
        2026-05-01T07:30:00Z duty_started: Owed: initial report to law enforcement
        2026-05-01T07:30:00Z duty_started: Owed: initial report to NCMEC
        2026-05-01T08:00:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-01T08:00:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-01T08:00:00Z reminder_sent: A reminder was sent
        2026-05-01T08:00:00Z reminder_sent: A reminder was sent
        2026-05-01T08:20:00Z notification: Contact with law enforcement: initial report, completed
        2026-05-01T08:20:00Z duty_started: Owed: ncic confirmation to law enforcement
        2026-05-01T08:20:00Z duty_started: Owed: record update to law enforcement
        2026-05-01T08:20:00Z duty_started: Owed: regular communication to law enforcement
        2026-05-01T08:25:00Z ncic_entry_confirmed: The NCIC entry was confirmed by law enforcement
        2026-05-01T08:30:00Z correction: Corrected or completed: missing_type
        2026-05-01T08:30:00Z duty_started: Owed: share update to law enforcement
        2026-05-01T08:30:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-01T08:30:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-01T08:30:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-01T08:30:00Z reminder_sent: A reminder was sent
        2026-05-01T08:30:00Z reminder_sent: A reminder was sent
        2026-05-01T08:30:00Z reminder_sent: A reminder was sent
        2026-05-01T09:00:00Z delivery_attempted: Delivery of a reminder: widened
        2026-05-01T09:00:00Z reminder_sent: A reminder was sent
        2026-05-01T09:30:00Z delivery_attempted: Delivery of a reminder: widened
        2026-05-01T09:30:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-01T09:30:00Z reminder_sent: A reminder was sent
        2026-05-01T09:30:00Z reminder_sent: A reminder was sent
        2026-05-01T10:00:00Z delivery_attempted: Delivery of a reminder: widened
        2026-05-01T10:00:00Z reminder_sent: A reminder was sent
        2026-05-01T10:30:00Z delivery_attempted: Delivery of a reminder: unseen
        2026-05-01T11:30:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-01T11:30:00Z reminder_sent: A reminder was sent
        2026-05-01T11:30:00Z reminder_sent: A reminder was sent
        2026-05-01T11:30:00Z reminder_sent: A reminder was sent
        2026-05-01T11:30:00Z reminder_sent: A reminder was sent
        2026-05-01T12:00:00Z delivery_attempted: Delivery of a reminder: unseen
        2026-05-01T12:30:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-01T12:30:00Z reminder_sent: A reminder was sent
        2026-05-01T15:30:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-01T15:30:00Z reminder_sent: A reminder was sent
        2026-05-01T15:30:00Z reminder_sent: A reminder was sent
        2026-05-01T15:30:00Z reminder_sent: A reminder was sent
        2026-05-01T15:30:00Z reminder_sent: A reminder was sent
        2026-05-01T16:00:00Z delivery_attempted: Delivery of a reminder: unseen
        2026-05-01T16:30:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-01T16:30:00Z reminder_sent: A reminder was sent
        2026-05-01T19:30:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-01T19:30:00Z reminder_sent: A reminder was sent
        2026-05-01T19:30:00Z reminder_sent: A reminder was sent
        2026-05-01T19:30:00Z reminder_sent: A reminder was sent
        2026-05-01T19:30:00Z reminder_sent: A reminder was sent
        2026-05-01T20:00:00Z delivery_attempted: Delivery of a reminder: unseen
        2026-05-01T20:30:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-01T20:30:00Z reminder_sent: A reminder was sent
        2026-05-02T01:30:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-02T01:30:00Z reminder_sent: A reminder was sent
        2026-05-02T01:30:00Z reminder_sent: A reminder was sent
        2026-05-02T01:30:00Z reminder_sent: A reminder was sent
        2026-05-02T01:30:00Z reminder_sent: A reminder was sent
        2026-05-02T02:00:00Z delivery_attempted: Delivery of a reminder: unseen
        2026-05-02T02:30:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-02T02:30:00Z reminder_sent: A reminder was sent
        2026-05-02T05:30:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-02T05:30:00Z reminder_sent: A reminder was sent
        2026-05-02T05:30:00Z reminder_sent: A reminder was sent
        2026-05-02T05:30:00Z reminder_sent: A reminder was sent
        2026-05-02T05:30:00Z reminder_sent: A reminder was sent
        2026-05-02T06:00:00Z delivery_attempted: Delivery of a reminder: unseen
        2026-05-02T06:30:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-02T06:30:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-02T06:30:00Z reminder_sent: A reminder was sent
        2026-05-02T06:30:00Z reminder_sent: A reminder was sent
        2026-05-02T06:30:00Z reminder_sent: A reminder was sent
        2026-05-02T06:30:00Z reminder_sent: A reminder was sent
        2026-05-02T06:30:00Z reminder_sent: A reminder was sent
        2026-05-02T07:00:00Z delivery_attempted: Delivery of a reminder: unseen
        2026-05-02T07:30:00Z duty_due: The law's limit: initial report to law enforcement
        2026-05-02T07:30:00Z duty_due: The law's limit: initial report to NCMEC
        2026-05-02T07:30:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-02T07:30:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-02T07:30:00Z reminder_sent: A reminder was sent
        2026-05-02T07:30:00Z reminder_sent: A reminder was sent
        2026-05-02T07:30:00Z reminder_sent: A reminder was sent
        2026-05-02T07:30:00Z reminder_sent: A reminder was sent
        2026-05-02T07:30:00Z reminder_sent: A reminder was sent
        2026-05-02T07:45:00Z notification: Contact with NCMEC: initial report, completed
        2026-05-02T07:45:00Z duty_started: Owed: regular communication to NCMEC
        2026-05-02T08:00:00Z delivery_attempted: Delivery of a reminder: unseen
        2026-05-02T08:30:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-02T08:30:00Z reminder_sent: A reminder was sent
        2026-05-03T08:00:00Z located: The child was located
        2026-05-03T08:30:00Z delivery_attempted: Delivery of a reminder: delivered
        2026-05-03T08:30:00Z reminder_sent: A reminder was sent
        2026-05-03T08:30:00Z reminder_sent: A reminder was sent
        2026-05-03T09:00:00Z returned_to_care: The child returned to care
        2026-05-03T09:00:00Z duty_started: Owed: recovery notice to law enforcement
        2026-05-03T09:00:00Z duty_started: Owed: recovery notice to NCMEC
        2026-05-03T09:00:00Z duty_started: Owed: return interview
        2026-05-03T09:00:00Z duty_started: Owed: screening
        2026-05-03T09:00:00Z duty_superseded: Owed no more: record update to law enforcement
        2026-05-03T09:00:00Z duty_superseded: Owed no more: regular communication to law enforcement
        2026-05-03T09:00:00Z duty_superseded: Owed no more: regular communication to NCMEC
        2026-05-03T09:30:00Z notification: Contact with law enforcement: recovery notice, completed
        2026-05-03T09:30:00Z notification: Contact with NCMEC: recovery notice, completed
        2026-05-03T09:45:00Z task_completed: Task finished: return interview
        2026-05-03T09:45:00Z task_completed: Task finished: screening
        2026-05-03T10:00:00Z closure: The episode was closed
    "#]]
    .assert_eq(&lines(&items(&case).await));
}

#[tokio::test]
async fn the_order_is_that_of_what_happened_and_not_of_what_was_recorded() {
    let (_app, case) = whole_story().await;
    let items = items(&case).await;
    let order: Vec<(&str, &str)> =
        items.iter().map(|it| (it["occurred_at"].as_str().unwrap(), it["recorded_at"].as_str().unwrap())).collect();
    assert!(order.is_sorted(), "{order:#?}");
    assert!(items.iter().any(|it| it["occurred_at"] != it["recorded_at"]));
}

#[tokio::test]
async fn a_back_dated_entry_shows_when_it_was_recorded() {
    let (_app, case) = whole_story().await;
    let items = items(&case).await;
    let police = items.iter().find(|it| it["kind"] == "notification").unwrap();
    assert_eq!(police["occurred_at"], "2026-05-01T08:20:00Z");
    assert_eq!(police["recorded_at"], "2026-05-01T08:30:00Z");
}

#[tokio::test]
async fn reading_it_again_tells_the_same() {
    let (_app, case) = whole_story().await;
    assert_eq!(items(&case).await, items(&case).await);
}

#[tokio::test]
async fn what_was_taken_back_stays_with_the_reason() {
    let app = TestApp::at("2026-05-01T08:00:00Z").await;
    let case = app.given_case().await;
    let report = case.report("ncmec", "2026-05-01T08:00:00Z").await;
    let case = later(&app, case, "2026-05-01T08:10:00Z").await;
    let url = case.url(&format!("/notifications/{}/retraction", report["id"].as_str().unwrap()));
    case.worker.post(&url, json!({ "reason": "Wrong child." }), 201).await;
    let items = items(&case).await;
    assert!(items.iter().any(|it| it["kind"] == "notification"));
    let retracted = items.iter().find(|it| it["kind"] == "notification_retracted").unwrap();
    assert_eq!(retracted["occurred_at"], "2026-05-01T08:10:00Z");
    assert_eq!(retracted["detail"]["reason"], "Wrong child.");
}

#[tokio::test]
async fn a_moved_receipt_shows_both_values() {
    let app = TestApp::at("2026-05-01T08:00:00Z").await;
    let case = app.given_case().await;
    let earlier = json!({ "agency_information_received_at": "2026-05-01T05:00:00Z" });
    case.worker.patch(&case.url(""), earlier, 200).await;
    let items = items(&case).await;
    let received: Vec<&Value> = items.iter().filter(|it| it["kind"] == "information_received").collect();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0]["occurred_at"], "2026-05-01T05:00:00Z");
    let correction = items.iter().find(|it| it["kind"] == "correction").unwrap();
    assert_eq!(correction["detail"]["receipt_before"], "2026-05-01T08:00:00Z");
    assert_eq!(correction["detail"]["receipt_after"], "2026-05-01T05:00:00Z");
}

#[tokio::test]
async fn what_follows_from_something_stands_after_it() {
    let (_app, case) = whole_story().await;
    let items = items(&case).await;
    let place = |kind: &str| items.iter().position(|it| it["kind"] == kind).unwrap();
    assert!(place("returned_to_care") < place("duty_superseded"));
    assert_eq!(items[place("duty_superseded")]["recorded_at"], "2026-05-03T10:00:00Z");
}
