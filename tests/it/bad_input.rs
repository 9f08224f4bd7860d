//! What cannot be is refused by name, and nothing of it is kept.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Case, Reply, TestApp, told};

mod url;

const NOW: &str = "2026-05-01T08:00:00Z";

/// How many rows each table has.
async fn rows(app: &TestApp) -> BTreeMap<String, i64> {
    let owner = app.db.owner().await;
    let tables = "select relname::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace";
    let mut counted = BTreeMap::new();
    for table in owner.query(tables, &[]).await.unwrap() {
        let table: String = table.get(0);
        let count = owner.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap();
        counted.insert(table, count.get(0));
    }
    assert!(15 < counted.len());
    counted
}

/// The request is refused under this name, and every table has as many rows as before.
async fn refused(app: &TestApp, request: impl Future<Output = Reply>, status: u16, slug: &str) -> Value {
    refused_with(app, request, (status, slug), 0).await
}

/// There is no such record, as far as they can know. That they asked is one entry in the trail (AD-04), and nothing else.
async fn hidden(app: &TestApp, request: impl Future<Output = Reply>) -> Value {
    refused_with(app, request, (404, "not-found"), 1).await
}

async fn refused_with(
    app: &TestApp,
    request: impl Future<Output = Reply>,
    (status, slug): (u16, &str),
    entries: i64,
) -> Value {
    let mut expected = rows(app).await;
    for table in ["audit_entries", "audit_unlinked"] {
        *expected.get_mut(table).unwrap() += entries;
    }
    let reply = request.await;
    assert_eq!((reply.status, reply.slug().as_str()), (status, slug), "{}", reply.text);
    assert_eq!(rows(app).await, expected);
    reply.json()
}

/// Which fields are at fault.
fn pointers(problem: &Value) -> Vec<String> {
    let faults = problem["errors"].as_array().unwrap().iter();
    let mut pointers: Vec<String> = faults.map(|it| it["pointer"].as_str().unwrap().to_owned()).collect();
    pointers.sort();
    pointers
}

/// A child who is not missing, and a call that opens an episode received at this time.
async fn opening_at(received: Value) -> (u16, String, Vec<String>) {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = crate::support::new_child(&worker, json!({})).await;
    let before = rows(&app).await;
    let body = json!({ "agency_information_received_at": received });
    let reply = worker.post_once("k", &format!("/v1/children/{child}/missing-episodes"), body).await;
    assert_eq!(rows(&app).await, before);
    (reply.status, reply.slug(), pointers(&reply.json()))
}

async fn posting(case: &Case, path: &str, kind: &str, body: &[u8]) -> Reply {
    let headers = [("idempotency-key", "k")];
    case.worker.send_raw(Method::POST, path, Some((kind, body.to_vec())), &headers).await
}

#[tokio::test]
async fn ck_03_a_time_has_to_be_one_and_to_name_its_offset() {
    let impossible = [
        json!("2026-05-01T07:00:00"),
        json!("2026-02-30T07:00:00Z"),
        json!("2026-05-01T25:00:00Z"),
        json!("2026-05-01"),
        json!("1789-07-14T07:00:00Z"),
        json!("9999-12-31T23:59:59Z"),
        json!("2016-12-31T23:59:60Z"),
        json!("yesterday"),
        json!(""),
        json!(1_777_622_400),
    ];
    for received in impossible {
        let pointer = "/agency_information_received_at".to_owned();
        let told = opening_at(received.clone()).await;
        assert_eq!(told, (400, "invalid-body".to_owned(), vec![pointer]), "{received}");
    }
}

#[tokio::test]
async fn ck_05_nobody_received_anything_tomorrow() {
    let pointer = "/agency_information_received_at".to_owned();
    let told = opening_at(json!("2026-05-02T08:00:00Z")).await;
    assert_eq!(told, (422, "impossible".to_owned(), vec![pointer]));
}

#[tokio::test]
async fn a_contact_before_the_receipt_or_in_the_future_is_not_kept() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let url = case.url("/notifications");
    for (at, slug) in [("2026-05-01T07:00:00Z", "before-receipt"), ("2026-05-01T09:00:00Z", "in-the-future")] {
        let problem = refused(&app, case.worker.post_once("k", &url, told("ncmec", at)), 422, slug).await;
        assert_eq!(pointers(&problem), ["/made_at"]);
    }
}

#[tokio::test]
async fn a_code_that_is_on_no_list_is_refused_with_its_field() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    for field in ["recipient", "kind", "status", "method"] {
        let mut report = told("ncmec", NOW);
        report[field] = json!("carrier_pigeon");
        let problem =
            refused(&app, case.worker.post_once("k", &case.url("/notifications"), report), 400, "invalid-body").await;
        assert_eq!(pointers(&problem), [format!("/{field}")]);
    }
}

