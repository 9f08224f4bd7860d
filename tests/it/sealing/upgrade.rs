//! Records from before they were sealed: `homeward migrate` seals them, drops what stood in the clear, and loses nothing.

use std::path::Path;

use homeward_server::demo;
use homeward_store::migrate;
use homeward_store::seal;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use super::canaries::told_by_tables;
use super::texts;
use crate::support::{Database, TestApp, at, keyring};

const NOW: &str = "2026-05-01T08:00:00Z";
const CHILD: &str = "00000000-0000-7000-8000-00000000000c";
const EPISODE: &str = "00000000-0000-7000-8000-00000000000e";
const REVIEW: &str = "00000000-0000-7000-8000-00000000000f";

/// One of everything, as the tables were. Each text is told with the word that is looked for.
const BEFORE: &str = include_str!("before.sql");

fn of_the_demo(name: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("https://demo.homeward.test/{name}").as_bytes()).to_string()
}

/// A database of the version before, with one of everything in it.
async fn before() -> Database {
    let db = Database::empty().await;
    migrate::up_to_the_clear(&db.url).await.unwrap();
    let rows = BEFORE
        .replace("{agency}", &of_the_demo("agency"))
        .replace("{unit}", &of_the_demo("north-county"))
        .replace("{child}", CHILD)
        .replace("{episode}", EPISODE)
        .replace("{review}", REVIEW);
    db.owner().await.batch_execute(&rows).await.unwrap();
    db
}

/// The same brought up to date, with people who can sign in.
async fn upgraded() -> (TestApp, usize) {
    let db = before().await;
    let applied = migrate::up(&db.url, &keyring(), at(NOW)).await.unwrap();
    let password = Some(crate::support::PASSWORD.to_owned());
    demo::load(&db.url, &keyring(), password, at(NOW)).await.unwrap();
    (TestApp::on(db, NOW).await, applied)
}

/// How many sealed values there are, in each column.
async fn sealed(owner: &Client) -> Vec<(String, i64)> {
    let mut all = Vec::new();
    for it in seal::ALL {
        let query = format!("select count({}) from {}", it.name, it.table);
        all.push((format!("{}.{}", it.table, it.name), owner.query_one(&query, &[]).await.unwrap().get(0)));
    }
    all
}

#[tokio::test]
async fn records_from_before_say_the_same_after() {
    let (app, _) = upgraded().await;
    let (who, of_child) = (app.supervisor().await, format!("/v1/children/{CHILD}"));
    let of_episode = format!("{of_child}/missing-episodes/{EPISODE}");
    let child = who.get(&of_child, 200).await;
    assert_eq!(
        (&child["given_name"], &child["family_name"]),
        (&json!("Wren O'Kanary"), &json!("\"Quoted\" \\ Kanary"))
    );
    assert_eq!((&child["date_of_birth"], &child["eye_color"]), (&json!("2011-03-04"), &json!("kanary green")));
    let episode = who.get(&of_episode, 200).await;
    assert_eq!(episode["circumstances"], "kanary circumstances two");
    for (path, fields) in [
        (format!("{of_episode}/notifications"), vec![("person_contacted", "kanary officer"), ("note", "kanary note")]),
        (format!("{of_episode}/search-efforts"), vec![("outcome", "kanary outcome"), ("next_step", "kanary step")]),
        (format!("{of_episode}/whereabouts"), vec![("how", "kanary how")]),
        (format!("{of_episode}/completions"), vec![("note", "kanary done")]),
        (format!("{of_child}/observations"), vec![("context", "kanary context"), ("observer_role", "kanary role")]),
        (format!("{of_child}/placements"), vec![("provider_name", "kanary provider two")]),
    ] {
        let list = who.get(&path, 200).await;
        for (field, said) in fields {
            assert_eq!(list["data"][0][field], said, "{path} {field}");
        }
    }
}

#[tokio::test]
async fn what_was_replaced_and_taken_back_before_is_there_after() {
    let (app, _) = upgraded().await;
    let who = app.supervisor().await;
    let timeline = who.get(&format!("/v1/children/{CHILD}/missing-episodes/{EPISODE}/timeline"), 200).await;
    let text = timeline.to_string();
    assert!(text.contains("circumstances") && text.contains("kanary change"), "{text}");
    let taken_back = who.get(&format!("/v1/children/{CHILD}/observations"), 200).await;
    assert_eq!(taken_back["data"][0]["retraction_reason"], "kanary retraction");
    for sought in [json!({ "name": "wren o'k" }), json!({ "date_of_birth": "2011-03-04" })] {
        assert_eq!(who.post("/v1/children/search", sought, 200).await["data"][0]["id"], CHILD);
    }
}

#[tokio::test]
async fn en_01_every_column_that_was_in_the_clear_is_sealed_and_gone_from_the_files() {
    let (app, applied) = upgraded().await;
    assert!(0 < applied);
    let owner = app.db.owner().await;
    let counts = sealed(&owner).await;
    let new = ["identity", "told", "why_retracted", "why_undone"];
    for (column, count) in counts.iter().filter(|it| new.iter().any(|name| it.0.ends_with(&format!(".{name}")))) {
        assert!(0 < *count, "no row of the version before had anything in {column}");
    }
    owner.batch_execute("checkpoint").await.unwrap();
    let folder = texts(&owner, "select current_setting('data_directory')").await.remove(0);
    let base = texts(&owner, "select oid::text from pg_database where datname = current_database()").await.remove(0);
    for file in std::fs::read_dir(Path::new(&folder).join("base").join(base)).unwrap().flatten() {
        let bytes = std::fs::read(file.path()).unwrap_or_default().to_ascii_lowercase();
        assert!(!bytes.windows(6).any(|it| it == b"kanary"), "{}", file.path().display());
    }
}

#[tokio::test]
async fn en_01_a_birthday_that_is_far_is_told_no_more_and_reviewed_when_it_comes() {
    let (app, _) = upgraded().await;
    assert_eq!(told_by_tables(&app.db.owner().await, "2029-03-04").await, [""; 0]);
    app.travel_to("2029-03-02T06:00:00Z").await;
    assert_eq!(told_by_tables(&app.db.owner().await, "2029-03-04").await, ["duties", "rungs"]);
}

#[tokio::test]
async fn an_upgrade_that_was_cut_short_goes_on_and_one_with_another_key_drops_nothing() {
    let db = before().await;
    let owner = db.owner().await;
    migrate::up(&db.url, &keyring(), at(NOW)).await.unwrap();
    assert_eq!(migrate::up(&db.url, &keyring(), at(NOW)).await.unwrap(), 0);
    let other = before().await;
    let theirs = "insert into data_keys (number, proof, first_used_at) values (1, '\\x00', now())";
    other.owner().await.batch_execute(theirs).await.unwrap();
    assert!(migrate::up(&other.url, &keyring(), at(NOW)).await.is_err());
    let kept = texts(&other.owner().await, "select given_name from children").await;
    assert_eq!(kept, ["Wren O'Kanary"]);
    assert_eq!(texts(&owner, "select agency_person_id from children").await, ["P-BEFORE"]);
}
