//! Recovery, finished tasks, closure.

use serde_json::{Value, json};

use crate::support::{Case, TestApp, new_child};

const NOW: &str = "2026-05-01T08:00:00Z";

fn returned() -> Value {
    json!({ "located_at": NOW, "returned_to_care_at": NOW, "recovery_type": "returned_on_own" })
}

fn kinds(episode: &Value) -> Vec<String> {
    let duties = episode["duties"].as_array().unwrap();
    let mut kinds: Vec<String> = duties
        .iter()
        .map(|it| format!("{} {}", it["kind"].as_str().unwrap(), it["recipient"].as_str().unwrap_or("-")))
        .collect();
    kinds.sort();
    kinds
}

#[tokio::test]
async fn a_return_asks_for_both_notices_the_interview_and_the_screening() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let back = case.worker.put(&case.url(""), &case.url("/recovery"), returned(), 200).await;
    assert_eq!(
        kinds(&back),
        [
            "initial_report law_enforcement",
            "initial_report ncmec",
            "recovery_notice law_enforcement",
            "recovery_notice ncmec",
            "return_interview -",
            "screening -",
        ]
    );
    assert_eq!(back["state"], "post_return_tasks_open");
    assert_eq!(case.duty("screening", "").await["due_at"], json!(null));
}

#[tokio::test]
async fn a_child_who_is_back_before_the_report_leaves_it_owed() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    case.worker.put(&case.url(""), &case.url("/recovery"), returned(), 200).await;
    let report = case.duty("initial_report", "ncmec").await;
    assert_eq!(report["state"], "open");
    assert_eq!(report["returned_before_due"], true);
}

#[tokio::test]
async fn being_located_is_not_being_recovered() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let located = json!({ "located_at": NOW, "recovery_type": "located_via_public_tip" });
    let episode = case.worker.put(&case.url(""), &case.url("/recovery"), located, 200).await;
    assert_eq!(episode["state"], "located_not_recovered");
    assert!(!kinds(&episode).contains(&"screening -".to_owned()));
}

#[tokio::test]
async fn a_boy_and_a_girl_get_the_same_tasks() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let mut seen = Vec::new();
    for sex in ["male", "female"] {
        let child = new_child(&worker, json!({ "sex": sex })).await;
        let url = format!("/v1/children/{child}/missing-episodes");
        let opened = worker.post(&url, json!({ "agency_information_received_at": NOW }), 201).await;
        let url = format!("{url}/{}", opened["id"].as_str().unwrap());
        seen.push(kinds(&worker.put(&url, &format!("{url}/recovery"), returned(), 200).await));
    }
    assert_eq!(seen[0], seen[1]);
}

async fn do_everything(case: &Case) {
    for recipient in ["law_enforcement", "ncmec"] {
        case.report(recipient, NOW).await;
        let mut notice = crate::support::told(recipient, NOW);
        notice["kind"] = json!("recovery_notice");
        case.worker.post(&case.url("/notifications"), notice, 201).await;
    }
    for task in ["return_interview", "screening"] {
        let done = json!({ "task": task, "completed_at": NOW, "completed_by_name": "Sample Worker" });
        case.worker.post(&case.url("/completions"), done, 201).await;
    }
}

#[tokio::test]
async fn an_episode_whose_duties_are_done_can_be_closed_by_its_worker() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    case.worker.put(&case.url(""), &case.url("/recovery"), returned(), 200).await;
    do_everything(&case).await;
    assert_eq!(case.now().await["state"], "returned_to_care");
    let closure = json!({ "reason": "tasks_done", "statement": "All told, all held." });
    let closed = case.worker.put(&case.url(""), &case.url("/closure"), closure.clone(), 200).await;
    assert_eq!(closed["state"], "closed");
    let again = case.worker.put(&case.url(""), &case.url("/closure"), closure, 409).await;
    assert_eq!(again["type"], "/problems/episode-closed");
}

#[tokio::test]
async fn duties_that_stand_open_keep_the_episode_open_unless_a_supervisor_says_why() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let mut closure = json!({ "reason": "custody_ended_still_missing", "statement": "The court ended custody." });
    let problem = case.worker.put(&case.url(""), &case.url("/closure"), closure.clone(), 409).await;
    assert_eq!(problem["type"], "/problems/duties-open");
    let reasons = problem["duty_ids"].as_array().unwrap().iter();
    closure["undone"] = reasons.map(|id| json!({ "duty_id": id, "reason": "Handed to the new agency." })).collect();
    for recipient in ["confirmed_told_law_enforcement", "confirmed_told_ncmec"] {
        closure[recipient] = json!({ "by_name": "Sample Supervisor", "at": NOW });
    }
    case.worker.put(&case.url(""), &case.url("/closure"), closure.clone(), 403).await;
    let closed = case.supervisor.put(&case.url(""), &case.url("/closure"), closure, 200).await;
    assert_eq!(closed["state"], "closed_custody_ended_still_missing");
    let report = case.duty("initial_report", "ncmec").await;
    assert_eq!(report["state"], "never");
    assert_eq!(report["undone_reason"], "Handed to the new agency.");
}

#[tokio::test]
async fn a_merged_duplicate_keeps_the_earliest_receipt() {
    let app = TestApp::at("2026-05-01T15:00:00Z").await;
    let first = json!({ "agency_information_received_at": "2026-05-01T09:00:00Z" });
    let case = Case::open_with(&app, first).await;
    let back = json!({ "returned_to_care_at": "2026-05-01T10:00:00Z", "recovery_type": "unknown" });
    case.worker.put(&case.url(""), &case.url("/recovery"), back, 200).await;
    let second = json!({ "agency_information_received_at": "2026-05-01T14:00:00Z" });
    let stays = case.worker.post(&case.child_url("/missing-episodes"), second, 201).await;
    let open = case.now().await;
    let undone: Vec<Value> = open["duties"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| json!({ "duty_id": it["id"], "reason": "A duplicate." }))
        .collect();
    let closure = json!({ "reason": "merged_duplicate", "statement": "The same absence.",
        "merged_into_episode_id": stays["id"], "undone": undone });
    let closed = case.supervisor.put(&case.url(""), &case.url("/closure"), closure, 200).await;
    assert_eq!(closed["state"], "merged_duplicate");
    let stays =
        case.worker.get(&case.child_url(&format!("/missing-episodes/{}", stays["id"].as_str().unwrap())), 200).await;
    assert_eq!(stays["agency_information_received_at"], "2026-05-01T09:00:00Z");
    assert_eq!(stays["duties"][0]["due_at"], "2026-05-02T09:00:00Z");
}
