//! What a copy of the database tells: nothing that was sealed. (EN-01 to EN-06)

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use homeward_server::data_keys;
use homeward_store::Store;
use homeward_store::seal::{self, Keyring, grown};
use reqwest::Method;
use serde_json::json;
use tokio_postgres::Client;

use crate::support::{Person, Reply, TestApp};

mod canaries;
mod clear;
mod upgrade;

const NOW: &str = "2026-05-01T08:00:00Z";

/// Bytes that are digests or proofs, and not what somebody wrote.
const NOT_SEALED: [&str; 17] = [
    "audit_checkpoints.head",
    "audit_checkpoints.key",
    "audit_checkpoints.peaks",
    "audit_checkpoints.root",
    "audit_checkpoints.signature",
    "audit_links.hash",
    "calendar_feeds.token_hash",
    "data_keys.proof",
    "idempotency_keys.fingerprint",
    "machine_keys.previous_hash",
    "machine_keys.secret_hash",
    "password_resets.secret_hash",
    "recovery_codes.code_hash",
    "refresh_tokens.secret_hash",
    "search_terms.term",
    "sessions.sign_in",
    "webhooks.public_key",
];

async fn texts(owner: &Client, query: &str) -> Vec<String> {
    owner.query(query, &[]).await.unwrap().iter().map(|it| it.get(0)).collect()
}

#[tokio::test]
async fn en_04_every_column_of_bytes_is_on_the_list_that_rotation_follows() {
    let app = TestApp::at(NOW).await;
    let query = "select format('%s.%s', table_name, column_name) from information_schema.columns \
        where table_schema = 'public' and data_type = 'bytea'";
    let there: BTreeSet<String> = texts(&app.db.owner().await, query).await.into_iter().collect();
    let listed = seal::ALL.iter().map(|it| format!("{}.{}", it.table, it.name));
    let known: BTreeSet<String> = listed.chain(NOT_SEALED.map(str::to_owned)).collect();
    assert_eq!(there, known);
}

/// Creates a child with this key; the kept answer is sealed.
async fn add(by: &Person, key: &str) -> Reply {
    let child = json!({
        "agency_person_id": format!("P-{key}"), "given_name": "Sample", "family_name": "Child",
        "date_of_birth": "2011-03-04", "unit_code": "north-county", "care_status": "foster_care",
    });
    let body = Some(("application/json", child.to_string().into_bytes()));
    by.answer(Method::POST, "/v1/children", body, &[("idempotency-key", key)]).await
}

#[tokio::test]
async fn en_03_an_answer_that_was_moved_to_another_key_is_not_given() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    add(&worker, "one").await;
    add(&worker, "two").await;
    let swap = "update idempotency_keys k set body = (select body from idempotency_keys o where o.key <> k.key) \
        where key in ('one', 'two')";
    app.db.owner().await.batch_execute(swap).await.unwrap();
    let reply = add(&worker, "one").await;
    assert_eq!((reply.status, reply.slug().as_str()), (500, "internal"));
}

/// Two statements, and what a hand in the database does to them.
async fn tampered(change: &str) -> u16 {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let path = case.child_url("/contacts");
    let body = json!({
        "phone_numbers": { "status": "provided", "value": "one" },
        "email_addresses": { "status": "withheld_with_reason", "reason": "two" },
        "social_media_accounts": { "status": "provided", "value": "three" },
    });
    case.worker.put(&path, &path, body, 200).await;
    let owner = app.db.owner().await;
    owner.batch_execute("set session_replication_role = replica").await.unwrap();
    assert!(0 < owner.execute(change, &[]).await.unwrap());
    case.worker.answer(Method::GET, &path, None, &[]).await.status
}

#[tokio::test]
async fn en_03_a_cell_that_was_moved_to_another_row_does_not_open() {
    let from = "select value from report_statements where item = 'social_media_accounts'";
    assert_eq!(
        tampered(&format!("update report_statements set value = ({from}) where item = 'phone_numbers'")).await,
        500
    );
}

#[tokio::test]
async fn en_03_a_cell_that_was_moved_to_another_column_does_not_open() {
    let change = "update report_statements set status = 'provided', value = reason, reason = null \
        where item = 'email_addresses'";
    assert_eq!(tampered(change).await, 500);
}

#[tokio::test]
async fn en_03_a_cell_that_was_cut_does_not_open() {
    let change = "update report_statements set value = substring(value from 1 for length(value) - 1) \
        where item = 'phone_numbers'";
    assert_eq!(tampered(change).await, 500);
    assert_eq!(tampered("update report_statements set item = item").await, 200);
}

#[tokio::test]
async fn en_06_a_store_with_another_key_of_the_same_number_is_refused() {
    let app = TestApp::at(NOW).await;
    app.state.store.admit_keys(app.now()).await.unwrap();
    app.state.store.admit_keys(app.now()).await.unwrap();
    let other = Keyring::parse(&grown("").unwrap()).unwrap();
    let store = Store::open(&app.db.url, 1, other).await.unwrap();
    let refused = store.admit_keys(app.now()).await.unwrap_err();
    assert!(refused.to_string().contains("data key 1 in the key file is not the one"), "{refused}");
}

