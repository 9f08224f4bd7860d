//! A create that is asked for again, by whomever, however often and whatever dies meanwhile, is done once (ID); of many who
//! change one thing at once, one does (CC). `make races` tries more often.

use std::time::Duration;

use homeward_server::clock::{Clock as _, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use crate::contract::bodies::restriction;
use crate::support::{Person, Program, TestApp, new_child, setting, told};

const NOW: &str = "2026-05-01T08:00:00Z";
/// Everyone's in the two agencies of the template.
const PASSWORD: &str = "a password for tests only";

/// How often each race is run.
fn races() -> usize {
    setting("RACES").map_or(25, |it| usize::try_from(it).unwrap())
}

async fn count(app: &TestApp, of: &str) -> i64 {
    app.db.owner().await.query_one(&format!("select count(*) from {of}"), &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn id_02_a_key_is_its_owners_and_says_nothing_to_another() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let url = case.url("/notifications");
    let one = case.worker.post_once("the key", &url, told("ncmec", NOW)).await;
    let other = case.supervisor.post_once("the key", &url, told("ncmec", NOW)).await;
    assert_eq!((one.status, other.status, other.header("idempotent-replayed")), (201, 201, ""));
    assert_ne!(one.json()["id"], other.json()["id"]);
    assert_eq!(count(&app, "notifications").await, 2);
    let stranger = app.stranger().await.post_once("the key", &url, told("ncmec", NOW)).await;
    assert_eq!((stranger.status, stranger.header("idempotent-replayed")), (404, ""));
}

#[tokio::test]
async fn id_03_whoever_may_not_any_more_gets_no_earlier_answer_either() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let url = case.url("/notifications");
    assert_eq!(case.worker.post_once("the key", &url, told("ncmec", NOW)).await.status, 201);
    let restricted = Some(restriction(&[&case.supervisor]));
    let privacy = app.person("privacy").await;
    assert_eq!(privacy.send(Method::POST, &case.child_url("/restriction"), restricted, &[]).await.status, 200);
    assert_eq!(case.worker.post_once("the key", &url, told("ncmec", NOW)).await.status, 404);
}

#[tokio::test]
async fn id_03_an_answer_is_kept_for_thirty_days() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let url = case.url("/notifications");
    let first = case.worker.post_once("the key", &url, told("ncmec", NOW)).await;
    app.set_clock("2026-05-31T07:59:00Z");
    app.state.store.clear_old_answers(app.now()).await.unwrap();
    let again = app.caseworker().await.post_once("the key", &url, told("ncmec", NOW)).await;
    assert_eq!((again.header("idempotent-replayed"), &again.text), ("true", &first.text));
}