/// The answer names the open episode, so it is a look at the child; besides that nothing is kept.
#[tokio::test]
async fn a_second_open_episode_is_refused_and_only_the_look_is_kept() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let before = rows(&app).await;
    let body = json!({ "agency_information_received_at": NOW });
    let reply = case.worker.post_once("k", &case.child_url("/missing-episodes"), body).await;
    assert_eq!((reply.status, reply.slug().as_str()), (409, "already-missing"));
    assert_eq!(reply.json()["open_episode_id"], case.episode);
    let after = rows(&app).await;
    let changed: Vec<&String> = after.keys().filter(|it| after.get(*it) != before.get(*it)).collect();
    assert_eq!(changed, ["audit_unlinked", "look_children", "looks"]);
}

#[tokio::test]
async fn an_absence_within_an_ended_one_is_refused() {
    let app = TestApp::at(NOW).await;
    let began = json!({ "agency_information_received_at": NOW, "absence_began_at": "2026-05-01T02:00:00Z" });
    let case = Case::open_with(&app, began).await;
    let back = json!({ "returned_to_care_at": "2026-05-01T07:00:00Z", "recovery_type": "returned_on_own" });
    case.worker.put(&case.url(""), &case.url("/recovery"), back, 200).await;
    let within = json!({ "agency_information_received_at": NOW, "absence_began_at": "2026-05-01T03:00:00Z" });
    let before = rows(&app).await;
    let reply = case.worker.post_once("k", &case.child_url("/missing-episodes"), within).await;
    assert_eq!((reply.status, reply.slug().as_str()), (409, "overlapping-episode"));
    let after = rows(&app).await;
    // A look, its children, and that it waits to be linked.
    let of_the_look = ["audit_unlinked", "look_children", "looks"];
    assert!(after.iter().all(|(table, count)| of_the_look.contains(&table.as_str()) || before[table] == *count));
}

#[tokio::test]
async fn a_child_of_another_agency_looks_like_no_child_at_all() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let stranger = app.stranger().await;
    let absent = case.child_url("").replace(&case.child, &uuid::Uuid::new_v4().to_string());
    let same = [("x-request-id", "same")];
    let theirs = stranger.send(Method::GET, &case.child_url(""), None, &same).await;
    let missing = stranger.send(Method::GET, &absent, None, &same).await;
    assert_eq!((theirs.status, theirs.text), (404, missing.text));
    let names = |it: &reqwest::header::HeaderMap| it.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&theirs.headers), names(&missing.headers));
    hidden(&app, stranger.send(Method::GET, &case.child_url(""), None, &[])).await;
}

#[tokio::test]
async fn a_body_without_end_is_too_large() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let body = format!(r#"{{"note": "{}"}}"#, "x".repeat(200_000));
    refused(&app, posting(&case, "/v1/children", "application/json", body.as_bytes()), 413, "body-too-large").await;
}

#[tokio::test]
async fn what_is_no_json_is_malformed() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let deep = format!("{}{}", r#"{"a":["#.repeat(5_000), "]}".repeat(5_000));
    let bodies: [&[u8]; 7] =
        [b"", b"{", b"{} {}", b"{\"a\": 1e999}", b"{\"given_name\": \"\xff\xfe\"}", b"\xef\xbb\xbf{}", deep.as_bytes()];
    for body in bodies {
        refused(&app, posting(&case, "/v1/children", "application/json", body), 400, "malformed-json").await;
    }
}

#[tokio::test]
async fn a_body_that_is_no_object_is_invalid() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    for body in ["[]", "null", "true", "\"text\"", "17"] {
        refused(&app, posting(&case, "/v1/children", "application/json", body.as_bytes()), 400, "invalid-body").await;
    }
}

#[tokio::test]
async fn only_json_is_read() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let body = told("ncmec", NOW).to_string();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        refused(&app, posting(&case, "/v1/children", kind, body.as_bytes()), 415, "wrong-content-type").await;
    }
}

#[tokio::test]
async fn cc_01_a_change_has_to_name_the_version_it_changes() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let change = Some(json!({ "missing_type": "disaster" }));
    refused(&app, case.worker.send(Method::PATCH, &case.url(""), change.clone(), &[]), 428, "precondition-required")
        .await;
    for version in ["\"2\"", "\"0\"", "W/\"1\"", "1", "*", "\"\"", "\"99999999999999999999\""] {
        let headers = [("if-match", version)];
        refused(&app, case.worker.send(Method::PATCH, &case.url(""), change.clone(), &headers), 412, "stale").await;
    }
}

