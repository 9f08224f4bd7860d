//! The second factor: asked for, set up, lost; and what asks to prove again who one is.

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use crate::support::{PASSWORD, Person, Relay, Reply, TestApp};

mod lost;

const NOW: &str = "2026-05-01T08:00:00Z";
const CASEWORKER: &str = "caseworker@demo.homeward.test";
const FACTOR: &str = "/v1/me/factor";
const CONFIRMATION: &str = "/v1/me/factor/confirmation";
const STEP_UP: &str = "/v1/auth/step-up";

/// What somebody carries who has a second factor.
struct Holder {
    email: String,
    secret: String,
    recovery_codes: Vec<String>,
    who: Person,
}

/// What an app with this secret shows at this instant.
pub fn shown(secret: &str, at: DateTime<Utc>) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    Builder::new().with_secret(secret).build().unwrap().generate(at.timestamp().try_into().unwrap()).to_string()
}

async fn sign_in(app: &TestApp, email: &str, code: Option<&str>) -> Reply {
    let mut body = json!({ "email": email, "password": PASSWORD });
    if let Some(code) = code {
        body["code"] = json!(code);
    }
    app.nobody().send(Method::POST, "/v1/auth/login", Some(body), &[]).await
}

fn with(app: &TestApp, tokens: &Value) -> Person {
    app.nobody().with_token(tokens["access_token"].as_str().unwrap())
}

/// From now on everyone of the agency needs a second factor.
async fn require(app: &TestApp) {
    let require = "update agencies set second_factor_required = true where name = 'Demo State'";
    app.db.owner().await.batch_execute(require).await.unwrap();
}

/// Sets up a second factor for someone who may have none yet.
async fn enrolled(app: &TestApp, email: &str) -> Holder {
    let tokens = sign_in(app, email, None).await.expect_status(200, "sign-in");
    let who = with(app, &tokens);
    let made = who.post(FACTOR, Value::Null, 200).await;
    let secret = made["secret"].as_str().unwrap().to_owned();
    let confirmed = who.post(CONFIRMATION, json!({ "code": shown(&secret, app.now()) }), 200).await;
    let codes = confirmed["recovery_codes"].as_array().unwrap();
    let recovery_codes = codes.iter().map(|it| it.as_str().unwrap().to_owned()).collect();
    Holder { email: email.to_owned(), secret, recovery_codes, who: with(app, &confirmed) }
}

impl Holder {
    /// What their app shows now.
    fn code(&self, app: &TestApp) -> String {
        shown(&self.secret, app.now())
    }
}

#[tokio::test]
async fn mf_01_where_two_factors_are_asked_for_one_reaches_nothing_but_setting_up_the_other() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    require(&app).await;
    let tokens = sign_in(&app, CASEWORKER, None).await.expect_status(200, "sign-in");
    assert_eq!(tokens["second_factor_due"], true);
    let half = with(&app, &tokens);
    let absent = "/v1/children/00000000-0000-7000-8000-000000000000";
    for path in [&case.child_url(""), absent, "/v1/me", "/v1/children", "/v1/duties", "/v1/rules", "/v1/indicators"] {
        assert_eq!(half.get(path, 403).await["type"], "/problems/second-factor-due", "{path}");
    }
    let refreshed = json!({ "refresh_token": tokens["refresh_token"] });
    let refreshed = app.nobody().post("/v1/auth/refresh", refreshed, 200).await;
    assert_eq!(refreshed["second_factor_due"], true);
    let half = with(&app, &refreshed);
    let made = half.post(FACTOR, Value::Null, 200).await;
    half.post(CONFIRMATION, json!({ "code": "000000" }), 422).await;
    half.get("/v1/me", 403).await;
    let code = shown(made["secret"].as_str().unwrap(), app.now());
    let whole = half.post(CONFIRMATION, json!({ "code": code }), 200).await;
    assert_eq!(whole["second_factor_due"], false);
    with(&app, &whole).get(&case.child_url(""), 200).await;
    half.get(FACTOR, 401).await;
}

