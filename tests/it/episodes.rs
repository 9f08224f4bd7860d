//! Opening and correcting a missing episode.

use serde_json::{Value, json};

use crate::support::{Case, Person, TestApp, new_child};

const NOW: &str = "2026-05-01T08:00:00Z";

#[tokio::test]
async fn opening_an_episode_raises_the_two_reports() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let duties = case.opened["duties"].as_array().unwrap();
    let reports: Vec<&Value> = duties.iter().filter(|it| it["kind"] == "initial_report").collect();
    let recipients: Vec<&Value> = reports.iter().map(|it| &it["recipient"]).collect();
    assert_eq!(recipients, ["law_enforcement", "ncmec"]);
    for report in reports {
        assert_eq!(report["due_at"], "2026-05-02T08:00:00Z");
        assert_eq!(report["state"], "open");
        assert_eq!(report["rule"]["citation"], "42 U.S.C. 671(a)(35)(B)");
    }
    assert_eq!(case.opened["state"], "open_missing");
    assert_eq!(case.opened["number"], 1);
}

#[tokio::test]
async fn ck_05_a_receipt_keyed_thirty_hours_late_is_overdue_at_once() {
    let app = TestApp::at(NOW).await;
    let opened = json!({ "agency_information_received_at": "2026-04-30T02:00:00Z" });
    let case = Case::open_with(&app, opened).await;
    for recipient in ["law_enforcement", "ncmec"] {
        assert_eq!(case.duty("initial_report", recipient).await["state"], "overdue");
    }
    case.report("law_enforcement", "2026-05-01T07:59:00Z").await;
    let report = case.duty("initial_report", "law_enforcement").await;
    assert_eq!(report["state"], "late");
    assert_eq!(report["late_by_seconds"], 5 * 3600 + 59 * 60);
}

#[tokio::test]
async fn ck_01_the_night_the_clocks_change_has_24_hours_too() {
    let app = TestApp::at("2026-03-08T12:00:00Z").await;
    let opened = json!({ "agency_information_received_at": "2026-03-07T22:00:00-05:00" });
    let case = Case::open_with(&app, opened).await;
    assert_eq!(case.duty("initial_report", "ncmec").await["due_at"], "2026-03-09T03:00:00Z");
}

#[tokio::test]
async fn a_second_open_episode_is_refused_with_the_id_of_the_first() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let again = json!({ "agency_information_received_at": NOW });
    let problem = case.worker.post(&case.child_url("/missing-episodes"), again, 409).await;
    assert_eq!(problem["type"], "/problems/already-missing");
    assert_eq!(problem["open_episode_id"], case.opened["id"]);
}

#[tokio::test]
async fn a_new_absence_after_a_return_is_a_new_episode() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let back = json!({ "returned_to_care_at": NOW, "recovery_type": "returned_on_own" });
    case.worker.put(&case.url(""), &case.url("/recovery"), back, 200).await;
    let again = json!({ "agency_information_received_at": NOW });
    let second = case.worker.post(&case.child_url("/missing-episodes"), again, 201).await;
    assert_eq!(second["number"], 2);
}

#[tokio::test]
async fn an_absence_that_overlaps_an_ended_one_is_refused() {
    let app = TestApp::at(NOW).await;
    let began = json!({ "agency_information_received_at": NOW, "absence_began_at": "2026-05-01T06:00:00Z" });
    let case = Case::open_with(&app, began).await;
    let back = json!({ "returned_to_care_at": NOW, "recovery_type": "returned_on_own" });
    case.worker.put(&case.url(""), &case.url("/recovery"), back, 200).await;
    let overlapping = json!({ "agency_information_received_at": NOW, "absence_began_at": "2026-05-01T07:00:00Z" });
    let problem = case.worker.post(&case.child_url("/missing-episodes"), overlapping, 409).await;
    assert_eq!(problem["type"], "/problems/overlapping-episode");
}

#[tokio::test]
async fn the_type_may_change_four_times_and_moves_no_deadline() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let before = case.duty("initial_report", "ncmec").await;
    for kind in ["absent_without_permission", "abduction_family", "lost_injured_otherwise", "disaster"] {
        case.worker.patch(&case.url(""), json!({ "missing_type": kind }), 200).await;
    }
    assert_eq!(case.duty("initial_report", "ncmec").await, before);
    let owner = app.db.owner().await;
    let kept = owner.query("select 1 from missing_episode_versions", &[]).await.unwrap();
    assert_eq!(kept.len(), 4);
}

#[tokio::test]
async fn the_receipt_moves_earlier_freely_and_the_deadlines_with_it() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let earlier = json!({ "agency_information_received_at": "2026-05-01T05:00:00Z" });
    case.worker.patch(&case.url(""), earlier, 200).await;
    assert_eq!(case.duty("initial_report", "ncmec").await["due_at"], "2026-05-02T05:00:00Z");
}

