//! How a person is reached: further addresses, refusals, and what can and cannot be chosen.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Letter, Mood, Person, Relay, TestApp};

const NOW: &str = "2026-05-01T08:00:00Z";
const WORKER: &str = "caseworker@demo.homeward.test";
const OTHER: &str = "caseworker@private.test";

async fn add(person: &Person, email: &str) -> Value {
    person.post("/v1/me/addresses", json!({ "email": email }), 201).await
}

async fn addresses(person: &Person) -> Vec<Value> {
    person.get("/v1/me/addresses", 200).await["data"].as_array().unwrap().clone()
}

async fn remove(person: &Person, address: &Value) -> (u16, String) {
    let url = format!("/v1/me/addresses/{}/removal", address["id"].as_str().unwrap());
    let reply = person.send(Method::POST, &url, None, &[]).await;
    (reply.status, reply.slug())
}

async fn choose(person: &Person, mail_for_aims: bool, digest_at: &str) {
    let url = "/v1/me/preferences";
    person.put(url, url, json!({ "mail_for_aims": mail_for_aims, "digest_at": digest_at }), 200).await;
}

fn reports(letters: &[Letter]) -> usize {
    letters.iter().filter(|it| it.text.contains("Report the missing child")).count()
}

#[tokio::test]
async fn dl_14_a_refused_address_is_passed_over_for_the_persons_next_one_and_flagged_on_the_roster() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let case = app.given_case().await;
    add(&case.worker, OTHER).await;
    relay.set_mood(WORKER, Mood::Unknown);
    app.live_until("2026-05-01T08:01:00Z").await;
    assert_eq!((reports(&relay.letters_to(WORKER)), reports(&relay.letters_to(OTHER))), (0, 2));
    assert_eq!(reports(&relay.letters_to("supervisor@demo.homeward.test")), 0);
    let own = addresses(&case.worker).await;
    assert_eq!((&own[0]["bounce"]["reply"], &own[1]["bounce"]), (&json!("550"), &Value::Null));
    let shown = case.supervisor.get(&format!("/v1/users/{}", case.worker.id.unwrap()), 200).await;
    assert_eq!(shown["has_bounced_address"], true);
}

#[tokio::test]
async fn mail_goes_to_an_address_again_once_its_owner_says_that_it_works() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let case = app.given_case().await;
    relay.set_mood(WORKER, Mood::Unknown);
    app.live_until("2026-05-01T08:01:00Z").await;
    relay.set_mood(WORKER, Mood::Taking);
    let bounce = addresses(&case.worker).await[0]["bounce"]["id"].as_str().unwrap().to_owned();
    let url = format!("/v1/me/bounces/{bounce}/clearance");
    assert_eq!(case.supervisor.send(Method::POST, &url, None, &[]).await.status, 404);
    let cleared = case.worker.send(Method::POST, &url, None, &[]).await;
    assert_eq!((cleared.status, &cleared.json()["data"][0]["bounce"]), (200, &Value::Null));
    assert_eq!(case.worker.send(Method::POST, &url, None, &[]).await.status, 404);
    app.live_until("2026-05-01T09:30:00Z").await;
    assert!(0 < reports(&relay.letters_to(WORKER)));
}

#[tokio::test]
async fn the_last_address_that_was_not_refused_cannot_be_removed() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let case = app.given_case().await;
    let other = add(&case.worker, OTHER).await;
    relay.set_mood(WORKER, Mood::Unknown);
    app.live_until("2026-05-01T08:01:00Z").await;
    assert_eq!(remove(&case.worker, &other).await, (409, "last-address".to_owned()));
    let third = add(&case.worker, "third@private.test").await;
    assert_eq!(remove(&case.worker, &other).await.0, 200);
    assert_eq!(remove(&case.worker, &other).await.0, 404);
    assert_eq!(remove(&case.worker, &third).await, (409, "last-address".to_owned()));
    assert_eq!(remove(&case.supervisor, &third).await.0, 404);
}

