//! Observations: recorded, listed by date, taken back; never counted.

use serde_json::{Value, json};

use crate::support::{Case, TestApp};

const NOW: &str = "2026-05-01T08:00:00Z";

fn seen(code: &str, observed_at: &str) -> Value {
    json!({
        "indicator_code": code, "observed_at": observed_at, "observed_by_name": "Sample Observer",
        "observer_role": "teacher", "source": "direct_observation", "context": "Said so in class.",
    })
}

async fn codes(case: &Case) -> Vec<String> {
    let catalogue = case.worker.get("/v1/indicators", 200).await;
    let items = catalogue["indicators"].as_array().unwrap().iter();
    items.map(|it| it["code"].as_str().unwrap().to_owned()).collect()
}

async fn listed(case: &Case) -> Vec<Value> {
    case.worker.get(&case.child_url("/observations"), 200).await["data"].as_array().unwrap().clone()
}

/// The names of all members, however deep.
fn members(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(members).collect(),
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, it)| [vec![name.clone()], members(it)].concat()).collect()
        }
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn the_catalogue_has_26_items_and_says_what_they_are_not() {
    let app = TestApp::at(NOW).await;
    let catalogue = app.caseworker().await.get("/v1/indicators", 200).await;
    let items = catalogue["indicators"].as_array().unwrap();
    assert_eq!(items.len(), 26);
    assert!(items.iter().all(|it| !it["sources"].as_array().unwrap().is_empty()));
    assert!(!catalogue["caveat"].as_str().unwrap().is_empty());
    assert!(!catalogue["version"].as_str().unwrap().is_empty());
    let names = ["caveat", "indicators", "sources", "version"];
    assert_eq!(catalogue.as_object().unwrap().keys().collect::<Vec<_>>(), names);
}

#[tokio::test]
async fn what_was_seen_is_kept_word_for_word_with_who_saw_and_who_recorded_it() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let code = codes(&case).await.remove(0);
    let told = seen(&code, "2026-04-30T20:00:00-05:00");
    let created = case.worker.post(&case.child_url("/observations"), told.clone(), 201).await;
    for field in ["indicator_code", "observed_by_name", "observer_role", "source", "context"] {
        assert_eq!(created[field], told[field], "{field}");
    }
    assert_eq!(created["observed_at"], "2026-05-01T01:00:00Z");
    assert_eq!(created["recorded_at"], NOW);
    assert_eq!(created["recorded_by"], case.worker.id.unwrap().to_string());
    assert_eq!(listed(&case).await, [created]);
}

#[tokio::test]
async fn they_stand_in_the_order_of_their_dates_and_in_no_other() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let codes = codes(&case).await;
    let days = ["2026-04-03", "2026-04-01", "2026-04-04", "2026-04-02"];
    for (day, code) in days.iter().zip(&codes) {
        case.worker.post(&case.child_url("/observations"), seen(code, &format!("{day}T12:00:00Z")), 201).await;
    }
    let mut undated = seen(&codes[4], NOW);
    undated["observed_at"] = Value::Null;
    case.worker.post(&case.child_url("/observations"), undated, 201).await;
    let order: Vec<Value> = listed(&case).await.iter().map(|it| it["observed_at"].clone()).collect();
    let at = |day: &str| json!(format!("{day}T12:00:00Z"));
    assert_eq!(order, [at("2026-04-01"), at("2026-04-02"), at("2026-04-03"), at("2026-04-04"), Value::Null]);
}

#[tokio::test]
async fn a_retraction_keeps_what_was_said() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let told = seen(&codes(&case).await[0], NOW);
    let created = case.worker.post(&case.child_url("/observations"), told.clone(), 201).await;
    let url = case.child_url(&format!("/observations/{}/retraction", created["id"].as_str().unwrap()));
    let retracted = case.supervisor.post(&url, json!({ "reason": "Another child." }), 201).await;
    assert_eq!(retracted["retraction_reason"], "Another child.");
    assert_eq!(retracted["retracted_by"], case.supervisor.id.unwrap().to_string());
    assert_eq!(retracted["context"], told["context"]);
    assert_eq!(listed(&case).await, [retracted]);
    let again = case.worker.post(&url, json!({ "reason": "Again." }), 409).await;
    assert_eq!(again["type"], "/problems/already-retracted");
}

