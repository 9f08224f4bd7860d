//! What the log, the figures and the errors say of what people told: nothing (LG). One process for all tests of this file
//! is enough: whatever any of them says is held against the same words.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use reqwest::Method;
use serde_json::{Value, json};

use super::sealed::told_in_every_operation;
use super::world::{NOW, SAID, World, operations, walked};
use crate::support::{Reply, TestApp};

/// All that our own code has to say, and what a library says at the level that the runbook names.
const LEVELS: &str = "info,homeward_domain=trace,homeward_store=trace,homeward_server=trace";

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Ear;

impl Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Begins to take down what is logged, in the form in which the program logs it.
fn listen_in() {
    let filter = tracing_subscriber::EnvFilter::new(LEVELS);
    let _ = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(|| Ear).try_init();
}

fn logged() -> String {
    String::from_utf8_lossy(&LOG.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// Which of these words stand in a text.
fn told_in<'a>(text: &str, words: &[&'a str]) -> Vec<&'a str> {
    words.iter().copied().filter(|it| text.contains(it)).collect()
}

/// A body in which every text has a character that no text may have.
fn spoilt(body: Value) -> Value {
    match body {
        Value::String(text) => Value::String(format!("{text}\u{0}")),
        Value::Array(items) => items.into_iter().map(spoilt).collect(),
        Value::Object(members) => members.into_iter().map(|(name, it)| (name, spoilt(it))).collect(),
        other => other,
    }
}

/// Every operation with what cannot be taken: each answer is an error.
async fn refused_everywhere(app: &TestApp) -> Vec<Reply> {
    let world = World::of(app).await;
    let mut refused = Vec::new();
    for operation in walked() {
        let (who, child, body) = world.sample(&operation.name);
        let path = world.fill(&operation.path, child);
        let headers = [("idempotency-key", "k"), ("if-match", "\"canary statement\"")];
        let body = body.map(spoilt).or_else(|| operation.has_body.then(|| json!("canary statement")));
        let said = format!("{path}?said=canary%20statement");
        refused.push(who.send(operation.method.clone(), &said, body, &headers).await);
        if operation.has_body {
            let bytes = Some(("application/json", b"{\"canary statement\": canary place".to_vec()));
            refused.push(who.send_raw(operation.method.clone(), &path, bytes, &headers).await);
        }
    }
    refused
}

#[tokio::test]
async fn lg_01_nothing_that_people_told_stands_in_a_log_a_figure_or_an_error() {
    listen_in();
    let figures = homeward_server::figures::keep().unwrap();
    let app = TestApp::at(NOW).await;
    told_in_every_operation(&app).await;
    let world = World::of(&app).await;
    for operation in walked().iter().filter(|it| !it.writes()) {
        world.call(operation, "logged").await;
    }
    let owner = app.db.owner().await;
    for reply in refused_everywhere(&app).await {
        assert!(400 <= reply.status, "{}", reply.text);
        let told = told_in(&reply.text, &SAID);
        assert!(told.is_empty(), "{told:?} stands in {}", reply.text);
    }
    let folder: String = owner.query_one("select current_setting('data_directory')", &[]).await.unwrap().get(0);
    let of_the_database = std::path::Path::new(&folder).with_file_name("postgres.log");
    let of_the_database = std::fs::read_to_string(of_the_database).unwrap_or_default();
    for (name, text) in [("log", logged()), ("figures", figures.render()), ("database's log", of_the_database)] {
        assert!(told_in(&text, &SAID).is_empty(), "{:?} stands in the {name}", told_in(&text, &SAID));
    }
    assert!(logged().contains("answered"), "nothing was logged");
    // The control: a line that tells it would be found.
    tracing::info!(said = "a canary is told", "said");
    assert_eq!(told_in(&logged(), &["a canary is told"]).len(), 1);
}

#[tokio::test]
async fn lg_02_an_error_of_ours_says_that_it_is_one_and_nothing_of_what_is_inside() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let owner = app.db.owner().await;
    owner.batch_execute("revoke select on children, missing_episodes from homeward_app").await.unwrap();
    for path in [case.child_url(""), case.url(""), "/v1/children".to_owned()] {
        let reply = case.worker.answer(Method::GET, &path, None, &[]).await;
        assert!([500, 503].contains(&reply.status), "{} {}", reply.status, reply.text);
        let body = reply.json();
        assert!(body["request_id"].is_string() && body["type"].is_string(), "{body}");
        let inside = ["permission", "denied", "select", "children\"", "missing_episodes", "postgres", ".rs", "Error"];
        assert_eq!(told_in(&reply.text, &inside), [""; 0], "{}", reply.text);
    }
}

#[tokio::test]
async fn lg_04_whatever_is_asked_a_line_of_the_log_is_one_line_of_json() {
    listen_in();
    let app = TestApp::at(NOW).await;
    let person = app.caseworker().await;
    let breaks = ["%0a", "%0d%0a", "%00", "%1b[31m", "%22}%0a{%22", "%e2%80%a8", "%7f", "%09", "%c2%85", "\u{2028}"];
    for (number, (one, other)) in breaks.iter().flat_map(|one| breaks.iter().map(move |it| (one, it))).enumerate() {
        let path = format!("/v1/{one}injected{number}{other}?q={other}injected{one}");
        let agent = format!("injected\t{number}\u{85}{other}");
        person.answer(Method::GET, &path, None, &[("user-agent", &agent), ("x-request-id", &agent)]).await;
    }
    let text = logged();
    let lines: Vec<&str> = text.split_terminator('\n').collect();
    assert!(100 <= lines.len(), "{}", lines.len());
    for line in lines {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
        assert!(!line.to_string().contains("injected"), "{line}");
    }
}

#[tokio::test]
async fn se_13_no_secret_is_taken_from_an_address_and_none_is_logged() {
    listen_in();
    let app = TestApp::at(NOW).await;
    let who = json!({ "email": "caseworker@demo.homeward.test", "password": crate::support::PASSWORD });
    let signed_in = app.nobody().post("/v1/auth/login", who, 200).await;
    let token = signed_in["access_token"].as_str().unwrap();
    for name in ["access_token", "token", "bearer", "authorization", "key"] {
        let reply = app.nobody().send(Method::GET, &format!("/v1/me?{name}={token}"), None, &[]).await;
        assert!([400, 401].contains(&reply.status), "{name}: {}", reply.text);
        assert!(!reply.text.contains(token), "{name}");
    }
    app.nobody().with_token(token).get("/v1/me", 200).await;
    let secrets = [token, signed_in["refresh_token"].as_str().unwrap(), crate::support::PASSWORD];
    assert!(told_in(&logged(), &secrets).is_empty());
    // The address of a calendar is the one that holds a secret (ADR 0024).
    let holds_one =
        |path: &String| ["token", "secret", "password", "key"].iter().any(|it| path.contains(&format!("{{{it}")));
    let holding: Vec<String> = operations().into_iter().map(|it| it.path).filter(holds_one).collect();
    assert_eq!(holding, ["/v1/calendars/{token}/deadlines.ics"]);
}
