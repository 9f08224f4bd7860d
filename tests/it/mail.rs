//! Reminders by mail: what they say, when they leave, and where they go when an address fails.

use serde_json::json;

use crate::support::{Letter, Mood, Relay, TestApp};

const NOW: &str = "2026-05-01T08:00:00Z";
const WORKER: &str = "caseworker@demo.homeward.test";
const SUPERVISOR: &str = "supervisor@demo.homeward.test";

async fn given_report(relay: &Relay) -> TestApp {
    let app = TestApp::mailing(NOW, relay).await;
    let case = app.given_case().await;
    case.report("law_enforcement", NOW).await;
    app
}

fn reports(letters: Vec<Letter>) -> Vec<Letter> {
    letters.into_iter().filter(|it| it.text.contains("Report the missing child")).collect()
}

#[tokio::test]
async fn dl_20_a_mail_says_what_is_due_and_when_and_nothing_about_a_child() {
    let relay = Relay::start().await;
    let app = given_report(&relay).await;
    app.travel_to(NOW).await;
    let letter = reports(relay.letters()).remove(0);
    assert_eq!(letter.to, WORKER);
    assert_eq!(letter.header("Subject"), "Action due by 2026-05-02 03:00 CDT");
    assert_eq!(letter.header("Auto-Submitted"), "auto-generated");
    let body = letter.body();
    let (said, link) = body.split_once("Sign in: ").unwrap();
    assert_eq!(said.trim(), "Report the missing child to NCMEC now. The law's outer limit is 2026-05-02 03:00 CDT.");
    let path = link.lines().next().unwrap().strip_prefix("https://homeward.agency.test").unwrap();
    let reminder = app.caseworker().await.get(path, 200).await;
    assert_eq!(reminder["rung"], "at_once");
    app.stranger().await.get(path, 404).await;
}

#[tokio::test]
async fn dl_04_a_relay_that_took_a_mail_and_hung_up_gets_it_once_more_under_the_same_id() {
    let relay = Relay::start().await;
    let app = given_report(&relay).await;
    relay.set_mood("*", Mood::Forgetful);
    app.travel_to(NOW).await;
    relay.set_mood("*", Mood::Taking);
    app.live_until("2026-05-01T08:01:00Z").await;
    let mut ids: Vec<String> = reports(relay.letters()).iter().map(|it| it.header("Message-ID")).collect();
    assert!(2 <= ids.len(), "{ids:?}");
    ids.dedup();
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn dl_14_an_address_that_does_not_exist_is_passed_over_for_the_next_person() {
    let relay = Relay::start().await;
    let app = given_report(&relay).await;
    relay.set_mood(WORKER, Mood::Unknown);
    app.live_until("2026-05-01T08:01:00Z").await;
    assert!(reports(relay.letters_to(WORKER)).is_empty());
    assert_eq!(reports(relay.letters_to(SUPERVISOR)).len(), 1);
}

#[tokio::test]
async fn a_relay_that_distrusts_us_is_no_word_about_an_address() {
    let relay = Relay::start().await;
    let app = given_report(&relay).await;
    relay.set_mood("*", Mood::Suspicious);
    app.live_until("2026-05-01T08:00:30Z").await;
    relay.set_mood("*", Mood::Taking);
    app.live_until("2026-05-01T08:02:00Z").await;
    assert_eq!(reports(relay.letters_to(WORKER)).len(), 1);
}

#[tokio::test]
async fn dl_08_a_relay_that_is_down_for_an_hour_loses_nothing_and_the_next_person_hears_after_five_minutes() {
    let relay = Relay::start().await;
    let app = given_report(&relay).await;
    relay.set_mood("*", Mood::Busy);
    app.live_until("2026-05-01T08:07:00Z").await;
    assert!(relay.letters().is_empty());
    let supervisor = app.supervisor().await;
    assert!(!supervisor.get("/v1/reminders", 200).await["data"].as_array().unwrap().is_empty());
    app.live_until("2026-05-01T08:59:00Z").await;
    relay.set_mood("*", Mood::Taking);
    app.live_until("2026-05-01T09:30:00Z").await;
    assert!(!reports(relay.letters_to(WORKER)).is_empty());
}

#[tokio::test]
async fn dl_13_what_was_done_before_a_mail_left_is_not_sent() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let case = app.given_case().await;
    relay.set_mood("*", Mood::Busy);
    app.travel_to(NOW).await;
    case.report("law_enforcement", NOW).await;
    case.report("ncmec", NOW).await;
    relay.set_mood("*", Mood::Taking);
    app.live_until("2026-05-01T08:30:00Z").await;
    assert!(reports(relay.letters()).is_empty());
}

#[tokio::test]
async fn dl_17_what_does_not_press_leaves_in_one_digest_in_the_morning() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let case = app.given_case().await;
    case.report("law_enforcement", NOW).await;
    case.report("ncmec", NOW).await;
    app.live_until("2026-05-01T08:09:00Z").await;
    assert!(relay.letters().is_empty(), "{:?}", relay.letters());
    let recovery = json!({ "recovery_type": "returned_on_own", "returned_to_care_at": "2026-05-01T08:05:00Z" });
    case.worker.put(&case.url(""), &case.url("/recovery"), recovery, 200).await;
    app.live_until("2026-05-02T13:00:00Z").await;
    let to_worker = relay.letters_to(WORKER);
    let digest = to_worker.iter().find(|it| it.header("Subject").ends_with("actions are due")).unwrap();
    assert!(digest.text.contains("Hold the return interview"), "{}", digest.text);
}

#[tokio::test]
async fn dl_18_a_person_sees_what_was_sent_and_takes_it_to_court() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let case = app.given_case().await;
    app.travel_to(NOW).await;
    let url = case.url("/deliveries");
    let rows = case.worker.get(&url, 200).await["data"].as_array().unwrap().clone();
    let ways: Vec<&str> = rows.iter().map(|it| it["channel"].as_str().unwrap()).collect();
    assert_eq!(ways, ["email", "inbox", "email", "inbox"]);
    assert!(rows.iter().all(|it| it["delivered_at"] == NOW && it["ending"] == "accepted"));
    let file = case.worker.send(reqwest::Method::GET, &format!("{url}/content.csv"), None, &[]).await;
    assert_eq!(file.status, 200);
    assert_eq!(file.text.lines().count(), 5);
    app.stranger().await.get(&url, 404).await;
}
