//! What `make run` shows before anyone has done anything.

use homeward_server::demo;
use serde_json::Value;

use crate::support::{TestApp, at};

const NOW: &str = "2026-05-01T08:00:00Z";

#[tokio::test]
async fn one_sample_child_is_missing_with_one_report_open_and_one_is_back_with_tasks() {
    let app = TestApp::at(NOW).await;
    for _ in 0..2 {
        demo::load_cases(&app.db.url, at(NOW)).await.unwrap();
    }
    let worker = app.caseworker().await;
    let work = worker.get("/v1/duties", 200).await;
    let owed = |name: &str| -> Vec<String> {
        let rows = work["data"].as_array().unwrap().iter().filter(|it| it["child_family_name"] == name);
        let mut kinds: Vec<String> = rows.map(|it| format!("{} {}", it["kind"], it["recipient"])).collect();
        kinds.sort();
        kinds
    };
    assert!(owed("Six").contains(&r#""initial_report" "ncmec""#.to_owned()), "{:?}", owed("Six"));
    assert!(!owed("Six").contains(&r#""initial_report" "law_enforcement""#.to_owned()));
    assert!(owed("Seven").contains(&r#""screening" null"#.to_owned()), "{:?}", owed("Seven"));
    let differences = worker.get("/v1/data-quality/placements", 200).await;
    assert_eq!(differences["data"], Value::Array(Vec::new()));
}

#[tokio::test]
async fn nobody_has_observed_or_concluded_anything_in_the_demo() {
    let app = TestApp::at(NOW).await;
    demo::load_cases(&app.db.url, at(NOW)).await.unwrap();
    let owner = app.db.owner().await;
    for table in ["observations", "determinations"] {
        let rows = owner.query(&format!("select from {table}"), &[]).await.unwrap();
        assert!(rows.is_empty(), "{table}");
    }
}
