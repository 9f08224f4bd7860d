//! Each way in which reminders die in silence, and what is said of it (DM-07). The short form of `make silence`: the same
//! causes and judgements, with a clock that is moved.

use std::time::Duration;

use chrono::TimeDelta;
use homeward_domain::silence::Task;
use homeward_server::watch::Watch;
use homeward_store::silence::Lookout;

use super::watched::Watched;
use super::{NOW, as_owner, silence};
use crate::support::{CANARIES, Mood, Relay, TestApp};

/// Past every limit of patience but those of canaries.
const LATER: &str = "2026-05-01T08:02:31Z";

/// What is said when something was owed, and then this was done behind the program.
async fn said_after(cause: &str, later: &str) -> Vec<String> {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    as_owner(&app, cause).await;
    app.set_clock(later);
    // Whatever a worker still can, it does.
    let _ = app.worker.sweep().await;
    said(&app).await
}

async fn said(app: &TestApp) -> Vec<String> {
    let mut watched = Watched::over(app);
    watched.round().await;
    watched.said("raised")
}

#[tokio::test]
async fn dm_07_a_worker_that_was_killed_or_frozen_is_heard_no_more() {
    let app = TestApp::at(NOW).await;
    app.state.store.lookout().beat("worker-1", Task::Rungs, app.now()).await.unwrap();
    assert_eq!(said(&app).await, [""; 0]);
    silence(&app, 151).await;
    assert_eq!(said(&app).await, ["reminders_silent"]);
}

#[tokio::test]
async fn dm_07_claims_that_the_database_refuses() {
    assert_eq!(said_after("revoke update on rungs from homeward_app", LATER).await, ["reminders_late"]);
}

#[tokio::test]
async fn dm_07_deliveries_that_fail_each_time() {
    assert_eq!(said_after("revoke insert on reminders from homeward_app", LATER).await, ["reminders_late"]);
}

#[tokio::test]
async fn dm_07_a_queue_that_is_locked() {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    let locked = app.db.owner().await;
    locked.batch_execute("begin; lock table rungs in exclusive mode").await.unwrap();
    app.set_clock(LATER);
    assert_eq!(said(&app).await, ["reminders_late"]);
}

#[tokio::test]
async fn dm_07_mail_that_nobody_looks_after() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    app.given_case().await;
    app.worker.sweep().await.unwrap();
    as_owner(&app, "revoke update on deliveries from homeward_app").await;
    app.outboxes[0].sweep().await.unwrap_err();
    app.set_clock(LATER);
    assert_eq!(said(&app).await, ["messages_late"]);
}

#[tokio::test]
async fn dm_07_a_clock_of_a_worker_that_is_two_hours_wrong() {
    for hours in [-2, 2] {
        let app = TestApp::at(NOW).await;
        let skewed = app.now() + TimeDelta::hours(hours);
        app.state.store.lookout().beat("worker-1", Task::Rungs, skewed).await.unwrap();
        let mut watched = Watched::over(&app);
        watched.round().await;
        assert!(watched.text().contains("raised clock_skew"), "{}", watched.text());
    }
}

#[tokio::test]
async fn dm_07_a_relay_that_is_gone() {
    let app = {
        let relay = Relay::start().await;
        relay.set_mood("*", Mood::Busy);
        TestApp::mailing(NOW, &relay).await
    };
    let mut watched = Watched::with_mail(&app);
    watched.round().await;
    app.travel_to(LATER).await;
    watched.round().await;
    assert_eq!(watched.said("raised"), ["canary_missing"]);
}

#[tokio::test]
async fn dm_07_a_mailbox_of_the_canaries_that_is_gone() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let mut watched = Watched::with_mail(&app);
    std::fs::remove_dir_all(watched.mailbox()).unwrap();
    watched.round().await;
    app.settle().await;
    assert_eq!(relay.letters_to(CANARIES).len(), 1);
    app.set_clock(LATER);
    watched.round().await;
    assert_eq!(watched.said("raised"), ["canary_missing"]);
}

#[tokio::test]
async fn dm_07_a_database_that_was_killed_or_hangs() {
    let app = TestApp::at(NOW).await;
    // This one takes connections and says nothing.
    let hangs = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let hanging = format!("postgresql://nobody@{}/nothing", hangs.local_addr().unwrap());
    for url in ["postgresql://nobody@127.0.0.1:1/nothing", hanging.as_str()] {
        let mut watched = Watched::over(&app);
        watched.watch = Watch::new(Lookout::at(url), app.state.clock.clone(), &watched.config);
        watched.round().await;
        assert_eq!(watched.said("raised"), ["database_unreachable"]);
    }
}

#[tokio::test]
async fn dm_07_a_key_file_that_is_gone() {
    let app = TestApp::at(NOW).await;
    let watched = Watched::over(&app);
    let (folder, file) = (watched.config.data_dir.clone(), watched.config.data_key_file.clone());
    std::fs::create_dir_all(&folder).unwrap();
    let host = homeward_server::watch::Host::new(&folder, &file).granting(Duration::ZERO);
    assert!(!host.look().has_key);
    std::fs::write(file, "a key").unwrap();
    assert!(host.look().has_key);
}

#[tokio::test]
async fn dm_07_and_dl_12_what_fails_each_time_is_held_told_and_no_burden_to_others() {
    let app = TestApp::at(NOW).await;
    let bad = app.given_case().await;
    // Nothing can be made of this row.
    let broken = format!(
        "set session_replication_role = replica; update duties set kind = 'unknown' where episode_id = '{}'",
        bad.episode
    );
    as_owner(&app, &broken).await;
    let good = app.given_case().await;
    let owner = app.db.owner().await;
    for round in 0..5 {
        app.set_clock(&(crate::support::at(NOW) + TimeDelta::seconds(round * 31)).to_rfc3339());
        app.worker.sweep().await.unwrap();
        let heard = format!("select count(*) from reminders where episode_id = '{}'", good.episode);
        assert_eq!(owner.query_one(&heard, &[]).await.unwrap().get::<_, i64>(0), 2);
    }
    let held = "select count(*) from rungs where failures = 5 and held_until is not null";
    assert_eq!(owner.query_one(held, &[]).await.unwrap().get::<_, i64>(0), 2);
    assert!(said(&app).await.contains(&"reminder_held".to_owned()));
    // It is tried on, and ends with the first time that works.
    let mended = format!(
        "set session_replication_role = replica; update duties set kind = 'initial_report' where episode_id = '{}'",
        bad.episode
    );
    as_owner(&app, &mended).await;
    app.travel_to("2026-05-01T08:13:00Z").await;
    assert_eq!(
        owner.query_one("select count(*) from rungs where failures is not null", &[]).await.unwrap().get::<_, i64>(0),
        0
    );
    assert!(!said(&app).await.contains(&"reminder_held".to_owned()));
}
