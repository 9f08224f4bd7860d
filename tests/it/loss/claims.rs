//! What holds messages and rungs to one worker, one person and one way, and what is written of each try.

use homeward_domain::delivery::{Channel, Reply};
use homeward_server::reminders::Worker;
use homeward_store::deliveries::Answer;
use tokio::sync::watch;

use super::{Faults, NOW, count};
use crate::support::{Mood, Relay, TestApp, at};

const LATER: &str = "2026-05-01T08:00:30Z";

fn taken() -> Answer {
    Answer { reply: Reply::Accepted, code: Some(250), hash: Some("0".repeat(64)) }
}

#[tokio::test]
async fn dl_02_whoever_lost_a_message_marks_nothing() {
    let app = TestApp::mailing(NOW, &Relay::start().await).await;
    app.given_case().await;
    app.worker.sweep().await.unwrap();
    let (store, owner) = (&app.state.store, app.db.owner().await);
    let first = store.lease_messages(Channel::Email, at(NOW), 16, Vec::new()).await.unwrap();
    assert_eq!(store.lease_messages(Channel::Email, at(NOW), 16, Vec::new()).await.unwrap(), []);
    let second = store.lease_messages(Channel::Email, at(LATER), 16, Vec::new()).await.unwrap();
    assert_eq!((first.len(), second.len()), (2, 2));
    for late in &first {
        assert_eq!(store.mark_message(late, &taken(), "first", at(LATER)).await.unwrap(), None);
    }
    assert_eq!(count(&owner, "select count(*) from delivery_attempts where channel = 'email'").await, 0);
    for held in &second {
        assert!(store.mark_message(held, &taken(), "second", at(LATER)).await.unwrap().is_some());
    }
    for late in first.iter().chain(&second) {
        assert_eq!(store.mark_message(late, &taken(), "late", at(LATER)).await.unwrap(), None);
    }
    assert_eq!(count(&owner, "select count(*) from delivery_attempts where channel = 'email'").await, 2);
}

#[tokio::test]
async fn dl_02_what_is_given_back_is_free_at_once_and_only_whoever_holds_it_gives_it_back() {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    let store = &app.state.store;
    let first = store.lease("first", at(NOW), 50).await.unwrap();
    let second = store.lease("second", at(LATER), 50).await.unwrap();
    store.hand_back(&first).await.unwrap();
    assert_eq!(store.lease("third", at(LATER), 50).await.unwrap(), []);
    store.hand_back(&second).await.unwrap();
    assert_eq!(store.lease("third", at(LATER), 50).await.unwrap().len(), 2);
}

#[tokio::test]
async fn dl_05_the_database_keeps_one_message_for_each_rung_person_and_way() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    app.given_case().await;
    app.travel_to(NOW).await;
    let owner = app.db.owner().await;
    for (table, constraint) in [("reminders", "reminders_once"), ("deliveries", "deliveries_once")] {
        let again = format!(
            "insert into {table} select (json_populate_record(t, json_build_object('id', gen_random_uuid()))).* \
             from {table} t limit 1"
        );
        let refused = owner.execute(&again, &[]).await.unwrap_err();
        assert_eq!(refused.as_db_error().unwrap().constraint(), Some(constraint));
    }
    assert_eq!(relay.letters().len(), 2);
}

#[tokio::test]
async fn dl_06_each_try_says_when_by_which_way_with_what_answer_by_whom_and_under_which_number() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    app.given_case().await;
    relay.set_mood("*", Mood::Busy);
    app.travel_to(NOW).await;
    relay.set_mood("*", Mood::Taking);
    app.travel_to("2026-05-01T08:01:00Z").await;
    let query = "select attempted_at::text || ' ' || channel || ' ' || outcome || ' ' || coalesce(reply_code::text, '-') \
        || ' ' || worker || ' ' || fence from delivery_attempts where rung_id = (select min(rung_id::text)::uuid \
        from delivery_attempts) order by attempted_at, channel desc";
    let rows = app.db.owner().await.query(query, &[]).await.unwrap();
    let tries: Vec<String> = rows.iter().map(|it| it.get(0)).collect();
    expect_test::expect![[r#"
        [
            "2026-05-01 08:00:00+00 inbox delivered - worker-1 1",
            "2026-05-01 08:00:00+00 email later 451 worker-1 2",
            "2026-05-01 08:01:00+00 email accepted 250 worker-1 4",
        ]
    "#]]
    .assert_debug_eq(&tries);
}

#[tokio::test]
async fn dl_07_what_a_relay_took_is_seen_by_nobody_and_climbs_until_a_person_says_that_they_saw_it() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let case = app.given_case().await;
    case.report("law_enforcement", NOW).await;
    app.live_until("2026-05-01T08:29:59Z").await;
    assert!(relay.letters_to("supervisor@demo.homeward.test").is_empty());
    let sent = app.caseworker().await.get(&case.url("/deliveries"), 200).await.to_string();
    assert!(sent.contains("delivered") && !sent.contains("\"seen_at\":\"2026"), "{sent}");
    app.live_until("2026-05-01T08:30:00Z").await;
    assert_eq!(relay.letters_to("supervisor@demo.homeward.test").len(), 1);
    assert_eq!(app.given_case().await.duty("initial_report", "ncmec").await["state"], "open");
}

