//! `homeward import`: the extract of an agency, what is refused of it, and what the figures say afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use homeward_server::import::{self, ImportError, Options, Report};
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::support::{Database, KEYS, Person, TestApp, admin, at, keyring, rename};

const EXTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/it/data/extract");
const IMPORTED_AT: &str = "2026-05-01T06:00:00Z";
pub const NOW: &str = "2026-05-01T12:00:00Z";

/// A database with the extract in it: a clone of one into which it is imported once for this build of the tests.
pub async fn imported() -> Database {
    let (db, admin) = (Database::empty().await, admin().await);
    admin.batch_execute("select pg_advisory_lock(721347003)").await.unwrap();
    let template = format!("extract_{}", build());
    let there = admin.query("select 1 from pg_database where datname = $1", &[&template]).await.unwrap();
    if there.is_empty() {
        let made = Database::new().await;
        let report = run(&made, Path::new(EXTRACT), false).await.unwrap();
        assert_eq!(report.rejects.len(), 40);
        let name = name(&made);
        rename(&admin, &name, &template).await;
    }
    let name = name(&db);
    admin.batch_execute(&format!("drop database {name} with (force)")).await.unwrap();
    let clone = format!("create database {name} template {template} strategy file_copy");
    admin.batch_execute(&clone).await.unwrap();
    db
}

/// The program under test is linked in, so another build of it has another template.
fn build() -> u128 {
    let built = fs::metadata(std::env::current_exe().unwrap()).unwrap().modified().unwrap();
    built.duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos()
}

