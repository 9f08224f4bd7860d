//! How strongly, how lately, for whom and when.

use jsonwebtoken::Algorithm;
use reqwest::Method;
use serde_json::{Value, json};

use super::{NOW, World, provider};
use crate::support::TestApp;
use provider::{CLIENT, Signer, link, trust};

/// A change of the settings takes hold with the settings that are read next.
async fn settings(world: &World, change: impl FnOnce(&mut homeward_server::cli::Trust)) {
    let mut settings = world.provider.trust();
    change(&mut settings);
    trust(&world.app, settings).await;
    let later = world.app.now() + chrono::TimeDelta::seconds(11);
    world.app.set_clock(&later.to_rfc3339());
}

#[tokio::test]
async fn oi_02_a_provider_may_sign_with_any_asymmetric_algorithm_that_it_is_trusted_with() {
    for algorithm in [Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA, Algorithm::RS256] {
        let world = World::on(TestApp::strict(NOW).await, Signer::of("first", algorithm)).await;
        assert_eq!(world.status(&world.token()).await, 200, "{algorithm:?}");
        settings(&world, |it| it.algorithm = vec!["PS512".to_owned()]).await;
        assert_eq!(world.status(&world.token()).await, 401, "{algorithm:?}");
    }
}

#[tokio::test]
async fn oi_03_times_count_by_our_own_clock_with_a_minute_for_the_end_and_the_beginning_only() {
    let world = World::new().await;
    let now = world.app.now().timestamp();
    for (name, seconds, status) in [
        ("exp", -59, 401),
        ("exp", 1, 200),
        ("nbf", 60, 200),
        ("nbf", 61, 401),
        ("iat", 0, 200),
        ("iat", 1, 401),
        ("auth_time", 0, 200),
        ("auth_time", 1, 401),
    ] {
        assert_eq!(world.status(&world.but(name, json!(now + seconds))).await, status, "{name} {seconds}");
    }
    let mut over = world.claims();
    (over["iat"], over["exp"]) = (json!(now - 360), json!(now - 59));
    assert_eq!(world.status(&world.signer.sign(&over)).await, 200);
    over["exp"] = json!(now - 60);
    assert_eq!(world.status(&world.signer.sign(&over)).await, 401);
}

#[tokio::test]
async fn oi_03_our_audience_may_stand_among_others_and_the_issuer_is_exact() {
    let world = World::new().await;
    let both = json!(["https://other.test", provider::AUDIENCE]);
    assert_eq!(world.status(&world.but("aud", both)).await, 200);
    for (name, value) in [
        ("aud", json!("https://other.test")),
        ("aud", json!(format!("{}/", provider::AUDIENCE))),
        ("iss", json!(format!("{}/", world.provider.url))),
        ("iss", json!(world.provider.url.to_uppercase())),
    ] {
        assert_eq!(world.status(&world.but(name, value.clone())).await, 401, "{name} {value}");
    }
}

#[tokio::test]
async fn oi_07_what_is_asked_of_a_sign_in_is_demanded_and_what_is_not_said_is_weak() {
    let world = World::new().await;
    settings(&world, |it| (it.acr, it.amr) = (vec!["two".to_owned()], vec!["otp".to_owned(), "pwd".to_owned()])).await;
    assert_eq!(world.status(&world.token()).await, 200);
    for (name, value) in [
        ("acr", json!("one")),
        ("acr", json!("TWO")),
        ("acr", Value::Null),
        ("amr", json!(["otp"])),
        ("amr", json!([])),
        ("amr", json!("otp pwd")),
    ] {
        assert_eq!(world.status(&world.but(name, value.clone())).await, 401, "{name} {value}");
    }
    for name in ["acr", "amr"] {
        assert_eq!(world.status(&world.without(name)).await, 401, "no {name}");
    }
}

#[tokio::test]
async fn oi_07_a_sign_in_that_is_too_old_or_of_nobody_knows_when_is_none_where_that_is_asked() {
    let world = World::new().await;
    settings(&world, |it| it.auth_minutes = Some(10)).await;
    let now = world.app.now().timestamp();
    for (age, status) in [(0, 200), (600, 200), (601, 401), (i64::MAX / 2, 401)] {
        assert_eq!(world.status(&world.but("auth_time", json!(now - age))).await, status, "{age}");
    }
    assert_eq!(world.status(&world.without("auth_time")).await, 401);
}

