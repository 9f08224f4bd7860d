//! Canaries, the ping, and the page that says when the reminders last proved themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{SubsecRound as _, TimeDelta};
use homeward_server::clock::{Clock as _, SystemClock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::watched::Watched;
use super::{NOW, silence};
use crate::support::{CANARIES, Mood, Relay, TestApp};

/// The clock of the machine, which is the database's too.
fn real_time() -> String {
    SystemClock.now().trunc_subsecs(6).to_rfc3339()
}

async fn page(app: &TestApp) -> String {
    reqwest::get(format!("{}/status", app.address)).await.unwrap().text().await.unwrap()
}

/// One canary from the watch to the mailbox and back.
async fn prove(app: &TestApp, relay: &Relay, watched: &mut Watched) {
    app.set_clock(&real_time());
    watched.round().await;
    app.settle().await;
    watched.deliver(&relay.letters_to(CANARIES));
    app.set_clock(&real_time());
    watched.round().await;
}

#[tokio::test]
async fn dm_02_a_canary_goes_through_database_worker_relay_and_mailbox_and_comes_home() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(&real_time(), &relay).await;
    let person = app.caseworker().await;
    let before = person.get("/v1/reminder-proof", 200).await;
    assert_eq!((&before["proved_at"], &before["is_proven"]), (&serde_json::Value::Null, &false.into()));
    let mut watched = Watched::with_mail(&app);
    prove(&app, &relay, &mut watched).await;
    let after = person.get("/v1/reminder-proof", 200).await;
    let all = serde_json::json!({ "database": true, "worker": true, "relay": true, "mailbox": true });
    assert_eq!((&after["is_proven"], &after["proven"]), (&true.into(), &all), "{after} {}", watched.text());
    assert_eq!(std::fs::read_dir(watched.mailbox()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_canary_that_goes_no_further_than_a_worker_says_so() {
    let app = TestApp::at(&real_time()).await;
    let mut watched = Watched::over(&app);
    watched.round().await;
    app.settle().await;
    watched.round().await;
    let proof = app.caseworker().await.get("/v1/reminder-proof", 200).await;
    assert_eq!(proof["proven"]["worker"], true);
    assert_eq!(proof["proven"]["relay"], false);
    assert!(page(&app).await.contains("Mail was not part of it."));
}

#[tokio::test]
async fn dm_02_a_canary_that_does_not_come_home_is_told_and_so_is_the_next_that_does() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let mut watched = Watched::with_mail(&app);
    relay.set_mood(CANARIES, Mood::Busy);
    watched.round().await;
    app.travel_to("2026-05-01T08:02:30Z").await;
    watched.round().await;
    assert_eq!(watched.said("raised"), [""; 0]);
    app.travel_to("2026-05-01T08:02:31Z").await;
    watched.round().await;
    assert_eq!(watched.said("raised"), ["canary_missing"]);
    relay.set_mood(CANARIES, Mood::Taking);
    app.travel_to("2026-05-01T08:03:10Z").await;
    watched.deliver(&relay.letters_to(CANARIES));
    watched.round().await;
    watched.round().await;
    assert_eq!(watched.said("cleared"), ["canary_missing"]);
}

#[tokio::test]
async fn dm_07_a_relay_that_takes_a_canary_and_drops_it_proves_nothing() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let mut watched = Watched::with_mail(&app);
    watched.round().await;
    app.settle().await;
    assert_eq!(relay.letters_to(CANARIES).len(), 1);
    app.set_clock("2026-05-01T08:02:31Z");
    watched.round().await;
    assert_eq!(watched.said("raised"), ["canary_missing"]);
}

#[tokio::test]
async fn dm_06_the_page_is_red_until_there_is_a_proof_and_again_when_it_is_old() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(&real_time(), &relay).await;
    let never = page(&app).await;
    assert!(never.contains("never proved itself") && never.contains("class=\"red\""), "{never}");
    assert!(never.contains("1-800-843-5678") && never.contains("paper"), "{never}");
    let mut watched = Watched::with_mail(&app);
    prove(&app, &relay, &mut watched).await;
    let proven = page(&app).await;
    assert!(proven.contains("last proved itself at") && proven.contains("class=\"green\""), "{proven}");
    app.set_clock(&(app.now() + TimeDelta::seconds(601)).to_rfc3339());
    let old = page(&app).await;
    assert!(old.contains("class=\"red\"") && old.contains("more than ten minutes ago"), "{old}");
    for outside in ["http://", "https://", "<script", "src=", "<link"] {
        assert!(!proven.contains(outside), "{outside}");
    }
}

#[tokio::test]
async fn dm_03_and_dm_07_a_watch_that_is_silent_turns_the_page_red() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(&real_time(), &relay).await;
    let mut watched = Watched::with_mail(&app);
    prove(&app, &relay, &mut watched).await;
    silence(&app, 200).await;
    let page = page(&app).await;
    assert!(page.contains("class=\"red\"") && page.contains("Nothing watches over the reminders"), "{page}");
}

/// Counts what it is asked.
async fn monitor() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/ping", listener.local_addr().unwrap());
    let heard = Arc::new(AtomicUsize::new(0));
    let counter = heard.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = [0; 4096];
            let _ = stream.read(&mut bytes).await;
            counter.fetch_add(1, Ordering::SeqCst);
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
        }
    });
    (url, heard)
}

#[tokio::test]
async fn dm_03_the_watch_pings_while_all_is_well_and_not_while_an_alarm_stands() {
    let app = TestApp::at(NOW).await;
    let (url, heard) = monitor().await;
    let mut well = Watched::with(&app, &[("HOMEWARD_PING_URL", &url)]);
    app.set_clock(&real_time());
    well.round().await;
    assert_eq!(heard.load(Ordering::SeqCst), 1, "{}", well.text());
    app.set_clock(NOW);
    let mut skewed = Watched::with(&app, &[("HOMEWARD_PING_URL", &url)]);
    skewed.round().await;
    assert!(skewed.text().contains("raised clock_skew"));
    assert_eq!(heard.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_alarm_is_posted_where_that_is_wanted_and_names_nobody() {
    let app = TestApp::at(NOW).await;
    let (url, heard) = monitor().await;
    let mut watched = Watched::with(&app, &[("HOMEWARD_ALARM_URL", &url)]);
    watched.round().await;
    assert_eq!(heard.load(Ordering::SeqCst), 1);
}
