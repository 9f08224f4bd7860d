//! The tables: made, unmade and made again, walled off, and as the program believes them to be.

use std::collections::BTreeSet;

use homeward_server::demo;
use homeward_store::migrate;
use tokio_postgres::Client;

use crate::support::{Database, at, keyring};

/// Each row of a query with one text column.
async fn texts(owner: &Client, query: &str) -> Vec<String> {
    owner.query(query, &[]).await.unwrap().iter().map(|it| it.get(0)).collect()
}

const TABLES: &str = "select relname::text from pg_class where relkind = 'r' \
    and relnamespace = 'public'::regnamespace and relname <> '__diesel_schema_migrations' order by relname";

/// Whatever a migration can leave behind.
const LEFT: &str = "select relname::text from pg_class where relnamespace = 'public'::regnamespace \
    and relname not like '\\_\\_diesel%' union all \
    select proname::text from pg_proc where pronamespace = 'public'::regnamespace union all \
    select extname::text from pg_extension where extname <> 'plpgsql'";

#[tokio::test]
async fn the_tables_come_and_go_and_come_again_with_rows_in_them() {
    let db = Database::empty().await;
    let owner = db.owner().await;
    let applied = up(&db).await;
    assert_eq!(up(&db).await, 0);
    let tables = texts(&owner, TABLES).await;
    assert_eq!(migrate::down(&db.url).await.unwrap(), applied);
    assert_eq!(texts(&owner, LEFT).await, [""; 0]);
    assert_eq!(up(&db).await, applied);
    load(&db).await;
    assert!(!migrate_is_behind(&db).await);
    assert_eq!(migrate::down(&db.url).await.unwrap(), applied);
    assert_eq!(texts(&owner, LEFT).await, [""; 0]);
    assert!(migrate_is_behind(&db).await);
    up(&db).await;
    load(&db).await;
    assert_eq!(texts(&owner, TABLES).await, tables);
}

async fn up(db: &Database) -> usize {
    migrate::up(&db.url, &keyring(), at("2020-01-01T00:00:00Z")).await.unwrap()
}

async fn load(db: &Database) {
    let password = Some("a password for tests only".to_owned());
    demo::load(&db.url, &keyring(), password, at("2020-01-01T00:00:00Z")).await.unwrap();
    let children = texts(&db.owner().await, "select agency_person_id from children").await;
    assert_eq!(children.len(), 3);
}

async fn migrate_is_behind(db: &Database) -> bool {
    !migrate::is_current(&db.url).await.unwrap()
}

/// Every column as `table.column: Type`, from the text of the program.
fn believed() -> BTreeSet<String> {
    let text = include_str!("../../crates/store/src/schema.rs");
    let mut columns = BTreeSet::new();
    let mut table = "";
    for line in text.lines().map(str::trim) {
        if let Some((name, key)) = line.strip_suffix(" {").and_then(|it| it.split_once(" (")) {
            table = name;
            columns.insert(format!("{table} key: {}", key.trim_end_matches(')')));
        } else if let Some((column, kind)) = line.trim_end_matches(',').split_once(" -> ") {
            columns.insert(format!("{table}.{column}: {kind}"));
        }
    }
    columns
}

/// The same from the database. `audit_entries.xact` is the database's own.
const COLUMNS: &str = "select format(case when is_nullable = 'YES' then '%s.%s: Nullable<%s>' else '%s.%s: %s' end, \
    table_name, column_name, case udt_name when 'uuid' then 'Uuid' when 'text' then 'Text' when 'bool' then 'Bool' \
    when 'timestamptz' then 'Timestamptz' when 'date' then 'Date' when 'time' then 'Time' when 'int2' then 'Int2' when 'int4' then 'Int4' \
    when 'int8' then 'Int8' when 'bytea' then 'Bytea' when 'jsonb' then 'Jsonb' when '_text' then 'Array<Text>' \
    when '_timestamptz' then 'Array<Timestamptz>' when '_uuid' then 'Array<Uuid>' \
    else udt_name end) from information_schema.columns where table_schema = 'public' and table_name <> 'hidden_children' \
    and table_name not like '\\_\\_diesel%' and (table_name, column_name) <> ('audit_entries', 'xact') \
    union all \
    select format('%s key: %s', conrelid::regclass, string_agg(attname, ', ' order by place)) \
    from pg_constraint, unnest(conkey) with ordinality as key (number, place), pg_attribute \
    where contype = 'p' and connamespace = 'public'::regnamespace and attrelid = conrelid and attnum = key.number \
    and conrelid <> '__diesel_schema_migrations'::regclass group by conrelid";

#[tokio::test]
async fn the_program_believes_of_the_tables_what_the_database_says() {
    let db = Database::new().await;
    let there: BTreeSet<String> = texts(&db.owner().await, COLUMNS).await.into_iter().collect();
    let believed = believed();
    assert!(200 < there.len());
    let missing: Vec<&String> = there.difference(&believed).collect();
    let extra: Vec<&String> = believed.difference(&there).collect();
    assert!(missing.is_empty() && extra.is_empty(), "not in schema.rs: {missing:#?}; only there: {extra:#?}");
}

/// Of the installation: they name no agency's people or children.
const OF_NO_AGENCY: [&str; 8] = [
    "__diesel_schema_migrations",
    "alarms",
    "allowances",
    "canaries",
    "data_keys",
    "grounds",
    "heartbeats",
    "sign_ins",
];

#[tokio::test]
async fn db_02_every_table_of_agency_data_is_behind_the_wall() {
    let db = Database::new().await;
    let open = "select relname::text from pg_class c where relkind = 'r' and relnamespace = 'public'::regnamespace \
        and (not relrowsecurity or not exists (select from pg_policy where polrelid = c.oid)) order by relname";
    assert_eq!(texts(&db.owner().await, open).await, OF_NO_AGENCY);
}

#[tokio::test]
async fn the_agency_leads_every_primary_key() {
    let db = Database::new().await;
    let others = "select relname::text from pg_class c where relkind = 'r' and relnamespace = 'public'::regnamespace \
        and not exists (select from pg_constraint k join pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[1] \
        where k.conrelid = c.oid and k.contype = 'p' and a.attname = 'agency_id' and a.attnotnull) order by relname";
    let mut expected = [&OF_NO_AGENCY[..], &["agencies"]].concat();
    expected.sort_unstable();
    assert_eq!(texts(&db.owner().await, others).await, expected);
}

#[tokio::test]
async fn no_column_fills_itself_but_the_transaction_of_an_audit_entry() {
    let db = Database::new().await;
    let defaults = "select format('%s.%s', table_name, column_name) from information_schema.columns \
        where table_schema = 'public' and column_default is not null order by 1";
    assert_eq!(texts(&db.owner().await, defaults).await, ["__diesel_schema_migrations.run_on", "audit_entries.xact"]);
}

#[tokio::test]
async fn db_01_the_running_role_owns_nothing_and_cannot_pass_the_wall() {
    let db = Database::new().await;
    let owner = db.owner().await;
    let owned = "select relname::text from pg_class where relowner = 'homeward_app'::regrole";
    assert_eq!(texts(&owner, owned).await, [""; 0]);
    let may = "select rolname::text from pg_roles where rolname = 'homeward_app' and (rolsuper or rolbypassrls)";
    assert_eq!(texts(&owner, may).await, [""; 0]);
    owner.batch_execute("set role homeward_app").await.unwrap();
    assert_eq!(texts(&owner, "select agency_person_id from children").await, [""; 0]);
}
