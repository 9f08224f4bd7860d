//! A forgotten password: an administrator has a code sent, and never sees it.

use serde_json::{Value, json};

use super::{ANOTHER, CASEWORKER, NOW, caseworker_url, fail, sign_in, tokens, with};
use crate::support::{PASSWORD, Relay, TestApp, document};

const RESET: &str = "/v1/auth/password-reset";

/// Has a code sent, and takes it out of the mail. What the administrator was answered.
async fn code(app: &TestApp, relay: &Relay) -> (String, Value) {
    let path = format!("{}/password-reset", caseworker_url(app).await);
    let answer = app.person("administrator").await.post(&path, Value::Null, 200).await;
    app.settle().await;
    let bodies = relay.letters_to(CASEWORKER).into_iter().rev().map(|it| it.body());
    let code = |body: String| body.split_whitespace().find(|it| it.starts_with("hwp_")).map(str::to_owned);
    (bodies.filter_map(code).next().expect("a code"), answer)
}

fn choosing(code: &str, password: &str) -> Value {
    json!({ "code": code, "new_password": password })
}

#[tokio::test]
async fn pw_10_a_code_from_a_mail_chooses_a_password_once_and_ends_every_session() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let mine = tokens(&app, PASSWORD).await;
    fail(&app, 5).await;
    let (code, _) = code(&app, &relay).await;
    app.nobody().post(RESET, choosing(&code, "too short"), 422).await;
    app.nobody().post(RESET, choosing(&code, ANOTHER), 204).await;
    app.nobody().post(RESET, choosing(&code, ANOTHER), 401).await;
    with(&app, &mine).get("/v1/me", 401).await;
    tokens(&app, ANOTHER).await;
    assert_eq!(sign_in(&app.nobody(), CASEWORKER, PASSWORD).await.status, 401);
}

#[tokio::test]
async fn pw_10_a_code_works_for_30_minutes_and_not_once_a_newer_one_was_sent() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let (old, _) = code(&app, &relay).await;
    let (newer, _) = code(&app, &relay).await;
    assert_ne!(old, newer);
    app.nobody().post(RESET, choosing(&old, ANOTHER), 401).await;
    app.set_clock("2026-05-01T08:30:00Z");
    app.nobody().post(RESET, choosing(&newer, ANOTHER), 401).await;
    app.set_clock("2026-05-01T08:29:59Z");
    app.nobody().post(RESET, choosing(&newer, ANOTHER), 204).await;
}

#[tokio::test]
async fn pw_11_no_answer_to_an_administrator_and_no_row_holds_what_signs_in_as_another() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let (code, answer) = code(&app, &relay).await;
    let all = "select coalesce(json_agg(r), '[]')::text || (select json_agg(n) from notices n)::text \
        || (select json_agg(a) from audit_entries a)::text from password_resets r";
    let kept: String = app.db.owner().await.query_one(all, &[]).await.unwrap().get(0);
    for text in [&kept, &answer.to_string()] {
        assert!(!text.contains(&code) && !text.contains(&code[4..]));
    }
    assert!(kept.contains("password_reset_started"));
    assert!(relay.letters_to("administrator@demo.homeward.test").is_empty());
}

#[tokio::test]
async fn pw_10_a_code_that_was_changed_chooses_nothing() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let (code, _) = code(&app, &relay).await;
    let flip = |place: usize| {
        let mut bytes = code.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    for forged in (0..code.len()).step_by(7).map(flip) {
        app.nobody().post(RESET, choosing(&forged, ANOTHER), 401).await;
    }
    app.nobody().post(RESET, choosing(&code, ANOTHER), 204).await;
}

#[tokio::test]
async fn without_a_relay_no_code_is_sent() {
    let app = TestApp::at(NOW).await;
    let path = format!("{}/password-reset", caseworker_url(&app).await);
    let refused = app.person("administrator").await.post(&path, Value::Null, 409).await;
    assert_eq!(refused["type"], "/problems/no-mail");
}

#[tokio::test]
async fn mf_06_a_code_from_a_mail_is_no_second_factor() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let who = with(&app, &tokens(&app, PASSWORD).await);
    let made = who.post("/v1/me/factor", Value::Null, 200).await;
    let shown = crate::second_factors::shown(made["secret"].as_str().unwrap(), app.now());
    who.post("/v1/me/factor/confirmation", json!({ "code": shown }), 200).await;
    let (code, _) = code(&app, &relay).await;
    app.nobody().post(RESET, choosing(&code, ANOTHER), 204).await;
    assert_eq!(sign_in(&app.nobody(), CASEWORKER, ANOTHER).await.slug(), "second-factor-required");
    let body = json!({ "email": CASEWORKER, "password": ANOTHER, "code": code });
    // It is longer than any code of a factor can be.
    assert_eq!(app.nobody().post("/v1/auth/login", body, 400).await["errors"][0]["pointer"], "/code");
}

/// No field by which a factor is set up takes an address or a number to send a code to.
#[test]
fn mf_06_a_factor_is_set_up_without_an_address_or_a_number() {
    let paths = document()["paths"].as_object().unwrap();
    let of_factors = paths.iter().filter(|(path, _)| path.starts_with("/v1/me/factor"));
    let bodies: Vec<String> = of_factors
        .flat_map(|(_, path)| path.as_object().unwrap().values())
        .filter_map(|it| it["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str())
        .map(|it| it.rsplit('/').next().unwrap().to_owned())
        .collect();
    assert!(!bodies.is_empty());
    for body in bodies {
        let fields = document()["components"]["schemas"][&body]["properties"].as_object().unwrap();
        assert_eq!(fields.keys().collect::<Vec<_>>(), ["code"], "{body}");
    }
}
