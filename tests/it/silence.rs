//! Silence is an alarm: each way for the reminders to die is noticed, told on another way than theirs, and closed with a
//! word. `make silence` does the same to real processes, against their limits in real time.

pub mod computed;
mod deaths;
mod figures;
mod grounds;
mod proof;
mod ready;
pub mod watched;

use chrono::TimeDelta;
use homeward_domain::silence::Task;
use homeward_server::watch::Watch;
use homeward_store::silence::Lookout;
use tokio::sync::watch;

use crate::support::{Mood, Relay, TestApp};
use watched::{Watched, until};

const NOW: &str = "2026-05-01T08:00:00Z";

/// As if whoever beats had not been heard of for so long.
async fn silence(app: &TestApp, seconds: i32) {
    let owner = app.db.owner().await;
    let older = "update heartbeats set heard_at = heard_at - make_interval(secs => $1)";
    owner.execute(older, &[&f64::from(seconds)]).await.unwrap();
}

async fn beats(app: &TestApp) -> i64 {
    app.db.owner().await.query_one("select count(*) from heartbeats", &[]).await.unwrap().get(0)
}

async fn as_owner(app: &TestApp, statement: &str) {
    app.db.owner().await.batch_execute(statement).await.unwrap();
}

#[tokio::test]
async fn dm_01_a_worker_is_heard_of_after_real_work_only_and_says_goodbye() {
    let app = TestApp::at(NOW).await;
    as_owner(&app, "revoke update on rungs from homeward_app").await;
    let (stop, stopped) = watch::channel(false);
    let working = tokio::spawn(app.worker.clone().run(stopped));
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(beats(&app).await, 0);
    as_owner(&app, "grant update on rungs to homeward_app").await;
    until(async || beats(&app).await == 1).await;
    stop.send_replace(true);
    working.await.unwrap();
    assert_eq!(beats(&app).await, 0);
}

#[tokio::test]
async fn dm_01_each_loop_that_falls_silent_is_told_and_so_is_its_return() {
    let app = TestApp::at(NOW).await;
    let lookout = app.state.store.lookout();
    for (task, condition) in
        [(Task::Rungs, "reminders_silent"), (Task::Email, "mail_silent"), (Task::Webhook, "webhooks_silent")]
    {
        let mut watched = Watched::over(&app);
        lookout.beat("worker-1", task, app.now()).await.unwrap();
        silence(&app, 149).await;
        watched.round().await;
        assert!(!watched.said("raised").contains(&condition.to_owned()));
        silence(&app, 2).await;
        watched.round().await;
        assert!(watched.said("raised").contains(&condition.to_owned()));
        lookout.beat("worker-1", task, app.now()).await.unwrap();
        watched.round().await;
        assert!(watched.said("cleared").contains(&condition.to_owned()));
        lookout.say_goodbye("worker-1", task).await.unwrap();
    }
}

#[tokio::test]
async fn dm_07_a_rung_that_nobody_delivers_is_told_whoever_holds_it() {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    let hung = app.db.owner().await;
    hung.batch_execute("begin; select from rungs for update").await.unwrap();
    app.travel_to("2026-05-01T08:02:31Z").await;
    let mut watched = Watched::over(&app);
    watched.round().await;
    assert_eq!(watched.said("raised"), ["reminders_late"]);
    hung.batch_execute("rollback").await.unwrap();
    app.settle().await;
    watched.round().await;
    assert_eq!(watched.said("cleared"), ["reminders_late"]);
}

#[tokio::test]
async fn h_13_a_relay_that_takes_nothing_is_told() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    app.given_case().await;
    relay.set_mood("*", Mood::Busy);
    app.live_until("2026-05-01T08:04:00Z").await;
    let mut watched = Watched::over(&app);
    watched.round().await;
    assert!(watched.said("raised").contains(&"mail_stuck".to_owned()), "{}", watched.text());
    relay.set_mood("*", Mood::Taking);
    app.live_until("2026-05-01T08:30:00Z").await;
    watched.round().await;
    assert!(watched.said("cleared").contains(&"mail_stuck".to_owned()), "{}", watched.text());
}

#[tokio::test]
async fn one_full_mailbox_is_no_alarm_while_the_relay_takes_canaries() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    app.given_case().await;
    relay.set_mood("caseworker@demo.homeward.test", Mood::Busy);
    app.live_until("2026-05-01T08:04:00Z").await;
    let taken = "insert into canaries (id, sung_at, claimed_at, accepted_at) values (gen_random_uuid(), \
        '2026-05-01T08:03:00Z', '2026-05-01T08:03:00Z', '2026-05-01T08:03:00Z')";
    as_owner(&app, taken).await;
    let mut watched = Watched::over(&app);
    watched.round().await;
    assert!(!watched.said("raised").contains(&"mail_stuck".to_owned()), "{}", watched.text());
}