#[tokio::test]
async fn en_06_a_lost_key_file_is_not_replaced_by_a_new_key() {
    let app = TestApp::at(NOW).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inner/data.keys");
    data_keys::load(&path, &app.db.url).await.unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    app.state.store.admit_keys(app.now()).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    let refused = data_keys::load(&path, &app.db.url).await.unwrap_err();
    assert!(refused.to_string().contains("sealed with key 1"), "{refused}");
    assert!(!path.exists());
}

#[tokio::test]
async fn en_02_each_use_of_a_key_is_counted() {
    let app = TestApp::at(NOW).await;
    app.state.store.admit_keys(app.now()).await.unwrap();
    let before = app.state.store.count_key_uses().await.unwrap();
    crate::support::new_child(&app.caseworker().await, json!({})).await;
    let after = app.state.store.count_key_uses().await.unwrap();
    // The record and the answer that is kept for its key.
    assert_eq!(after - before, 2);
    let written = texts(&app.db.owner().await, "select uses::text from data_keys").await;
    assert_eq!(written, [after.to_string()]);
}

#[tokio::test]
async fn a_key_file_that_everyone_can_read_is_refused() {
    let app = TestApp::at(NOW).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.keys");
    data_keys::load(&path, &app.db.url).await.unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(data_keys::load(&path, &app.db.url).await.unwrap_err().to_string().contains("chmod 600"));
}

/// How many sealed values stand under a key.
async fn under(owner: &Client, number: i32) -> i64 {
    let mut count = 0;
    for column in seal::ALL {
        let query = format!(
            "select count(*) from {} where substring({} from 2 for 4) = int4send({number})",
            column.table, column.name
        );
        count += owner.query_one(&query, &[]).await.unwrap().get::<_, i64>(0);
    }
    count
}

/// Creates children and asks for them again, until told to stop. Each answer has to be right.
async fn keep_busy(by: Person, name: &'static str, stop: Arc<AtomicBool>) -> usize {
    let mut count = 0;
    while !stop.load(Ordering::Relaxed) {
        let key = format!("{name}-{count}");
        let first = add(&by, &key).await;
        let second = add(&by, &key).await;
        assert_eq!((first.status, first.text.as_str()), (201, second.text.as_str()));
        count += 1;
    }
    count
}

#[tokio::test]
async fn en_04_a_key_is_replaced_under_what_can_only_be_added_to_and_says_the_same() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    app.state.store.admit_keys(app.now()).await.unwrap();
    let path = case.child_url("/contacts");
    let body = json!({
        "phone_numbers": { "status": "provided", "value": "one" },
        "email_addresses": { "status": "withheld_with_reason", "reason": "two" },
    });
    case.worker.put(&path, &path, body, 200).await;
    let before = case.worker.get(&path, 200).await;
    app.keyring.replace(&grown(&app.key_text).unwrap()).unwrap();
    seal::rewrap(&app.db.url, &app.keyring).await.unwrap();
    assert_eq!(under(&app.db.owner().await, 1).await, 0);
    assert_eq!(case.worker.get(&path, 200).await, before);
    let changes = "select count(*) from audit_entries where action = 'content_stated'";
    assert_eq!(app.db.owner().await.query_one(changes, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn en_04_a_key_is_replaced_while_people_read_and_write_and_then_opens_nothing() {
    let app = TestApp::at(NOW).await;
    let (owner, stop) = (app.db.owner().await, Arc::new(AtomicBool::new(false)));
    app.state.store.admit_keys(app.now()).await.unwrap();
    let busy = ["a", "b"].map(|name| (name, stop.clone()));
    let mut tasks = Vec::new();
    for (name, stop) in busy {
        tasks.push(tokio::spawn(keep_busy(app.caseworker().await, name, stop)));
    }
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert!(0 < under(&owner, 1).await);
    let old = app.keyring.clone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.keys");
    std::fs::write(&path, app.key_text.as_str()).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    data_keys::add(&path, &old).unwrap();
    app.state.store.admit_keys(app.now()).await.unwrap();
    let first = seal::rewrap(&app.db.url, &app.keyring).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    seal::rewrap(&app.db.url, &app.keyring).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        assert!(0 < task.await.unwrap());
    }
    assert!(0 < first.values);
    assert_eq!(under(&owner, 1).await, 0);
    seal::retire(&app.db.url, &app.keyring, app.now()).await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    app.keyring.replace(text.lines().last().unwrap()).unwrap();
    app.state.store.admit_keys(app.now()).await.unwrap();
    let worker = app.caseworker().await;
    assert_eq!(add(&worker, "a-0").await.header("idempotent-replayed"), "true");
    assert_eq!(add(&worker, "new").await.status, 201);
}
