//! What people tell in any operation stands nowhere in the clear: not in a table, a file or a dump. (EN-01, EN-03)

use std::path::Path;
use std::process::Command;

use homeward_domain::id::Id;
use homeward_store::seal::{self, Column};
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use super::world::{NOW, SAID, World, walked};
use crate::support::TestApp;

/// The agency's own id of a person is its key to its own files. It is not sealed, and shows that the search finds.
const IN_THE_CLEAR: &str = "P-canary";

/// What operations that concern no child seal. They are not among those that are tried here.
const ABOUT_NO_CHILD: [&str; 3] = ["hand_overs", "webhooks", "second_factors"];

async fn texts(owner: &Client, query: &str) -> Vec<String> {
    owner.query(query, &[]).await.unwrap().iter().map(|it| it.get(0)).collect()
}

/// Every operation that writes, each in a world of its own, so that none is in the way of another.
pub(super) async fn told_in_every_operation(app: &TestApp) {
    for operation in walked().iter().filter(|it| it.writes()) {
        let (name, world) = (&operation.name, World::of(app).await);
        let reply = world.call(operation, &format!("sealed-{name}")).await;
        assert!([200, 201].contains(&reply.status), "{name}: {}", reply.text);
    }
    let case = World::of(app).await.case;
    let withheld = json!({ "identity_numbers": { "status": "withheld_with_reason", "reason": "canary reason" } });
    case.worker.put(&case.child_url("/description"), &case.child_url("/description"), withheld, 200).await;
    let roster =
        json!({ "contacts": [{ "kind": "state_clearinghouse", "name": "canary place", "phone": "555-0100" }] });
    let of_the_agency = "/v1/agency/escalation-contacts";
    app.person("administrator").await.put(of_the_agency, of_the_agency, roster, 200).await;
}

/// How often this is found in bytes.
fn found(bytes: &[u8], said: &str) -> usize {
    bytes.windows(said.len()).filter(|it| *it == said.as_bytes()).count()
}

/// Every file of the database and of the log that is written ahead.
async fn files(owner: &Client) -> Vec<(String, Vec<u8>)> {
    owner.batch_execute("checkpoint").await.unwrap();
    let folder = texts(owner, "select current_setting('data_directory')").await.remove(0);
    let base = texts(owner, "select oid::text from pg_database where datname = current_database()").await.remove(0);
    let mut files = Vec::new();
    for place in [format!("base/{base}"), "pg_wal".to_owned(), "base/pgsql_tmp".to_owned()] {
        for file in std::fs::read_dir(Path::new(&folder).join(place)).into_iter().flatten().flatten() {
            files.push((file.path().display().to_string(), std::fs::read(file.path()).unwrap_or_default()));
        }
    }
    files
}

/// What `pg_dump` writes. It prints bytes as their digits, so these are looked for too.
fn dump(url: &str) -> Vec<u8> {
    let output = Command::new("pg_dump").args(["--dbname", url]).output().expect("pg_dump runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn digits(said: &str) -> String {
    said.bytes().map(|it| format!("{it:02x}")).collect()
}

async fn nothing_stands_in_the_clear(app: &TestApp) {
    let owner = app.db.owner().await;
    let (files, dump) = (files(&owner).await, dump(&app.db.url));
    for said in SAID.into_iter().filter(|it| *it != IN_THE_CLEAR) {
        let told: Vec<&String> = files.iter().filter(|it| 0 < found(&it.1, said)).map(|it| &it.0).collect();
        assert!(told.is_empty(), "{said} stands in {told:?}");
        assert_eq!((found(&dump, said), found(&dump, &digits(said))), (0, 0), "{said} stands in a dump");
    }
    assert!(files.iter().any(|it| 0 < found(&it.1, IN_THE_CLEAR)) && 0 < found(&dump, IN_THE_CLEAR));
}

/// A sealed value and its place.
struct Cell {
    column: Column,
    agency: Uuid,
    row: String,
    value: Vec<u8>,
}

impl Cell {
    /// A version that was replaced keeps the bytes that it had, and stands for the same.
    fn is_the_same_as(&self, other: &Self) -> bool {
        let place = |it: &Self| (it.column.home, it.column.name, it.agency, it.row.clone());
        place(self) == place(other)
    }
}

async fn cells(owner: &Client) -> Vec<Cell> {
    let mut cells = Vec::new();
    for column in seal::ALL {
        let Column { table, name, row, .. } = column;
        let query = format!("select agency_id, {row}, {name} from {table} where {name} is not null limit 3");
        let rows = owner.query(&query, &[]).await.unwrap();
        assert!(!rows.is_empty() || ABOUT_NO_CHILD.contains(table), "nothing is sealed in {table}.{name}");
        let cell =
            |it: &tokio_postgres::Row| Cell { column: *column, agency: it.get(0), row: it.get(1), value: it.get(2) };
        cells.extend(rows.iter().map(cell));
    }
    cells
}

async fn no_value_opens_in_the_place_of_another(app: &TestApp) {
    let cells = cells(&app.db.owner().await).await;
    for one in &cells {
        for other in &cells {
            let opens = app.keyring.try_open(Id::from_uuid(one.agency), one.column, &one.row, &other.value).is_some();
            let (place, from) = (one.column, other.column);
            assert_eq!(
                opens,
                one.is_the_same_as(other),
                "{}.{} from {}.{}",
                place.table,
                place.name,
                from.table,
                from.name
            );
        }
    }
}

#[tokio::test]
async fn en_01_en_03_what_is_told_in_any_operation_stands_nowhere_in_the_clear_and_opens_in_no_other_place() {
    let app = TestApp::at(NOW).await;
    told_in_every_operation(&app).await;
    nothing_stands_in_the_clear(&app).await;
    no_value_opens_in_the_place_of_another(&app).await;
}
