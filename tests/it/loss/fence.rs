//! A lease holds for 30 seconds; after that its fence keeps the one who lost it from writing.

use homeward_store::reminders::Outcome;

use super::{Faults, NOW, count};
use crate::support::{TestApp, at};

const LATER: &str = "2026-05-01T08:00:30Z";

#[tokio::test]
async fn dl_02_a_leased_rung_is_nobody_elses_until_the_lease_ends() {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    let store = &app.state.store;
    let first = store.lease("first", at(NOW), 50).await.unwrap();
    assert_eq!(first.len(), 2);
    for now in [NOW, "2026-05-01T08:00:29.999999Z"] {
        assert_eq!(store.lease("second", at(now), 50).await.unwrap(), []);
    }
    let second = store.lease("second", at(LATER), 50).await.unwrap();
    assert_eq!(second.len(), 2);
    for taken in second {
        assert!(first.iter().any(|it| it.id == taken.id && it.fence < taken.fence));
    }
}

#[tokio::test]
async fn a_lease_of_a_clock_that_was_a_day_ahead_holds_nobody_up() {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    let store = &app.state.store;
    let ahead = store.lease("ahead", at("2026-05-02T08:00:00Z"), 50).await.unwrap();
    let right = store.lease("right", at(NOW), 50).await.unwrap();
    assert_eq!((ahead.len(), right.len()), (2, 2));
    for rung in &ahead {
        assert_eq!(store.deliver(rung, "ahead", at(NOW)).await.unwrap(), Outcome::Lost);
    }
    for rung in &right {
        assert_eq!(store.deliver(rung, "right", at(NOW)).await.unwrap(), Outcome::Delivered(1));
    }
}

#[tokio::test]
async fn dl_02_whoever_lost_a_lease_writes_nothing() {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    let (store, owner) = (&app.state.store, app.db.owner().await);
    let first = store.lease("first", at(NOW), 50).await.unwrap();
    let second = store.lease("second", at(LATER), 50).await.unwrap();
    for late in &first {
        assert_eq!(store.deliver(late, "first", at(LATER)).await.unwrap(), Outcome::Lost);
    }
    assert_eq!(count(&owner, "select count(*) from reminders").await, 0);
    assert_eq!(count(&owner, "select count(*) from delivery_attempts").await, 0);
    for held in &second {
        assert_eq!(store.deliver(held, "second", at(LATER)).await.unwrap(), Outcome::Delivered(1));
    }
    for late in first.iter().chain(&second) {
        assert_eq!(store.deliver(late, "late", at(LATER)).await.unwrap(), Outcome::Lost);
    }
    assert_eq!(count(&owner, "select count(*) from reminders").await, 2);
    assert_eq!(Faults::find(&owner, at(LATER)).await, Faults::default());
}

#[tokio::test]
async fn a_fence_that_was_never_given_out_delivers_nothing() {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    let store = &app.state.store;
    for mut leased in store.lease("first", at(NOW), 50).await.unwrap() {
        leased.fence += 1;
        assert_eq!(store.deliver(&leased, "first", at(NOW)).await.unwrap(), Outcome::Lost);
    }
    assert_eq!(count(&app.db.owner().await, "select count(*) from reminders").await, 0);
}

#[tokio::test]
async fn a_duty_done_while_its_rung_is_leased_is_not_spoken_of() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let leased = app.state.store.lease("first", at(NOW), 50).await.unwrap();
    case.report("law_enforcement", NOW).await;
    case.report("ncmec", NOW).await;
    for rung in &leased {
        assert_eq!(app.state.store.deliver(rung, "first", at(NOW)).await.unwrap(), Outcome::Lost);
    }
    assert_eq!(count(&app.db.owner().await, "select count(*) from reminders").await, 0);
}

#[tokio::test]
async fn a_duty_done_without_its_queue_is_still_not_spoken_of() {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    let owner = app.db.owner().await;
    let leased = app.state.store.lease("first", at(NOW), 50).await.unwrap();
    owner.execute("update duties set done_at = $1", &[&at(NOW)]).await.unwrap();
    for rung in &leased {
        assert_eq!(app.state.store.deliver(rung, "first", at(NOW)).await.unwrap(), Outcome::NoLongerOwed);
    }
    assert_eq!(count(&owner, "select count(*) from reminders").await, 0);
    assert_eq!(count(&owner, "select count(*) from delivery_attempts where outcome = 'no_longer_owed'").await, 2);
}

#[tokio::test]
async fn dl_06_an_attempt_stands_as_it_was_written() {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    app.travel_to(NOW).await;
    let owner = app.db.owner().await;
    for change in ["update delivery_attempts set recipients = 0", "delete from delivery_attempts"] {
        let refused = owner.execute(change, &[]).await.unwrap_err();
        assert!(refused.as_db_error().unwrap().message().contains("append-only"), "{refused}");
        owner.batch_execute("set role homeward_app").await.unwrap();
        let refused = owner.execute(change, &[]).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501");
        owner.batch_execute("reset role").await.unwrap();
    }
    assert_eq!(count(&owner, "select count(*) from delivery_attempts where recipients = 1").await, 2);
}
