//! What is owed is counted twice: by the rules in Rust, and by the federal floor written out in SQL (CK-07).

use homeward_domain::id::{AgencyId, Id};
use serde_json::json;

use crate::import::{self, imported};
use crate::support::{Case, TestApp};

const NOW: &str = "2026-05-02T08:00:00Z";

/// Says which agency's duties the floor asks for otherwise than they are stored.
pub async fn same(app: &TestApp) -> Result<(), String> {
    for agency in agencies(app).await {
        let differing = app.state.store.lookout().differing_from_the_floor(agency).await.unwrap();
        if differing != 0 {
            return Err(format!("{differing} duties of {agency} are stored otherwise than the floor asks"));
        }
    }
    Ok(())
}

async fn agencies(app: &TestApp) -> Vec<AgencyId> {
    let rows = app.db.owner().await.query("select id from agencies", &[]).await.unwrap();
    rows.iter().map(|row| Id::from_uuid(row.get(0))).collect()
}

/// A child who was reported, written about, changed, and is back; and one of whom nobody was told.
async fn two_cases() -> (TestApp, Case) {
    let app = TestApp::at(NOW).await;
    let case = Case::open_with(&app, json!({ "agency_information_received_at": "2026-05-01T08:00:00Z" })).await;
    case.report("law_enforcement", "2026-05-01T08:10:00Z").await;
    case.report("ncmec", "2026-05-01T08:20:00Z").await;
    case.worker.patch(&case.url(""), json!({ "circumstances": "Seen at the station." }), 200).await;
    case.report("ncmec", "2026-05-02T07:00:00Z").await;
    Case::open_with(&app, json!({ "agency_information_received_at": "2026-05-02T07:00:00Z" })).await;
    (app, case)
}

#[tokio::test]
async fn ck_07_both_ways_to_count_agree_while_a_child_is_missing_and_once_back() {
    let (app, case) = two_cases().await;
    same(&app).await.unwrap();
    let back = json!({ "recovery_type": "returned_on_own", "returned_to_care_at": "2026-05-02T07:45:00Z" });
    case.worker.put(&case.url(""), &case.url("/recovery"), back, 200).await;
    same(&app).await.unwrap();
}

#[tokio::test]
async fn ck_07_both_ways_to_count_agree_on_what_an_agency_brought_along() {
    let app = TestApp::on(imported().await, import::NOW).await;
    app.state.store.replan_changed(app.now()).await.unwrap();
    let open = app.db.owner().await;
    let open = open.query_one("select count(*) from missing_episodes where closed_at is null", &[]).await.unwrap();
    assert!(open.get::<_, i64>(0) > 0);
    same(&app).await.unwrap();
}

/// What somebody may have done to the duties behind the program, or a fault of the rules in it.
const SPOILT: [&str; 12] = [
    "delete from duties where kind = 'initial_report' and recipient = 'ncmec' and done_at is null",
    "update duties set due_at = due_at + interval '1 second' where kind = 'initial_report' and done_at is null",
    "update duties set due_at = null where kind = 'initial_report' and done_at is null",
    "update duties set starts_at = starts_at + interval '1 hour' where kind = 'initial_report' and done_at is null",
    "update duties set done_at = starts_at where kind = 'initial_report' and recipient = 'ncmec' and done_at is null",
    "update duties set done_at = null where kind = 'initial_report' and recipient = 'law_enforcement'",
    "update duties set superseded_at = starts_at where kind = 'initial_report' and done_at is null",
    "update duties set closed_undone_at = starts_at where kind = 'initial_report' and done_at is null",
    "update duties set due_at = due_at + interval '1 hour' where kind = 'record_update'",
    "delete from duties where kind = 'regular_communication' and recipient = 'law_enforcement'",
    "update duties set sequence = 7 where kind = 'ncic_confirmation'",
    "update notifications set status = 'attempted_unsuccessful' where recipient = 'law_enforcement'",
];

#[tokio::test]
async fn ck_07_the_count_in_sql_alone_finds_each_way_to_spoil_a_duty() {
    let (app, _case) = two_cases().await;
    let owner = app.db.owner().await;
    // The first wall; what is tried is whether the second stands without it.
    owner.batch_execute("alter table duties drop constraint duties_within_the_floor").await.unwrap();
    for spoilt in SPOILT {
        same(&app).await.unwrap();
        let [keep, back] = ["duties", "notifications"].map(|table| {
            let keep = format!("create temp table kept_{table} as select * from {table};");
            let back = format!(
                "delete from {table}; insert into {table} select * from kept_{table}; drop table kept_{table};"
            );
            (keep, back)
        });
        let quietly = "set session_replication_role = replica;";
        owner.batch_execute(&format!("{quietly} {} {} {spoilt}", keep.0, back.0)).await.unwrap();
        assert!(same(&app).await.is_err(), "not found: {spoilt}");
        owner.batch_execute(&format!("{} {}", keep.1, back.1)).await.unwrap();
    }
}
