//! Keys of programs (KY-01 to KY-07, T-15).

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::contract::bodies::{canary, opening};
use crate::support::{PASSWORD, Person, Reply, TestApp, new_child};

mod ends;
mod rights;

const NOW: &str = "2026-05-01T08:00:00Z";
const FIGURES: &str = "/v1/compliance/summary";

/// A key of this person with these scopes, and whoever presents it.
async fn key_of(owner: &Person, scopes: &[&str]) -> (Value, Person) {
    let made = owner.post("/v1/machine-keys", json!({ "label": "feed", "scopes": scopes }), 201).await;
    let program = owner.with_token(secret(&made));
    (made, program)
}

fn secret(made: &Value) -> &str {
    made["secret"].as_str().unwrap()
}

fn path(made: &Value, rest: &str) -> String {
    format!("/v1/machine-keys/{}{rest}", made["id"].as_str().unwrap())
}

/// Sends so many requests at once, and says what each was answered.
async fn at_once(who: &Person, many: usize) -> Vec<Reply> {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..many {
        let who = who.clone();
        tasks.spawn(async move { who.send(Method::GET, FIGURES, None, &[]).await });
    }
    tasks.join_all().await
}

async fn status(who: &Person, path: &str) -> u16 {
    who.send(Method::GET, path, None, &[]).await.status
}

#[tokio::test]
async fn ky_01_a_secret_is_shown_once_and_its_hash_opens_nothing() {
    let app = TestApp::at(NOW).await;
    let owner = app.supervisor().await;
    let (made, program) = key_of(&owner, &["compliance:read"]).await;
    program.get(FIGURES, 200).await;
    assert!(secret(&made).starts_with("hw_live_"));
    let secrets: Vec<&str> = secret(&made).split('_').collect();
    let shown =
        owner.get(&path(&made, ""), 200).await.to_string() + &owner.get("/v1/machine-keys", 200).await.to_string();
    assert!(!shown.contains(secrets[3]) && !shown.contains("secret_hash"));
    let row = app.db.owner().await.query_one("select encode(secret_hash, 'hex') from machine_keys", &[]).await.unwrap();
    let stored: String = row.get(0);
    assert_ne!(stored, secrets[3]);
    let forged = secret(&made).replace(secrets[3], &stored);
    for presented in [stored.as_str(), &forged, &secret(&made)[..secret(&made).len() - 1], "hw_", "hw_live_1_2_3"] {
        assert_eq!(status(&owner.with_token(presented), FIGURES).await, 401, "{presented}");
    }
}

#[tokio::test]
async fn t15_a_stored_hash_with_a_good_checksum_is_refused() {
    use sha2::{Digest as _, Sha256};
    let app = TestApp::at(NOW).await;
    let owner = app.supervisor().await;
    let (made, program) = key_of(&owner, &["compliance:read"]).await;
    let row = app.db.owner().await.query_one("select encode(secret_hash, 'hex') from machine_keys", &[]).await.unwrap();
    let forge = |secret: &str, told: &str| {
        let names = told.split('_').nth(2).unwrap().to_owned();
        let body = format!("hw_live_{names}_{secret}");
        let check: String = Sha256::digest(&body)[..4].iter().map(|it| format!("{it:02x}")).collect();
        format!("{body}_{check}")
    };
    let real = secret(&made).split('_').nth(3).unwrap();
    assert_eq!(status(&owner.with_token(&forge(real, secret(&made))), FIGURES).await, 200, "the control");
    assert_eq!(status(&owner.with_token(&forge(&row.get::<_, String>(0), secret(&made))), FIGURES).await, 401);
    let elsewhere = secret(&made).replace(&secret(&made)[8..72], &"0".repeat(64));
    assert_eq!(status(&owner.with_token(&forge(real, &elsewhere)), FIGURES).await, 401);
    program.get(FIGURES, 200).await;
}

#[tokio::test]
async fn se_09_to_make_and_to_renew_a_key_take_a_fresh_proof_and_to_revoke_it_takes_none() {
    let app = TestApp::strict(NOW).await;
    let who = json!({ "email": "supervisor@demo.homeward.test", "password": PASSWORD });
    let tokens = app.nobody().post("/v1/auth/login", who, 200).await;
    let with = |tokens: &Value| app.nobody().with_token(tokens["access_token"].as_str().unwrap());
    let (made, program) = key_of(&with(&tokens), &["compliance:read"]).await;
    app.set_clock("2026-05-01T08:04:30Z");
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    let owner = with(&app.nobody().post("/v1/auth/refresh", refresh, 200).await);
    app.set_clock("2026-05-01T08:05:00Z");
    for asked in ["/v1/machine-keys".to_owned(), path(&made, "/renewal")] {
        let body =
            if asked.ends_with("keys") { json!({ "label": "feed", "scopes": ["compliance:read"] }) } else { json!({}) };
        let reply = owner.send(Method::POST, &asked, Some(body), &[]).await;
        assert_eq!((reply.status, reply.slug().as_str()), (403, "step-up-required"), "{asked}");
    }
    program.get(FIGURES, 200).await;
    let revoked = owner.send(Method::POST, &path(&made, "/revocation"), None, &[]).await;
    assert_eq!((revoked.status, revoked.json()["state"].as_str()), (200, Some("revoked")));
    assert_eq!(status(&program, FIGURES).await, 401);
}

#[tokio::test]
async fn ky_07_each_use_is_counted_with_its_time_and_address() {
    let app = TestApp::at(NOW).await;
    let owner = app.supervisor().await;
    let (made, program) = key_of(&owner, &["compliance:read"]).await;
    assert_eq!(owner.get(&path(&made, ""), 200).await["last_used_at"], Value::Null);
    assert!(at_once(&program, 7).await.iter().all(|it| it.status == 200));
    let seen = owner.get(&path(&made, ""), 200).await;
    assert_eq!((seen["uses"].as_i64(), seen["last_used_from"].as_str()), (Some(7), Some("127.0.0.1")));
    assert_eq!(seen["last_used_at"], NOW);
}

#[tokio::test]
async fn a_look_and_a_change_by_a_key_are_in_the_trail_as_the_keys_on_behalf_of_its_owner() {
    let app = TestApp::at(NOW).await;
    let owner = app.supervisor().await;
    let (made, program) = key_of(&owner, &["compliance:read", "children:write", "episodes:write"]).await;
    let key: Uuid = made["id"].as_str().unwrap().parse().unwrap();
    let child = new_child(&program, canary()).await;
    program.post(&format!("/v1/children/{child}/missing-episodes"), opening(), 201).await;
    let sought = json!({ "name": "Canarygiven" });
    let found = program.send(Method::POST, "/v1/children/search", Some(sought), &[]).await;
    assert!(found.text.contains(&child));
    assert_eq!(status(&program, "/v1/audit-entries").await, 403);
    let db = app.db.owner().await;
    let rows = "select (select count(*) from audit_entries where session_id = $1 and actor_id = $2), \
        (select count(*) from looks where session_id = $1 and actor_id = $2)";
    let row = db.query_one(rows, &[&key, &owner.id.unwrap().uuid()]).await.unwrap();
    // Two changes and a refusal; one look at whom it found.
    assert_eq!((row.get::<_, i64>(0), 1 <= row.get::<_, i64>(1)), (3, true));
}
