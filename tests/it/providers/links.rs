//! Whom a provider means: two administrators say so.

use serde_json::{Value, json};

use super::{NOW, SUBJECT, World, provider};
use crate::support::{Person, TestApp};
use provider::{Provider, Signer, trust};

struct Asking {
    app: TestApp,
    token: String,
    body: Value,
    path: String,
}

impl Asking {
    async fn new() -> Self {
        let app = TestApp::strict(NOW).await;
        let signer = Signer::new("first");
        let provider = Provider::start(&[&signer]);
        let issuer = trust(&app, provider.trust()).await;
        let worker = app.caseworker().await;
        let mut claims = provider.claims(&app, SUBJECT);
        (claims["email"], claims["email_verified"]) = (json!("caseworker@demo.homeward.test"), json!(true));
        let path = format!("/v1/users/{}/identities", worker.id.unwrap());
        let body = json!({ "provider_id": issuer, "subject": SUBJECT });
        Self { token: signer.sign(&claims), app, body, path }
    }

    async fn status(&self) -> u16 {
        super::status(&self.app.nobody(), &self.token).await
    }

    async fn ask(&self, who: &Person) -> (u16, String) {
        let reply = who.post_once("", &self.path, self.body.clone()).await;
        (reply.status, reply.slug())
    }
}

#[tokio::test]
async fn oi_01_an_e_mail_links_nobody_and_neither_does_one_administrator_alone() {
    let asking = Asking::new().await;
    assert_eq!(asking.status().await, 401);
    let administrator = asking.app.person("administrator").await;
    let asked = administrator.post(&asking.path, asking.body.clone(), 200).await;
    assert_eq!(asked["linked_at"], Value::Null);
    assert_eq!(asking.ask(&administrator).await, (403, "takes-another-person".to_owned()));
    assert_eq!(asking.status().await, 401);
    asking.app.second_administrator().await.post(&asking.path, asking.body.clone(), 200).await;
    assert_eq!(asking.status().await, 200);
    let listed = administrator.get(&asking.path, 200).await;
    assert_eq!(listed["data"][0]["subject"], SUBJECT);
}

#[tokio::test]
async fn oi_01_nobody_links_themselves_and_nobody_else_links_anybody() {
    let asking = Asking::new().await;
    let administrator = asking.app.person("administrator").await;
    let own = format!("/v1/users/{}/identities", administrator.id.unwrap());
    administrator.post(&own, asking.body.clone(), 403).await;
    asking.app.second_administrator().await.post(&own, asking.body.clone(), 200).await;
    administrator.post(&own, asking.body.clone(), 403).await;
    for who in [asking.app.caseworker().await, asking.app.supervisor().await, asking.app.auditor().await] {
        assert_eq!(asking.ask(&who).await.0, 403);
    }
    asking.app.stranger().await.get("/v1/issuers", 403).await;
    let of_nobody = json!({ "provider_id": uuid::Uuid::new_v4(), "subject": SUBJECT });
    administrator.post(&asking.path, of_nobody, 422).await;
}

#[tokio::test]
async fn oi_01_a_subject_means_one_person_and_a_person_has_one_subject_of_each_provider() {
    let world = World::new().await;
    let administrator = world.app.person("administrator").await;
    let supervisor = world.app.supervisor().await.id.unwrap();
    let same = json!({ "provider_id": world.issuer, "subject": SUBJECT });
    administrator.post(&format!("/v1/users/{supervisor}/identities"), same, 422).await;
    let other = json!({ "provider_id": world.issuer, "subject": "another" });
    administrator.post(&format!("/v1/users/{}/identities", world.worker.id.unwrap()), other, 422).await;
    assert_eq!(world.status(&world.but("sub", json!("another"))).await, 401);
    assert_eq!(world.status(&world.but("sub", json!(SUBJECT.to_uppercase()))).await, 401);
}

#[tokio::test]
async fn a_link_that_is_taken_back_ends_what_stood_on_it() {
    let world = World::new().await;
    let token = world.token();
    assert_eq!(world.status(&token).await, 200);
    let administrator = world.app.person("administrator").await;
    let path = format!("/v1/users/{}/identities", world.worker.id.unwrap());
    let listed = administrator.get(&path, 200).await;
    let id = listed["data"][0]["id"].as_str().unwrap().to_owned();
    let left = administrator.post(&format!("{path}/{id}/removal"), Value::Null, 200).await;
    assert_eq!(left["data"], json!([]));
    administrator.post(&format!("{path}/{id}/removal"), Value::Null, 404).await;
    assert_eq!(world.status(&token).await, 401);
    assert_eq!(world.status(&world.but("auth_time", json!(world.app.now().timestamp()))).await, 401);
    world.worker.get("/v1/me", 200).await;
}
