//! A screening is a fact: that it was given, and where the form is. Never what it said.

use serde_json::{Value, json};

use crate::support::{Case, TestApp, new_child};

const NOW: &str = "2026-05-01T08:00:00Z";

fn given() -> Value {
    json!({
        "instrument": "Any instrument", "version": "2", "given_by_name": "Sample Worker", "given_at": NOW,
        "place_form_is_kept": "Paper file, county office",
    })
}

fn returned() -> Value {
    json!({ "returned_to_care_at": NOW, "recovery_type": "returned_on_own" })
}

async fn back(app: &TestApp) -> Case {
    let case = app.given_case().await;
    case.worker.put(&case.url(""), &case.url("/recovery"), returned(), 200).await;
    case
}

#[tokio::test]
async fn a_screening_that_was_given_does_what_is_owed() {
    let app = TestApp::at(NOW).await;
    let case = back(&app).await;
    assert_eq!(case.duty("screening", "").await["state"], "open");
    case.worker.post(&case.url("/screenings"), given(), 201).await;
    assert_eq!(case.duty("screening", "").await["state"], "timely");
    assert_eq!(case.duty("return_interview", "").await["state"], "open");
    let listed = case.worker.get(&case.url("/screenings"), 200).await;
    assert_eq!(listed["data"][0]["place_form_is_kept"], "Paper file, county office");
    let timeline = case.worker.get(&case.url("/timeline"), 200).await.to_string();
    assert!(timeline.contains("A screening was given"));
}

#[tokio::test]
async fn what_a_screening_said_has_no_field_and_is_refused() {
    let app = TestApp::at(NOW).await;
    let case = back(&app).await;
    for field in ["score", "result", "total", "cut_off", "answers", "outcome", "level", "band"] {
        let mut told = given();
        told[field] = json!(3);
        let problem = case.worker.post(&case.url("/screenings"), told, 400).await;
        assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"));
    }
    assert_eq!(case.duty("screening", "").await["state"], "open");
}

#[tokio::test]
async fn what_follows_a_screening_is_decided_by_a_named_person() {
    let app = TestApp::at(NOW).await;
    let case = back(&app).await;
    let mut told = given();
    told["follow_up"] = json!("Talk with the supervisor.");
    let problem = case.worker.post(&case.url("/screenings"), told.clone(), 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/follow_up_decided_by_name");
    told["follow_up_decided_by_name"] = json!("Sample Supervisor");
    let recorded = case.worker.post(&case.url("/screenings"), told, 201).await;
    assert_eq!(recorded["follow_up"], "Talk with the supervisor.");
}

#[tokio::test]
async fn a_screening_that_is_taken_back_is_owed_again() {
    let app = TestApp::at(NOW).await;
    let case = back(&app).await;
    let told = case.worker.post(&case.url("/screenings"), given(), 201).await;
    let url = case.url(&format!("/screenings/{}/retraction", told["id"].as_str().unwrap()));
    let retracted = case.worker.post(&url, json!({ "reason": "Another child." }), 201).await;
    assert_eq!(
        (&retracted["retraction_reason"], &retracted["instrument"]),
        (&json!("Another child."), &told["instrument"])
    );
    assert_eq!(case.duty("screening", "").await["state"], "open");
    case.worker.post(&url, json!({ "reason": "Again." }), 409).await;
    let timeline = case.worker.get(&case.url("/timeline"), 200).await.to_string();
    assert!(timeline.contains("A screening was taken back"));
}

#[tokio::test]
async fn a_task_that_was_finished_by_a_record_is_taken_back_with_it_and_not_alone() {
    let app = TestApp::at(NOW).await;
    let case = back(&app).await;
    case.worker.post(&case.url("/screenings"), given(), 201).await;
    let finished = json!({ "task": "return_interview", "completed_at": NOW, "completed_by_name": "Sample Worker" });
    case.worker.post(&case.url("/completions"), finished, 201).await;
    let done = case.worker.get(&case.url("/completions"), 200).await["data"].as_array().unwrap().clone();
    for it in done {
        let url = case.url(&format!("/completions/{}/retraction", it["id"].as_str().unwrap()));
        let (status, state) = if it["came_with"].is_null() { (201, "open") } else { (409, "timely") };
        case.worker.post(&url, json!({ "reason": "It was not." }), status).await;
        assert_eq!(case.duty(it["task"].as_str().unwrap(), "").await["state"], state);
    }
}

/// What a child who is back is owed, with the aims, and the tasks' words.
async fn owed(app: &TestApp, child: Value, missing_type: &str, seen: &[&str]) -> Value {
    let worker = app.caseworker().await;
    let child = new_child(&worker, child).await;
    let root = format!("/v1/children/{child}");
    for code in seen {
        let told = json!({
            "indicator_code": code, "observed_by_name": "Sample Observer", "observer_role": "teacher",
            "source": "school", "context": "Said so in class.",
        });
        worker.post(&format!("{root}/observations"), told, 201).await;
    }
    let opened = json!({ "agency_information_received_at": NOW, "missing_type": missing_type });
    let opened = worker.post(&format!("{root}/missing-episodes"), opened, 201).await;
    let url = format!("{root}/missing-episodes/{}", opened["id"].as_str().unwrap());
    let back = worker.put(&url, &format!("{url}/recovery"), returned(), 200).await;
    let duty = |it: &Value| json!([it["kind"], it["recipient"], it["due_at"], it["target_at"], it["rule_code"]]);
    back["duties"].as_array().unwrap().iter().map(duty).collect()
}

#[tokio::test]
async fn t26_whoever_comes_back_is_owed_the_same() {
    let app = TestApp::at(NOW).await;
    let catalogue = app.caseworker().await.get("/v1/indicators", 200).await;
    let codes: Vec<&str> =
        catalogue["indicators"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect();
    let mut all = Vec::new();
    for number in 0..36 {
        let sex = ["male", "female"][number % 2];
        let born = ["2009-01-01", "2014-01-01", "2023-01-01"][number / 2 % 3];
        let missing_type = ["absent_without_permission", "abduction_nonfamily", "unknown"][number / 6 % 3];
        let seen = [&[][..], &codes[..2]][number / 18];
        let child = json!({ "sex": sex, "date_of_birth": born });
        all.push(owed(&app, child, missing_type, seen).await);
    }
    assert_eq!(all.len(), 36);
    assert!(all[0].to_string().contains("screening") && all[0].to_string().contains("return_interview"));
    assert!(all.iter().all(|it| it == &all[0]), "{all:#?}");
}
