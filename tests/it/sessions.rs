//! Signing in, staying signed in, signing out, and every token that is none of ours.

use chrono::TimeDelta;
use homeward_domain::id::Id;
use homeward_server::auth::token::{Keys, SigningKey};
use homeward_store::sessions::Session;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Reply, TestApp, at};

mod forged;
mod limits;

const NOW: &str = "2026-05-01T08:00:00Z";
const PASSWORD: &str = "a password for tests only";
const CASEWORKER: &str = "caseworker@demo.homeward.test";

async fn sign_in(app: &TestApp, email: &str, password: &str) -> Reply {
    let body = json!({ "email": email, "password": password });
    app.nobody().send(Method::POST, "/v1/auth/login", Some(body), &[("x-request-id", "same")]).await
}

async fn refresh(app: &TestApp, token: &str) -> Reply {
    app.nobody().send(Method::POST, "/v1/auth/refresh", Some(json!({ "refresh_token": token })), &[]).await
}

async fn tokens(app: &TestApp) -> (String, String) {
    pair(&sign_in(app, CASEWORKER, PASSWORD).await)
}

/// The access token and the refresh token of an answer.
fn pair(reply: &Reply) -> (String, String) {
    assert_eq!(reply.status, 200, "{}", reply.text);
    let text = |name: &str| reply.json()[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

/// What the server says to this access token.
async fn status(app: &TestApp, access: &str) -> u16 {
    app.nobody().with_token(access).send(Method::GET, "/v1/me", None, &[]).await.status
}

/// The caller's newest session, as the database has it.
async fn session(app: &TestApp) -> Session {
    let owner = app.db.owner().await;
    let newest = "select agency_id, user_id, id from sessions order by started_at desc, id desc limit 1";
    let row = owner.query_one(newest, &[]).await.unwrap();
    Session {
        agency: Id::from_uuid(row.get(0)),
        user: Id::from_uuid(row.get(1)),
        id: Id::from_uuid(row.get(2)),
        expires_at: at("2026-05-01T20:00:00Z"),
        token: Id::from_uuid(Uuid::new_v4()),
        enrolling: false,
    }
}

fn signed(byte: u8, session: &Session) -> String {
    let keys = Keys::new(SigningKey::from_bytes((byte..byte + 32).collect()).unwrap());
    keys.sign(session, TimeDelta::minutes(5), at(NOW)).unwrap().0
}

#[tokio::test]
async fn a_person_signs_in_and_is_told_who_they_are() {
    let app = TestApp::strict(NOW).await;
    let reply = sign_in(&app, "  CaseWorker@Demo.Homeward.Test ", PASSWORD).await;
    let answer = reply.json();
    assert_eq!((answer["token_type"].as_str(), answer["expires_in"].as_i64()), (Some("Bearer"), Some(300)));
    assert_eq!(reply.header("cache-control"), "no-store");
    let me = app.nobody().with_token(&pair(&reply).0).get("/v1/me", 200).await;
    assert_eq!((&me["role"], &me["email"]), (&json!("caseworker"), &json!(CASEWORKER)));
    assert_eq!(me["units"][0]["code"], "north-county");
    assert_eq!(me["agency"]["time_zone"], "America/Chicago");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_e_mail_are_answered_alike() {
    let app = TestApp::strict(NOW).await;
    let wrong = sign_in(&app, CASEWORKER, "a wrong password").await;
    assert_eq!((wrong.status, wrong.slug().as_str()), (401, "sign-in-failed"));
    let names = |it: &Reply| it.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    for email in ["nobody@demo.homeward.test", "caseworker", "caseworker@demo.homeward.test'--"] {
        let unknown = sign_in(&app, email, "a wrong password").await;
        assert_eq!((unknown.status, &unknown.text), (401, &wrong.text), "{email}");
        assert_eq!(names(&unknown), names(&wrong), "{email}");
    }
}

#[tokio::test]
async fn a_password_is_right_to_the_letter() {
    let app = TestApp::strict(NOW).await;
    for nearly in [PASSWORD.to_uppercase(), format!("{PASSWORD} "), format!(" {PASSWORD}"), PASSWORD[1..].to_owned()] {
        assert_eq!(sign_in(&app, CASEWORKER, &nearly).await.status, 401, "{nearly}");
    }
}

#[tokio::test]
async fn a_refresh_gives_a_new_pair_that_works() {
    let app = TestApp::strict(NOW).await;
    let first = tokens(&app).await;
    app.set_clock("2026-05-01T08:04:00Z");
    let second = pair(&refresh(&app, &first.1).await);
    assert_ne!(first, second);
    app.set_clock("2026-05-01T08:06:00Z");
    assert_eq!(status(&app, &first.0).await, 401);
    assert_eq!(status(&app, &second.0).await, 200);
    let third = pair(&refresh(&app, &second.1).await);
    assert_eq!(status(&app, &third.0).await, 200);
}

#[tokio::test]
async fn se_05_a_refresh_token_used_twice_ends_the_session_for_both() {
    let app = TestApp::strict(NOW).await;
    let (first, other) = (tokens(&app).await, tokens(&app).await);
    let second = pair(&refresh(&app, &first.1).await);
    assert_eq!(status(&app, &second.0).await, 200);
    app.set_clock("2026-05-01T08:00:11Z");
    let reused = refresh(&app, &first.1).await;
    assert_eq!((reused.status, reused.slug().as_str()), (401, "sign-in-required"));
    for access in [&first.0, &second.0] {
        assert_eq!(status(&app, access).await, 401);
    }
    assert_eq!(refresh(&app, &second.1).await.status, 401);
    assert_eq!(status(&app, &other.0).await, 200);
}

#[tokio::test]
async fn a_refresh_token_that_was_changed_ends_nothing() {
    let app = TestApp::strict(NOW).await;
    let (access, token) = tokens(&app).await;
    let flip = |place: usize| {
        let mut bytes = token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let mut forged: Vec<String> = (0..token.len()).step_by(5).map(flip).collect();
    forged.extend(["", "hwr_", "x", &access, &token[1..], &token[..40]].map(str::to_owned));
    for token in forged {
        assert_eq!(refresh(&app, &token).await.status, 401, "{token}");
    }
    assert_eq!(status(&app, &access).await, 200);
    assert_eq!(refresh(&app, &token).await.status, 200);
}

#[tokio::test]
async fn a_sign_out_ends_the_session_at_once() {
    let app = TestApp::strict(NOW).await;
    let (ended, other) = (tokens(&app).await, tokens(&app).await);
    let person = app.nobody().with_token(&ended.0);
    assert_eq!(person.send(Method::POST, "/v1/auth/logout", None, &[]).await.status, 204);
    assert_eq!(status(&app, &ended.0).await, 401);
    assert_eq!(refresh(&app, &ended.1).await.status, 401);
    assert_eq!(person.send(Method::POST, "/v1/auth/logout", None, &[]).await.status, 401);
    assert_eq!(status(&app, &other.0).await, 200);
}

#[tokio::test]
async fn se_04_an_access_token_works_for_5_minutes() {
    let app = TestApp::strict(NOW).await;
    let (access, _) = tokens(&app).await;
    app.set_clock("2026-05-01T08:04:59Z");
    assert_eq!(status(&app, &access).await, 200);
    app.set_clock("2026-05-01T08:05:00Z");
    assert_eq!(status(&app, &access).await, 401);
}

#[tokio::test]
async fn a_token_signed_with_nothing_or_with_another_key_is_refused() {
    let app = TestApp::strict(NOW).await;
    let (access, _) = tokens(&app).await;
    let session = session(&app).await;
    assert_eq!(status(&app, &signed(7, &session)).await, 200);
    assert_eq!(status(&app, &signed(8, &session)).await, 401);
    let parts: Vec<&str> = access.split('.').collect();
    let (none, none_upper) = ("eyJhbGciOiJub25lIn0", "eyJhbGciOiJOT05FIn0");
    for forged in [
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{none_upper}.{}.", parts[1]),
    ] {
        assert_eq!(status(&app, &forged).await, 401, "{forged}");
    }
}

#[tokio::test]
async fn a_token_with_the_claims_of_another_is_refused() {
    let app = TestApp::strict(NOW).await;
    let (mine, _) = tokens(&app).await;
    let (theirs, _) = pair(&sign_in(&app, "auditor@demo.homeward.test", PASSWORD).await);
    let (mine, theirs): (Vec<&str>, Vec<&str>) = (mine.split('.').collect(), theirs.split('.').collect());
    assert_eq!(status(&app, &[mine[0], theirs[1], mine[2]].join(".")).await, 401);
    assert_eq!(status(&app, &[mine[0], theirs[1], theirs[2]].join(".")).await, 200);
    for broken in ["", ".", "..", mine[1], &mine.join(" "), &mine[..2].join(".")] {
        assert_eq!(status(&app, broken).await, 401, "{broken}");
    }
}

#[tokio::test]
async fn a_good_signature_over_another_agency_or_person_is_refused() {
    let app = TestApp::strict(NOW).await;
    tokens(&app).await;
    let own = session(&app).await;
    let owner = app.db.owner().await;
    let elsewhere = "select id from agencies where name = 'Other State'";
    let agency: Uuid = owner.query_one(elsewhere, &[]).await.unwrap().get(0);
    let colleague = "select id from users where email = 'auditor@demo.homeward.test'";
    let user: Uuid = owner.query_one(colleague, &[]).await.unwrap().get(0);
    assert_eq!(status(&app, &signed(7, &own)).await, 200);
    assert_eq!(status(&app, &signed(7, &Session { agency: Id::from_uuid(agency), ..own })).await, 401);
    assert_eq!(status(&app, &signed(7, &Session { user: Id::from_uuid(user), ..own })).await, 401);
    assert_eq!(status(&app, &signed(7, &Session { id: Id::from_uuid(user), ..own })).await, 401);
}

#[tokio::test]
async fn only_the_bearer_scheme_carries_a_token() {
    let app = TestApp::strict(NOW).await;
    let (access, _) = tokens(&app).await;
    for header in [access.clone(), format!("Basic {access}"), format!("Bearer  {access}"), "Bearer".to_owned()] {
        let reply = app.nobody().send(Method::GET, "/v1/me", None, &[("authorization", &header)]).await;
        assert_eq!((reply.status, reply.slug().as_str()), (401, "sign-in-required"), "{header}");
    }
    let in_url = format!("/v1/me?access_token={access}");
    assert_eq!(app.nobody().send(Method::GET, &in_url, None, &[]).await.status, 401);
}

#[tokio::test]
async fn someone_disabled_is_out_with_the_next_request() {
    let app = TestApp::strict(NOW).await;
    let (access, token) = tokens(&app).await;
    let disable = "update users set disabled_at = '2026-05-01T08:00:00Z' where email = 'caseworker@demo.homeward.test'";
    app.db.owner().await.batch_execute(disable).await.unwrap();
    assert_eq!(status(&app, &access).await, 401);
    assert_eq!(refresh(&app, &token).await.status, 401);
    let again = sign_in(&app, CASEWORKER, PASSWORD).await;
    assert_eq!((again.status, again.slug().as_str()), (401, "sign-in-failed"));
}

#[tokio::test]
async fn no_secret_is_stored_as_it_is() {
    let app = TestApp::strict(NOW).await;
    let (access, token) = tokens(&app).await;
    let owner = app.db.owner().await;
    let all = "select (select json_agg(t) from refresh_tokens t)::text || (select json_agg(s) from sessions s)::text \
        || (select json_agg(i) from sign_ins i)::text";
    let stored: String = owner.query_one(all, &[]).await.unwrap().get(0);
    for secret in [access.as_str(), token.as_str(), &token[4..], PASSWORD] {
        assert!(!stored.contains(secret));
    }
    assert!(stored.contains("$argon2id$"));
}

#[tokio::test]
async fn what_is_no_sign_in_is_told_by_field() {
    let app = TestApp::strict(NOW).await;
    for body in [json!({}), json!({ "email": "", "password": "" }), json!({ "email": "a", "password": Value::Null })] {
        let problem = app.nobody().send(Method::POST, "/v1/auth/login", Some(body), &[]).await;
        assert_eq!((problem.status, problem.slug().as_str()), (400, "invalid-body"));
        assert!(!problem.json()["errors"].as_array().unwrap().is_empty());
    }
}