#[tokio::test]
async fn an_observation_is_never_rewritten_in_the_database() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let told = seen(&codes(&case).await[0], NOW);
    case.worker.post(&case.child_url("/observations"), told, 201).await;
    let owner = app.db.owner().await;
    owner.batch_execute("set role homeward_app").await.unwrap();
    assert!(owner.batch_execute("update observations set told = why_retracted").await.is_err());
    assert!(owner.batch_execute("delete from observations").await.is_err());
}

#[tokio::test]
async fn a_code_that_the_catalogue_lacks_is_refused() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let problem = case.worker.post(&case.child_url("/observations"), seen("made_up", NOW), 400).await;
    assert_eq!(problem["errors"][0]["pointer"], "/indicator_code");
    assert!(listed(&case).await.is_empty());
}

#[tokio::test]
async fn nobody_saw_tomorrow() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let told = seen(&codes(&case).await[0], "2026-05-02T08:00:00Z");
    let problem = case.worker.post(&case.child_url("/observations"), told, 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/observed_at");
}

#[tokio::test]
async fn an_episode_of_another_child_is_refused() {
    let app = TestApp::at(NOW).await;
    let (one, other) = (app.given_case().await, app.given_case().await);
    let mut told = seen(&codes(&one).await[0], NOW);
    told["episode_id"] = json!(other.episode);
    let problem = one.worker.post(&one.child_url("/observations"), told.clone(), 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/episode_id");
    told["episode_id"] = json!(one.episode);
    one.worker.post(&one.child_url("/observations"), told, 201).await;
}

#[tokio::test]
async fn an_observation_is_taken_back_only_under_its_own_child() {
    let app = TestApp::at(NOW).await;
    let (one, other) = (app.given_case().await, app.given_case().await);
    let told = seen(&codes(&one).await[0], NOW);
    let created = one.worker.post(&one.child_url("/observations"), told, 201).await;
    let path = format!("/observations/{}/retraction", created["id"].as_str().unwrap());
    one.worker.post(&other.child_url(&path), json!({ "reason": "Wrong child." }), 404).await;
    assert_eq!(listed(&one).await[0]["retracted_at"], Value::Null);
}

#[tokio::test]
async fn a_child_can_be_observed_without_being_missing() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = crate::support::new_child(&worker, json!({})).await;
    let url = format!("/v1/children/{child}/observations");
    let catalogue = worker.get("/v1/indicators", 200).await;
    let code = catalogue["indicators"][3]["code"].as_str().unwrap();
    worker.post(&url, seen(code, NOW), 201).await;
    assert_eq!(worker.get(&url, 200).await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_list_carries_the_caveat_and_no_number_of_anything() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    for code in codes(&case).await {
        case.worker.post(&case.child_url("/observations"), seen(&code, NOW), 201).await;
    }
    let list = case.worker.get(&case.child_url("/observations"), 200).await;
    let catalogue = case.worker.get("/v1/indicators", 200).await;
    assert_eq!(list["caveat"], catalogue["caveat"]);
    assert_eq!(list["data"].as_array().unwrap().len(), 26);
    let numbering = ["count", "total", "number", "score", "level"];
    let bad = |it: &String| numbering.iter().any(|word| it.contains(word));
    assert!(!members(&list).iter().any(bad), "{:?}", members(&list));
}

#[tokio::test]
async fn the_list_takes_no_filter_no_order_and_no_limit() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    for query in ["sort=observed_at", "indicator_code=x", "limit=1", "source=record"] {
        let problem = case.worker.get(&case.child_url(&format!("/observations?{query}")), 400).await;
        assert_eq!(problem["type"], "/problems/invalid-query", "{query}");
    }
}
