//! Transactions that are in each other's way: tried again inside the server, and never an error of ours (CC-05).

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;
use tokio_postgres::Client;

use crate::support::{Reply, TestApp, told};

const NOW: &str = "2026-05-01T08:00:00Z";

/// Has the database refuse the first tries to record a contact, as it refuses what cannot be put in an order. Counted
/// outside of the transactions that it refuses.
async fn refuse(owner: &Client, tries: u32) {
    let refusing = format!(
        "create sequence tries; grant usage on sequence tries to homeward_app; \
         create function stand_in_the_way() returns trigger language plpgsql as $$ begin \
         if nextval('tries') <= {tries} then raise exception 'in the way' using errcode = '40001'; end if; \
         return new; end $$; \
         create trigger in_the_way before insert on notifications for each row execute function stand_in_the_way()"
    );
    owner.batch_execute(&refusing).await.unwrap();
}

async fn number(owner: &Client, query: &str) -> i64 {
    owner.query_one(query, &[]).await.unwrap().get(0)
}

/// Records a contact, refused so often. The answer, how often it was tried, and how often it is there.
async fn recorded(refused: u32) -> (Reply, i64, i64) {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let owner = app.db.owner().await;
    refuse(&owner, refused).await;
    let reply = case.worker.post_once("once", &case.url("/notifications"), told("ncmec", NOW)).await;
    let there = number(&owner, "select count(*) from notifications").await;
    (reply, number(&owner, "select last_value from tries").await, there)
}

#[tokio::test]
async fn cc_05_what_cannot_be_put_in_an_order_is_tried_three_more_times_and_done_once() {
    let (reply, tries, there) = recorded(3).await;
    assert_eq!((reply.status, tries, there), (201, 4, 1), "{}", reply.text);
}

#[tokio::test]
async fn cc_05_after_that_the_client_is_told_to_come_again_and_nothing_was_done() {
    let (reply, tries, there) = recorded(4).await;
    assert_eq!((reply.status, tries, there), (503, 4, 0), "{}", reply.text);
    assert_eq!((reply.slug().as_str(), reply.header("retry-after")), ("unavailable", "1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn cc_05_of_two_that_wait_for_each_other_the_one_that_is_ended_is_tried_again() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let (owner, watcher) = (app.db.owner().await, app.db.owner().await);
    // The other side never looks for a circle, so it is the request that is ended.
    owner.batch_execute("begin; set local deadlock_timeout = '60s'; select from duties for update").await.unwrap();
    let (worker, url) = (case.worker.clone(), case.url("/notifications"));
    let asked = tokio::spawn(async move { worker.post_once("once", &url, told("ncmec", NOW)).await });
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while number(&watcher, waits).await == 0 {
        sleep(Duration::from_millis(10)).await;
    }
    let circles = "select deadlocks from pg_stat_database where datname = current_database()";
    owner.batch_execute("select from missing_episodes for update").await.unwrap();
    owner.batch_execute("commit").await.unwrap();
    let reply = asked.await.unwrap();
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(number(&watcher, "select count(*) from notifications").await, 1);
    assert_eq!(case.duty("initial_report", "ncmec").await["state"], json!("timely"));
    // It did happen: the database tells of it within a second or so.
    for _ in 0..100 {
        if 0 < number(&watcher, circles).await {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("nobody was in the way");
}
