//! What a row of the trail says, and of what there is one.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::NOW;
use crate::support::{PASSWORD, Person, TestApp};

/// The newest rows of the trail, as the auditor of the agency reads them.
async fn read(app: &TestApp, query: &str) -> Vec<Value> {
    let page = app.auditor().await.get(&format!("/v1/audit-entries?{query}"), 200).await;
    page["data"].as_array().unwrap().clone()
}

fn of<'a>(rows: &'a [Value], action: &str) -> Vec<&'a Value> {
    rows.iter().filter(|it| it["action"] == action).collect()
}

async fn post(who: &Person, path: &str, body: Value) -> u16 {
    who.send(Method::POST, path, Some(body), &[]).await.status
}

#[tokio::test]
async fn ad_03_a_row_says_as_what_in_which_session_from_where_by_which_operation_and_how_it_ended() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let headers = [("x-forwarded-for", "198.51.100.7"), ("x-request-id", "r-1")];
    assert_eq!(case.worker.send(Method::GET, &case.url(""), None, &headers).await.status, 200);
    let rows = read(&app, &format!("child_id={}", case.child)).await;
    let look = rows.iter().find(|it| it["request_id"] == "r-1").unwrap();
    assert_eq!((&look["role"], &look["source"]), (&json!("caseworker"), &json!("198.51.100.7")));
    assert_eq!(look["operation"], "GET /v1/children/{child_id}/missing-episodes/{episode_id}");
    assert!(look["session_id"].as_str().unwrap().parse::<Uuid>().is_ok());
    assert_eq!(look["outcome"], Value::Null);
    let opened = of(&rows, "episode_opened")[0];
    assert_eq!((&opened["outcome"], &opened["source"]), (&json!("done"), &json!("127.0.0.1")));
    assert_eq!(opened["operation"], "POST /v1/children/{child_id}/missing-episodes");
    assert_eq!(opened["session_id"], look["session_id"]);
}

#[tokio::test]
async fn ad_03_the_role_is_the_one_that_a_person_had_then() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    case.supervisor.get(&case.url(""), 200).await;
    let owner = app.db.owner().await;
    let changed = "update users set role = 'auditor' where email = 'supervisor@demo.homeward.test'";
    owner.batch_execute(changed).await.unwrap();
    case.supervisor.get(&case.child_url(""), 200).await;
    let rows = read(&app, &format!("actor_id={}", case.supervisor.id.unwrap().uuid())).await;
    let roles: Vec<&Value> = rows.iter().filter(|it| it["type"] == "look").map(|it| &it["role"]).collect();
    assert_eq!(roles, ["auditor", "supervisor"]);
}

#[tokio::test]
async fn ad_04_coming_and_going_is_in_the_trail() {
    let app = TestApp::at(NOW).await;
    let nobody = app.nobody();
    let credentials = |password: &str| json!({ "email": "caseworker@demo.homeward.test", "password": password });
    assert_eq!(post(&nobody, "/v1/auth/login", credentials("not the password at all")).await, 401);
    let tokens = nobody.send(Method::POST, "/v1/auth/login", Some(credentials(PASSWORD)), &[]).await.json();
    let worker = nobody.with_token(tokens["access_token"].as_str().unwrap());
    assert_eq!(worker.send(Method::POST, "/v1/auth/logout", None, &[]).await.status, 204);
    // Nobody waits until a failure is recorded.
    crate::silence::watched::until(async || !of(&read(&app, "").await, "sign_in_failed").is_empty()).await;
    let rows = read(&app, "").await;
    let actor = of(&rows, "signed_out")[0]["actor_id"].clone();
    for (action, outcome, operation) in [
        ("sign_in_failed", "failed", "POST /v1/auth/login"),
        ("signed_in", "done", "POST /v1/auth/login"),
        ("signed_out", "done", "POST /v1/auth/logout"),
    ] {
        let all = of(&rows, action);
        let row = all.iter().find(|it| it["actor_id"] == actor).unwrap_or_else(|| panic!("{action}"));
        assert_eq!((&row["outcome"], &row["operation"]), (&json!(outcome), &json!(operation)), "{action}");
        assert_eq!(row["source"], "127.0.0.1", "{action}");
        assert_eq!(row["session_id"].is_null(), action == "sign_in_failed", "{action}");
    }
}

#[tokio::test]
async fn ad_04_a_refresh_token_that_came_twice_is_in_the_trail() {
    let app = TestApp::at(NOW).await;
    let nobody = app.nobody();
    let credentials = json!({ "email": "caseworker@demo.homeward.test", "password": PASSWORD });
    let tokens = nobody.send(Method::POST, "/v1/auth/login", Some(credentials), &[]).await.json();
    let body = json!({ "refresh_token": tokens["refresh_token"] });
    assert_eq!(post(&nobody, "/v1/auth/refresh", body.clone()).await, 200);
    app.set_clock("2026-05-01T08:01:00Z");
    assert_eq!(post(&nobody, "/v1/auth/refresh", body).await, 401);
    let rows = read(&app, "").await;
    let reused = of(&rows, "refresh_token_reused")[0];
    assert_eq!(reused["detail"]["session_id"], reused["session_id"]);
}

#[tokio::test]
async fn ad_04_reading_the_trail_is_in_the_trail_though_it_showed_nobody() {
    let app = TestApp::at(NOW).await;
    assert!(read(&app, &format!("actor_id={}", Uuid::new_v4())).await.is_empty());
    let rows = read(&app, "").await;
    let looks: Vec<&Value> = rows.iter().filter(|it| it["operation"] == "GET /v1/audit-entries").collect();
    assert_eq!(looks.len(), 1);
    assert_eq!((&looks[0]["type"], &looks[0]["child_ids"]), (&json!("look"), &json!([])));
}

#[tokio::test]
async fn ad_04_a_refusal_names_the_operation_and_shows_in_the_access_log_of_the_child() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let outsider = app.given_person("outsider", "caseworker", Some("metro")).await;
    outsider.get(&case.child_url(""), 404).await;
    let log = app.auditor().await.get(&case.child_url("/access-log"), 200).await;
    let rows = log["data"].as_array().unwrap().clone();
    let refused = of(&rows, "refused")[0];
    assert_eq!((&refused["outcome"], &refused["role"]), (&json!("hidden"), &json!("caseworker")));
    assert_eq!(refused["operation"], "GET /v1/children/{child_id}");
    assert_eq!(refused["actor_email"], "outsider@demo.homeward.test");
}