#[tokio::test]
async fn ck_04_only_a_supervisor_with_a_reason_moves_the_receipt_later() {
    let app = TestApp::at(NOW).await;
    let opened = json!({ "agency_information_received_at": "2026-05-01T02:00:00Z" });
    let case = Case::open_with(&app, opened).await;
    let later = json!({ "agency_information_received_at": "2026-05-01T04:00:00Z" });
    let refused = case.worker.patch(&case.url(""), later.clone(), 403).await;
    assert_eq!(refused["type"], "/problems/receipt-moves-later");
    case.supervisor.patch(&case.url(""), later.clone(), 422).await;
    assert_eq!(case.duty("initial_report", "ncmec").await["due_at"], "2026-05-02T02:00:00Z");
    let mut reasoned = later;
    reasoned["reason"] = json!("The hotline log shows 04:00.");
    case.supervisor.patch(&case.url(""), reasoned, 200).await;
    assert_eq!(case.duty("initial_report", "ncmec").await["due_at"], "2026-05-02T04:00:00Z");
    let owner = app.db.owner().await;
    let rows = owner.query("select detail from audit_entries where action = 'receipt_moved'", &[]).await.unwrap();
    let detail: Value = rows[0].get(0);
    assert_eq!(detail["from"], "2026-05-01T02:00:00Z");
    assert_eq!(detail["to"], "2026-05-01T04:00:00Z");
}

#[tokio::test]
async fn a_young_adult_in_the_state_option_is_covered_only_where_the_agency_elected_it() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let adult = json!({ "date_of_birth": "2003-01-01", "care_status": "state_option_under_26" });
    let open = json!({ "agency_information_received_at": NOW });
    let child = new_child(&worker, adult.clone()).await;
    let off = worker.post(&format!("/v1/children/{child}/missing-episodes"), open.clone(), 201).await;
    assert_eq!(off["duties"], json!([]));
    app.db.owner().await.batch_execute("update agencies set state_option_under_26 = true").await.unwrap();
    let child = new_child(&worker, adult).await;
    let on = worker.post(&format!("/v1/children/{child}/missing-episodes"), open, 201).await;
    assert_eq!(on["duties"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_kansas_agency_has_two_hours_for_law_enforcement() {
    let app = TestApp::at(NOW).await;
    app.db.owner().await.batch_execute("update agencies set jurisdiction = 'KS'").await.unwrap();
    let case = app.given_case().await;
    let police = case.duty("initial_report", "law_enforcement").await;
    assert_eq!(police["due_at"], "2026-05-01T10:00:00Z");
    assert_eq!(police["rule"]["jurisdiction"], "KS");
    assert_eq!(case.duty("initial_report", "ncmec").await["due_at"], "2026-05-02T08:00:00Z");
}

#[tokio::test]
async fn a_birthday_while_missing_closes_nothing_and_asks_a_person_to_review() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({ "date_of_birth": "2008-05-03" })).await;
    let url = format!("/v1/children/{child}/missing-episodes");
    let opened = worker.post(&url, json!({ "agency_information_received_at": NOW }), 201).await;
    let episode = format!("{url}/{}", opened["id"].as_str().unwrap());
    let before = worker.get(&episode, 200).await;
    assert!(before["duties"].as_array().unwrap().iter().all(|it| it["kind"] != "birthday_review"));
    app.live_until("2026-05-03T08:00:00Z").await;
    let worker = app.caseworker().await;
    let after = worker.get(&episode, 200).await;
    assert_eq!(after["state"], "open_missing");
    let kinds: Vec<&str> = after["duties"].as_array().unwrap().iter().filter_map(|it| it["kind"].as_str()).collect();
    assert_eq!(kinds, ["initial_report", "initial_report", "birthday_review"]);
}

#[tokio::test]
async fn a_corrected_day_of_birth_moves_the_review() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({ "date_of_birth": "2008-05-03" })).await;
    let (child, url) = (format!("/v1/children/{child}"), format!("/v1/children/{child}/missing-episodes"));
    let opened = worker.post(&url, json!({ "agency_information_received_at": NOW }), 201).await;
    let episode = format!("{url}/{}", opened["id"].as_str().unwrap());
    let review = async |worker: &Person| {
        let duties = worker.get(&episode, 200).await["duties"].as_array().unwrap().clone();
        duties
            .into_iter()
            .find(|it| it["kind"] == "birthday_review")
            .map(|it| (it["starts_at"].clone(), it["state"].clone()))
    };
    app.live_until("2026-05-03T08:00:00Z").await;
    let worker = app.caseworker().await;
    assert_eq!(review(&worker).await.unwrap().0, "2026-05-03T05:00:00Z");
    worker.patch(&child, json!({ "date_of_birth": "2008-05-04" }), 200).await;
    assert_eq!(review(&worker).await, None);
    app.live_until("2026-05-04T08:00:00Z").await;
    let worker = app.caseworker().await;
    assert_eq!(review(&worker).await.unwrap().0, "2026-05-04T05:00:00Z");
    worker.patch(&child, json!({ "date_of_birth": "2010-05-04" }), 200).await;
    assert_eq!(review(&worker).await, None);
}

#[tokio::test]
async fn an_open_duty_without_a_waiting_rung_cannot_be_committed() {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    let owner = app.db.owner().await;
    let refused = owner.batch_execute("update rungs set cancelled_at = fire_at").await.unwrap_err();
    assert!(refused.to_string().contains("db error"), "{refused}");
    let orphans = "select 1 from duties d where done_at is null and superseded_at is null and not exists \
        (select from rungs r where r.duty_id = d.id and r.sent_at is null and r.cancelled_at is null)";
    assert!(owner.query(orphans, &[]).await.unwrap().is_empty());
}
