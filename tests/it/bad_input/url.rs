//! Paths and queries that nobody described.

use reqwest::Method;
use serde_json::json;

use super::{NOW, hidden, refused};
use crate::support::{TestApp, told};

#[tokio::test]
async fn a_query_nobody_described_is_refused() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let counts = case.child_url("/runaway-counts");
    let queries = [
        "/v1/children?name=Sample".to_owned(),
        "/v1/children?missing=perhaps".to_owned(),
        "/v1/children?assigned_to=you".to_owned(),
        "/v1/duties?state=timely".to_owned(),
        "/v1/duties?kind=report".to_owned(),
        "/v1/missing-episodes?state=gone".to_owned(),
        "/v1/missing-episodes?received_from=2026-02-30".to_owned(),
        "/v1/reminders?state=".to_owned(),
        format!("{counts}?as_of=2026-05-01T08:00:00"),
        format!("{counts}?days=30"),
    ];
    for path in queries {
        refused(&app, case.worker.send(Method::GET, &path, None, &[]), 400, "invalid-query").await;
    }
}

#[tokio::test]
async fn a_query_where_there_is_none_is_refused_too() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let paths = [case.url(""), case.url("/timeline"), case.child_url(""), case.child_url("/observations")];
    for path in paths.into_iter().chain(["/v1/rules", "/v1/indicators", "/v1/me"].map(str::to_owned)) {
        refused(&app, case.worker.send(Method::GET, &format!("{path}?sort=name"), None, &[]), 400, "invalid-query")
            .await;
    }
}

#[tokio::test]
async fn a_query_beside_a_body_is_refused_too() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let nobody = app.nobody();
    let sign_in = nobody.send(Method::POST, "/v1/auth/login?email=a", Some(json!({})), &[]);
    refused(&app, sign_in, 400, "invalid-query").await;
    let url = format!("{}?force=true", case.url("/notifications"));
    refused(&app, case.worker.post_once("k", &url, told("ncmec", NOW)), 400, "invalid-query").await;
    let change = Some(json!({ "missing_type": "disaster" }));
    let (url, headers) = (format!("{}?x=1", case.url("")), [("if-match", "\"1\"")]);
    refused(&app, case.worker.send(Method::PATCH, &url, change, &headers), 400, "invalid-query").await;
}

#[tokio::test]
async fn a_search_for_nul_is_refused_and_finds_nobody() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    refused(
        &app,
        worker.send(Method::POST, "/v1/children/search", Some(json!({ "name": "a\u{0}" })), &[]),
        400,
        "invalid-body",
    )
    .await;
    refused(&app, worker.send(Method::GET, "/v1/children?unit_code=a%00", None, &[]), 400, "invalid-query").await;
}

#[tokio::test]
async fn an_id_that_is_none_names_nothing() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    for id in ["1", "nothing", "%00", "%27%20or%201=1", "..%2f"] {
        for path in [format!("/v1/children/{id}"), case.child_url(&format!("/missing-episodes/{id}"))] {
            refused(&app, case.worker.send(Method::GET, &path, None, &[]), 404, "not-found").await;
        }
    }
    let none = "00000000-0000-0000-0000-000000000000";
    hidden(&app, case.worker.send(Method::GET, &format!("/v1/children/{none}"), None, &[])).await;
    let episode = case.child_url(&format!("/missing-episodes/{none}"));
    refused(&app, case.worker.send(Method::GET, &episode, None, &[]), 404, "not-found").await;
}

#[tokio::test]
async fn a_path_under_another_method_is_told_apart_from_no_path() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    for path in [case.child_url(""), case.url(""), case.url("/timeline"), "/v1/duties".to_owned()] {
        refused(&app, case.worker.send(Method::DELETE, &path, None, &[]), 405, "method-not-allowed").await;
    }
    refused(&app, case.worker.send(Method::GET, "/v1/nothing", None, &[]), 404, "not-found").await;
}
