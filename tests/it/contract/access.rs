//! Who gets in: every operation about a child, tried by everyone who should not.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::World;
use crate::support::{Case, Person, TestApp, document};

const NOW: &str = "2026-05-01T08:00:00Z";

/// Names nothing.
const NOTHING: &str = "00000000-0000-7000-8000-000000000000";

/// Health, dangers, how a child is reached, what they said, what was concluded: for those who work with them.
const NOT_FOR_AUDITORS: [&str; 7] = [
    "/endangerment",
    "/contacts",
    "/return-interviews",
    "/determinations",
    "/content.json",
    "/content.pdf",
    "/differences",
];

/// Every operation whose path names a child, with the ids of `case` filled in.
fn about(case: &Case) -> Vec<(Method, String)> {
    let mut all = Vec::new();
    for (path, item) in document()["paths"].as_object().unwrap() {
        if path.contains("{child_id}") {
            let path = path.replace("{child_id}", &case.child).replace("{episode_id}", &case.episode);
            let path = in_braces(&path, NOTHING);
            for method in item.as_object().unwrap().keys() {
                all.push((method.to_uppercase().parse().unwrap(), path.clone()));
            }
        }
    }
    assert!(all.len() >= 20, "{}", all.len());
    all
}

/// The path with `id` for every parameter that is left.
fn in_braces(path: &str, id: &str) -> String {
    let segment = |it| if str::starts_with(it, '{') { id } else { it };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

async fn try_it(who: &Person, method: &Method, path: &str) -> (u16, Value) {
    let body = (*method != Method::GET).then(|| json!({ "nonsense": true }));
    let headers = [("idempotency-key", "probe"), ("if-match", "\"1\"")];
    let reply = who.send(method.clone(), path, body, &headers).await;
    let mut problem = reply.json();
    problem["request_id"] = Value::Null;
    (reply.status, problem)
}

#[tokio::test]
async fn a_stranger_learns_nothing_not_even_that_the_child_exists() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let absent = Uuid::new_v4().to_string();
    for who in [app.stranger().await, app.person("administrator").await] {
        for (method, path) in about(&case) {
            let hidden = try_it(&who, &method, &path).await;
            let missing = try_it(&who, &method, &path.replace(&case.child, &absent)).await;
            assert_eq!(hidden.0, 404, "{method} {path}");
            assert_eq!(hidden, missing, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn nobody_is_asked_to_sign_in_before_the_body_is_judged() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let forged = app.nobody().with_token("eyJhbGciOiJub25lIn0.e30.");
    for who in [app.nobody(), forged] {
        for (method, path) in about(&case) {
            let (status, problem) = try_it(&who, &method, &path).await;
            assert_eq!(
                (status, problem["type"].as_str()),
                (401, Some("/problems/sign-in-required")),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn an_auditor_reads_and_changes_nothing() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let auditor = app.auditor().await;
    for (method, path) in about(&case) {
        let (status, _) = try_it(&auditor, &method, &path).await;
        let expected = match method {
            // Where restricted records are, nobody learns that there is one.
            _ if ["/restriction", "/emergency-accesses"].iter().any(|it| path.contains(it)) => 404,
            Method::GET if NOT_FOR_AUDITORS.iter().any(|it| path.contains(it)) => 403,
            Method::GET if path.contains(NOTHING) => 404,
            Method::GET => 200,
            _ => 403,
        };
        assert_eq!(status, expected, "{method} {path}");
    }
}

#[tokio::test]
async fn a_right_episode_under_a_wrong_child_is_not_found() {
    let app = TestApp::at(NOW).await;
    let (one, other) = (app.given_case().await, app.given_case().await);
    let crossed = one.url("").replace(&one.child, &other.child);
    one.worker.get(&crossed, 404).await;
    one.worker.get(&one.url(""), 200).await;
}

#[tokio::test]
async fn lists_never_show_what_a_look_by_id_refuses() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let stranger = app.stranger().await;
    for path in ["/v1/children", "/v1/missing-episodes", "/v1/duties", "/v1/reminders"] {
        let shown = stranger.get(path, 200).await.to_string();
        assert!(!shown.contains(&case.child), "{path}");
    }
    let found = stranger.post("/v1/children/search", json!({ "name": "Child" }), 200).await;
    assert_eq!(found["data"], json!([]));
}

#[tokio::test]
async fn a_colleague_of_another_unit_is_a_stranger_too() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let owner = app.db.owner().await;
    owner
        .batch_execute(
            "update user_units set unit_id = (select id from units where code = 'metro') \
             where user_id = (select id from users where email = 'supervisor@demo.homeward.test')",
        )
        .await
        .unwrap();
    case.supervisor.get(&case.url(""), 404).await;
    case.worker.get(&case.url(""), 200).await;
}

/// Whoever signs in gives an e-mail, and the agency is found by it.
const BEFORE_AN_AGENCY: [&str; 1] = ["sign_ins"];

#[tokio::test]
async fn az_09_row_level_security_alone_holds_the_wall_when_a_query_forgets_the_agency() {
    let app = TestApp::at(NOW).await;
    let _world = World::of(&app).await;
    let owner = app.db.owner().await;
    let other: Uuid = owner.query_one("select id from agencies where name = 'Other State'", &[]).await.unwrap().get(0);
    let tables = "select table_name::text from information_schema.columns where table_schema = 'public' \
        and column_name = 'agency_id' order by 1";
    let tables: Vec<String> = owner.query(tables, &[]).await.unwrap().iter().map(|it| it.get(0)).collect();
    let mut held = 0;
    for table in tables.iter().filter(|it| !BEFORE_AN_AGENCY.contains(&it.as_str())) {
        let of_others = format!("select count(*) from {table} where agency_id <> '{other}'");
        let control: i64 = owner.query_one(&of_others, &[]).await.unwrap().get(0);
        held += usize::from(0 < control);
        owner.batch_execute("begin; set local role homeward_app").await.unwrap();
        // What the running role may not read at all needs no wall.
        if let Ok(rows) = owner.query(&format!("select agency_id from {table}"), &[]).await {
            assert!(rows.is_empty(), "{table} without an agency");
            owner.batch_execute(&format!("set local homeward.agency_id = '{other}'")).await.unwrap();
            let seen: i64 = owner.query_one(&of_others, &[]).await.unwrap().get(0);
            assert_eq!(seen, 0, "{table} of another agency");
        }
        owner.batch_execute("rollback").await.unwrap();
    }
    assert!(25 <= held, "only {held} tables hold something to hide");
    owner.batch_execute("set role homeward_app").await.unwrap();
    assert!(owner.query("delete from audit_entries", &[]).await.is_err());
    assert!(owner.query("update looks set kind = ''", &[]).await.is_err());
}