#[tokio::test]
async fn id_07_a_failure_is_not_remembered() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let (owner, url) = (app.db.owner().await, case.url("/notifications"));
    owner.batch_execute("revoke insert on notifications from homeward_app").await.unwrap();
    let body = Some(("application/json", told("ncmec", NOW).to_string().into_bytes()));
    let failed = case.worker.answer(Method::POST, &url, body, &[("idempotency-key", "the key")]).await;
    assert!(500 <= failed.status, "{}", failed.text);
    assert_eq!(count(&app, "idempotency_keys where key = 'the key'").await, 0);
    owner.batch_execute("grant insert on notifications to homeward_app").await.unwrap();
    let done = case.worker.post_once("the key", &url, told("ncmec", NOW)).await;
    assert_eq!((done.status, done.header("idempotent-replayed")), (201, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn id_08_a_hundred_of_the_same_at_once_are_one() {
    let app = TestApp::at(NOW).await;
    let here = app.caseworker().await;
    let there = here.at_replica(&app.replica().await);
    let child = new_child(&here, json!({})).await;
    let path = format!("/v1/children/{child}/missing-episodes");
    let asked: Vec<_> = (0..100).map(|it| if it % 2 == 0 { here.clone() } else { there.clone() }).collect();
    let asked: Vec<_> = asked.into_iter().map(|by| tokio::spawn(persist(by, path.clone()))).collect();
    let mut bodies = Vec::new();
    for it in asked {
        bodies.push(it.await.unwrap());
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
    assert_eq!((count(&app, "missing_episodes").await, count(&app, "duties").await), (1, 2));
}

/// Asks until it is answered: more come than there are connections.
async fn persist(by: Person, path: String) -> String {
    loop {
        let body = json!({ "agency_information_received_at": NOW });
        let reply = by.post_once("one of a hundred", &path, body).await;
        if reply.status == 201 {
            return reply.text;
        }
        assert!([429, 503].contains(&reply.status), "{}", reply.text);
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cc_03_of_sixteen_openings_at_once_one_opens_and_the_others_are_told_which() {
    let app = TestApp::at(NOW).await;
    let here = app.caseworker().await;
    let there = here.at_replica(&app.replica().await);
    for _ in 0..races() {
        let child = new_child(&here, json!({})).await;
        let path = format!("/v1/children/{child}/missing-episodes");
        let open = |by: Person, path: String| async move {
            let body = json!({ "agency_information_received_at": NOW });
            by.post_once(&Uuid::new_v4().to_string(), &path, body).await
        };
        let asked: Vec<_> = (0..16)
            .map(|it| tokio::spawn(open(if it % 2 == 0 { here.clone() } else { there.clone() }, path.clone())))
            .collect();
        let (mut opened, mut told) = (Vec::new(), Vec::new());
        for it in asked {
            let reply = it.await.unwrap();
            match reply.status {
                201 => opened.push(reply.json()["id"].clone()),
                409 => told.push(reply.json()["open_episode_id"].clone()),
                other => panic!("{other}: {}", reply.text),
            }
        }
        assert_eq!((opened.len(), told.len()), (1, 15));
        assert!(told.iter().all(|it| *it == opened[0]), "{told:?}");
    }
}

async fn sign_in(app: &TestApp, address: &str) -> Person {
    let nobody = app.nobody().at_replica(address);
    let who = json!({ "email": "caseworker@demo.homeward.test", "password": PASSWORD });
    let reply = nobody.post("/v1/auth/login", who, 200).await;
    nobody.with_token(reply["access_token"].as_str().unwrap())
}

/// Asks for a contact, has the program killed a moment later, and asks again. Whether the first had been done.
async fn killed_in_between(
    app: &TestApp,
    (by, url, body): (&Person, &str, &Value),
    keys: [&str; 2],
    program: &mut Program,
) -> bool {
    let before = count(app, "notifications").await;
    let pause = Duration::from_micros(u64::from(Uuid::new_v4().as_bytes()[0]) * 150);
    let key = [("idempotency-key", keys[0])];
    let bytes = Some(("application/json", body.to_string().into_bytes()));
    tokio::select! {
        _ = by.try_answer(Method::POST, url, bytes, &key) => {}
        () = sleep(pause) => {}
    }
    program.kill();
    program.start_again().await;
    let done = before < count(app, "notifications").await;
    let again = by.post_once(keys[1], url, body.clone()).await;
    assert_eq!(again.status, 201, "{}", again.text);
    assert_eq!(again.header("idempotent-replayed") == "true", done && keys[0] == keys[1]);
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn id_06_a_create_that_a_crash_cut_off_is_done_once_or_not_at_all() {
    // By the clock that the program goes by.
    let now = SystemClock.now().to_rfc3339();
    let app = TestApp::at(&now).await;
    let case = app.given_case().await;
    let mut program = Program::start("serve", &app.db.url).await;
    let by = sign_in(&app, &program.address()).await;
    let (url, body) = (case.url("/notifications"), told("ncmec", &now));
    let asked = (&by, url.as_str(), &body);
    let (rounds, mut done) = (races().max(50), 0);
    for round in 1..=rounds {
        let key = Uuid::new_v4().to_string();
        done += usize::from(killed_in_between(&app, asked, [&key, &key], &mut program).await);
        let [told, entries] =
            ["notifications", "audit_entries where action = 'notification_recorded'"].map(|it| count(&app, it));
        let (told, entries) = (told.await, entries.await);
        assert_eq!((told, entries), (i64::try_from(round).unwrap(), told));
    }
    println!("{rounds} kills, {done} of them after the commit");
    // The control: whoever asks again under another key does it twice, once the first was done.
    let mut doubled = false;
    for _ in 0..50 {
        let [one, other] = [(); 2].map(|()| Uuid::new_v4().to_string());
        let before = count(&app, "notifications").await;
        let first = killed_in_between(&app, asked, [&one, &other], &mut program).await;
        doubled = first && count(&app, "notifications").await == before + 2;
        if doubled {
            break;
        }
    }
    assert!(doubled, "no crash came after a commit: nothing was tried");
}
