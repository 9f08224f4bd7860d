//! What a key may do: its scopes, as far as its owner may now.

use reqwest::Method;
use serde_json::json;

use super::{FIGURES, NOW, key_of, path, status};
use crate::contract::bodies::restriction;
use crate::support::TestApp;

async fn change(app: &TestApp, who: &crate::support::Person, what: serde_json::Value) {
    let path = format!("/v1/users/{}", who.id.unwrap());
    app.person("administrator").await.patch(&path, what, 200).await;
}

#[tokio::test]
async fn ky_02_a_key_narrows_with_its_owners_role_at_the_next_request() {
    let app = TestApp::at(NOW).await;
    let owner = app.supervisor().await;
    let (_, program) = key_of(&owner, &["compliance:read"]).await;
    program.get(FIGURES, 200).await;
    change(&app, &owner, json!({ "role": "caseworker" })).await;
    assert_eq!(status(&program, FIGURES).await, 403);
    change(&app, &owner, json!({ "role": "supervisor" })).await;
    program.get(FIGURES, 200).await;
}

#[tokio::test]
async fn ky_02_a_key_is_dead_while_its_owner_is_disabled() {
    let app = TestApp::at(NOW).await;
    let owner = app.supervisor().await;
    let (_, program) = key_of(&owner, &["compliance:read"]).await;
    program.get(FIGURES, 200).await;
    change(&app, &owner, json!({ "disabled": true })).await;
    assert_eq!(status(&program, FIGURES).await, 401);
}

#[tokio::test]
async fn t15_outside_its_scopes_a_key_is_refused() {
    let app = TestApp::at(NOW).await;
    let (case, owner) = (app.given_case().await, app.supervisor().await);
    let (_, program) = key_of(&owner, &["children:write"]).await;
    for path in [FIGURES, &case.child_url(""), "/v1/children", "/v1/me", "/v1/rules", "/v1/machine-keys", "/v1/users"] {
        assert_eq!(status(&program, path).await, 403, "{path}");
    }
    let sought = json!({ "name": "nobody" });
    assert_eq!(program.send(Method::POST, "/v1/children/search", Some(sought), &[]).await.status, 200);
}

#[tokio::test]
async fn ky_06_no_key_opens_a_restricted_record_even_of_somebody_who_is_named() {
    let app = TestApp::at(NOW).await;
    let (case, privacy) = (app.given_case().await, app.person("privacy").await);
    let (_, program) = key_of(&case.supervisor, &["children:write", "episodes:write"]).await;
    let change = json!({ "given_name": "Other" });
    let url = case.child_url("");
    let etag = case.supervisor.etag(&url).await;
    let try_it = async || program.send(Method::PATCH, &url, Some(change.clone()), &[("if-match", &etag)]).await;
    let control = try_it().await;
    assert_eq!(control.status, 200, "the control: {}", control.text);
    let named = restriction(&[&case.supervisor, &case.worker]);
    let restricted = privacy.send(Method::POST, &case.child_url("/restriction"), Some(named), &[]).await;
    assert_eq!(restricted.status, 200, "{}", restricted.text);
    assert_eq!(status(&case.supervisor, &url).await, 200);
    assert_eq!(try_it().await.status, 404);
}

#[tokio::test]
async fn az_13_an_administrator_sees_and_revokes_every_key_and_makes_none_that_reaches_a_child() {
    let app = TestApp::at(NOW).await;
    let (owner, administrator) = (app.supervisor().await, app.person("administrator").await);
    let (made, program) = key_of(&owner, &["compliance:read"]).await;
    for scope in ["compliance:read", "children:write", "episodes:write"] {
        administrator.post("/v1/machine-keys", json!({ "label": "feed", "scopes": [scope] }), 422).await;
    }
    let (_, own) = key_of(&administrator, &["statistics:read"]).await;
    assert_eq!([status(&own, "/v1/children").await, status(&own, "/v1/users").await], [403, 403]);
    assert_eq!(administrator.get("/v1/machine-keys", 200).await["data"].as_array().unwrap().len(), 2);
    let auditor = app.auditor().await;
    assert_eq!(
        [status(&auditor, &path(&made, "")).await, status(&app.stranger().await, &path(&made, "")).await],
        [404, 403]
    );
    let revoked = administrator.send(Method::POST, &path(&made, "/revocation"), None, &[]).await;
    assert_eq!(revoked.status, 200, "{}", revoked.text);
    assert_eq!(status(&program, FIGURES).await, 401);
}
