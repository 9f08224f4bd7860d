//! Handing children over: the record, what is owed, and what has not been heard go together.

use serde_json::{Value, json};

use crate::support::{Mood, Person, Relay, TestApp, new_child};

const NOW: &str = "2026-05-01T08:00:00Z";

async fn hand_over(app: &TestApp, from: &Person, body: Value, status: u16) -> Value {
    app.supervisor().await.post(&format!("/v1/users/{}/hand-over", from.id.unwrap()), body, status).await
}

fn to(person: &Person) -> Value {
    json!({ "to_user_id": person.id.unwrap().to_string(), "reason": "A new caseload." })
}

/// Which rungs somebody has heard, who signs in now.
async fn heard(app: &TestApp, name: &str) -> Vec<String> {
    let all = app.person(name).await.get("/v1/reminders", 200).await;
    all["data"].as_array().unwrap().iter().map(|it| it["rung"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_is_owed_and_what_fired_already_reaches_the_worker_that_there_is_now() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let second = app.given_person("second", "caseworker", Some("north-county")).await;
    let case = app.given_case().await;
    app.travel_to(NOW).await;
    assert_eq!(heard(&app, "second").await, [""; 0]);
    let done = hand_over(&app, &case.worker, to(&second), 201).await;
    app.settle().await;
    assert_eq!(heard(&app, "second").await, ["at_once", "at_once"]);
    assert_eq!(relay.letters_to("second@demo.homeward.test").len(), 2);
    let mine = second.get("/v1/duties?assigned_to=me", 200).await;
    assert!(2 <= mine["data"].as_array().unwrap().len());
    assert_eq!(case.worker.get("/v1/duties?assigned_to=me", 200).await["data"], json!([]));
    app.live_until("2026-05-01T09:30:00Z").await;
    assert!(heard(&app, "second").await.contains(&"after_1_hours".to_owned()));
    assert!(!heard(&app, "caseworker").await.contains(&"after_1_hours".to_owned()));
    let kept = format!("/v1/users/{}/hand-overs", case.worker.id.unwrap());
    assert_eq!(app.supervisor().await.get(&kept, 200).await["data"][0], done);
}

#[tokio::test]
async fn a_mail_that_waits_for_the_worker_before_leaves_for_the_one_there_is_now() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let second = app.given_person("second", "caseworker", Some("north-county")).await;
    let case = app.given_case().await;
    case.report("law_enforcement", NOW).await;
    case.report("ncmec", NOW).await;
    let recovery = json!({ "recovery_type": "returned_on_own", "returned_to_care_at": NOW });
    case.worker.put(&case.url(""), &case.url("/recovery"), recovery, 200).await;
    app.travel_to("2026-05-01T08:10:00Z").await;
    hand_over(&app, &case.worker, to(&second), 201).await;
    app.live_until("2026-05-01T13:05:00Z").await;
    assert!(relay.letters_to("caseworker@demo.homeward.test").is_empty());
    let letters = relay.letters_to("second@demo.homeward.test");
    assert!(letters.iter().any(|it| it.text.contains("Hold the return interview")), "{letters:?}");
    let sent = app.supervisor().await.get(&case.url("/deliveries"), 200).await;
    assert!(sent["data"].as_array().unwrap().iter().any(|it| it["ending"] == "handed_over"));
}

#[tokio::test]
async fn a_mail_that_waits_for_the_worker_before_leaves_for_them_where_they_stand_on_the_rung_by_another_name() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let second = app.given_person("second", "caseworker", Some("north-county")).await;
    let case = app.given_case().await;
    relay.set_mood("*", Mood::Busy);
    app.live_until("2026-05-01T08:35:00Z").await;
    let back_up = format!("/v1/users/{}/back-up", second.id.unwrap());
    let names = json!({ "back_up_id": case.worker.id.unwrap().to_string() });
    app.supervisor().await.put(&back_up, &back_up, names, 200).await;
    hand_over(&app, &case.worker, to(&second), 201).await;
    relay.set_mood("*", Mood::Taking);
    app.live_until("2026-05-01T08:50:00Z").await;
    for name in ["caseworker", "second", "supervisor"] {
        assert!(!relay.letters_to(&format!("{name}@demo.homeward.test")).is_empty(), "{name}");
    }
}