#[tokio::test]
async fn an_address_is_given_once_and_there_are_five_at_most() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let given = json!({ "email": "Caseworker@PRIVATE.test" });
    assert_eq!(worker.post("/v1/me/addresses", given.clone(), 201).await["email"], OTHER);
    assert_eq!(worker.post_once("k", "/v1/me/addresses", given).await.slug(), "address-known");
    assert_eq!(worker.post_once("l", "/v1/me/addresses", json!({ "email": WORKER })).await.slug(), "address-known");
    worker.post("/v1/me/addresses", json!({ "email": "no address" }), 400).await;
    for number in 2..=5 {
        add(&worker, &format!("number{number}@private.test")).await;
    }
    worker.post("/v1/me/addresses", json!({ "email": "six@private.test" }), 422).await;
    let positions: Vec<i64> = addresses(&worker).await.iter().map(|it| it["position"].as_i64().unwrap()).collect();
    assert_eq!(positions, [0, 1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn dl_19_no_preference_silences_or_delays_a_limit_of_law() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let case = app.given_case().await;
    choose(&case.worker, false, "23:45").await;
    app.travel_to(NOW).await;
    assert_eq!(reports(&relay.letters_to(WORKER)), 2);
}

#[tokio::test]
async fn mail_for_the_agencys_own_aims_can_be_chosen_away_and_the_inbox_keeps_them() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let case = app.given_case().await;
    choose(&case.worker, false, "08:00").await;
    case.report("law_enforcement", NOW).await;
    case.report("ncmec", NOW).await;
    let recovery = json!({ "recovery_type": "returned_on_own", "returned_to_care_at": NOW });
    case.worker.put(&case.url(""), &case.url("/recovery"), recovery, 200).await;
    app.live_until("2026-05-01T13:05:00Z").await;
    let letters = relay.letters_to(WORKER);
    assert!(!letters.iter().any(|it| it.text.contains("Hold the return interview")), "{letters:?}");
    let inbox = app.caseworker().await.get("/v1/reminders", 200).await.to_string();
    assert!(inbox.contains("Hold the return interview"));
}

#[tokio::test]
async fn dl_17_the_digest_leaves_at_the_hour_that_was_chosen() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let case = app.given_case().await;
    choose(&case.worker, true, "10:30").await;
    case.report("law_enforcement", NOW).await;
    case.report("ncmec", NOW).await;
    let recovery = json!({ "recovery_type": "returned_on_own", "returned_to_care_at": NOW });
    case.worker.put(&case.url(""), &case.url("/recovery"), recovery, 200).await;
    app.live_until("2026-05-01T15:29:00Z").await;
    assert!(relay.letters_to(WORKER).is_empty());
    app.live_until("2026-05-01T15:31:00Z").await;
    assert_eq!(relay.letters_to(WORKER).len(), 1);
}

#[tokio::test]
async fn what_was_chosen_is_shown_with_its_version_and_a_wrong_hour_is_refused() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let url = "/v1/me/preferences";
    let before = worker.get(url, 200).await;
    assert_eq!((&before["mail_for_aims"], &before["digest_at"]), (&json!(true), &json!("08:00")));
    choose(&worker, false, "06:15").await;
    let after = worker.get(url, 200).await;
    assert_eq!((&after["version"], &after["digest_at"]), (&json!(1), &json!("06:15")));
    worker.put(url, url, json!({ "mail_for_aims": true, "digest_at": "25:00" }), 400).await;
    let wanted = json!({ "mail_for_aims": true, "digest_at": "08:00" });
    assert_eq!(worker.send(Method::PUT, url, Some(wanted.clone()), &[("if-match", "\"0\"")]).await.status, 412);
    assert_eq!(worker.send(Method::PUT, url, Some(wanted), &[]).await.status, 428);
}

#[tokio::test]
async fn h_31_many_open_episodes_are_one_digest_for_what_may_wait_and_a_mail_each_for_what_may_not() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let worker = app.caseworker().await;
    let mut episodes = Vec::new();
    for _ in 0..20 {
        let child = crate::support::new_child(&worker, json!({})).await;
        let path = format!("/v1/children/{child}/missing-episodes");
        let opened = worker.post(&path, json!({ "agency_information_received_at": NOW }), 201).await;
        episodes.push(format!("{path}/{}", opened["id"].as_str().unwrap()));
    }
    app.settle().await;
    let pressing = relay.letters_to(WORKER);
    assert_eq!((pressing.len(), reports(&pressing)), (40, 40));
    for episode in &episodes {
        for recipient in ["law_enforcement", "ncmec"] {
            worker.post(&format!("{episode}/notifications"), crate::support::told(recipient, NOW), 201).await;
        }
        let recovery = json!({ "recovery_type": "returned_on_own", "returned_to_care_at": NOW });
        worker.put(episode, &format!("{episode}/recovery"), recovery, 200).await;
    }
    app.live_until("2026-05-01T13:05:00Z").await;
    let digests = relay.letters_to(WORKER).split_off(40);
    assert_eq!(digests.len(), 1, "{digests:?}");
    assert!(20 <= digests[0].text.matches("Hold the return interview").count());
}
