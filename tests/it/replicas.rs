//! Several servers on one database answer as one: nothing that matters is in a process.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::join;
use uuid::Uuid;

use crate::support::{Case, Person, Reply, TestApp, new_child, setting};

const NOW: &str = "2026-05-01T08:00:00Z";
/// Everyone's in the two agencies of the template.
const PASSWORD: &str = "a password for tests only";
/// How often each race is run.
fn rounds() -> usize {
    setting("RACES").map_or(10, |it| usize::try_from(it).unwrap())
}

/// One person at two servers.
async fn at_both(app: &TestApp) -> (Person, Person) {
    let here = app.caseworker().await;
    let there = here.at_replica(&app.replica().await);
    (here, there)
}

fn missing() -> Value {
    json!({ "agency_information_received_at": NOW })
}

fn statuses(one: &Reply, other: &Reply) -> [u16; 2] {
    let mut both = [one.status, other.status];
    both.sort_unstable();
    both
}

async fn count(app: &TestApp, of: &str) -> i64 {
    app.db.owner().await.query_one(&format!("select count(*) from {of}"), &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn id_05_the_same_create_at_two_servers_at_once_records_once_and_says_the_same() {
    let app = TestApp::at(NOW).await;
    let (here, there) = at_both(&app).await;
    for round in 0..rounds() {
        let child = new_child(&here, json!({})).await;
        let (key, path) = (Uuid::new_v4().to_string(), format!("/v1/children/{child}/missing-episodes"));
        let (one, other) = join!(here.post_once(&key, &path, missing()), there.post_once(&key, &path, missing()));
        assert_eq!((one.status, &one.text), (other.status, &other.text));
        assert_eq!(one.status, 201);
        assert_eq!((one.header("etag"), one.header("location")), (other.header("etag"), other.header("location")));
        assert_eq!(count(&app, "missing_episodes").await, i64::try_from(round).unwrap() + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_openings_at_once_one_opens_and_the_other_is_told_which() {
    let app = TestApp::at(NOW).await;
    let (here, there) = at_both(&app).await;
    for _ in 0..rounds() {
        let child = new_child(&here, json!({})).await;
        let path = format!("/v1/children/{child}/missing-episodes");
        let (one, other) = join!(here.post_once("one", &path, missing()), there.post_once("other", &path, missing()));
        assert_eq!(statuses(&one, &other), [201, 409]);
        let (opened, refused) = if one.status == 201 { (one, other) } else { (other, one) };
        assert_eq!(refused.slug(), "already-missing");
        assert_eq!(refused.json()["open_episode_id"], opened.json()["id"]);
        app.db.owner().await.execute("delete from idempotency_keys", &[]).await.unwrap();
    }
}

#[tokio::test]
async fn se_07_who_signs_out_at_one_server_is_signed_out_at_the_other() {
    let app = TestApp::at(NOW).await;
    let (here, there) = at_both(&app).await;
    here.get("/v1/me", 200).await;
    assert_eq!(there.send(Method::POST, "/v1/auth/logout", None, &[]).await.status, 204);
    here.get("/v1/me", 401).await;
    there.get("/v1/me", 401).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cc_02_of_two_changes_of_one_version_at_once_one_is_stale() {
    let app = TestApp::at(NOW).await;
    let Case { worker, supervisor, child, episode, .. } = app.given_case().await;
    let supervisor = supervisor.at_replica(&app.replica().await);
    let path = format!("/v1/children/{child}/missing-episodes/{episode}");
    for round in 0..rounds() {
        let etag = worker.etag(&path).await;
        let matching = [("if-match", etag.as_str())];
        let said = |who: &str| Some(json!({ "circumstances": format!("{who} in round {round}") }));
        let (one, other) = join!(
            worker.send(Method::PATCH, &path, said("worker"), &matching),
            supervisor.send(Method::PATCH, &path, said("supervisor"), &matching),
        );
        assert_eq!(statuses(&one, &other), [200, 412]);
        let kept = if one.status == 200 { one } else { other };
        assert_eq!(worker.get(&path, 200).await["circumstances"], kept.json()["circumstances"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn se_05_a_refresh_token_used_at_two_servers_ends_its_session() {
    let app = TestApp::at(NOW).await;
    let here = app.nobody();
    let there = here.at_replica(&app.replica().await);
    let who = json!({ "email": "caseworker@demo.homeward.test", "password": PASSWORD });
    let first = here.post("/v1/auth/login", who, 200).await;
    let again = |of: &Value| json!({ "refresh_token": of["refresh_token"] });
    let refresh = "/v1/auth/refresh";
    let won = here.post(refresh, again(&first), 200).await;
    app.set_clock("2026-05-01T08:00:11Z");
    there.post(refresh, again(&first), 401).await;
    for server in [&here, &there] {
        server.with_token(won["access_token"].as_str().unwrap()).get("/v1/me", 401).await;
        assert_eq!(server.send(Method::POST, refresh, Some(again(&won)), &[]).await.status, 401);
    }
}
