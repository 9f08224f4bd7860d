//! What people concluded: recorded by people only, known to few, and nothing follows but one report.

mod count;
mod hidden;
mod import;
mod report;

use serde_json::{Value, json};

use crate::support::{Case, Person, TestApp, new_child};

const NOW: &str = "2026-05-01T08:00:00Z";
const IDENTIFIED: &str = "sex_trafficking_victim_identified";

/// What a worker records of a conclusion.
fn concluded(kind: &str, received_at: &str) -> Value {
    json!({
        "determination_type": kind, "determination_source": "agency_worker",
        "determined_by_name": "Sample Worker", "determined_by_role": "caseworker",
        "determined_by_agency": "Demo State", "determined_at": received_at,
        "agency_information_received_at": received_at, "basis": "Told to the worker in the interview of the day.",
        "sources_consulted": "The child; the school.", "attestation": true,
    })
}

fn superseding(kind: &str, received_at: &str, before: &Value) -> Value {
    let mut new = concluded(kind, received_at);
    new["supersedes_id"] = before["id"].clone();
    new
}

fn url(child: &str) -> String {
    format!("/v1/children/{child}/determinations")
}

async fn listed(by: &Person, child: &str) -> Vec<Value> {
    by.get(&url(child), 200).await["data"].as_array().unwrap().clone()
}

/// The duty of the determination that stands at `place` in the list.
async fn duty(by: &Person, child: &str, place: usize) -> Value {
    listed(by, child).await[place]["duties"][0].clone()
}

#[tokio::test]
async fn what_a_person_concluded_is_kept_word_for_word_with_who_recorded_it() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({})).await;
    assert_eq!(listed(&worker, &child).await, [Value::Null; 0]);
    let told = concluded("labor_trafficking_victim_identified", NOW);
    let created = worker.post(&url(&child), told.clone(), 201).await;
    for (field, value) in told.as_object().unwrap() {
        assert_eq!(&created[field], value, "{field}");
    }
    assert_eq!(created["recorded_by"], json!(worker.id.unwrap().uuid()));
    assert_eq!(created["duties"], json!([]));
    assert_eq!(listed(&worker, &child).await, [created]);
}

#[tokio::test]
async fn every_fault_is_told_at_once() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({})).await;
    let mut bad = concluded("withdrawn", "2026-05-01T08:00:01Z");
    bad["basis"] = json!("Too short.");
    bad["attestation"] = json!(false);
    let problem = worker.post(&url(&child), bad, 422).await;
    let faults: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|it| it["pointer"].as_str().unwrap()).collect();
    let expected = ["/determined_at", "/agency_information_received_at", "/basis", "/attestation", "/supersedes_id"];
    assert_eq!(faults, expected);
}

#[tokio::test]
async fn nothing_is_filled_in_for_the_person() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({})).await;
    for field in concluded(IDENTIFIED, NOW).as_object().unwrap().keys() {
        let mut without = concluded(IDENTIFIED, NOW);
        without.as_object_mut().unwrap().remove(field);
        let problem = worker.post(&url(&child), without, 400).await;
        assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"), "{field}");
    }
}

#[tokio::test]
async fn a_withdrawal_is_a_row_of_its_own_and_history_stays() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({})).await;
    let first = worker.post(&url(&child), concluded(IDENTIFIED, NOW), 201).await;
    let withdrawal = worker.post(&url(&child), superseding("withdrawn", NOW, &first), 201).await;
    let all = listed(&worker, &child).await;
    assert_eq!(all.len(), 2);
    assert_eq!((&all[0]["basis"], &all[0]["superseded_by_id"]), (&first["basis"], &withdrawal["id"]));
    let again = worker.post(&url(&child), superseding("withdrawn", NOW, &first), 409).await;
    assert_eq!(again["type"], "/problems/superseded-before");
    worker.post(&url(&child), superseding(IDENTIFIED, NOW, &withdrawal), 422).await;
}

#[tokio::test]
async fn one_child_cannot_supersede_what_was_concluded_about_another() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let (one, other) = (new_child(&worker, json!({})).await, new_child(&worker, json!({})).await);
    let first = worker.post(&url(&one), concluded(IDENTIFIED, NOW), 201).await;
    let problem = worker.post(&url(&other), superseding("withdrawn", NOW, &first), 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/supersedes_id");
}

#[tokio::test]
async fn the_database_changes_and_deletes_no_determination_not_even_for_its_owner() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({})).await;
    worker.post(&url(&child), concluded(IDENTIFIED, NOW), 201).await;
    let owner = app.db.owner().await;
    for change in ["update determinations set told = basis", "delete from determinations"] {
        assert!(owner.batch_execute(change).await.is_err(), "{change}");
    }
    let clear = "select encode(basis, 'escape') like '%interview%' from determinations";
    assert!(!owner.query_one(clear, &[]).await.unwrap().get::<_, bool>(0));
}

#[tokio::test]
async fn a_determination_changes_nothing_that_is_shown_of_the_child_or_the_episode() {
    let app = TestApp::at(NOW).await;
    let (plain, determined) = (app.given_case().await, app.given_case().await);
    plain.worker.post(&url(&determined.child), concluded(IDENTIFIED, NOW), 201).await;
    app.live_until("2026-05-02T09:00:00Z").await;
    let worker = app.caseworker().await;
    let shown = async |case: &Case| {
        let paths = [case.url(""), case.url("/timeline"), case.child_url(""), case.child_url("/runaway-counts")];
        let mut all = Vec::new();
        for path in paths {
            all.push(crate::neutral::neutral(worker.get(&path, 200).await).to_string());
        }
        all
    };
    assert_eq!(shown(&plain).await, shown(&determined).await);
}
