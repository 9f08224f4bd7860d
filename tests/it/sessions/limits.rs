//! How long sessions last, how many stand at once, and who ends them.

use reqwest::Method;
use serde_json::{Value, json};

use super::{NOW, pair, refresh, status, tokens};
use crate::support::{Person, Reply, TestApp};

const END: &str = "/v1/sessions/end";

async fn refresh_as(app: &TestApp, client: &str, token: &str) -> Reply {
    let body = json!({ "refresh_token": token });
    app.nobody().send(Method::POST, "/v1/auth/refresh", Some(body), &[("user-agent", client)]).await
}

/// When the newest session ends if nobody uses it.
async fn idle_until(app: &TestApp) -> String {
    let query = "select idle_until::text from sessions order by started_at desc, id desc limit 1";
    app.db.owner().await.query_one(query, &[]).await.unwrap().get(0)
}

async fn sessions(who: &Person) -> Vec<Value> {
    who.get("/v1/me/sessions", 200).await["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn se_03_a_session_that_nobody_uses_ends_after_15_minutes() {
    let app = TestApp::strict(NOW).await;
    let (idle, other) = (tokens(&app).await, tokens(&app).await);
    app.set_clock("2026-05-01T08:04:00Z");
    assert_eq!(status(&app, &other.0).await, 200);
    app.set_clock("2026-05-01T08:15:00Z");
    assert_eq!(refresh(&app, &idle.1).await.status, 401);
    app.set_clock("2026-05-01T08:18:59Z");
    let next = pair(&refresh(&app, &other.1).await);
    app.set_clock("2026-05-01T08:34:00Z");
    assert_eq!(refresh(&app, &next.1).await.status, 401);
}

#[tokio::test]
async fn se_03_that_a_session_was_used_is_written_once_a_minute_at_most() {
    let app = TestApp::strict(NOW).await;
    let (access, _) = tokens(&app).await;
    let first = idle_until(&app).await;
    for second in [1, 30, 59] {
        app.set_clock(&format!("2026-05-01T08:00:{second:02}Z"));
        assert_eq!(status(&app, &access).await, 200);
        assert_eq!(idle_until(&app).await, first);
    }
    app.set_clock("2026-05-01T08:01:00Z");
    assert_eq!(status(&app, &access).await, 200);
    assert_ne!(idle_until(&app).await, first);
}

#[tokio::test]
async fn se_03_a_session_ends_after_12_hours_however_often_it_was_refreshed() {
    let app = TestApp::strict(NOW).await;
    let mut token = tokens(&app).await.1;
    for minute in (14..12 * 60).step_by(14) {
        app.set_clock(&format!("2026-05-01T{:02}:{:02}:00Z", 8 + minute / 60, minute % 60));
        token = pair(&refresh(&app, &token).await).1;
    }
    app.set_clock("2026-05-01T19:59:00Z");
    let reply = refresh(&app, &token).await;
    assert_eq!(reply.json()["expires_in"], 60);
    let last = pair(&reply);
    app.set_clock("2026-05-01T19:59:59Z");
    assert_eq!(status(&app, &last.0).await, 200);
    app.set_clock("2026-05-01T20:00:00Z");
    assert_eq!(status(&app, &last.0).await, 401);
    assert_eq!(refresh(&app, &last.1).await.status, 401);
}

#[tokio::test]
async fn se_06_a_reply_that_was_lost_is_given_once_more_to_the_same_client() {
    let app = TestApp::strict(NOW).await;
    let (_, token) = tokens(&app).await;
    let lost = pair(&refresh(&app, &token).await);
    app.set_clock("2026-05-01T08:00:10Z");
    let again = pair(&refresh(&app, &token).await);
    assert_eq!(refresh(&app, &again.1).await.status, 200);
    assert_eq!(refresh(&app, &lost.1).await.status, 401);
    assert_eq!(status(&app, &again.0).await, 401);
}

#[tokio::test]
async fn se_06_nothing_is_given_again_too_late_or_to_another_client_or_once_the_successor_was_used() {
    let app = TestApp::strict(NOW).await;
    let (late, elsewhere, used) = (tokens(&app).await, tokens(&app).await, tokens(&app).await);
    for (_, token) in [&late, &elsewhere] {
        pair(&refresh(&app, token).await);
    }
    let successor = pair(&refresh(&app, &used.1).await);
    pair(&refresh(&app, &successor.1).await);
    assert_eq!(refresh(&app, &used.1).await.status, 401);
    assert_eq!(refresh_as(&app, "another client", &elsewhere.1).await.status, 401);
    app.set_clock("2026-05-01T08:00:11Z");
    assert_eq!(refresh(&app, &late.1).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_06_of_fifty_uses_at_once_at_two_servers_one_branch_lives() {
    let app = TestApp::strict(NOW).await;
    let there = app.nobody().at_replica(&app.replica().await);
    let (_, token) = tokens(&app).await;
    let uses = (0..50).map(|number| {
        let client = if number % 2 == 0 { app.nobody() } else { there.clone() };
        let body = json!({ "refresh_token": token });
        tokio::spawn(async move { client.send(Method::POST, "/v1/auth/refresh", Some(body), &[]).await })
    });
    let mut successors = Vec::new();
    for reply in uses.collect::<Vec<_>>() {
        let reply = reply.await.unwrap();
        assert!([200, 503].contains(&reply.status), "{}", reply.text);
        successors.extend(reply.json()["refresh_token"].as_str().map(str::to_owned));
    }
    let live = "select count(*) from refresh_tokens t join sessions s on s.id = t.session_id \
        where t.used_at is null and s.ended_at is null";
    assert_eq!(app.db.owner().await.query_one(live, &[]).await.unwrap().get::<_, i64>(0), 1);
    assert!(1 < successors.len());
}

#[tokio::test]
async fn se_10_of_one_person_five_sessions_stand_and_a_sixth_ends_the_oldest() {
    let app = TestApp::strict(NOW).await;
    let mut all = Vec::new();
    for second in 0..6 {
        app.set_clock(&format!("2026-05-01T08:00:{second:02}Z"));
        all.push(tokens(&app).await);
    }
    assert_eq!(status(&app, &all[0].0).await, 401);
    assert_eq!(refresh(&app, &all[0].1).await.status, 401);
    let me = app.nobody().with_token(&all[5].0);
    let listed = sessions(&me).await;
    assert_eq!(listed.len(), 5);
    let current: Vec<bool> = listed.iter().map(|it| it["current"].as_bool().unwrap()).collect();
    assert_eq!(current, [false, false, false, false, true]);
    assert_eq!(status(&app, &all[1].0).await, 200);
}

#[tokio::test]
async fn se_10_a_person_lists_and_ends_their_own_sessions_and_nobody_elses() {
    let app = TestApp::strict(NOW).await;
    let (other, mine) = (tokens(&app).await, tokens(&app).await);
    let me = app.nobody().with_token(&mine.0);
    let listed = sessions(&me).await;
    let of_other = listed.iter().find(|it| it["current"] == false).unwrap()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/me/sessions/{of_other}/end");
    app.supervisor().await.post(&path, Value::Null, 404).await;
    assert_eq!(status(&app, &other.0).await, 200);
    let left = me.send(Method::POST, &path, None, &[]).await;
    assert_eq!((left.status, left.json()["data"].as_array().unwrap().len()), (200, 1));
    assert_eq!(status(&app, &other.0).await, 401);
    assert_eq!(refresh(&app, &other.1).await.status, 401);
    assert_eq!(me.send(Method::POST, &path, None, &[]).await.status, 404);
}

#[tokio::test]
async fn se_10_an_administrator_ends_the_sessions_of_one_person_or_of_everyone() {
    let app = TestApp::strict(NOW).await;
    let (worker, supervisor) = (app.caseworker().await, app.supervisor().await);
    let stranger = app.stranger().await;
    let there = worker.at_replica(&app.replica().await);
    let administrator = app.person("administrator").await;
    worker.post(END, json!({}), 403).await;
    supervisor.post(END, json!({ "user_id": worker.id.unwrap().to_string() }), 403).await;
    let of_stranger = json!({ "user_id": stranger.id.unwrap().to_string() });
    administrator.post(END, of_stranger, 404).await;
    let ended = administrator.post(END, json!({ "user_id": worker.id.unwrap().to_string() }), 200).await;
    assert_eq!(ended["sessions"], 1);
    worker.get("/v1/me", 401).await;
    there.get("/v1/me", 401).await;
    supervisor.get("/v1/me", 200).await;
    administrator.post(END, json!({}), 200).await;
    supervisor.get("/v1/me", 401).await;
    administrator.get("/v1/me", 200).await;
    stranger.get("/v1/me", 200).await;
}
