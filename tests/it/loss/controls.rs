//! Broken on purpose: what the database refuses, and what the checkers find once it no longer can.

use tokio_postgres::Client;

use super::{Faults, NOW, count};
use crate::support::{TestApp, at, new_child};

/// The code of the refusal at commit.
async fn refused(owner: &Client, statement: &str) -> String {
    let error = owner.batch_execute(&format!("begin; {statement}; commit")).await.unwrap_err();
    owner.batch_execute("rollback").await.unwrap();
    error.code().unwrap_or_else(|| panic!("{error}")).code().to_owned()
}

/// Past every trigger and every foreign key.
async fn force(owner: &Client, statement: &str) {
    let forced = format!("begin; set local session_replication_role = replica; {statement}; commit");
    owner.batch_execute(&forced).await.unwrap();
}

async fn delivered() -> (TestApp, Client) {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    app.travel_to(NOW).await;
    let owner = app.db.owner().await;
    assert_eq!(Faults::find(&owner, at(NOW)).await, Faults::default());
    (app, owner)
}

const MARK_ONE: &str = "update rungs set sent_at = fire_at where id = (select min(id::text)::uuid from rungs \
    where sent_at is null)";

#[tokio::test]
async fn a_rung_marked_without_a_successor_is_refused_and_would_be_found() {
    let (_app, owner) = delivered().await;
    assert_eq!(refused(&owner, MARK_ONE).await, "HW002");
    assert_eq!(Faults::find(&owner, at(NOW)).await, Faults::default());
    owner.batch_execute("alter table rungs disable trigger rungs_follow_on").await.unwrap();
    owner.batch_execute(MARK_ONE).await.unwrap();
    let found = Faults { forgotten: 1, unheard: 1, ..Faults::default() };
    assert_eq!(Faults::find(&owner, at(NOW)).await, found);
}

#[tokio::test]
async fn a_worker_that_marks_before_it_sends_would_be_found() {
    let (_app, owner) = delivered().await;
    let succeed = "insert into rungs select (json_populate_record(r, json_build_object('id', gen_random_uuid(), \
        'ordinal', r.ordinal + 1, 'sent_at', null))).* from rungs r where sent_at is null";
    owner.batch_execute(&format!("begin; {succeed}; {MARK_ONE}; commit")).await.unwrap();
    assert_eq!(Faults::find(&owner, at(NOW)).await, Faults { unheard: 1, ..Faults::default() });
}

#[tokio::test]
async fn a_message_sent_twice_would_be_found() {
    let (_app, owner) = delivered().await;
    let again = "insert into reminders select (json_populate_record(m, json_build_object('id', gen_random_uuid(), \
        'rung_id', (select id from rungs r where r.duty_id = m.duty_id and sent_at is null)))).* \
        from reminders m order by m.id limit 1";
    owner.batch_execute(again).await.unwrap();
    assert_eq!(Faults::find(&owner, at(NOW)).await, Faults { doubled: 1, ..Faults::default() });
}

#[tokio::test]
async fn a_worker_that_sleeps_would_be_found() {
    let (_app, owner) = delivered().await;
    assert_eq!(Faults::find(&owner, at("2026-05-01T09:00:00Z")).await, Faults { overdue: 2, ..Faults::default() });
}

#[tokio::test]
async fn a_duty_without_a_rung_is_refused() {
    let (_app, owner) = delivered().await;
    let bare = "insert into duties select (json_populate_record(d, json_build_object('id', gen_random_uuid(), \
        'sequence', 99))).* from duties d";
    assert_eq!(refused(&owner, bare).await, "HW002");
    force(&owner, bare).await;
    assert_eq!(Faults::find(&owner, at(NOW)).await, Faults { forgotten: 2, ..Faults::default() });
}

#[tokio::test]
async fn an_episode_that_no_entry_explains_is_refused() {
    let (app, owner) = delivered().await;
    let child = new_child(&app.caseworker().await, serde_json::json!({})).await;
    let unexplained = format!(
        "insert into missing_episodes select (json_populate_record(e, json_build_object('id', gen_random_uuid(), \
         'child_id', '{child}'))).* from missing_episodes e"
    );
    assert_eq!(refused(&owner, &unexplained).await, "HW001");
    assert_eq!(count(&owner, "select count(*) from missing_episodes").await, 1);
    assert_eq!(refused(&owner, "update missing_episodes set last_contact_at = created_at").await, "HW001");
}