#[tokio::test]
async fn dl_01_and_dm_07_a_duty_without_a_rung_is_told() {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    let mut watched = Watched::over(&app);
    watched.round().await;
    assert_eq!(watched.said("raised"), [""; 0]);
    let lost = "set session_replication_role = replica; delete from rungs where id = (select id from rungs limit 1)";
    as_owner(&app, lost).await;
    let mut watched = Watched::over(&app);
    watched.round().await;
    assert_eq!(watched.said("raised"), ["duty_without_rung"]);
}

#[tokio::test]
async fn ck_07_and_dm_07_a_limit_that_is_not_the_laws_is_told() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    case.report("law_enforcement", NOW).await;
    // An agency that was never planned by its rules as a whole is about to be.
    app.state.store.replan_changed(app.now() + TimeDelta::hours(1)).await.unwrap();
    let mut watched = Watched::over(&app);
    watched.round().await;
    assert_eq!(watched.said("raised"), [""; 0]);
    let shorter = "set session_replication_role = replica; \
        update duties set due_at = due_at - interval '7 minutes' where recipient = 'ncmec' and kind = 'initial_report'";
    as_owner(&app, shorter).await;
    let mut watched = Watched::over(&app);
    watched.round().await;
    assert_eq!(watched.said("raised"), ["duties_disagree"]);
}

#[tokio::test]
async fn dl_08_what_nobody_has_seen_up_to_the_top_is_told_until_somebody_has() {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    app.live_until("2026-05-01T13:00:00Z").await;
    let mut watched = Watched::over(&app);
    watched.round().await;
    assert!(watched.said("raised").contains(&"nobody_saw".to_owned()));
    let worker = app.caseworker().await;
    let reminders = worker.get("/v1/reminders?limit=100", 200).await;
    for reminder in reminders["data"].as_array().unwrap() {
        let path = format!("/v1/reminders/{}/acknowledgement", reminder["id"].as_str().unwrap());
        assert_eq!(worker.send(reqwest::Method::PUT, &path, None, &[]).await.status, 200);
    }
    let mut watched = Watched::over(&app);
    watched.round().await;
    assert!(watched.said("cleared").contains(&"nobody_saw".to_owned()));
}

#[tokio::test]
async fn h_14_a_unit_that_an_absence_leaves_alone_is_told_before_it_begins() {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    let mut watched = Watched::over(&app);
    watched.round().await;
    assert_eq!(watched.said("raised"), [""; 0]);
    let leave = "insert into absences (agency_id, id, user_id, starts_at, ends_at, recorded_at, recorded_by) \
        select agency_id, gen_random_uuid(), id, '2026-05-10T00:00:00Z', '2026-05-12T00:00:00Z', \
        '2026-05-01T08:00:00Z', id from users";
    as_owner(&app, leave).await;
    let mut watched = Watched::over(&app);
    watched.round().await;
    assert_eq!(watched.said("raised"), ["roster_gap"]);
}

#[tokio::test]
async fn dm_05_a_database_that_is_down_is_told_without_it() {
    let app = TestApp::at(NOW).await;
    let mut watched = Watched::over(&app);
    let gone = Lookout::at("postgresql://nobody@127.0.0.1:1/nothing");
    watched.watch = Watch::new(gone, app.state.clock.clone(), &watched.config);
    watched.round().await;
    assert_eq!(watched.said("raised"), ["database_unreachable"]);
    let told = watched.text();
    assert!(told.contains("1-800-843-5678"), "{told}");
}

#[tokio::test]
async fn an_alarm_that_stands_outlives_the_watch_and_is_closed_by_the_next() {
    let app = TestApp::at(NOW).await;
    let lookout = app.state.store.lookout();
    lookout.beat("worker-1", Task::Rungs, app.now()).await.unwrap();
    silence(&app, 200).await;
    let mut first = Watched::over(&app);
    first.round().await;
    let mut second = Watched::over(&app);
    second.round().await;
    assert_eq!(first.said("raised"), ["reminders_silent"]);
    assert_eq!(second.said("raised"), [""; 0]);
    lookout.beat("worker-1", Task::Rungs, app.now()).await.unwrap();
    second.round().await;
    assert_eq!(second.said("cleared"), ["reminders_silent"]);
    let kept = "select count(*) from alarms where condition = 'reminders_silent' and cleared_at is not null \
        and told_at is not null";
    let kept: i64 = app.db.owner().await.query_one(kept, &[]).await.unwrap().get(0);
    assert_eq!(kept, 1);
}
