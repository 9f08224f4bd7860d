//! Limits of law: none moves later unseen, and a receipt is neither of the future nor of long ago by mistake.

use serde_json::json;

use crate::support::{Case, Relay, TestApp, new_child};

const NOW: &str = "2026-05-01T08:00:00Z";

#[tokio::test]
async fn ck_05_a_receipt_of_more_than_72_hours_ago_is_confirmed_and_shows_as_late() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({})).await;
    let url = format!("/v1/children/{child}/missing-episodes");
    let old = json!({ "agency_information_received_at": "2026-04-28T07:59:59Z" });
    let refused = worker.post(&url, old.clone(), 422).await;
    assert_eq!(refused["type"], "/problems/receipt-to-confirm");
    assert_eq!(refused["errors"][0]["pointer"], "/agency_information_received_at");
    let mut confirmed = old;
    confirmed["receipt_is_confirmed"] = json!(false);
    worker.post(&url, confirmed.clone(), 422).await;
    confirmed["receipt_is_confirmed"] = json!(true);
    let opened = worker.post(&url, confirmed, 201).await;
    assert!(opened["duties"].as_array().unwrap().iter().all(|it| it["state"] == "overdue"));
    Case::open_with(&app, json!({ "agency_information_received_at": "2026-04-28T08:00:00Z" })).await;
}

#[tokio::test]
async fn ck_05_a_receipt_is_corrected_to_long_ago_only_when_that_is_confirmed() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let mut earlier = json!({ "agency_information_received_at": "2026-04-20T08:00:00Z" });
    let refused = case.worker.patch(&case.url(""), earlier.clone(), 422).await;
    assert_eq!(refused["type"], "/problems/receipt-to-confirm");
    earlier["receipt_is_confirmed"] = json!(true);
    case.worker.patch(&case.url(""), earlier, 200).await;
    assert_eq!(case.duty("initial_report", "ncmec").await["state"], "overdue");
    case.worker.patch(&case.url(""), json!({ "circumstances": "Seen at the station." }), 200).await;
}

#[tokio::test]
async fn ck_05_five_minutes_of_the_future_are_a_clock_that_is_ahead() {
    let app = TestApp::at(NOW).await;
    Case::open_with(&app, json!({ "agency_information_received_at": "2026-05-01T08:05:00Z" })).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({})).await;
    let ahead = json!({ "agency_information_received_at": "2026-05-01T08:05:01Z" });
    worker.post(&format!("/v1/children/{child}/missing-episodes"), ahead, 422).await;
}

/// A supervisor moved a receipt two hours later. What the privacy officer is told by mail.
async fn told_of_a_move(relay: &Relay) -> (TestApp, Case) {
    let app = TestApp::mailing(NOW, relay).await;
    let opened = json!({ "agency_information_received_at": "2026-05-01T02:00:00Z" });
    let case = Case::open_with(&app, opened).await;
    let later = json!({ "agency_information_received_at": "2026-05-01T04:00:00Z", "reason": "The log shows 04:00." });
    case.supervisor.patch(&case.url(""), later, 200).await;
    app.settle().await;
    (app, case)
}

#[tokio::test]
async fn ck_04_a_receipt_that_moves_later_leaves_both_values_the_reason_and_an_alert() {
    let relay = Relay::start().await;
    let (app, case) = told_of_a_move(&relay).await;
    let owner = app.db.owner().await;
    let kept = "select v.agency_information_received_at::text, e.agency_information_received_at::text, l.due_at::text, \
        d.due_at::text from missing_episodes e join missing_episode_versions v on v.id = e.id join duties d \
        on d.episode_id = e.id join duty_limits l on l.duty_id = d.id where d.recipient = 'ncmec'";
    let row = owner.query_one(kept, &[]).await.unwrap();
    let kept: Vec<String> = (0..4).map(|it| row.get::<_, String>(it)[..16].to_owned()).collect();
    assert_eq!(kept, ["2026-05-01 02:00", "2026-05-01 04:00", "2026-05-02 02:00", "2026-05-02 04:00"]);
    let timeline = case.supervisor.get(&case.url("/timeline"), 200).await.to_string();
    assert!(timeline.contains("The log shows 04:00."), "{timeline}");
    let letters = relay.letters_to("privacy@demo.homeward.test");
    let alert = letters.iter().find(|it| it.header("Subject") == "A limit of law was moved later");
    let body = alert.expect("an alert").body();
    assert!(body.contains("supervisor@demo.homeward.test") && !body.contains("Sample"), "{body}");
}

#[tokio::test]
async fn ck_04_whatever_moves_a_limit_of_a_state_later_takes_a_reason_and_is_told() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    app.db.owner().await.batch_execute("update agencies set jurisdiction = 'MI'").await.unwrap();
    let began = json!({ "agency_information_received_at": NOW, "absence_began_at": "2026-05-01T02:00:00Z" });
    let case = Case::open_with(&app, began).await;
    let before = case.duty("initial_report", "ncmec").await["due_at"].clone();
    let mut later = json!({ "absence_began_at": "2026-05-01T05:00:00Z" });
    let refused = case.worker.patch(&case.url(""), later.clone(), 422).await;
    assert_eq!(refused["errors"][0]["pointer"], "/reason");
    assert_eq!(case.duty("initial_report", "ncmec").await["due_at"], before);
    later["reason"] = json!("The school saw them at five.");
    case.worker.patch(&case.url(""), later, 200).await;
    assert_ne!(case.duty("initial_report", "ncmec").await["due_at"], before);
    app.settle().await;
    let letters = relay.letters_to("privacy@demo.homeward.test");
    assert!(letters.iter().any(|it| it.header("Subject") == "A limit of law was moved later"));
}

#[tokio::test]
async fn ck_04_other_rules_are_told_to_those_who_watch_over_records() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let chosen = json!({ "jurisdiction": "KS", "reason": "The agency moved to this manual." });
    app.person("administrator").await.put("/v1/agency/rules", "/v1/agency/rules", chosen, 200).await;
    app.settle().await;
    let letters = relay.letters_to("privacy@demo.homeward.test");
    assert!(letters.iter().any(|it| it.header("Subject") == "Other rules were chosen"));
}

#[tokio::test]
async fn ck_04_not_even_the_owner_of_the_tables_moves_a_limit_later_unseen() {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    let owner = app.db.owner().await;
    // Another trigger asks for an entry in the trail first.
    owner.batch_execute("alter table missing_episodes disable trigger missing_episodes_are_audited").await.unwrap();
    owner.batch_execute("update duties set due_at = due_at - interval '1 hour'").await.unwrap();
    for later in [
        "update missing_episodes set agency_information_received_at = agency_information_received_at + interval '1 s'",
        "update duties set due_at = due_at + interval '1 s'",
    ] {
        let refused = owner.batch_execute(&format!("begin; {later}; commit")).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "HW003", "{later}");
        owner.batch_execute("rollback").await.unwrap();
    }
}