fn name(db: &Database) -> String {
    let path = db.url.split('?').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Imports a folder; `rejects.csv` goes elsewhere.
async fn run(db: &Database, dir: &Path, dry_run: bool) -> Result<Report, ImportError> {
    let rejects = tempfile::tempdir().unwrap();
    import::run(Options {
        dir: dir.to_owned(),
        agency: None,
        rejects: Some(rejects.path().join("rejects.csv")),
        dry_run,
        keyring: keyring(),
        database_url: db.url.clone(),
        now: at(IMPORTED_AT),
    })
    .await
}

fn expected() -> Value {
    serde_json::from_str(&fs::read_to_string(format!("{EXTRACT}/expected.json")).unwrap()).unwrap()
}

/// How many rows, and what all of them say.
type Contents = BTreeMap<String, (i64, Option<String>)>;

async fn contents(db: &Database) -> Contents {
    let owner = db.owner().await;
    let tables = "select relname::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace";
    let mut contents = BTreeMap::new();
    for row in owner.query(tables, &[]).await.unwrap() {
        let table: String = row.get(0);
        contents.insert(table.clone(), said(&owner, &format!("select t::text from {table} t")).await);
    }
    contents
}

async fn said(owner: &Client, query: &str) -> (i64, Option<String>) {
    let digest = format!("select count(*), md5(string_agg(it, chr(10) order by it)) from ({query}) rows (it)");
    let row = owner.query_one(&digest, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

async fn number(owner: &Client, query: &str) -> i64 {
    owner.query_one(query, &[]).await.unwrap().get(0)
}

fn codes(report: &Report) -> Value {
    let mut codes: BTreeMap<&str, u32> = BTreeMap::new();
    for reject in &report.rejects {
        *codes.entry(reject.code.code()).or_default() += 1;
    }
    json!(codes)
}

#[tokio::test]
async fn of_the_extract_exactly_the_forty_bad_rows_are_refused() {
    let db = imported().await;
    let owner = db.owner().await;
    let expected = expected();
    let tables = ["placements", "notifications", "observations"];
    for (table, name) in tables.map(|it| (it, it)).into_iter().chain([("missing_episodes", "episodes")]) {
        assert_eq!(number(&owner, &format!("select count(*) from {table}")).await, expected[name], "{table}");
    }
    let children = "select count(*) from children where agency_person_id not like 'DEMO-%'";
    assert_eq!(number(&owner, children).await, expected["children"]);
    let nameless = "select count(*) from missing_episodes where agency_episode_id like 'X%'";
    assert_eq!(number(&owner, nameless).await, 0);
    let clerks = "select count(*) from notifications n where recorded_by <> (select id from users u \
        where u.agency_id = n.agency_id and name = 'Import') or recorded_at <> '2026-05-01T06:00:00Z'";
    assert_eq!(number(&owner, clerks).await, 0);
}

#[tokio::test]
async fn a_dry_run_tells_the_same_and_writes_nothing() {
    let db = Database::new().await;
    let before = contents(&db).await;
    let report = run(&db, Path::new(EXTRACT), true).await.unwrap();
    assert_eq!(codes(&report), expected()["rejected_episode_rows"]);
    let landed: Vec<usize> = report.files.values().map(|it| it.landed).collect();
    assert_eq!(landed, [4_400, 10_937, 11_044, 25_346, 1_760]);
    assert_eq!(contents(&db).await, before);
}

#[tokio::test]
async fn importing_again_changes_nothing() {
    let db = imported().await;
    let before = contents(&db).await;
    let report = run(&db, Path::new(EXTRACT), false).await.unwrap();
    assert!(report.files.values().all(|it| it.landed == 0), "{report}");
    let there: Vec<usize> = report.files.values().map(|it| it.already_there).collect();
    assert_eq!(there, [4_400, 10_937, 11_044, 25_346, 1_760]);
    assert_eq!(codes(&report), expected()["rejected_episode_rows"]);
    assert_eq!(contents(&db).await, before);
}

/// The groups of a summary by their keys, with `never` as the extract counts it: undone for whatever reason.
async fn figures(auditor: &Person, method: &str, recipient: &str, group_by: &str) -> BTreeMap<String, Value> {
    let as_of = expected()["as_of"].as_str().unwrap().to_owned();
    let query = format!("as_of={as_of}&method={method}&recipient={recipient}&group_by={group_by}");
    let summary = auditor.get(&format!("/v1/compliance/summary?{query}"), 200).await;
    let figure = |it: &Value, name: &str| it[name].as_i64().unwrap();
    let group = |it: &Value| {
        assert!(it["median_hours"].is_f64() && it["p90_hours"].is_f64(), "{it}");
        let never = figure(it, "never") + figure(it, "overdue");
        let [timely, late, open, total] = ["timely", "late", "open", "total"].map(|name| figure(it, name));
        assert_eq!(timely + late + never + open, total);
        let all = json!({ "timely": timely, "late": late, "never": never, "open": open, "total": total });
        (it["key"].as_str().unwrap().to_owned(), all)
    };
    summary["groups"].as_array().unwrap().iter().map(group).collect()
}

fn assert_says(expected: &Value, figures: &Value, name: &str) {
    for (state, count) in expected.as_object().unwrap() {
        assert_eq!(&figures[state], count, "{name} {state}");
    }
    let open = expected.get("open").cloned().unwrap_or(json!(0));
    assert_eq!(figures["open"], open, "{name} open");
}

#[tokio::test]
async fn the_compliance_figures_are_those_of_the_extract_by_both_methods_and_in_every_unit() {
    let app = TestApp::on(imported().await, NOW).await;
    let auditor = app.auditor().await;
    let expected = expected();
    for name in ["statute.law_enforcement", "statute.ncmec", "oig.law_enforcement", "oig.ncmec"] {
        let (method, recipient) = name.split_once('.').unwrap();
        let whole = figures(&auditor, method, recipient, "none").await;
        assert_says(&expected[name], &whole["all"], name);
        let units = figures(&auditor, method, recipient, "unit").await;
        assert_eq!(units.len(), 5);
        for (unit, figures) in units {
            let name = format!("{name}.unit.{unit}");
            assert_says(&expected[&name], &figures, &name);
        }
    }
    let frame = &figures(&auditor, "oig", "ncmec", "none").await["all"]["total"];
    assert_eq!(frame, &expected["episodes_of_two_calendar_days_or_more"]);
}

#[tokio::test]
async fn the_runaway_counts_are_those_of_the_extract() {
    let app = TestApp::on(imported().await, NOW).await;
    let (owner, auditor, expected) = (app.db.owner().await, app.auditor().await, expected());
    let as_of = expected["as_of"].as_str().unwrap();
    let samples = expected["sample_children"].as_object().unwrap();
    assert_eq!(samples.len(), 20);
    let days = "select c.id::text, sum(days)::bigint, max(days)::bigint from children c join lateral \
        (select floor(extract(epoch from least(returned_to_care_at, $2::text::timestamptz) - absence_began_at) \
        / 86400) as days from missing_episodes e where e.child_id = c.id) e on true where agency_person_id = $1 \
        group by c.id";
    for (person, sample) in samples {
        let row = owner.query_one(days, &[person, &as_of]).await.unwrap();
        let id: String = row.get(0);
        let counts = auditor.get(&format!("/v1/children/{id}/runaway-counts?as_of={as_of}"), 200).await;
        assert_eq!(counts["missing_count"], sample["missing"], "{person}");
        assert_eq!(counts["runaway_count"], sample["runaway"], "{person}");
        assert_eq!(counts["days_missing_total"], row.get::<_, i64>(1), "{person}");
        assert_eq!(counts["longest_days_missing"], row.get::<_, i64>(2), "{person}");
    }
}

#[tokio::test]
async fn the_episodes_and_the_days_missing_are_those_of_the_extract() {
    let app = TestApp::on(imported().await, NOW).await;
    let (owner, expected) = (app.db.owner().await, expected());
    let rows = owner
        .query(
            "select n, count(*) from (select count(*) as n from missing_episodes group by child_id) c group by n",
            &[],
        )
        .await
        .unwrap();
    let counted: BTreeMap<String, i64> = rows.iter().map(|it| (it.get::<_, i64>(0).to_string(), it.get(1))).collect();
    assert_eq!(json!(counted), expected["children_by_missing_count"]);
    let mut open = 0;
    for state in ["open_missing", "located_not_recovered", "suspected"] {
        open += paged(&app.auditor().await, &format!("/v1/missing-episodes?state={state}&limit=200")).await.len();
    }
    assert_eq!(open, expected["open_episodes"]);
}

/// Every row of a list.
pub async fn paged(person: &Person, path: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut url = path.to_owned();
    loop {
        let page = person.get(&url, 200).await;
        rows.extend(page["data"].as_array().unwrap().iter().cloned());
        let Some(next) = page["page"]["next"].as_str() else { return rows };
        url = format!("{path}&cursor={next}");
    }
}

const WAITING: &str = "select coalesce(sum(n), 0)::bigint from (select count(r.id) filter \
    (where r.sent_at is null and r.cancelled_at is null) as n from duties d join missing_episodes e on e.id = d.episode_id \
    left join rungs r on r.duty_id = d.id where d.done_at is null and d.closed_undone_at is null \
    and d.superseded_at is null and (e.returned_to_care_at is null) = $1 group by d.id) owed where $2 or n <> 1";

#[tokio::test]
async fn history_makes_no_noise_and_an_open_episode_only_the_rung_that_is_due() {
    let app = TestApp::on(imported().await, IMPORTED_AT).await;
    let owner = app.db.owner().await;
    let waiting =
        async |open: bool, all: bool| -> i64 { owner.query_one(WAITING, &[&open, &all]).await.unwrap().get(0) };
    assert_eq!(waiting(false, true).await, 0);
    let odd = WAITING.replace("coalesce(sum(n), 0)::bigint", "count(*)");
    assert_eq!(owner.query_one(&odd, &[&true, &false]).await.unwrap().get::<_, i64>(0), 0);
    let owed = waiting(true, true).await;
    let due = number(&owner, &format!("select count(*) from rungs where fire_at <= '{IMPORTED_AT}'")).await;
    assert!(370 <= owed && 0 < due && due <= owed, "{due} of {owed}");
    app.travel_to(IMPORTED_AT).await;
    assert_eq!(number(&owner, "select count(*) from rungs where sent_at is not null").await, due);
    let twice = "select count(*) from (select from reminders group by duty_id, user_id having 1 < count(*)) twice";
    assert_eq!(number(&owner, twice).await, 0);
    assert_eq!(waiting(true, true).await, owed);
}

/// The program, built by the same `cargo build` as the tests.
pub(crate) fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    tests.ancestors().nth(2).unwrap().join("homeward")
}

fn importing(db: &Database, dir: &Path) -> Command {
    let mut command = Command::new(program());
    command.arg("import").arg(EXTRACT).arg("--rejects").arg(dir.join("rejects.csv"));
    let keys = dir.join("data.keys");
    fs::write(&keys, KEYS).unwrap();
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o600)).unwrap();
    command.env("DATABASE_URL", &db.url).env("HOMEWARD_DATA_KEY_FILE", keys).stdout(Stdio::null());
    command
}

