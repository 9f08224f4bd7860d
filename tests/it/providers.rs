//! People whom a provider of their agency signed in.

use homeward_server::issuers;
use homeward_server::provider::Fetcher;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Person, TestApp, new_child};

mod forged;
mod keys;
mod links;
mod provider;
mod strength;
mod wire;

use provider::{AUDIENCE, Provider, Signer, link, trust};

const NOW: &str = "2026-05-01T08:00:00Z";
const SUBJECT: &str = "00u1-worker";

/// A provider that is trusted, and knows the caseworker.
struct World {
    app: TestApp,
    provider: Provider,
    signer: Signer,
    issuer: String,
    worker: Person,
    /// The other administrator.
    second: Person,
}

impl World {
    async fn new() -> Self {
        Self::on(TestApp::strict(NOW).await, Signer::new("first")).await
    }

    async fn on(app: TestApp, signer: Signer) -> Self {
        let provider = Provider::start(&[&signer]);
        let issuer = trust(&app, provider.trust()).await;
        let (worker, second) = (app.caseworker().await, app.second_administrator().await);
        link(&app, &second, (&issuer, SUBJECT), &worker).await;
        Self { app, provider, signer, issuer, worker, second }
    }

    fn claims(&self) -> Value {
        self.provider.claims(&self.app, SUBJECT)
    }

    fn token(&self) -> String {
        self.signer.sign(&self.claims())
    }

    /// The right token, but for this.
    fn but(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims();
        claims[name] = value;
        self.signer.sign(&claims)
    }

    /// The right token without this.
    fn without(&self, name: &str) -> String {
        let mut claims = self.claims();
        claims.as_object_mut().unwrap().remove(name);
        self.signer.sign(&claims)
    }

    async fn status(&self, token: &str) -> u16 {
        status(&self.app.nobody(), token).await
    }
}

async fn status(nobody: &Person, token: &str) -> u16 {
    nobody.with_token(token).send(Method::GET, "/v1/me", None, &[]).await.status
}

#[tokio::test]
async fn a_token_of_the_provider_does_what_its_person_may_and_no_more() {
    let world = World::new().await;
    let there = world.app.nobody().with_token(&world.token());
    let me = there.get("/v1/me", 200).await;
    assert_eq!(me["id"], json!(world.worker.id.unwrap().to_string()));
    let child = new_child(&there, json!({})).await;
    there.get(&format!("/v1/children/{child}"), 200).await;
    there.get("/v1/users", 403).await;
    let sessions = there.get("/v1/me/sessions", 200).await;
    let by: Vec<(bool, bool)> = sessions["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["current"].as_bool().unwrap(), it["by_provider"].as_bool().unwrap()))
        .collect();
    assert_eq!(by, [(false, false), (true, true)]);
}

#[tokio::test]
async fn a_look_and_the_trail_name_the_person_and_that_the_session_is_the_providers() {
    let world = World::new().await;
    let child = new_child(&world.worker, json!({})).await;
    let there = world.app.nobody().with_token(&world.token());
    there.get(&format!("/v1/children/{child}"), 200).await;
    there.get(&format!("/v1/children/{child}"), 200).await;
    let query = "select l.actor_id, e.actor_id, e.detail ->> 'issuer_id' from looks l \
        join sessions s on s.id = l.session_id and s.identity_id is not null \
        join audit_entries e on e.session_id = s.id and e.action = 'signed_in_by_provider'";
    let rows = world.app.db.owner().await.query(query, &[]).await.unwrap();
    let worker = world.worker.id.unwrap().uuid();
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_eq!((row.get(0), row.get(1), row.get::<_, String>(2)), (worker, worker, world.issuer.clone()));
    }
}

#[tokio::test]
async fn mf_08_whom_a_provider_signed_in_cannot_change_the_factor_that_they_have_here() {
    let world = World::new().await;
    let there = world.app.nobody().with_token(&world.token());
    there.get("/v1/me/factor", 403).await;
    there.post("/v1/me/factor", Value::Null, 403).await;
    world.worker.get("/v1/me/factor", 200).await;
}

