//! Whether a process can do its work, as whoever runs it asks.

use std::net::TcpListener;

use homeward_server::pulse::Pulse;
use homeward_server::serve;
use homeward_store::silence::Lookout;

use super::{NOW, as_owner};
use crate::support::TestApp;

/// A process that answers no requests but these. Where it listens.
fn beacon(pulse: Pulse) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve::beacon(pulse, listener).unwrap());
    address
}

async fn asked(address: &str, path: &str) -> (u16, String) {
    let reply = reqwest::get(format!("{address}{path}")).await.unwrap();
    (reply.status().as_u16(), reply.text().await.unwrap())
}

fn no(what: &str) -> (u16, String) {
    (503, format!("{what}\n"))
}

fn yes() -> (u16, String) {
    (200, "ok\n".to_owned())
}

#[tokio::test]
async fn op_01_a_process_whose_database_is_gone_lives_and_is_not_ready() {
    let app = TestApp::at(NOW).await;
    let gone = Lookout::at("postgresql://nobody@127.0.0.1:1/nothing");
    let address = beacon(Pulse { lookout: gone, ..app.state.pulse.clone() });
    assert_eq!(asked(&address, "/livez").await, yes());
    assert_eq!(asked(&address, "/readyz").await, no("database"));
    let (status, page) = asked(&address, "/status").await;
    assert!(status == 200 && page.contains("The database does not answer"), "{page}");
}

#[tokio::test]
async fn op_01_a_process_with_other_tables_is_not_ready() {
    let app = TestApp::at(NOW).await;
    assert_eq!(asked(&app.address, "/readyz").await, yes());
    as_owner(
        &app,
        "delete from __diesel_schema_migrations where version = (select max(version) from \
        __diesel_schema_migrations)",
    )
    .await;
    assert_eq!(asked(&app.address, "/readyz").await, no("tables"));
    assert_eq!(asked(&app.address, "/livez").await, yes());
}

#[tokio::test]
async fn op_05_a_process_is_ready_on_the_tables_of_the_next_version_and_not_where_one_of_its_own_is_missing() {
    let app = TestApp::at(NOW).await;
    as_owner(&app, "insert into __diesel_schema_migrations (version) values ('9999')").await;
    assert_eq!(asked(&app.address, "/readyz").await, yes());
    as_owner(&app, "delete from __diesel_schema_migrations where version = '0090'").await;
    assert_eq!(asked(&app.address, "/readyz").await, no("tables"));
}

#[tokio::test]
async fn op_01_a_process_without_its_keys_is_not_ready() {
    let app = TestApp::at(NOW).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.keys");
    let address = beacon(Pulse { key_file: Some(file.clone()), ..app.state.pulse.clone() });
    assert_eq!(asked(&address, "/readyz").await, no("key"));
    std::fs::write(&file, &app.key_text).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(asked(&address, "/readyz").await, yes());
}

#[tokio::test]
async fn ck_09_a_wrong_clock_makes_a_worker_unready_and_turns_nobody_away_who_records_a_missing_child() {
    let app = TestApp::at(NOW).await;
    let worker = beacon(Pulse { needs_the_time: true, ..app.state.pulse.clone() });
    assert_eq!(asked(&worker, "/readyz").await, no("clock"));
    assert_eq!(asked(&app.address, "/readyz").await, yes());
    app.given_case().await;
}
