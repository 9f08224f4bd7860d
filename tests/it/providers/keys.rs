//! Where keys come from, how soon others count, and days on which there are none to be had.

use chrono::TimeDelta;
use jsonwebtoken::Algorithm;
use serde_json::json;

use super::{NOW, World, provider, status};
use crate::support::TestApp;
use provider::Signer;

fn later(world: &World, by: TimeDelta) {
    world.app.set_clock(&(world.app.now() + by).to_rfc3339());
}

/// Now, of a sign-in of now.
fn anew(world: &World, signer: &Signer) -> String {
    let mut claims = world.claims();
    claims["auth_time"] = json!(world.app.now().timestamp());
    signer.sign(&claims)
}

#[tokio::test]
async fn oi_04_keys_that_nobody_has_are_asked_for_once_a_minute_by_all_servers_together() {
    let world = World::new().await;
    let replica = world.app.nobody().at_replica(&world.app.replica().await);
    assert_eq!(world.status(&world.token()).await, 200);
    assert_eq!(world.provider.asked(), 1);
    for minute in 1..4 {
        later(&world, TimeDelta::seconds(60));
        for number in 0..30 {
            let stranger = Signer::new(&format!("{minute}-{number}"));
            assert_eq!(world.status(&stranger.sign(&world.claims())).await, 401);
            assert_eq!(status(&replica, &stranger.sign(&world.claims())).await, 401);
        }
        assert_eq!(world.provider.asked(), 1 + minute);
    }
    assert_eq!(world.status(&anew(&world, &world.signer)).await, 200);
}

#[tokio::test]
async fn oi_05_a_new_key_counts_within_a_minute_and_one_that_was_taken_back_ends_within_ten() {
    let world = World::new().await;
    assert_eq!(world.status(&world.token()).await, 200);
    let second = Signer::of("second", Algorithm::ES384);
    world.provider.publish(&[&second]);
    later(&world, TimeDelta::seconds(60));
    assert_eq!(world.status(&anew(&world, &second)).await, 200, "the new one");
    assert_eq!(world.status(&anew(&world, &world.signer)).await, 401, "the old one, once the new ones are known");
    let third = Signer::new("third");
    world.provider.publish(&[&third]);
    later(&world, TimeDelta::minutes(5));
    assert_eq!(world.status(&anew(&world, &second)).await, 401, "taken back, and nobody came with the new one");
}

#[tokio::test]
async fn oi_05_what_another_server_read_counts_here_too() {
    let world = World::new().await;
    let replica = world.app.nobody().at_replica(&world.app.replica().await);
    assert_eq!((world.status(&world.token()).await, status(&replica, &world.token()).await), (200, 200));
    assert_eq!(world.provider.asked(), 1);
    let second = Signer::new("second");
    world.provider.publish(&[&second]);
    later(&world, TimeDelta::seconds(60));
    assert_eq!(status(&replica, &anew(&world, &second)).await, 200);
    later(&world, TimeDelta::seconds(2));
    assert_eq!(world.status(&anew(&world, &second)).await, 200);
    later(&world, TimeDelta::seconds(9));
    assert_eq!(world.status(&anew(&world, &world.signer)).await, 401);
    assert_eq!(world.provider.asked(), 2);
}

#[tokio::test]
async fn oi_06_and_h_29_an_issuer_that_is_away_for_a_day_locks_nobody_out_and_its_keys_are_shown_to_age() {
    let world = World::new().await;
    assert_eq!(world.status(&world.token()).await, 200);
    let outages = [(500, ""), (200, "no JSON"), (200, r#"{"keys":[]}"#), (302, ""), (404, "")];
    for hour in 1..=25 {
        let (code, text) = outages[hour % outages.len()];
        world.provider.break_off(Some((code, text.to_owned())));
        later(&world, TimeDelta::hours(1));
        assert_eq!(world.status(&anew(&world, &world.signer)).await, 200, "hour {hour}");
        let age = world.app.state.providers.round(world.app.now()).await.unwrap();
        assert_eq!(age, TimeDelta::hours(i64::try_from(hour).unwrap()));
    }
    let started = world.app.nobody().at_replica(&world.app.replica().await);
    assert_eq!(status(&started, &anew(&world, &world.signer)).await, 200, "a server that starts meanwhile");
    assert_eq!(world.app.person("supervisor").await.get("/v1/me", 200).await["role"], "supervisor", "by password");
    world.provider.break_off(None);
    later(&world, TimeDelta::minutes(2));
    assert_eq!(world.app.state.providers.round(world.app.now()).await.unwrap(), TimeDelta::zero());
}

#[tokio::test]
async fn oi_06_a_server_starts_and_serves_where_an_issuer_never_answered() {
    let signer = Signer::new("first");
    let app = TestApp::strict(NOW).await;
    let provider = provider::Provider::start(&[&signer]);
    provider.break_off(Some((503, String::new())));
    provider::trust(&app, provider.trust()).await;
    assert_eq!(status(&app.nobody(), &signer.sign(&provider.claims(&app, "x"))).await, 401);
    app.caseworker().await.get("/v1/me", 200).await;
    assert_eq!(app.state.providers.round(app.now()).await.unwrap(), TimeDelta::zero());
}
