//! When a key ends, from where it may be used, and who is told.

use serde_json::json;

use super::{FIGURES, NOW, at_once, key_of, path, secret, status};
use crate::support::{Relay, TestApp};

#[tokio::test]
async fn ky_03_a_key_ends_after_90_days_or_the_days_that_were_said_and_365_at_most() {
    let app = TestApp::at(NOW).await;
    let owner = app.supervisor().await;
    let (made, program) = key_of(&owner, &["compliance:read"]).await;
    assert_eq!(made["expires_at"], "2026-07-30T08:00:00Z");
    for days in [0, -1, 366] {
        let body = json!({ "label": "feed", "scopes": ["compliance:read"], "expires_in_days": days });
        owner.post("/v1/machine-keys", body, 422).await;
    }
    app.set_clock("2026-07-30T07:59:59Z");
    program.get(FIGURES, 200).await;
    app.set_clock("2026-07-30T08:00:00Z");
    assert_eq!(status(&program, FIGURES).await, 401);
}

#[tokio::test]
async fn ky_03_its_owner_and_the_supervisors_of_the_unit_are_warned_30_14_7_and_1_days_before_each_once() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    key_of(&app.supervisor().await, &["compliance:read"]).await;
    let warned = || {
        let letters = relay.letters_to("supervisor@demo.homeward.test");
        letters.iter().filter(|it| it.header("Subject").contains("ends soon")).count()
    };
    let mut counts = Vec::new();
    for day in ["2026-06-29", "2026-06-30", "2026-07-15", "2026-07-16", "2026-07-23", "2026-07-29", "2026-07-30"] {
        app.travel_to(&format!("{day}T08:00:00Z")).await;
        app.settle().await;
        counts.push(warned());
    }
    assert_eq!(counts, [0, 1, 1, 2, 3, 4, 4]);
}

#[tokio::test]
async fn ky_05_two_secrets_live_for_seven_days_and_never_three() {
    let app = TestApp::at(NOW).await;
    let owner = app.supervisor().await;
    let (made, first) = key_of(&owner, &["compliance:read"]).await;
    let renewed = owner.post(&path(&made, "/renewal"), json!({}), 201).await;
    let second = owner.with_token(secret(&renewed));
    assert_eq!(renewed["previous_secret_until"], "2026-05-08T08:00:00Z");
    app.set_clock("2026-05-08T07:59:59Z");
    assert_eq!([status(&first, FIGURES).await, status(&second, FIGURES).await], [200, 200]);
    app.set_clock("2026-05-08T08:00:00Z");
    assert_eq!([status(&first, FIGURES).await, status(&second, FIGURES).await], [401, 200]);
    let owner = app.supervisor().await;
    owner.post(&path(&made, "/renewal"), json!({}), 201).await;
    let third = owner.with_token(secret(&owner.post(&path(&made, "/renewal"), json!({}), 201).await));
    assert_eq!([status(&second, FIGURES).await, status(&third, FIGURES).await], [401, 200]);
}

#[tokio::test]
async fn ky_04_and_t15_from_outside_its_networks_a_key_is_refused_and_people_are_told_once_an_hour() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let owner = app.supervisor().await;
    let body = |networks| json!({ "label": "feed", "scopes": ["compliance:read"], "networks": networks });
    let here = owner.post("/v1/machine-keys", body(json!(["127.0.0.0/8", "2001:db8::/32"])), 201).await;
    owner.with_token(secret(&here)).get(FIGURES, 200).await;
    let there = owner.post("/v1/machine-keys", body(json!(["192.0.2.0/24"])), 201).await;
    let program = owner.with_token(secret(&there));
    let tries = at_once(&program, 5).await;
    assert!(tries.iter().all(|it| (it.status, it.slug().as_str()) == (403, "outside-network")));
    app.settle().await;
    for to in ["supervisor@demo.homeward.test", "administrator@demo.homeward.test"] {
        let letters = relay.letters_to(to);
        let of_keys = letters.iter().filter(|it| it.header("Subject").contains("outside its networks")).count();
        assert_eq!(of_keys, 1, "{to}");
    }
    let seen = owner.get(&path(&there, ""), 200).await;
    assert_eq!((seen["uses"].as_i64(), seen["last_refused_from"].as_str()), (Some(0), Some("127.0.0.1")));
    let entries = "select count(*) from audit_entries where session_id::text = $1";
    let row = app.db.owner().await.query_one(entries, &[&there["id"].as_str().unwrap()]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 5);
    owner.post("/v1/machine-keys", body(json!(["192.0.2.1/24"])), 422).await;
    owner.post("/v1/machine-keys", body(json!([])), 422).await;
}

#[tokio::test]
async fn ky_07_unused_for_60_days_is_shown_and_for_90_a_key_ends_until_it_is_renewed() {
    let app = TestApp::at(NOW).await;
    let owner = app.supervisor().await;
    let body = json!({ "label": "feed", "scopes": ["compliance:read"], "expires_in_days": 365 });
    let made = owner.post("/v1/machine-keys", body, 201).await;
    let program = owner.with_token(secret(&made));
    for (now, state) in
        [("2026-06-30T07:59:59Z", "active"), ("2026-06-30T08:00:00Z", "unused"), ("2026-07-30T08:00:00Z", "lapsed")]
    {
        app.set_clock(now);
        assert_eq!(app.supervisor().await.get(&path(&made, ""), 200).await["state"], state, "{now}");
    }
    assert_eq!(status(&program, FIGURES).await, 401);
    let renewed = app.supervisor().await.post(&path(&made, "/renewal"), json!({}), 201).await;
    owner.with_token(secret(&renewed)).get(FIGURES, 200).await;
}