#[tokio::test]
async fn dl_11_a_flood_of_what_does_not_press_keeps_what_presses_waiting_for_no_round() {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    let owner = app.db.owner().await;
    // Hundreds of rungs that have been due for an hour, and do not press.
    let flood = "begin; set local session_replication_role = replica; \
        insert into duties select (jsonb_populate_record(null::duties, to_jsonb(d) \
        || jsonb_build_object('id', gen_random_uuid(), 'sequence', n))).* \
        from (select * from duties limit 1) d, generate_series(100, 499) n; \
        insert into rungs select (jsonb_populate_record(null::rungs, to_jsonb(r) || jsonb_build_object('id', \
        gen_random_uuid(), 'duty_id', d.id, 'pressing', false, 'fire_at', r.fire_at - interval '1 hour'))).* \
        from (select * from rungs limit 1) r, duties d where 100 <= d.sequence; commit";
    owner.batch_execute(flood).await.unwrap();
    app.worker.sweep().await.unwrap();
    // What was delivered of the flood goes on with rungs that press.
    let pressing = "select count(*) from rungs r join duties d on d.id = r.duty_id and d.sequence < 100 \
        where pressing and sent_at is null and fire_at <= '2026-05-01T08:00:00Z'";
    assert_eq!(count(&owner, pressing).await, 0);
    let order = "select bool_and(r.pressing) from (select rung_id from delivery_attempts order by id limit 2) a \
        join rungs r on r.id = a.rung_id";
    assert!(owner.query_one(order, &[]).await.unwrap().get::<_, bool>(0), "what presses goes first");
    let waiting = "select count(*) from rungs where not pressing and sent_at is null";
    assert!(300 < count(&owner, waiting).await, "the flood was not one");
}

#[tokio::test]
async fn dl_15_a_worker_that_nobody_wakes_delivers_within_seconds() {
    let app = TestApp::at(NOW).await;
    let (stop, stopped) = watch::channel(false);
    let working = tokio::spawn(Worker { ..app.worker.clone() }.run(stopped));
    // It is idle by now, and nobody tells it of what comes.
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    app.given_case().await;
    let owner = app.db.owner().await;
    let since = std::time::Instant::now();
    while count(&owner, "select count(*) from reminders").await < 2 {
        assert!(since.elapsed() < std::time::Duration::from_secs(15), "it waits to be woken");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    stop.send_replace(true);
    working.await.unwrap();
    let listens =
        "select count(*) from pg_proc where pronamespace = 'public'::regnamespace and prosrc ilike '%notify%'";
    assert_eq!(count(&owner, listens).await, 0);
}

#[tokio::test]
async fn dl_16_no_choice_of_rules_leaves_anything_owed_without_a_rung() {
    let app = TestApp::at(NOW).await;
    let mut cases = Vec::new();
    for _ in 0..5 {
        cases.push(app.given_case().await);
    }
    cases[0].report("law_enforcement", NOW).await;
    app.travel_to("2026-05-01T09:10:00Z").await;
    let owner = app.db.owner().await;
    for jurisdiction in ["KS", "MI", "US", "FL", "TX"] {
        let chosen = serde_json::json!({ "jurisdiction": jurisdiction, "reason": "The agency moved to this manual." });
        app.person("administrator").await.put("/v1/agency/rules", "/v1/agency/rules", chosen, 200).await;
        let found = Faults::find(&owner, app.now()).await;
        assert_eq!(Faults { overdue: 0, ..found }, Faults::default(), "{jurisdiction}");
        app.settle().await;
        assert_eq!(Faults::find(&owner, app.now()).await, Faults::default(), "{jurisdiction}");
    }
}
