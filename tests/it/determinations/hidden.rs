//! Who may not read determinations learns of none, by any route (12.4 items 19 and 27).

use reqwest::Method;
use serde_json::{Value, json};

use super::{IDENTIFIED, NOW, concluded, superseding, url};
use crate::support::{Case, TestApp, told};

/// A missing child about whom all was done that leaves a trace: concluded, reminded, acknowledged, reported, taken back.
async fn known_to_few(app: &TestApp) -> Case {
    let case = app.given_case().await;
    let headers = [("idempotency-key", "twice")];
    let mut created = json!(null);
    for _ in 0..2 {
        let body = Some(concluded(IDENTIFIED, NOW));
        created = case.worker.send(Method::POST, &url(&case.child), body, &headers).await.json();
    }
    app.travel_to(NOW).await;
    let inbox = case.worker.get("/v1/reminders", 200).await;
    let reminder = inbox["data"].as_array().unwrap().iter().find(|it| it["episode_id"].is_null()).unwrap().clone();
    let seen = format!("/v1/reminders/{}/acknowledgement", reminder["id"].as_str().unwrap());
    assert_eq!(case.worker.send(Method::PUT, &seen, None, &[]).await.status, 200);
    let contacts = format!("{}/{}/notifications", url(&case.child), created["id"].as_str().unwrap());
    let made = case.worker.post(&contacts, told("law_enforcement", NOW), 201).await;
    let retraction = format!("{contacts}/{}/retraction", made["id"].as_str().unwrap());
    case.worker.post(&retraction, json!({ "reason": "Another child was meant." }), 201).await;
    case.worker.post(&url(&case.child), superseding(IDENTIFIED, NOW, &created), 201).await;
    case
}

/// Everything that an auditor can read of the child or about them.
fn routes(case: &Case) -> Vec<String> {
    let of_child =
        ["", "/missing-episodes", "/placements", "/observations", "/runaway-counts", "/access-log?limit=200"];
    let of_episode = ["", "/timeline", "/notifications", "/completions"];
    let lists = [
        "/v1/duties?limit=200",
        "/v1/duties?kind=identification_report",
        "/v1/children",
        "/v1/missing-episodes",
        "/v1/reminders",
        "/v1/compliance/duties",
        "/v1/compliance/summary?from=2026-01-01&to=2026-12-31",
        "/v1/data-quality/placements",
    ];
    let mut all: Vec<String> = lists.map(str::to_owned).to_vec();
    all.push(format!("/v1/audit-entries?limit=200&child_id={}", case.child));
    all.extend(of_child.map(|it| case.child_url(it)));
    all.extend(of_episode.map(|it| case.url(it)));
    all
}

/// Ids and instants of the trail differ from case to case; who looked when is no matter here.
fn traces(shown: &Value) -> Vec<String> {
    let rows = shown["data"].as_array().unwrap().iter();
    let mut actions: Vec<String> = rows.map(|it| it["action"].as_str().unwrap_or_default().to_owned()).collect();
    actions.sort();
    actions.dedup();
    actions
}

#[tokio::test]
async fn an_auditor_learns_of_no_determination_by_any_route() {
    let app = TestApp::at(NOW).await;
    let case = known_to_few(&app).await;
    let auditor = app.auditor().await;
    auditor.get(&url(&case.child), 403).await;
    for route in routes(&case) {
        let shown = auditor.get(&route, 200).await.to_string();
        for word in ["determin", "identif", "entry_recorded", "Make the report", "attest"] {
            let told = shown.contains(word) && !(word == "determin" && shown.contains("determined_missing_at"));
            assert!(!told, "{route}: {word}");
        }
    }
}

#[tokio::test]
async fn the_auditors_trail_has_the_same_acts_with_and_without_a_determination() {
    let app = TestApp::at(NOW).await;
    let (plain, few) = (app.given_case().await, known_to_few(&app).await);
    let auditor = app.auditor().await;
    let acts = traces(&auditor.get(&few.child_url("/access-log?limit=200"), 200).await);
    assert!(
        traces(&auditor.get(&plain.child_url("/access-log?limit=200"), 200).await).iter().all(|it| acts.contains(it))
    );
    let allowed = ["child_added", "episode_opened", "notify", "own_reminders", "read_access_log", "read_worklist"];
    assert!(acts.iter().all(|it| allowed.contains(&it.as_str())), "{acts:?}");
}

#[tokio::test]
async fn the_privacy_officer_reads_the_determination_and_the_whole_trail() {
    let app = TestApp::at(NOW).await;
    let case = known_to_few(&app).await;
    let officer = app.person("privacy").await;
    assert_eq!(officer.get(&url(&case.child), 200).await["data"].as_array().unwrap().len(), 2);
    let log = traces(&officer.get(&case.child_url("/access-log?limit=200"), 200).await);
    assert!(log.contains(&"entry_recorded".to_owned()), "{log:?}");
    officer.post(&url(&case.child), concluded(IDENTIFIED, NOW), 403).await;
}

#[tokio::test]
async fn a_reminder_passes_over_whoever_may_not_know_and_goes_to_the_next_one_up() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let owner = app.db.owner().await;
    case.worker.post(&url(&case.child), concluded(IDENTIFIED, NOW), 201).await;
    let demoted = "update users set role = 'auditor' where email = 'caseworker@demo.homeward.test'";
    owner.batch_execute(demoted).await.unwrap();
    app.travel_to(NOW).await;
    let heard = "select u.email from reminders r join users u on u.id = r.user_id where r.determination_id is not null";
    let heard: Vec<String> = owner.query(heard, &[]).await.unwrap().iter().map(|it| it.get(0)).collect();
    assert_eq!(heard, ["supervisor@demo.homeward.test"]);
}

#[tokio::test]
async fn who_lost_the_right_finds_no_such_reminder_in_their_inbox() {
    let app = TestApp::at(NOW).await;
    let case = known_to_few(&app).await;
    let owner = app.db.owner().await;
    let before = case.worker.get("/v1/reminders", 200).await["data"].as_array().unwrap().clone();
    let about_it = before.iter().find(|it| it["episode_id"].is_null()).unwrap();
    let demoted = "update users set role = 'auditor' where email = 'caseworker@demo.homeward.test'";
    owner.batch_execute(demoted).await.unwrap();
    let after = case.worker.get("/v1/reminders", 200).await;
    assert!(after["data"].as_array().unwrap().iter().all(|it| !it["episode_id"].is_null()));
    let seen = format!("/v1/reminders/{}/acknowledgement", about_it["id"].as_str().unwrap());
    assert_eq!(case.worker.send(Method::PUT, &seen, None, &[]).await.status, 404);
}
