//! The database as a guard: what it shows to a query that forgot its filter, and what it lets nobody learn (DB).

use homeward_store::Store;
use reqwest::Method;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::support::{TestApp, new_child};

const NOW: &str = "2026-05-01T08:00:00Z";

/// Every table that has rows of agencies.
const OF_AGENCIES: &str = "select table_name::text from information_schema.columns \
    where table_schema = 'public' and column_name = 'agency_id' and table_name not in ('hidden_children') order by 1";

async fn texts(owner: &Client, query: &str) -> Vec<String> {
    owner.query(query, &[]).await.unwrap().iter().map(|it| it.get(0)).collect()
}

#[tokio::test]
async fn db_03_without_an_agency_no_row_is_there_and_none_can_be_written() {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    let owner = app.db.owner().await;
    let tables = texts(&owner, OF_AGENCIES).await;
    owner.batch_execute("set role homeward_app").await.unwrap();
    let (mut shown, mut tried) = (Vec::new(), 0);
    for table in &tables {
        let Ok(row) = owner.query_one(&format!("select count(*) from {table}"), &[]).await else { continue };
        tried += 1;
        if row.get::<_, i64>(0) != 0 {
            shown.push(table.as_str());
        }
    }
    // An e-mail is looked up before the agency is known (ADR 0012).
    assert_eq!(shown, ["sign_ins"]);
    assert!(40 < tried, "{tried}");
    let agency = Uuid::new_v4();
    let written = owner
        .execute(
            "insert into looks (agency_id, id, at, actor_id, kind) values ($1, $1, now(), $1, 'child')",
            &[&agency],
        )
        .await;
    let refused = written.unwrap_err();
    assert!(refused.as_db_error().unwrap().message().contains("row-level security"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn db_04_of_two_agencies_on_one_connection_neither_sees_the_others() {
    let app = TestApp::at(NOW).await;
    let narrow = Store::open(&app.db.url, 1, app.keyring.clone()).await.unwrap();
    let address = app.replica_on(narrow);
    let here = app.caseworker().await.at_replica(&address);
    let there = app.stranger().await.at_replica(&address);
    let (mine, theirs) =
        (new_child(&here, json!({})).await, new_child(&there, json!({ "unit_code": "central" })).await);
    for round in 0..250 {
        for (by, own, other) in [(&here, &mine, &theirs), (&there, &theirs, &mine)] {
            by.get(&format!("/v1/children/{own}"), 200).await;
            by.get(&format!("/v1/children/{other}"), 404).await;
        }
        if round % 10 == 0 {
            let list = here.get("/v1/children", 200).await.to_string();
            assert!(list.contains(&mine) && !list.contains(&theirs), "{list}");
        }
        // Some are cut off in the middle.
        let path = format!("/v1/children/{mine}");
        let cut = here.answer(Method::GET, &path, None, &[]);
        let _ = tokio::time::timeout(std::time::Duration::from_micros(round * 20), cut).await;
    }
}

#[tokio::test]
async fn db_05_no_view_and_no_function_goes_round_the_wall() {
    let app = TestApp::at(NOW).await;
    let owner = app.db.owner().await;
    let views = "select relname::text from pg_class where relkind in ('v', 'm') and relnamespace = 'public'::regnamespace \
        and not coalesce('security_invoker=true' = any (reloptions), false)";
    assert_eq!(texts(&owner, views).await, [""; 0]);
    // A calendar's address says nothing of the agency, so what is behind it is looked up before the agency is known.
    let definers = "select format('%s %s', proname, array_to_string(proconfig, ' ')) from pg_proc \
        where prosecdef and pronamespace = 'public'::regnamespace order by 1";
    assert_eq!(texts(&owner, definers).await, ["calendar_feed_behind search_path=public, pg_temp"]);
}

#[tokio::test]
async fn db_07_no_unique_key_reaches_over_two_agencies() {
    let app = TestApp::at(NOW).await;
    let owner = app.db.owner().await;
    let over = "select i.indexrelid::regclass::text from pg_index i join pg_class c on c.oid = i.indrelid \
        where i.indisunique and c.relnamespace = 'public'::regnamespace \
        and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'agency_id') \
        and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'agency_id' \
            and a.attnum = any (i.indkey::smallint[])) order by 1";
    // An e-mail, and an issuer for one audience, sign in to one agency; the rest are a secret of 256 bits, and ids that chance chose.
    assert_eq!(
        texts(&owner, over).await,
        [
            "calendar_feeds_token_hash_key",
            "children_id_key",
            "issuers_one",
            "sign_ins_pkey",
            "units_id_key",
            "users_id_key"
        ]
    );
}

#[tokio::test]
async fn db_09_a_statement_that_hangs_and_a_transaction_that_is_left_are_ended() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let held = app.db.owner().await;
    held.batch_execute("begin; lock table children in access exclusive mode").await.unwrap();
    let everyone = "select coalesce(array_agg(pid), '{}') from pg_stat_activity where datname = current_database()";
    let there: Vec<i32> = app.db.owner().await.query_one(everyone, &[]).await.unwrap().get(0);
    let since = std::time::Instant::now();
    let reply = case.worker.answer(Method::GET, &case.child_url(""), None, &[]).await;
    assert!([503, 504].contains(&reply.status), "{} {}", reply.status, reply.text);
    assert!(since.elapsed() < std::time::Duration::from_secs(20));
    held.batch_execute("rollback").await.unwrap();
    case.worker.get(&case.child_url(""), 200).await;
    let owner = app.db.owner().await;
    // A connection that was lost to it is made anew meanwhile, and prepares its statements.
    let running = "select count(*)::text from pg_stat_activity where datname = current_database() and state = 'active' \
        and pid <> pg_backend_pid() and pid = any($1)";
    let left = owner.query_one(running, &[&there]).await.unwrap().get::<_, String>(0);
    assert_eq!(left, "0");
    let since = std::time::Instant::now();
    while texts(&owner, &running.replace(" and pid = any($1)", "")).await != ["0"] {
        assert!(since.elapsed() < std::time::Duration::from_secs(5), "something hangs still");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