#[tokio::test]
async fn pw_13_whoever_is_disabled_is_refused_with_the_next_token_at_every_server() {
    let world = World::new().await;
    let replica = world.app.nobody().at_replica(&world.app.replica().await);
    let (used, unused) = (world.token(), world.but("auth_time", json!(world.app.now().timestamp() - 5)));
    assert_eq!((world.status(&used).await, status(&replica, &used).await), (200, 200));
    let path = format!("/v1/users/{}", world.worker.id.unwrap());
    world.app.person("administrator").await.patch(&path, json!({ "disabled": true }), 200).await;
    for token in [&used, &unused] {
        assert_eq!((world.status(token).await, status(&replica, token).await), (401, 401));
    }
}

#[tokio::test]
async fn se_07_a_session_of_a_provider_that_was_ended_is_over_until_they_sign_in_there_again() {
    let world = World::new().await;
    let replica = world.app.nobody().at_replica(&world.app.replica().await);
    let token = world.token();
    assert_eq!((world.status(&token).await, status(&replica, &token).await), (200, 200));
    let there = world.app.nobody().with_token(&token);
    assert_eq!(there.send(Method::POST, "/v1/auth/logout", None, &[]).await.status, 204);
    assert_eq!((world.status(&token).await, status(&replica, &token).await), (401, 401));
    assert_eq!(world.status(&world.but("jti", json!("2"))).await, 401, "another token of the same sign-in");
    assert_eq!(world.status(&world.but("auth_time", json!(world.app.now().timestamp()))).await, 200);
}

#[tokio::test]
async fn se_03_a_session_of_a_provider_ends_idle_and_twelve_hours_after_the_sign_in_there() {
    let world = World::new().await;
    let auth_time = world.claims()["auth_time"].clone();
    assert_eq!(world.status(&world.token()).await, 200);
    world.app.set_clock("2026-05-01T08:16:00Z");
    assert_eq!(world.status(&world.but("auth_time", auth_time.clone())).await, 401);
    let later = json!(world.app.now().timestamp() - 12 * 3_600);
    assert_eq!(world.status(&world.but("auth_time", later)).await, 401);
    let nearly = json!(world.app.now().timestamp() - 12 * 3_600 + 1);
    assert_eq!(world.status(&world.but("auth_time", nearly)).await, 200);
}

#[tokio::test]
async fn a_provider_that_is_trusted_no_more_signs_nobody_in_from_the_next_request_on() {
    let world = World::new().await;
    let (used, unused) = (world.token(), world.but("auth_time", json!(world.app.now().timestamp())));
    assert_eq!(world.status(&used).await, 200);
    let named = (world.provider.url.as_str(), AUDIENCE);
    issuers::remove(&world.app.db.url, "Demo State", named, world.app.now()).await.unwrap();
    assert_eq!((world.status(&used).await, world.status(&unused).await), (401, 401));
}

#[tokio::test]
async fn what_is_wrong_with_a_provider_is_told_at_once_and_an_issuer_is_of_one_agency() {
    let app = TestApp::strict(NOW).await;
    let mut wrong = Provider::start(&[]).trust();
    (wrong.issuer, wrong.jwks_url) = ("http://127.0.0.1:1".to_owned(), Some("https://10.0.0.1/keys".to_owned()));
    wrong.algorithm = vec!["HS256".to_owned(), "none".to_owned()];
    let refused = issuers::set(&app.db.url, wrong, &Fetcher::default(), app.now()).await.unwrap_err().to_string();
    for part in ["--issuer must begin with https://", "--jwks-url must lead to a public", "`HS256`", "`none`"] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    let provider = Provider::start(&[]);
    trust(&app, provider.trust()).await;
    let mut other = provider.trust();
    other.agency = "Other State".to_owned();
    let fetcher = Fetcher::new(homeward_server::webhook::Allowed::anywhere());
    let refused = issuers::set(&app.db.url, other, &fetcher, app.now()).await.unwrap_err();
    assert!(refused.to_string().contains("another agency"), "{refused}");
}
