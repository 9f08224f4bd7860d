//! Words that nobody would write by chance, looked for in every table and in the files of the database.

use std::path::Path;

use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use super::texts;
use crate::support::TestApp;

/// Every row of every table, as text; and what is printed of bytes, as the bytes themselves.
pub(super) async fn told_by_tables(owner: &Client, canary: &str) -> Vec<String> {
    let tables = "select relname::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace \
        order by relname";
    let mut found = Vec::new();
    for table in texts(owner, tables).await {
        let query = format!(
            "select '{table}' from \"{table}\" t where t::text like '%{canary}%' \
             or t::text like '%' || encode('{canary}', 'hex') || '%'"
        );
        found.extend(texts(owner, &query).await);
    }
    found
}

/// Every file of this database and of the log that is written ahead, as far as the account may read them.
async fn told_by_files(owner: &Client, canary: &str) -> Vec<String> {
    owner.batch_execute("checkpoint").await.unwrap();
    let folder = texts(owner, "select current_setting('data_directory')").await.remove(0);
    let base = texts(owner, "select oid::text from pg_database where datname = current_database()").await.remove(0);
    let mut found = Vec::new();
    for place in [format!("base/{base}"), "pg_wal".to_owned()] {
        for file in std::fs::read_dir(Path::new(&folder).join(place)).into_iter().flatten().flatten() {
            let bytes = std::fs::read(file.path()).unwrap_or_default();
            if bytes.windows(canary.len()).any(|it| it == canary.as_bytes()) {
                found.push(file.path().display().to_string());
            }
        }
    }
    found
}

#[tokio::test]
async fn en_01_what_people_state_for_a_report_stands_nowhere_in_the_clear() {
    let app = TestApp::at(super::NOW).await;
    let case = app.given_case().await;
    let canary = format!("Canary{}", Uuid::new_v4().simple());
    for (path, item) in [("/endangerment", "mental_health"), ("/contacts", "phone_numbers")] {
        let path = case.child_url(path);
        let (said, withheld) = (
            json!({ item: { "status": "provided", "value": canary } }),
            json!({ item: { "status": "withheld_with_reason", "reason": canary } }),
        );
        case.worker.put(&path, &path, said, 200).await;
        case.worker.put(&path, &path, withheld, 200).await;
    }
    let owner = app.db.owner().await;
    assert_eq!(told_by_tables(&owner, &canary).await, [""; 0]);
    assert_eq!(told_by_files(&owner, &canary).await, [""; 0]);
}

#[tokio::test]
async fn en_01_a_name_stands_nowhere_in_the_clear() {
    let app = TestApp::at(super::NOW).await;
    let canary = format!("Canary{}", Uuid::new_v4().simple());
    crate::support::new_child(&app.caseworker().await, json!({ "given_name": canary })).await;
    let owner = app.db.owner().await;
    assert_eq!(told_by_tables(&owner, &canary).await, [""; 0]);
    assert_eq!(told_by_files(&owner, &canary).await, [""; 0]);
}

#[tokio::test]
async fn en_01_no_row_tells_a_birthday_until_two_days_before_its_review() {
    let app = TestApp::at("2026-05-01T08:00:00Z").await;
    let worker = app.caseworker().await;
    let child = crate::support::new_child(&worker, json!({ "date_of_birth": "2008-06-20" })).await;
    let episodes = format!("/v1/children/{child}/missing-episodes");
    worker.post(&episodes, json!({ "agency_information_received_at": "2026-05-01T08:00:00Z" }), 201).await;
    app.travel_to("2026-06-18T04:59:00Z").await;
    let owner = app.db.owner().await;
    let told = async || (told_by_tables(&owner, "2026-06-20").await, told_by_tables(&owner, "2008-06-20").await);
    assert_eq!(told().await, (vec![], vec![]));
    app.travel_to("2026-06-18T05:00:00Z").await;
    assert_eq!(told().await, (vec!["duties".to_owned(), "rungs".to_owned()], vec![]));
}

#[tokio::test]
async fn a_record_that_does_not_open_holds_up_the_reviews_of_no_other_agency_and_is_told() {
    let app = TestApp::at("2026-05-01T08:00:00Z").await;
    let owner = app.db.owner().await;
    for (by, unit) in [(app.caseworker().await, "north-county"), (app.stranger().await, "central")] {
        let fields = json!({ "date_of_birth": "2008-05-02", "unit_code": unit });
        let child = crate::support::new_child(&by, fields).await;
        let opening = json!({ "agency_information_received_at": "2026-05-01T08:00:00Z" });
        by.post(&format!("/v1/children/{child}/missing-episodes"), opening, 201).await;
    }
    // As if both had been opened before the day came near, and the first agency's records were damaged since.
    let damage = "set session_replication_role = replica; \
        delete from rungs where duty_id in (select id from duties where kind = 'birthday_review'); \
        delete from duties where kind = 'birthday_review'; \
        update children set identity = '\\x00' where agency_id = (select id from agencies where name = 'Demo State')";
    owner.batch_execute(damage).await.unwrap();
    assert!(app.state.store.plan_birthdays(app.now()).await.is_err());
    let planned = "select a.name from duties d join agencies a on a.id = d.agency_id where d.kind = 'birthday_review'";
    assert_eq!(texts(&owner, planned).await, ["Other State"]);
}

#[tokio::test]
async fn the_search_for_canaries_finds_one_that_is_not_sealed() {
    let app = TestApp::at(super::NOW).await;
    let canary = format!("Canary{}", Uuid::new_v4().simple());
    // The agency's own id of a person is its key to its own files, and is not sealed.
    crate::support::new_child(&app.caseworker().await, json!({ "agency_person_id": canary })).await;
    let owner = app.db.owner().await;
    assert_eq!(told_by_tables(&owner, &canary).await, ["children"]);
    assert!(!told_by_files(&owner, &canary).await.is_empty());
}
