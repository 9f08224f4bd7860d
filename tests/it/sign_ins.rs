//! Passwords: guessed at, locked, changed, forgotten.

use std::collections::BTreeSet;

use homeward_server::auth::password::{Cost, Password, Passwords};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{PASSWORD, Person, Relay, Reply, TestApp};

mod reset;

const NOW: &str = "2026-05-01T08:00:00Z";
const CASEWORKER: &str = "caseworker@demo.homeward.test";
const ANOTHER: &str = "zorbly kvetches and mumbles";

async fn sign_in(who: &Person, email: &str, password: &str) -> Reply {
    let body = json!({ "email": email, "password": password });
    who.send(Method::POST, "/v1/auth/login", Some(body), &[("x-request-id", "same")]).await
}

async fn tokens(app: &TestApp, password: &str) -> Value {
    sign_in(&app.nobody(), CASEWORKER, password).await.expect_status(200, "sign-in")
}

fn with(app: &TestApp, tokens: &Value) -> Person {
    app.nobody().with_token(tokens["access_token"].as_str().unwrap())
}

async fn fail(app: &TestApp, times: usize) {
    for _ in 0..times {
        assert_eq!(sign_in(&app.nobody(), CASEWORKER, "a wrong password").await.status, 401);
    }
}

async fn failures(app: &TestApp) -> Option<i32> {
    let query = "select failures from sign_ins where email = 'caseworker@demo.homeward.test'";
    app.db.owner().await.query_one(query, &[]).await.unwrap().get(0)
}

async fn caseworker_url(app: &TestApp) -> String {
    let query = "select id::text from users where email = 'caseworker@demo.homeward.test'";
    format!("/v1/users/{}", app.db.owner().await.query_one(query, &[]).await.unwrap().get::<_, String>(0))
}

#[tokio::test]
async fn pw_01_a_weak_hash_is_replaced_when_its_owner_signs_in() {
    let app = TestApp::at(NOW).await;
    let weak = Passwords::new(Cost { memory: 32, passes: 1 });
    let weak = weak.hash(&Password::parse(PASSWORD.to_owned()).unwrap()).await.unwrap();
    let owner = app.db.owner().await;
    let seed = "update sign_ins set password_hash = $1 where email = 'caseworker@demo.homeward.test'";
    owner.execute(seed, &[&weak]).await.unwrap();
    fail(&app, 1).await;
    let stored = "select password_hash from sign_ins where email = 'caseworker@demo.homeward.test'";
    assert_eq!(owner.query_one(stored, &[]).await.unwrap().get::<_, String>(0), weak);
    tokens(&app, PASSWORD).await;
    let stored: String = owner.query_one(stored, &[]).await.unwrap().get(0);
    assert!(stored.contains("m=64,t=1"), "{stored}");
    tokens(&app, PASSWORD).await;
}