#[tokio::test]
async fn two_hundred_children_go_in_one_transaction_each_with_an_entry() {
    let app = TestApp::at(NOW).await;
    let second = app.given_person("second", "caseworker", Some("north-county")).await;
    let worker = app.caseworker().await;
    for _ in 0..200 {
        new_child(&worker, json!({})).await;
    }
    let owner = app.db.owner().await;
    let theirs = "select count(*) from children where assigned_to = $1";
    let before: i64 = owner.query_one(theirs, &[&worker.id.unwrap().uuid()]).await.unwrap().get(0);
    assert!(200 <= before);
    hand_over(&app, &worker, to(&second), 201).await;
    let after: i64 = owner.query_one(theirs, &[&second.id.unwrap().uuid()]).await.unwrap().get(0);
    let entries = "select count(distinct child_id) from audit_entries where action = 'child_handed_over'";
    let entries: i64 = owner.query_one(entries, &[]).await.unwrap().get(0);
    assert_eq!((before, before), (after, entries));
    let xacts = "select count(distinct xact) from audit_entries where action = 'child_handed_over'";
    assert_eq!(owner.query_one(xacts, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn a_supervisor_hands_over_what_is_in_their_units_and_to_who_works_with_children() {
    let app = TestApp::at(NOW).await;
    let second = app.given_person("second", "caseworker", Some("north-county")).await;
    let (one, other) = (app.given_case().await, app.given_case().await);
    let moved = format!(
        "update children set unit_id = (select id from units where code = 'metro') \
        where id = '{}'; ",
        other.child
    );
    let entry = format!(
        "insert into audit_entries (agency_id, id, at, actor_id, child_id, action, detail) \
        select agency_id, gen_random_uuid(), created_at, recorded_by, id, 'child_changed', '{{}}' from children \
        where id = '{}'",
        other.child
    );
    app.db.owner().await.batch_execute(&format!("begin; {moved}{entry}; commit")).await.unwrap();
    let mut named = to(&second);
    named["child_ids"] = json!([one.child, other.child]);
    let why = hand_over(&app, &one.worker, named, 422).await;
    assert_eq!(why["errors"][0]["pointer"], "/child_ids/1");
    hand_over(&app, &one.worker, to(&app.auditor().await), 422).await;
    hand_over(&app, &one.worker, to(&one.worker), 422).await;
    hand_over(&app, &one.worker, to(&second), 201).await;
    let shown = one.worker.get(&other.child_url(""), 200).await;
    assert_eq!(shown["assigned_to"], one.worker.id.unwrap().to_string());
    hand_over(&app, &one.worker, to(&second), 422).await;
    let url = format!("/v1/users/{}/hand-over", one.worker.id.unwrap());
    one.worker.post(&url, to(&second), 403).await;
    app.person("administrator").await.post(&url, to(&second), 403).await;
    hand_over(&app, &app.stranger().await, to(&second), 404).await;
}

#[tokio::test]
async fn a_child_that_is_assigned_anew_by_a_change_of_the_record_takes_its_reminders_along() {
    let app = TestApp::at(NOW).await;
    let second = app.given_person("second", "caseworker", Some("north-county")).await;
    let case = app.given_case().await;
    app.travel_to(NOW).await;
    let assigned = json!({ "assigned_to": second.id.unwrap().to_string() });
    case.worker.patch(&case.child_url(""), assigned, 200).await;
    app.settle().await;
    assert_eq!(heard(&app, "second").await, ["at_once", "at_once"]);
}
