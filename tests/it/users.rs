//! The people of an agency: seen, added, changed, disabled.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Person, TestApp};

const NOW: &str = "2026-05-01T08:00:00Z";

async fn emails(who: &Person, path: &str) -> Vec<String> {
    let all = who.get(path, 200).await;
    let email = |it: &Value| it["email"].as_str().unwrap().split('@').next().unwrap().to_owned();
    let mut emails: Vec<String> = all["data"].as_array().unwrap().iter().map(email).collect();
    emails.sort();
    emails
}

fn url(person: &Person) -> String {
    format!("/v1/users/{}", person.id.unwrap())
}

#[tokio::test]
async fn supervisors_see_their_units_and_administrators_the_agency_and_nobody_else_anyone() {
    let app = TestApp::at(NOW).await;
    let elsewhere = app.given_person("elsewhere", "caseworker", Some("metro")).await;
    let administrator = app.person("administrator").await;
    let everyone = emails(&administrator, "/v1/users").await;
    assert!(["caseworker", "elsewhere", "supervisor"].iter().all(|it| everyone.contains(&(*it).to_owned())));
    let supervisor = app.supervisor().await;
    assert!(!emails(&supervisor, "/v1/users").await.contains(&"elsewhere".to_owned()));
    assert_eq!(emails(&supervisor, "/v1/users?unit_code=north-county").await, ["caseworker", "supervisor"]);
    assert_eq!(emails(&administrator, "/v1/users?unit_code=metro").await, ["elsewhere"]);
    supervisor.get(&url(&elsewhere), 404).await;
    elsewhere.get("/v1/users", 403).await;
    app.auditor().await.get("/v1/users", 403).await;
    administrator.get(&url(&app.stranger().await), 404).await;
}

#[tokio::test]
async fn everyone_sees_the_units_of_their_own_agency() {
    let app = TestApp::at(NOW).await;
    let units = app.caseworker().await.get("/v1/units", 200).await;
    let codes: Vec<&str> = units["data"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["east-county", "metro", "north-county", "south-county", "west-county"]);
    assert_eq!(app.stranger().await.get("/v1/units", 200).await["data"][0]["code"], "central");
}

#[tokio::test]
async fn people_are_listed_page_by_page() {
    let app = TestApp::at(NOW).await;
    let administrator = app.person("administrator").await;
    let (mut seen, mut path) = (0, "/v1/users?limit=3".to_owned());
    loop {
        let page = administrator.get(&path, 200).await;
        seen += page["data"].as_array().unwrap().len();
        let Some(next) = page["page"]["next"].as_str() else { break };
        path = format!("/v1/users?limit=3&cursor={next}");
    }
    assert_eq!(seen, 7);
}

#[tokio::test]
async fn a_person_who_was_added_signs_in_once_they_have_a_password() {
    let app = TestApp::at(NOW).await;
    let second = app.given_person("second", "caseworker", Some("north-county")).await;
    let me = second.get("/v1/me", 200).await;
    assert_eq!((&me["role"], &me["units"][0]["code"]), (&json!("caseworker"), &json!("north-county")));
    let administrator = app.person("administrator").await;
    let again = json!({ "email": "Second@demo.homeward.test", "name": "Two", "role": "auditor", "whole_agency": true });
    let taken = administrator.post_once("k", "/v1/users", again).await;
    assert_eq!((taken.status, taken.slug().as_str()), (409, "email-taken"));
    let nowhere = json!({ "email": "x@demo.homeward.test", "name": "X", "role": "auditor", "unit_codes": ["nowhere"] });
    let why = administrator.post("/v1/users", nowhere, 422).await;
    assert_eq!(why["errors"][0]["pointer"], "/unit_codes/0");
    let neither = json!({ "email": "x@demo.homeward.test", "name": "X", "role": "auditor" });
    administrator.post("/v1/users", neither.clone(), 422).await;
    app.supervisor().await.post("/v1/users", neither, 403).await;
}

#[tokio::test]
async fn a_disabled_person_is_signed_out_at_once_and_what_was_theirs_goes_up() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let administrator = app.person("administrator").await;
    let changed = administrator.patch(&url(&case.worker), json!({ "disabled": true }), 200).await;
    assert_eq!(changed["disabled_at"], NOW);
    case.worker.get("/v1/me", 401).await;
    app.travel_to(NOW).await;
    let heard = case.supervisor.get("/v1/reminders", 200).await;
    assert_eq!(heard["data"].as_array().unwrap().len(), 2);
    administrator.patch(&url(&case.worker), json!({ "disabled": false }), 200).await;
    case.worker.get("/v1/me", 401).await;
    app.caseworker().await.get("/v1/me", 200).await;
}

#[tokio::test]
async fn a_role_and_units_change_at_once_with_an_entry_and_what_was_before_is_kept() {
    let app = TestApp::at(NOW).await;
    let (worker, administrator) = (app.caseworker().await, app.person("administrator").await);
    let changes = json!({ "role": "supervisor", "unit_codes": ["metro"] });
    let changed = administrator.patch(&url(&worker), changes.clone(), 200).await;
    assert_eq!((&changed["role"], &changed["units"][0]["code"]), (&json!("supervisor"), &json!("metro")));
    let me = worker.get("/v1/me", 200).await;
    assert_eq!((&me["role"], &me["units"][0]["code"]), (&json!("supervisor"), &json!("metro")));
    let stale = administrator.send(Method::PATCH, &url(&worker), Some(changes), &[("if-match", "\"1\"")]).await;
    assert_eq!(stale.status, 412);
    let owner = app.db.owner().await;
    let entry = "select detail->'fields' #>> '{}' from audit_entries where action = 'person_changed'";
    let fields: String = owner.query_one(entry, &[]).await.unwrap().get(0);
    assert_eq!(fields, r#"["role", "units"]"#);
    let kept = "select facts->>'role' from user_versions";
    assert_eq!(owner.query_one(kept, &[]).await.unwrap().get::<_, String>(0), "caseworker");
}

#[tokio::test]
async fn nobody_changes_their_own_rights_or_disables_themselves() {
    let app = TestApp::at(NOW).await;
    let administrator = app.person("administrator").await;
    let why = administrator.patch(&url(&administrator), json!({ "role": "supervisor", "disabled": true }), 422).await;
    let at: Vec<&Value> = why["errors"].as_array().unwrap().iter().map(|it| &it["pointer"]).collect();
    assert_eq!(at, ["/role", "/disabled"]);
    administrator.patch(&url(&administrator), json!({ "name": "Another Name" }), 200).await;
    assert_eq!(administrator.get("/v1/me", 200).await["name"], "Another Name");
}
