//! Every list has an end, and its last page costs what its first does (LM-07).

use std::collections::BTreeSet;
use std::time::Duration;

use homeward_store::Store;
use serde_json::Value;
use tokio::time::sleep;
use tokio_postgres::Client;

use crate::import::{self, imported};
use crate::support::{Person, TestApp, document};

/// Shown whole: they belong to one record, one person or one agency's own settings, and grow by hand.
const WHOLE: [&str; 13] = [
    "/v1/agency/rules/history",
    "/v1/issuers",
    "/v1/look-reviews",
    "/v1/machine-keys",
    "/v1/me/addresses",
    "/v1/me/calendar-feeds",
    "/v1/me/sessions",
    "/v1/rules",
    "/v1/units",
    "/v1/unusual-looks",
    "/v1/users/{user_id}/hand-overs",
    "/v1/users/{user_id}/identities",
    "/v1/webhooks",
];

/// How many rows every table gave out, as the database counts them.
const READ: &str =
    "select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint from pg_stat_user_tables";

/// Whatever answers with `data`, with the names of its parameters.
fn lists() -> Vec<(&'static str, BTreeSet<&'static str>, &'static Value)> {
    let schemas = &document()["components"]["schemas"];
    let shape = |get: &Value| {
        let named =
            get["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].as_str().unwrap_or_default();
        schemas[named.rsplit('/').next().unwrap_or_default()]["properties"]["data"].clone()
    };
    let paths = document()["paths"].as_object().unwrap().iter();
    let listed = paths.filter(|(_, item)| shape(&item["get"])["type"] == "array");
    let names = |item: &'static Value| {
        item["get"]["parameters"].as_array().into_iter().flatten().map(|it| it["name"].as_str().unwrap()).collect()
    };
    listed.map(|(path, item)| (path.as_str(), names(item), &item["get"])).collect()
}

#[test]
fn lm_07_every_list_is_paged_by_cursor_or_belongs_to_one_record() {
    let (mut paged, mut whole) = (0, 0);
    for (path, names, get) in lists() {
        assert!(!names.contains("offset") && !names.contains("page") && !names.contains("skip"), "{path}");
        assert_eq!(names.contains("cursor"), names.contains("limit"), "{path}");
        if names.contains("cursor") {
            paged += 1;
            assert!(get["responses"]["400"].is_object(), "{path}");
        } else {
            whole += 1;
            assert!(path.contains("{child_id}") || WHOLE.contains(&path), "{path} has no end");
        }
    }
    assert!(12 <= paged && 30 <= whole, "{paged} {whole}");
}

#[tokio::test]
async fn lm_07_no_list_shows_more_than_200_at_a_time() {
    let app = TestApp::at(import::NOW).await;
    let case = app.given_case().await;
    let everyone =
        [case.worker.clone(), app.auditor().await, app.person("administrator").await, app.person("privacy").await];
    for (path, names, _) in lists() {
        if !names.contains("cursor") {
            continue;
        }
        let path = path.replace("{child_id}", &case.child).replace("{webhook_id}", &uuid::Uuid::nil().to_string());
        let mut refused = 0;
        for by in &everyone {
            let reply = by.send(reqwest::Method::GET, &format!("{path}?limit=201"), None, &[]).await;
            assert_ne!(reply.status, 200, "{path}");
            refused += u32::from(reply.status == 400);
        }
        assert!(0 < refused, "{path}");
    }
}

/// What the database read so far. It tells after a second, with the next request.
async fn read(by: &Person, owner: &Client) -> i64 {
    sleep(Duration::from_millis(1_200)).await;
    by.get("/v1/me", 200).await;
    sleep(Duration::from_millis(200)).await;
    owner.query_one(READ, &[]).await.unwrap().get(0)
}

/// How many rows the database reads for a page.
async fn cost(by: &Person, owner: &Client, page: &str) -> i64 {
    let before = read(by, owner).await;
    by.get(page, 200).await;
    read(by, owner).await - before
}

/// Where the last page of a list begins, and on which page that is.
async fn last(by: &Person, list: &str) -> (String, usize) {
    let (mut url, mut pages) = (list.to_owned(), 1);
    while let Some(next) = by.get(&url, 200).await["page"]["next"].as_str() {
        (url, pages) = (format!("{list}&cursor={next}"), pages + 1);
    }
    (url, pages)
}

#[tokio::test]
async fn lm_07_the_last_page_of_ten_thousand_costs_what_the_first_does() {
    let app = TestApp::on(imported().await, import::NOW).await;
    // One connection: what it read is told together.
    let narrow = Store::open(&app.db.url, 1, app.keyring.clone()).await.unwrap();
    let by = app.auditor().await.at_replica(&app.replica_on(narrow));
    let owner = app.db.owner().await;
    owner.batch_execute("analyze").await.unwrap();
    for (list, pages) in [("/v1/missing-episodes", 50), ("/v1/children", 20), ("/v1/audit-entries", 20)] {
        let list = format!("{list}?limit=200");
        let (end, count) = last(&by, &list).await;
        let (first, last) = (cost(&by, &owner, &list).await, cost(&by, &owner, &end).await);
        println!("{list}: {count} pages; rows read for the first {first}, for the last {last}");
        assert!(pages < count, "{list}: {count} pages");
        assert!(0 < first && last < first * 3 / 2 + 500, "{list}: {first} for the first, {last} for the last");
    }
}