#[tokio::test]
async fn pw_05_five_failures_at_two_servers_lock_even_the_right_password_and_nothing_tells() {
    let app = TestApp::at(NOW).await;
    let (here, there) = (app.nobody(), app.nobody().at_replica(&app.replica().await));
    let unknown = sign_in(&here, "nobody@demo.homeward.test", "a wrong password").await;
    let mut replies = Vec::new();
    for server in [&here, &here, &here, &there, &there] {
        replies.push(sign_in(server, CASEWORKER, "a wrong password").await);
    }
    for server in [&here, &there] {
        replies.push(sign_in(server, CASEWORKER, PASSWORD).await);
    }
    let names = |it: &Reply| it.headers.keys().map(ToString::to_string).collect::<BTreeSet<_>>();
    for reply in &replies {
        assert_eq!((reply.status, &reply.text, names(reply)), (401, &unknown.text, names(&unknown)));
    }
    app.set_clock("2026-05-01T08:14:59Z");
    assert_eq!(sign_in(&there, CASEWORKER, PASSWORD).await.status, 401);
    app.set_clock("2026-05-01T08:15:00Z");
    assert_eq!(sign_in(&here, CASEWORKER, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn pw_05_failures_of_old_and_before_a_success_do_not_count() {
    let app = TestApp::at(NOW).await;
    fail(&app, 4).await;
    tokens(&app, PASSWORD).await;
    fail(&app, 4).await;
    app.set_clock("2026-05-01T08:15:00Z");
    fail(&app, 4).await;
    tokens(&app, PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_06_of_a_hundred_guesses_at_once_five_are_compared() {
    let app = TestApp::at(NOW).await;
    let there = app.replica().await;
    let guesses = (0..100).map(|number| {
        let client = if number % 2 == 0 { app.nobody() } else { app.nobody().at_replica(&there) };
        tokio::spawn(async move { sign_in(&client, CASEWORKER, "a wrong password").await.status })
    });
    for status in guesses.collect::<Vec<_>>() {
        let status = status.await.unwrap();
        assert!([401, 429].contains(&status), "{status}");
    }
    assert_eq!(failures(&app).await, Some(5));
    assert_eq!(sign_in(&app.nobody(), CASEWORKER, PASSWORD).await.status, 401);
}

#[tokio::test]
async fn pw_07_a_disabled_person_with_the_right_password_is_answered_like_nobody() {
    let app = TestApp::at(NOW).await;
    let unknown = sign_in(&app.nobody(), "nobody@demo.homeward.test", PASSWORD).await;
    let administrator = app.person("administrator").await;
    administrator.patch(&caseworker_url(&app).await, json!({ "disabled": true }), 200).await;
    let disabled = sign_in(&app.nobody(), CASEWORKER, PASSWORD).await;
    assert_eq!((disabled.status, &disabled.text), (401, &unknown.text));
}

#[tokio::test]
async fn pw_08_a_lock_leaves_sessions_alone_and_another_administrator_lifts_it() {
    let app = TestApp::at(NOW).await;
    let (worker, administrator) = (app.caseworker().await, app.person("administrator").await);
    let url = caseworker_url(&app).await;
    fail(&app, 5).await;
    worker.get("/v1/me", 200).await;
    assert_eq!(administrator.get(&url, 200).await["locked_at"], NOW);
    let unlock = format!("{url}/unlock");
    app.supervisor().await.post(&unlock, Value::Null, 403).await;
    assert_eq!(administrator.post(&unlock, Value::Null, 200).await["locked_at"], Value::Null);
    tokens(&app, PASSWORD).await;
    let own = format!("/v1/users/{}/unlock", administrator.id.unwrap());
    administrator.post(&own, Value::Null, 403).await;
    let entries = "select count(*) from audit_entries where action = 'sign_in_unlocked'";
    assert_eq!(app.db.owner().await.query_one(entries, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn pw_08_a_lock_is_told_to_the_person_and_to_administrators() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    fail(&app, 6).await;
    app.settle().await;
    for to in [CASEWORKER, "administrator@demo.homeward.test"] {
        let letters = relay.letters_to(to);
        assert_eq!(letters.len(), 1, "{to}");
        assert_eq!(letters[0].header("Subject"), "A sign-in was locked");
    }
    assert_eq!(relay.letters().len(), 2);
    app.settle().await;
    assert_eq!(relay.letters().len(), 2);
}

#[tokio::test]
async fn pw_10_a_password_is_changed_with_the_current_one_and_ends_every_other_session() {
    let app = TestApp::at(NOW).await;
    let (other, mine) = (tokens(&app, PASSWORD).await, tokens(&app, PASSWORD).await);
    let me = with(&app, &mine);
    let change = |current: &str, new: &str| json!({ "current_password": current, "new_password": new });
    let wrong = me.post("/v1/me/password", change("a wrong password", ANOTHER), 422).await;
    assert_eq!(wrong["errors"][0]["pointer"], "/current_password");
    for weak in ["too short", "HomewardHomeward1!", "demo-caseworker-2026"] {
        let refused = me.post("/v1/me/password", change(PASSWORD, weak), 422).await;
        assert_eq!(refused["errors"][0]["pointer"], "/new_password", "{weak}");
    }
    me.post("/v1/me/password", change(PASSWORD, ANOTHER), 204).await;
    me.get("/v1/me", 200).await;
    with(&app, &other).get("/v1/me", 401).await;
    let refresh = json!({ "refresh_token": other["refresh_token"] });
    app.nobody().post("/v1/auth/refresh", refresh, 401).await;
    assert_eq!(sign_in(&app.nobody(), CASEWORKER, PASSWORD).await.status, 401);
    tokens(&app, ANOTHER).await;
    let entries = "select count(*) from audit_entries where action = 'password_changed'";
    assert_eq!(app.db.owner().await.query_one(entries, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn pw_05_guesses_at_the_current_password_count_like_those_at_signing_in() {
    let app = TestApp::at(NOW).await;
    let me = with(&app, &tokens(&app, PASSWORD).await);
    let guess = json!({ "current_password": "a wrong password", "new_password": ANOTHER });
    for _ in 0..5 {
        me.post("/v1/me/password", guess.clone(), 422).await;
    }
    let right = json!({ "current_password": PASSWORD, "new_password": ANOTHER });
    me.post("/v1/me/password", right, 422).await;
    assert_eq!(sign_in(&app.nobody(), CASEWORKER, PASSWORD).await.status, 401);
}

#[tokio::test]
async fn pw_12_a_person_is_told_of_what_they_may_not_have_done() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    fail(&app, 3).await;
    let mine = tokens(&app, PASSWORD).await;
    let body = json!({ "email": CASEWORKER, "password": PASSWORD });
    let elsewhere = [("user-agent", "another client")];
    app.nobody().send(Method::POST, "/v1/auth/login", Some(body), &elsewhere).await.expect_status(200, "sign-in");
    let change = json!({ "current_password": PASSWORD, "new_password": ANOTHER });
    with(&app, &mine).post("/v1/me/password", change, 204).await;
    app.settle().await;
    let mut told: Vec<String> = relay.letters_to(CASEWORKER).iter().map(|it| it.header("Subject")).collect();
    told.sort();
    let expected = ["Signed in after several failures", "Signed in with another device", "The password was changed"];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn se_05_a_token_that_was_used_twice_is_told_at_once() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let first = tokens(&app, PASSWORD).await;
    let refresh = json!({ "refresh_token": first["refresh_token"] });
    app.nobody().post("/v1/auth/refresh", refresh.clone(), 200).await;
    app.set_clock("2026-05-01T08:00:11Z");
    app.nobody().post("/v1/auth/refresh", refresh, 401).await;
    app.settle().await;
    assert_eq!(relay.letters_to(CASEWORKER).len(), 1);
    assert_eq!(relay.letters_to("administrator@demo.homeward.test").len(), 1);
}

#[tokio::test]
async fn pw_13_a_sign_in_that_nobody_used_for_90_days_is_closed_until_an_administrator_opens_it() {
    let app = TestApp::strict("2026-01-31T08:00:01Z").await;
    tokens(&app, PASSWORD).await;
    app.set_clock(NOW);
    tokens(&app, PASSWORD).await;
    app.set_clock("2026-07-30T08:00:00Z");
    assert_eq!(sign_in(&app.nobody(), CASEWORKER, PASSWORD).await.status, 401);
    let administrator = app.person("administrator").await;
    let users = administrator.get("/v1/users", 200).await;
    let worker = users["data"].as_array().unwrap().iter().find(|it| it["email"] == CASEWORKER).unwrap().clone();
    assert_eq!(worker["signed_in_at"], NOW);
    let unlock = format!("/v1/users/{}/unlock", worker["id"].as_str().unwrap());
    administrator.post(&unlock, Value::Null, 200).await;
    tokens(&app, PASSWORD).await;
}