#[tokio::test]
async fn oi_07_where_an_agency_asks_for_two_factors_a_provider_of_which_none_are_asked_signs_nobody_in() {
    let world = World::new().await;
    let owner = world.app.db.owner().await;
    owner.execute("update agencies set second_factor_required = true", &[]).await.unwrap();
    assert_eq!(world.status(&world.token()).await, 401);
    settings(&world, |it| it.acr = vec!["two".to_owned()]).await;
    assert_eq!(world.status(&world.token()).await, 200);
    assert_eq!(world.status(&world.but("acr", json!("one"))).await, 401);
}

#[tokio::test]
async fn oi_07_a_fresh_proof_is_a_sign_in_at_the_provider_within_five_minutes() {
    let world = World::new().await;
    let app = &world.app;
    let (other, worker) = (app.given_person("lead", "administrator", None).await, world.worker.id.unwrap());
    link(app, &world.second, (&world.issuer, "00u2-lead"), &other).await;
    let unlock = async |token: String| {
        let there = app.nobody().with_token(&token);
        there.send(Method::POST, &format!("/v1/users/{worker}/unlock"), None, &[]).await
    };
    let mut claims = world.provider.claims(app, "00u2-lead");
    let now = app.now().timestamp();
    claims["auth_time"] = json!(now - 299);
    assert_eq!(unlock(world.signer.sign(&claims)).await.status, 200);
    claims["auth_time"] = json!(now - 300);
    let stale = unlock(world.signer.sign(&claims)).await;
    assert_eq!((stale.status, stale.slug().as_str()), (403, "step-up-required"));
    claims.as_object_mut().unwrap().remove("auth_time");
    assert_eq!(unlock(world.signer.sign(&claims)).await.slug(), "step-up-required");
}

#[tokio::test]
async fn oi_08_an_id_token_and_a_token_for_another_client_are_none() {
    let world = World::new().await;
    let under = |kind: Option<&str>, claims: &Value| {
        let mut header = world.signer.header();
        header["typ"] = json!(kind);
        world.signer.sign_under(&header, claims)
    };
    let right = world.claims();
    for (kind, status) in [(Some("application/at+jwt"), 200), (Some("AT+JWT"), 200), (Some("JWT"), 401), (None, 401)] {
        assert_eq!(world.status(&under(kind, &right)).await, status, "{kind:?}");
    }
    for kind in ["dpop+jwt", "logout+jwt", "secevent+jwt", "at+jwt2", "id_token"] {
        assert_eq!(world.status(&under(Some(kind), &right)).await, 401, "{kind}");
    }
    for client in [json!("another"), json!(""), Value::Null, json!([CLIENT])] {
        assert_eq!(world.status(&world.but("client_id", client.clone())).await, 401, "{client}");
    }
    assert_eq!(world.status(&world.without("client_id")).await, 401);
    assert_eq!(world.status(&world.but("azp", json!("another"))).await, 401, "they do not agree");
    assert_eq!(world.status(&world.but("azp", json!("homeward-phone"))).await, 200);
}

#[tokio::test]
async fn oi_08_where_plain_tokens_are_taken_an_id_token_is_still_none() {
    let world = World::new().await;
    settings(&world, |it| it.plain_jwt = true).await;
    let mut header = world.signer.header();
    header["typ"] = json!("JWT");
    let plain = |name: &str, value: Value| {
        let mut claims = world.claims();
        claims[name] = value;
        world.signer.sign_under(&header, &claims)
    };
    assert_eq!(world.status(&plain("typ", json!("Bearer"))).await, 200);
    for (name, value) in [
        ("nonce", json!("n")),
        ("at_hash", json!("h")),
        ("c_hash", json!("h")),
        ("typ", json!("ID")),
        ("typ", json!("Refresh")),
        ("aud", json!(CLIENT)),
    ] {
        assert_eq!(world.status(&plain(name, value)).await, 401, "{name}");
    }
}