#[tokio::test]
async fn cc_01_the_second_of_two_changes_of_one_version_is_stale() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let headers = [("if-match", "\"1\"")];
    let change = |kind| Some(json!({ "missing_type": kind }));
    let first = case.worker.send(Method::PATCH, &case.url(""), change("disaster"), &headers).await;
    assert_eq!((first.status, first.header("etag")), (200, "\"2\""));
    refused(
        &app,
        case.supervisor.send(Method::PATCH, &case.url(""), change("abduction_family"), &headers),
        412,
        "stale",
    )
    .await;
    assert_eq!(case.now().await["missing_type"], "disaster");
}

#[tokio::test]
async fn id_04_an_idempotency_key_stands_for_one_request_only() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let url = case.url("/notifications");
    assert_eq!(case.worker.post_once("k", &url, told("ncmec", NOW)).await.status, 201);
    refused(&app, case.worker.post_once("k", &url, told("law_enforcement", NOW)), 422, "idempotency-key-reused").await;
    refused(
        &app,
        case.worker.post_once("k", &case.child_url("/observations"), told("ncmec", NOW)),
        422,
        "idempotency-key-reused",
    )
    .await;
}

#[tokio::test]
async fn id_01_whatever_creates_wants_an_idempotency_key() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let long = "k".repeat(256);
    let paths = ["/missing-episodes", "/observations"].map(|it| case.child_url(it));
    for path in paths.into_iter().chain(["/v1/children".to_owned(), case.url("/notifications")]) {
        for headers in [vec![], vec![("idempotency-key", "")], vec![("idempotency-key", long.as_str())]] {
            refused(
                &app,
                case.worker.send(Method::POST, &path, Some(json!({})), &headers),
                400,
                "idempotency-key-required",
            )
            .await;
        }
    }
}

#[tokio::test]
async fn a_field_that_nobody_described_is_refused() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let mut report = told("ncmec", NOW);
    report["madeat"] = json!(NOW);
    let problem =
        refused(&app, case.worker.post_once("k", &case.url("/notifications"), report), 400, "invalid-body").await;
    assert_eq!(pointers(&problem), ["/madeat"]);
}

#[tokio::test]
async fn every_fault_is_told_at_once() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let body = json!({ "recipient": "nobody", "kind": 7, "made_at": "noon", "note": "", "colour": "red" });
    let problem =
        refused(&app, case.worker.post_once("k", &case.url("/notifications"), body), 400, "invalid-body").await;
    let all = ["/colour", "/kind", "/made_at", "/method", "/note", "/recipient", "/status"];
    assert_eq!(pointers(&problem), all);
}

#[tokio::test]
async fn every_impossibility_is_told_at_once() {
    let app = TestApp::at(NOW).await;
    // Somebody whose requests are counted already.
    let worker = app.given_case().await.worker;
    let child = json!({
        "agency_person_id": "P-1", "given_name": "Sample", "family_name": "Child", "date_of_birth": "2031-01-01",
        "unit_code": "nowhere", "care_status": "foster_care", "height_inches": 0, "weight_pounds": 1501,
        "race": ["white", "white"], "assigned_to": uuid::Uuid::new_v4(),
    });
    let problem = refused(&app, worker.post_once("k", "/v1/children", child), 422, "impossible").await;
    let all = ["/assigned_to", "/date_of_birth", "/height_inches", "/race", "/unit_code", "/weight_pounds"];
    assert_eq!(pointers(&problem), all);
}

#[tokio::test]
async fn a_number_no_machine_holds_is_refused_with_its_field() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let patched = case.worker.etag(&case.child_url("")).await;
    for number in ["99999999999999999999", "-1e300", "2147483648", "64.5", "\"64\""] {
        let body = format!(r#"{{"height_inches": {number}}}"#).into_bytes();
        let headers = [("if-match", patched.as_str())];
        let body = Some(("application/json", body));
        assert_eq!(
            pointers(
                &refused(
                    &app,
                    case.worker.send_raw(Method::PATCH, &case.child_url(""), body, &headers),
                    400,
                    "invalid-body"
                )
                .await
            ),
            ["/height_inches"]
        );
    }
}

#[tokio::test]
async fn text_is_what_a_person_types() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    for text in ["a\u{0}b", "a\u{1b}[2Jb", "", "   ", &"x".repeat(20_001)] {
        let mut report = told("ncmec", NOW);
        report["note"] = json!(text);
        assert_eq!(
            pointers(
                &refused(&app, case.worker.post_once("k", &case.url("/notifications"), report), 400, "invalid-body")
                    .await
            ),
            ["/note"]
        );
    }
}
