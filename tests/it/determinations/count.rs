//! The yearly count: distinct children, current determinations, and nothing else.

use serde_json::json;

use super::{IDENTIFIED, NOW, concluded, superseding, url};
use crate::support::{Person, TestApp, new_child};

const YEAR: &str = "/v1/statistics/determinations?from=2026-01-01&to=2026-12-31";

async fn counted(auditor: &Person) -> i64 {
    auditor.get(YEAR, 200).await["children"].as_i64().unwrap()
}

#[tokio::test]
async fn t20_and_t21_a_child_counts_once_and_no_more_once_withdrawn() {
    let app = TestApp::at(NOW).await;
    let (worker, auditor) = (app.caseworker().await, app.auditor().await);
    let child = new_child(&worker, json!({})).await;
    assert_eq!(counted(&auditor).await, 0);
    let first = worker.post(&url(&child), concluded(IDENTIFIED, NOW), 201).await;
    let second = worker.post(&url(&child), concluded(IDENTIFIED, NOW), 201).await;
    assert_eq!(counted(&auditor).await, 1);
    worker.post(&url(&child), superseding("withdrawn", NOW, &first), 201).await;
    assert_eq!(counted(&auditor).await, 1);
    worker.post(&url(&child), superseding("not_identified_at_this_time", NOW, &second), 201).await;
    assert_eq!(counted(&auditor).await, 0);
}

#[tokio::test]
async fn the_days_are_the_agencys_own_and_both_are_included() {
    let app = TestApp::at(NOW).await;
    let (worker, auditor) = (app.caseworker().await, app.auditor().await);
    let child = new_child(&worker, json!({})).await;
    worker.post(&url(&child), concluded(IDENTIFIED, "2026-04-30T23:30:00-05:00"), 201).await;
    for (from, to, children) in [("2026-04-30", "2026-04-30", 1), ("2026-05-01", "2026-05-01", 0)] {
        let path = format!("/v1/statistics/determinations?from={from}&to={to}");
        assert_eq!(auditor.get(&path, 200).await, json!({ "from": from, "to": to, "children": children }));
    }
    auditor.get("/v1/statistics/determinations?from=2026-05-02&to=2026-05-01", 400).await;
}

#[tokio::test]
async fn observations_and_other_conclusions_never_change_it() {
    let app = TestApp::at(NOW).await;
    let (case, auditor) = (app.given_case().await, app.auditor().await);
    let catalogue = case.worker.get("/v1/indicators", 200).await;
    for item in catalogue["indicators"].as_array().unwrap() {
        let seen = json!({
            "indicator_code": item["code"], "observed_by_name": "Sample Observer", "observer_role": "teacher",
            "source": "school", "context": "Said so in class.",
        });
        case.worker.post(&case.child_url("/observations"), seen, 201).await;
    }
    for kind in ["labor_trafficking_victim_identified", "at_risk_reasonable_cause"] {
        case.worker.post(&url(&case.child), concluded(kind, NOW), 201).await;
    }
    assert_eq!(counted(&auditor).await, 0);
}

#[tokio::test]
async fn it_is_counted_for_the_whole_agency_by_a_supervisor_or_an_auditor_or_not_at_all() {
    let app = TestApp::at(NOW).await;
    for (name, status) in [("director", 200), ("auditor", 200), ("supervisor", 403), ("caseworker", 403)] {
        app.person(name).await.get(YEAR, status).await;
    }
    for name in ["on-call", "privacy", "administrator"] {
        app.person(name).await.get(YEAR, 403).await;
    }
}
