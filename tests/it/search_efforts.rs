//! Looking for a child: logged, listed, taken back, and in the course of the episode.

use serde_json::{Value, json};

use crate::support::{Case, TestApp};

const NOW: &str = "2026-05-01T08:00:00Z";

fn effort(kind: &str, made_at: &str) -> Value {
    json!({
        "kind": kind, "made_at": made_at, "made_by_name": "Sample Worker", "contacted": "Aunt",
        "place": "Aunt's house", "outcome": "Nobody answered.", "next_step": "Call again in the evening.",
    })
}

async fn log(case: &Case, kind: &str, made_at: &str) -> Value {
    case.worker.post(&case.url("/search-efforts"), effort(kind, made_at), 201).await
}

async fn summaries(case: &Case, kind: &str) -> Vec<String> {
    let timeline = case.worker.get(&case.url("/timeline"), 200).await;
    let items = timeline["data"].as_array().unwrap().iter().filter(|it| it["kind"] == kind);
    items.map(|it| it["summary"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_was_done_to_find_the_child_is_kept_word_for_word_in_the_order_it_was_done() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    app.set_clock("2026-05-01T08:12:00Z");
    log(&case, "visit_to_place", "2026-05-01T08:10:00Z").await;
    let first = log(&case, "call_to_relative", "2026-05-01T08:05:00Z").await;
    for field in ["kind", "made_by_name", "contacted", "place", "outcome", "next_step"] {
        assert_eq!(first[field], effort("call_to_relative", NOW)[field], "{field}");
    }
    let listed = case.worker.get(&case.url("/search-efforts"), 200).await;
    let kinds: Vec<&Value> = listed["data"].as_array().unwrap().iter().map(|it| &it["kind"]).collect();
    assert_eq!(kinds, ["call_to_relative", "visit_to_place"]);
    assert_eq!(summaries(&case, "search_effort").await, ["Search: call to relative", "Search: visit to place"]);
}

#[tokio::test]
async fn a_search_effort_that_is_taken_back_stays_readable_with_its_reason() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let made = log(&case, "posters", NOW).await;
    let url = case.url(&format!("/search-efforts/{}/retraction", made["id"].as_str().unwrap()));
    let retracted = case.worker.post(&url, json!({ "reason": "Another child." }), 201).await;
    assert_eq!(retracted["outcome"], "Nobody answered.");
    assert_eq!(retracted["retraction_reason"], "Another child.");
    let problem = case.worker.post(&url, json!({ "reason": "Again." }), 409).await;
    assert_eq!(problem["type"], "/problems/already-retracted");
    assert_eq!(summaries(&case, "search_effort_retracted").await.len(), 1);
}

#[tokio::test]
async fn a_caregiver_can_have_looked_before_the_agency_was_told_but_not_before_the_absence() {
    let app = TestApp::at(NOW).await;
    let began = json!({ "agency_information_received_at": NOW, "absence_began_at": "2026-05-01T05:00:00Z" });
    let case = Case::open_with(&app, began).await;
    log(&case, "call_to_friend", "2026-05-01T05:30:00Z").await;
    for made_at in ["2026-05-01T04:59:59Z", "2026-05-01T08:00:01Z"] {
        let body = effort("call_to_friend", made_at);
        let problem = case.worker.post(&case.url("/search-efforts"), body, 422).await;
        assert_eq!(problem["errors"][0]["pointer"], "/made_at", "{made_at}");
    }
}

#[tokio::test]
async fn talking_with_the_police_about_the_search_reports_nothing() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    for kind in ["law_enforcement_contact", "ncmec_contact"] {
        log(&case, kind, NOW).await;
    }
    for recipient in ["law_enforcement", "ncmec"] {
        assert_eq!(case.duty("initial_report", recipient).await["state"], "open", "{recipient}");
    }
}

#[tokio::test]
async fn an_effort_of_another_episode_cannot_be_taken_back_here() {
    let app = TestApp::at(NOW).await;
    let (one, other) = (app.given_case().await, app.given_case().await);
    let made = log(&one, "posters", NOW).await;
    let url = other.url(&format!("/search-efforts/{}/retraction", made["id"].as_str().unwrap()));
    other.worker.post(&url, json!({ "reason": "Not mine." }), 404).await;
}

#[tokio::test]
async fn where_a_state_asks_for_searches_the_log_answers_and_what_is_taken_back_answers_nothing() {
    let app = TestApp::at(NOW).await;
    let (case, administrator) = (app.given_case().await, app.person("administrator").await);
    let florida = json!({ "jurisdiction": "FL", "reason": "A test." });
    let rules = "/v1/agency/rules";
    administrator.put(rules, rules, florida, 200).await;
    assert_eq!(case.duty("search_effort", "").await["state"], "open");
    let made = log(&case, "visit_to_place", NOW).await;
    let states = async || {
        let duties = case.now().await["duties"].as_array().unwrap().clone();
        duties.iter().filter(|it| it["kind"] == "search_effort").map(|it| it["state"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(states().await, ["timely", "open"]);
    administrator.put(rules, rules, json!({ "jurisdiction": "FL", "reason": "Again." }), 200).await;
    assert_eq!(states().await, ["timely", "open"]);
    let url = case.url(&format!("/search-efforts/{}/retraction", made["id"].as_str().unwrap()));
    case.worker.post(&url, json!({ "reason": "Another child." }), 201).await;
    assert_eq!(states().await, ["open"]);
}
