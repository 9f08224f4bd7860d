//! No automated judgement: observations change nothing but the list of observations (T18).

use serde_json::{Value, json};

use crate::support::{Case, TestApp};

const NOW: &str = "2026-05-01T08:00:00Z";

/// Everything a person can see of a case for two days, with the ids that differ taken out.
async fn everything_shown(observations: usize) -> String {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    observe(&case, observations).await;
    let mut shown = String::new();
    for moment in ["2026-05-01T09:00:00Z", "2026-05-02T09:00:00Z", "2026-05-03T09:00:00Z"] {
        app.live_until(moment).await;
        let worker = app.caseworker().await;
        for path in [
            case.url(""),
            case.url("/timeline"),
            case.url("/search-efforts"),
            case.url("/whereabouts"),
            case.url("/return-interviews"),
            case.url("/screenings"),
            case.url("/primary-factors"),
            case.url("/factor-responses"),
            case.child_url("/factor-responses"),
            "/v1/primary-factors".to_owned(),
            "/v1/agency/escalation-contacts".to_owned(),
            case.child_url(""),
            case.child_url("/runaway-counts"),
            "/v1/duties".to_owned(),
            "/v1/reminders?limit=200".to_owned(),
            "/v1/missing-episodes".to_owned(),
            "/v1/children".to_owned(),
        ] {
            shown.push_str(&neutral(worker.get(&path, 200).await).to_string());
            shown.push('\n');
        }
    }
    shown
}

async fn observe(case: &Case, how_many: usize) {
    let catalogue = case.worker.get("/v1/indicators", 200).await;
    let items = catalogue["indicators"].as_array().unwrap();
    assert_eq!(items.len(), 26);
    for item in items.iter().take(how_many) {
        let seen = json!({
            "indicator_code": item["code"], "observed_at": NOW, "observed_by_name": "Sample Observer",
            "observer_role": "caseworker", "source": "direct_observation", "context": "Seen on a visit.",
            "episode_id": case.episode,
        });
        case.worker.post(&case.child_url("/observations"), seen, 201).await;
    }
}

/// Ids are random; all else must be equal, byte for byte.
pub fn neutral(value: Value) -> Value {
    match value {
        Value::String(text) if uuid::Uuid::parse_str(&text).is_ok() || text.starts_with("P-") => json!("id"),
        Value::Array(items) => items.into_iter().map(neutral).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, neutral(value))).collect(),
        other => other,
    }
}

#[tokio::test]
async fn an_episode_with_26_observations_looks_like_one_with_none() {
    assert_eq!(everything_shown(0).await, everything_shown(26).await);
}
