//! Pages: whatever their size, the same rows in the same order, each once.

mod deep;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Person, TestApp};

const NOW: &str = "2026-05-01T08:00:00Z";
const LISTS: [&str; 4] = ["/v1/duties", "/v1/missing-episodes", "/v1/children", "/v1/reminders"];

/// Three cases with reports to make and reminders of them.
async fn three_cases() -> (TestApp, Person) {
    let app = TestApp::at(NOW).await;
    let mut worker = None;
    for _ in 0..3 {
        worker = Some(app.given_case().await.worker);
    }
    app.travel_to(NOW).await;
    (app, worker.unwrap())
}

fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

/// Everything, page after page.
async fn all(person: &Person, list: &str, limit: usize) -> Vec<String> {
    let mut rows = Vec::new();
    let mut next = format!("{list}?limit={limit}");
    loop {
        let page = person.get(&next, 200).await;
        let shown = ids(&page);
        assert!(shown.len() <= limit && rows.len() < 100);
        rows.extend(shown);
        let Some(cursor) = page["page"]["next"].as_str() else { return rows };
        next = format!("{list}?limit={limit}&cursor={cursor}");
    }
}

#[tokio::test]
async fn pages_of_any_size_show_the_same_rows_once_each() {
    let (_app, worker) = three_cases().await;
    for list in LISTS {
        let whole = all(&worker, list, 200).await;
        assert!(3 <= whole.len(), "{list}");
        for limit in [1, 2, 5] {
            assert_eq!(all(&worker, list, limit).await, whole, "{list} by {limit}");
        }
        let mut distinct = whole.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), whole.len(), "{list}");
    }
}

#[tokio::test]
async fn the_last_page_has_no_next_even_when_it_is_full() {
    let (_app, worker) = three_cases().await;
    for list in LISTS {
        let count = all(&worker, list, 200).await.len();
        let page = worker.get(&format!("{list}?limit={count}"), 200).await;
        assert_eq!(page["page"]["next"], json!(null), "{list}");
    }
}

#[tokio::test]
async fn a_row_that_comes_in_between_moves_no_other() {
    let (app, worker) = three_cases().await;
    let whole = all(&worker, "/v1/duties", 200).await;
    let first = worker.get("/v1/duties?limit=2", 200).await;
    app.given_case().await;
    let cursor = first["page"]["next"].as_str().unwrap();
    let rest = ids(&worker.get(&format!("/v1/duties?limit=200&cursor={cursor}"), 200).await);
    let shown: Vec<String> = ids(&first).into_iter().chain(rest).filter(|it| whole.contains(it)).collect();
    assert_eq!(shown, whole);
}

#[tokio::test]
async fn a_page_has_1_to_200_rows() {
    let (_app, worker) = three_cases().await;
    for list in LISTS {
        for limit in ["0", "201", "256", "-1", "1.5", "many", ""] {
            let problem = worker.get(&format!("{list}?limit={limit}"), 400).await;
            assert_eq!(problem["type"], "/problems/invalid-query", "{list} {limit}");
        }
        worker.get(&format!("{list}?limit=200"), 200).await;
    }
}

#[tokio::test]
async fn a_cursor_that_was_changed_anywhere_is_refused() {
    let (_app, worker) = three_cases().await;
    let page = worker.get("/v1/duties?limit=1", 200).await;
    let cursor = page["page"]["next"].as_str().unwrap();
    for place in 0..cursor.len() {
        let mut bytes = cursor.as_bytes().to_vec();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        let reply = worker.send(Method::GET, &format!("/v1/duties?cursor={changed}"), None, &[]).await;
        assert_eq!((reply.status, reply.slug().as_str()), (400, "invalid-cursor"), "{place}");
    }
}

#[tokio::test]
async fn a_cursor_of_ones_own_making_is_refused() {
    let (_app, worker) = three_cases().await;
    for cursor in ["", "A", "AAAA", "2026-05-01", &"A".repeat(54), &"A".repeat(2_000), "%00", "{}"] {
        for list in LISTS {
            let reply = worker.send(Method::GET, &format!("{list}?cursor={cursor}"), None, &[]).await;
            assert_eq!((reply.status, reply.slug().as_str()), (400, "invalid-cursor"), "{list} {cursor}");
        }
    }
}

/// A cursor is a place and no permission: elsewhere it shows at most what one may see there anyway.
#[tokio::test]
async fn a_cursor_of_another_list_or_person_opens_nothing() {
    let (app, worker) = three_cases().await;
    let stranger = app.stranger().await;
    let theirs = ids(&stranger.get("/v1/children?limit=200", 200).await);
    for from in LISTS {
        let page = worker.get(&format!("{from}?limit=1"), 200).await;
        let cursor = page["page"]["next"].as_str().unwrap();
        for to in LISTS {
            let own = all(&worker, to, 200).await;
            let crossed = ids(&worker.get(&format!("{to}?cursor={cursor}"), 200).await);
            assert!(crossed.iter().all(|it| own.contains(it)), "{from} {to}");
            let foreign = ids(&stranger.get(&format!("{to}?cursor={cursor}"), 200).await);
            assert!(foreign.iter().all(|it| theirs.contains(it)), "{from} {to}");
        }
    }
}
