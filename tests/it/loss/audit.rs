//! Nothing is changed that cannot be explained, and nothing shown that cannot be recorded (AD-02).

use serde_json::json;
use tokio_postgres::Client;

use super::{NOW, count};
use crate::support::{TestApp, new_child};

const TABLES: [&str; 6] = ["children", "missing_episodes", "duties", "rungs", "idempotency_keys", "audit_entries"];

async fn rows(owner: &Client) -> Vec<i64> {
    let mut rows = Vec::new();
    for table in TABLES {
        rows.push(count(owner, &format!("select count(*) from {table}")).await);
    }
    rows
}

#[tokio::test]
async fn ad_02_a_write_that_cannot_be_explained_is_not_done() {
    let app = TestApp::at(NOW).await;
    let (worker, owner) = (app.caseworker().await, app.db.owner().await);
    let child = new_child(&worker, json!({})).await;
    let before = rows(&owner).await;
    owner.batch_execute("revoke insert on audit_entries from homeward_app").await.unwrap();
    let path = format!("/v1/children/{child}/missing-episodes");
    let body = json!({ "agency_information_received_at": NOW });
    let failed = worker.post_once("a key", &path, body.clone()).await;
    assert_eq!((failed.status, failed.slug().as_str()), (503, "unavailable"));
    assert_eq!(rows(&owner).await, before);
    owner.batch_execute("grant insert on audit_entries to homeward_app").await.unwrap();
    assert_eq!(worker.post_once("a key", &path, body).await.status, 201);
    assert_ne!(rows(&owner).await, before);
}

#[tokio::test]
async fn ad_02_a_read_that_cannot_be_recorded_shows_nothing() {
    let app = TestApp::at(NOW).await;
    let (case, owner) = (app.given_case().await, app.db.owner().await);
    owner.batch_execute("revoke insert on looks from homeward_app").await.unwrap();
    for path in [case.child_url(""), case.url(""), case.url("/timeline"), "/v1/children".to_owned()] {
        let failed = case.worker.send(reqwest::Method::GET, &path, None, &[]).await;
        assert_eq!((failed.status, failed.slug().as_str()), (503, "unavailable"), "{path}");
        assert!(!failed.text.contains("Sample") && !failed.text.contains(&case.episode), "{path}: {}", failed.text);
    }
    owner.batch_execute("grant insert on looks to homeward_app").await.unwrap();
    let shown = case.worker.get(&case.child_url(""), 200).await;
    assert_eq!(shown["given_name"], "Sample");
}