/// What the records say, but not when they were written down, nor under which ids nobody outside has seen.
async fn facts(db: &Database) -> Contents {
    let owner = db.owner().await;
    let mut facts = BTreeMap::new();
    for (table, id, worker) in [
        ("children", "", "t.assigned_to"),
        ("placements", "", "null"),
        ("missing_episodes", "", "t.worker_id"),
        ("notifications", "", "null"),
        ("observations", "", "null"),
        ("duties", "id", "t.assigned_to"),
        // Of what is sealed, the same is never sealed alike; but the same is found alike.
        ("search_terms", "", "null"),
    ] {
        let query = format!(
            "select (to_jsonb(t) - array['recorded_at', 'recorded_by', 'created_at', 'worker_id', 'assigned_to', 'planned_at', 'identity', 'told', '{id}'] \
             || jsonb_build_object('worker', email))::text from {table} t left join users u on u.id = {worker}"
        );
        facts.insert(table.to_owned(), said(&owner, &query).await);
    }
    let rungs = "select (d.episode_id, d.kind, d.recipient, d.sequence)::text \
        from rungs r join duties d on d.id = r.duty_id";
    facts.insert("rungs".to_owned(), said(&owner, rungs).await);
    facts
}

#[tokio::test]
async fn an_import_that_is_killed_half_way_ends_like_any_other_when_it_runs_again() {
    let (db, dir) = (Database::new().await, tempfile::tempdir().unwrap());
    let owner = db.owner().await;
    let mut child = importing(&db, dir.path()).spawn().unwrap();
    while number(&owner, "select count(*) from missing_episodes").await < 2_000 {
        assert!(child.try_wait().unwrap().is_none(), "the import ended before it was killed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let landed = number(&owner, "select count(*) from children").await;
    assert!(landed < 4_402, "{landed}");
    assert!(!dir.path().join("rejects.csv").exists());
    let status = importing(&db, dir.path()).status().unwrap();
    assert_eq!(status.code(), Some(3));
    let rejects = fs::read_to_string(dir.path().join("rejects.csv")).unwrap();
    assert_eq!(rejects.lines().next(), Some("file,line,code,text"));
    assert_eq!(rejects.lines().filter(|it| it.starts_with("episodes.csv,")).count(), 40);
    // Which birthdays are near depends on the day, so what it is held against was imported today too.
    let (whole, other) = (Database::new().await, tempfile::tempdir().unwrap());
    assert_eq!(importing(&whole, other.path()).status().unwrap().code(), Some(3));
    assert_eq!(facts(&db).await, facts(&whole).await);
}

const CHILDREN: &str = "agency_person_id,given_name,family_name,date_of_birth,sex,race,ethnicity,height_inches,\
    weight_pounds,hair_color,eye_color,unit_code,worker_email,care_status";
const EPISODES: &str = "agency_episode_id,agency_person_id,absence_began_at,agency_information_received_at,located_at,\
    returned_to_care_at,missing_type,missing_from,recovery_type";

fn folder(files: &[(&str, &[&str])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (file, lines) in files {
        fs::write(dir.path().join(file), format!("\u{feff}{}\r\n", lines.join("\r\n"))).unwrap();
    }
    dir
}

#[tokio::test]
async fn a_time_without_an_offset_is_the_agency_s_and_bom_and_crlf_are_nothing() {
    let db = Database::new().await;
    let ann = "K1,Ann,Lee,2011-01-02,,,,,,,,metro,,foster_care";
    let rows = [
        EPISODES,
        "E1,K1,2026-01-10T08:00:00,2026-01-10T09:00:00-05:00,,2026-07-10T08:00:00Z,,,",
        "E2,K1,2026-02-10T08:00:00,2026-02-10T10:00:00,,,,,",
        "E3,K1,2026-03-08T02:30:00,2026-03-08T04:00:00,,,,,",
        "E4,K1,2025-11-02T01:10:00,2025-11-02T04:00:00,,,,,",
    ];
    let dir = folder(&[("children.csv", &[CHILDREN, ann]), ("episodes.csv", &rows)]);
    let report = run(&db, dir.path(), false).await.unwrap();
    let refused: Vec<(usize, &str)> = report.rejects.iter().map(|it| (it.line, it.code.code())).collect();
    let expected = [(2, "in_the_future"), (4, "impossible_local_time"), (5, "ambiguous_local_time")];
    assert_eq!(refused, expected);
    let query = "select (absence_began_at = '2026-02-10T14:00:00Z' and \
        agency_information_received_at = '2026-02-10T16:00:00Z')::int::bigint from missing_episodes";
    assert_eq!(number(&db.owner().await, query).await, 1);
}

#[tokio::test]
async fn ck_04_an_import_that_says_another_receipt_is_refused_and_moves_nothing() {
    let db = Database::new().await;
    let ann = "K1,Ann,Lee,2011-01-02,,,,,,,,metro,,foster_care";
    let of = |received: &str| {
        let row = format!("E1,K1,2026-04-29T08:00:00Z,{received},,,,,");
        folder(&[("children.csv", &[CHILDREN, ann]), ("episodes.csv", &[EPISODES, row.as_str()])])
    };
    assert!(run(&db, of("2026-04-30T09:00:00Z").path(), false).await.unwrap().rejects.is_empty());
    let before = contents(&db).await;
    let report = run(&db, of("2026-04-30T11:00:00Z").path(), false).await.unwrap();
    let refused: Vec<&str> = report.rejects.iter().map(|it| it.code.code()).collect();
    assert_eq!(refused, ["conflicts_with_existing"]);
    assert_eq!(contents(&db).await, before);
}

#[tokio::test]
async fn an_unknown_column_is_refused_before_anything_is_written() {
    let db = Database::new().await;
    let before = contents(&db).await;
    let ann = "K1,Ann,Lee,2011-01-02,,,,,,,,metro,,foster_care";
    let header = format!("{EPISODES},mood");
    let dir = folder(&[("children.csv", &[CHILDREN, ann]), ("episodes.csv", &[&header])]);
    let error = run(&db, dir.path(), false).await.unwrap_err();
    assert!(error.to_string().contains("unknown: `mood`"), "{error}");
    assert_eq!(contents(&db).await, before);
}
