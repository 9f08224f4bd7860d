//! Closing an episode while the child is still missing, and taking a closure back.

use serde_json::{Value, json};

use crate::support::{Case, TestApp, new_child};

const NOW: &str = "2026-05-01T08:00:00Z";

fn undone(episode: &Value) -> Value {
    let duties = episode["duties"].as_array().unwrap().iter().filter(|it| it["done_at"].is_null());
    duties.map(|it| json!({ "duty_id": it["id"], "reason": "Handed to the new agency." })).collect()
}

fn closure(reason: &str, episode: &Value) -> Value {
    let confirmed = json!({ "by_name": "Sample Supervisor", "at": NOW });
    json!({
        "reason": reason, "statement": "The court ended custody.", "undone": undone(episode),
        "confirmed_told_law_enforcement": confirmed, "confirmed_told_ncmec": confirmed,
    })
}

async fn close(case: &Case, closure: Value, status: u16) -> Value {
    case.supervisor.put(&case.url(""), &case.url("/closure"), closure, status).await
}

#[tokio::test]
async fn t27_a_missing_child_is_let_go_only_with_a_named_persons_word_for_both_recipients() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    for reason in ["aged_out_still_missing", "custody_ended_still_missing", "deceased", "tasks_done"] {
        let mut silent = closure(reason, &case.opened);
        silent["confirmed_told_ncmec"] = json!(null);
        silent["confirmed_told_law_enforcement"]["at"] = json!("2026-05-01T08:00:01Z");
        let problem = close(&case, silent, 422).await;
        let faults: Vec<&str> =
            problem["errors"].as_array().unwrap().iter().map(|it| it["pointer"].as_str().unwrap()).collect();
        assert_eq!(faults, ["/confirmed_told_law_enforcement/at", "/confirmed_told_ncmec"], "{reason}");
    }
    let closed = close(&case, closure("aged_out_still_missing", &case.opened), 200).await;
    assert_eq!(closed["closure"]["confirmed_told_ncmec"], json!({ "by_name": "Sample Supervisor", "at": NOW }));
}

#[tokio::test]
async fn t27_the_word_is_evidence_and_discharges_nothing() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    close(&case, closure("custody_ended_still_missing", &case.opened), 200).await;
    for recipient in ["law_enforcement", "ncmec"] {
        assert_eq!(case.duty("initial_report", recipient).await["state"], "never", "{recipient}");
    }
}

#[tokio::test]
async fn t27_a_worker_cannot_let_a_missing_child_go_even_when_both_were_told() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    case.report("law_enforcement", NOW).await;
    case.report("ncmec", NOW).await;
    let closure = closure("aged_out_still_missing", &case.now().await);
    case.worker.put(&case.url(""), &case.url("/closure"), closure, 403).await;
}

#[tokio::test]
async fn a_closure_that_is_taken_back_makes_owed_again_what_lapsed_with_it() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    close(&case, closure("custody_ended_still_missing", &case.opened), 200).await;
    app.set_clock("2026-05-01T08:10:00Z");
    let reason = json!({ "reason": "The court order was another child's." });
    let open = case.supervisor.put(&case.url(""), &case.url("/reopening"), reason.clone(), 200).await;
    assert_eq!((&open["state"], &open["closure"]), (&json!("open_missing"), &json!(null)));
    let report = case.duty("initial_report", "ncmec").await;
    assert_eq!((&report["state"], &report["due_at"]), (&json!("open"), &json!("2026-05-02T08:00:00Z")));
    assert_eq!(report["undone_reason"], json!(null));
    let problem = case.supervisor.put(&case.url(""), &case.url("/reopening"), reason, 409).await;
    assert_eq!(problem["type"], "/problems/episode-open");
}

#[tokio::test]
async fn what_the_closure_said_stays_in_the_timeline_and_so_do_its_reasons() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    close(&case, closure("custody_ended_still_missing", &case.opened), 200).await;
    let reason = json!({ "reason": "The court order was another child's." });
    case.supervisor.put(&case.url(""), &case.url("/reopening"), reason, 200).await;
    let timeline = case.worker.get(&case.url("/timeline"), 200).await.to_string();
    assert!(timeline.contains("The court order was another child's."), "{timeline}");
    let kept = app.told("missing_episode_versions", "closed_at is not null").await;
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (&kept[0]["closure_statement"], &kept[0]["told_ncmec_by"]),
        (&json!("The court ended custody."), &json!("Sample Supervisor"))
    );
    close(&case, closure("custody_ended_still_missing", &case.opened), 200).await;
    let again = case.duty("initial_report", "ncmec").await;
    assert_eq!(again["undone_reason"], "Handed to the new agency.\nHanded to the new agency.");
}

#[tokio::test]
async fn only_a_supervisor_takes_a_closure_back() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    close(&case, closure("custody_ended_still_missing", &case.opened), 200).await;
    let reason = json!({ "reason": "A mistake." });
    case.worker.put(&case.url(""), &case.url("/reopening"), reason, 403).await;
}

#[tokio::test]
async fn an_episode_is_not_reopened_beside_an_open_one() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    close(&case, closure("not_missing_miscommunication", &case.opened), 200).await;
    let new = json!({ "agency_information_received_at": NOW });
    case.worker.post(&case.child_url("/missing-episodes"), new, 201).await;
    let reason = json!({ "reason": "A mistake." });
    let problem = case.supervisor.put(&case.url(""), &case.url("/reopening"), reason, 409).await;
    assert_eq!(problem["type"], "/problems/overlapping-episode");
}

#[tokio::test]
async fn t15_a_birthday_closes_nothing_and_asks_a_person() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({ "date_of_birth": "2008-05-03" })).await;
    let url = format!("/v1/children/{child}/missing-episodes");
    let opened = worker.post(&url, json!({ "agency_information_received_at": NOW }), 201).await;
    app.live_until("2026-05-04T08:00:00Z").await;
    let worker = app.caseworker().await;
    let episode = worker.get(&format!("{url}/{}", opened["id"].as_str().unwrap()), 200).await;
    assert_eq!((&episode["state"], &episode["closure"]), (&json!("open_missing"), &json!(null)));
    let duties = episode["duties"].as_array().unwrap();
    assert!(duties.iter().any(|it| it["kind"] == "birthday_review"), "{duties:?}");
    assert!(duties.iter().filter(|it| it["kind"] == "initial_report").all(|it| it["state"] == "overdue"));
}