#[tokio::test]
async fn mf_02_a_code_is_asked_for_and_each_works_once() {
    let app = TestApp::at(NOW).await;
    let holder = enrolled(&app, CASEWORKER).await;
    let due = sign_in(&app, CASEWORKER, None).await;
    assert_eq!((due.status, due.slug().as_str()), (401, "second-factor-required"));
    // The code that confirmed it was taken then.
    assert_eq!(sign_in(&app, CASEWORKER, Some(&holder.code(&app))).await.slug(), "sign-in-failed");
    app.set_clock("2026-05-01T08:01:00Z");
    let code = holder.code(&app);
    assert_eq!(sign_in(&app, CASEWORKER, Some(&code)).await.status, 200);
    assert_eq!(sign_in(&app, CASEWORKER, Some(&code)).await.status, 401);
    let before = shown(&holder.secret, "2026-05-01T08:00:30Z".parse().unwrap());
    assert_eq!(sign_in(&app, CASEWORKER, Some(&before)).await.status, 401);
    app.set_clock("2026-05-01T08:05:00Z");
    let next = shown(&holder.secret, "2026-05-01T08:05:30Z".parse().unwrap());
    assert_eq!(sign_in(&app, CASEWORKER, Some(&next)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn mf_02_of_fifty_who_send_one_code_at_once_at_two_servers_one_gets_in() {
    let app = TestApp::at(NOW).await;
    let holder = enrolled(&app, CASEWORKER).await;
    let there = app.replica().await;
    app.set_clock("2026-05-01T08:01:00Z");
    let body = json!({ "email": CASEWORKER, "password": PASSWORD, "code": holder.code(&app) });
    let tries = (0..50).map(|number| {
        let client = if number % 2 == 0 { app.nobody() } else { app.nobody().at_replica(&there) };
        let body = body.clone();
        tokio::spawn(async move { client.send(Method::POST, "/v1/auth/login", Some(body), &[]).await.status })
    });
    let mut let_in = 0;
    for status in tries.collect::<Vec<_>>() {
        let_in += usize::from(status.await.unwrap() == 200);
    }
    assert_eq!(let_in, 1);
}

#[tokio::test]
async fn mf_03_what_an_app_counts_with_is_sealed_and_shown_once() {
    let app = TestApp::at(NOW).await;
    let holder = enrolled(&app, CASEWORKER).await;
    let bytes = Secret::try_from_base32(&holder.secret).unwrap();
    let query = "select secret from second_factors";
    let kept: Vec<u8> = app.db.owner().await.query_one(query, &[]).await.unwrap().get(0);
    let secret: &[u8] = bytes.as_ref();
    assert!(!kept.windows(secret.len()).any(|it| it == secret));
    let mine = holder.who.get(FACTOR, 200).await;
    assert_eq!((&mine["confirmed_at"], &mine["recovery_codes_left"]), (&json!(NOW), &json!(10)));
    assert!(!mine.to_string().contains(&holder.secret));
}

#[tokio::test]
async fn pw_05_wrong_codes_lock_like_wrong_passwords_and_a_missing_one_counts_nothing() {
    let app = TestApp::at(NOW).await;
    let holder = enrolled(&app, CASEWORKER).await;
    for _ in 0..8 {
        assert_eq!(sign_in(&app, CASEWORKER, None).await.slug(), "second-factor-required");
    }
    for wrong in ["000000", "000001", "aaaa-aaaa-aaaa-aaaa", "000002", ""] {
        let wrong = if wrong.is_empty() { "999999" } else { wrong };
        assert_eq!(sign_in(&app, CASEWORKER, Some(wrong)).await.slug(), "sign-in-failed");
    }
    app.set_clock("2026-05-01T08:01:00Z");
    assert_eq!(sign_in(&app, CASEWORKER, Some(&holder.code(&app))).await.slug(), "sign-in-failed");
    assert_eq!(sign_in(&app, CASEWORKER, None).await.slug(), "sign-in-failed");
    app.set_clock("2026-05-01T08:16:00Z");
    assert_eq!(sign_in(&app, CASEWORKER, Some(&holder.code(&app))).await.status, 200);
}

#[tokio::test]
async fn mf_04_a_code_to_recover_with_works_once_and_is_told() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let holder = enrolled(&app, CASEWORKER).await;
    let code = &holder.recovery_codes[3];
    assert_eq!(sign_in(&app, CASEWORKER, Some(&code.to_uppercase())).await.status, 200);
    assert_eq!(sign_in(&app, CASEWORKER, Some(code)).await.status, 401);
    assert_eq!(holder.who.get(FACTOR, 200).await["recovery_codes_left"], 9);
    let kept =
        "select (select json_agg(c) from recovery_codes c)::text || (select json_agg(a) from audit_entries a)::text";
    let kept: String = app.db.owner().await.query_one(kept, &[]).await.unwrap().get(0);
    assert!(holder.recovery_codes.iter().all(|it| !kept.contains(it) && !kept.contains(&it.replace('-', ""))));
    app.settle().await;
    let told: Vec<String> = relay.letters_to(CASEWORKER).iter().map(|it| it.header("Subject")).collect();
    assert!(told.contains(&"A recovery code was used".to_owned()), "{told:?}");
    let renewed = holder.who.post("/v1/me/factor/recovery-codes", Value::Null, 200).await;
    assert_eq!(sign_in(&app, CASEWORKER, Some(&holder.recovery_codes[4])).await.status, 401);
    let fresh = renewed["recovery_codes"][0].as_str().unwrap();
    assert_eq!(sign_in(&app, CASEWORKER, Some(fresh)).await.status, 200);
}

#[tokio::test]
async fn mf_08_another_factor_takes_a_fresh_proof_with_the_one_before() {
    let app = TestApp::strict(NOW).await;
    let holder = enrolled(&app, CASEWORKER).await;
    app.set_clock("2026-05-01T08:04:00Z");
    let tokens = sign_in(&app, CASEWORKER, Some(&holder.code(&app))).await.json();
    app.set_clock("2026-05-01T08:08:59Z");
    with(&app, &tokens).get(FACTOR, 200).await;
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    let later = with(&app, &app.nobody().post("/v1/auth/refresh", refresh, 200).await);
    app.set_clock("2026-05-01T08:09:00Z");
    for path in [FACTOR, "/v1/me/factor/recovery-codes"] {
        assert_eq!(later.post(path, Value::Null, 403).await["type"], "/problems/step-up-required");
    }
    later.post(STEP_UP, json!({ "password": PASSWORD }), 422).await;
    let proven = later.post(STEP_UP, json!({ "code": holder.code(&app) }), 200).await;
    with(&app, &proven).post(FACTOR, Value::Null, 200).await;
}

#[tokio::test]
async fn se_08_and_se_09_rights_are_given_within_five_minutes_of_a_proof_and_a_proof_makes_another_session() {
    let app = TestApp::strict(NOW).await;
    let administrator = "administrator@demo.homeward.test";
    let worker = app.caseworker().await.id.unwrap();
    let tokens = sign_in(&app, administrator, None).await.json();
    app.set_clock("2026-05-01T08:04:30Z");
    let change = json!({ "name": "Another Name" });
    with(&app, &tokens).patch(&format!("/v1/users/{worker}"), change.clone(), 200).await;
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    let tokens = app.nobody().post("/v1/auth/refresh", refresh, 200).await;
    app.set_clock("2026-05-01T08:05:00Z");
    let late = with(&app, &tokens);
    let refused = late.patch(&format!("/v1/users/{worker}"), change.clone(), 403).await;
    assert_eq!(refused["type"], "/problems/step-up-required");
    late.get("/v1/users", 200).await;
    late.post(STEP_UP, json!({ "password": "a wrong password" }), 422).await;
    let proven = late.post(STEP_UP, json!({ "password": PASSWORD }), 200).await;
    late.get("/v1/users", 401).await;
    app.nobody().post("/v1/auth/refresh", json!({ "refresh_token": tokens["refresh_token"] }), 401).await;
    let anew = with(&app, &proven);
    anew.patch(&format!("/v1/users/{worker}"), change, 200).await;
    let ends = anew.get("/v1/me/sessions", 200).await;
    assert_eq!(ends["data"][0]["expires_at"], "2026-05-01T20:00:00Z");
}

#[tokio::test]
async fn pw_10_a_code_that_chooses_a_password_leaves_the_second_factor() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let holder = enrolled(&app, CASEWORKER).await;
    let me = holder.who.get("/v1/me", 200).await;
    let path = format!("/v1/users/{}/password-reset", me["id"].as_str().unwrap());
    app.person("administrator").await.post(&path, Value::Null, 200).await;
    app.settle().await;
    let bodies = relay.letters_to(CASEWORKER).into_iter().map(|it| it.body());
    let code = bodies.flat_map(|it| it.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    let code = code.into_iter().find(|it| it.starts_with("hwp_")).unwrap();
    let chosen = json!({ "code": code, "new_password": PASSWORD });
    app.nobody().post("/v1/auth/password-reset", chosen, 204).await;
    assert_eq!(sign_in(&app, CASEWORKER, None).await.slug(), "second-factor-required");
}
