//! Reminders: planned with the facts, delivered by a worker, never lost, stopped when the duty is done.

use serde_json::{Value, json};

use crate::support::{Case, Person, TestApp};

const NOW: &str = "2026-05-01T08:00:00Z";

async fn inbox(person: &Person) -> Vec<Value> {
    let all = person.get("/v1/reminders?limit=200", 200).await;
    let mut rows = all["data"].as_array().unwrap().clone();
    rows.reverse();
    rows
}

fn rungs(inbox: &[Value]) -> Vec<&str> {
    inbox.iter().map(|it| it["rung"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_worker_hears_at_once_of_both_reports() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    app.travel_to(NOW).await;
    let mut messages: Vec<String> =
        inbox(&case.worker).await.iter().map(|it| it["message"].as_str().unwrap().to_owned()).collect();
    messages.sort();
    expect_test::expect![[r#"
        [
            "Report the missing child to NCMEC now. The law's outer limit is 2026-05-02 03:00 CDT.",
            "Report the missing child to law enforcement now. The law's outer limit is 2026-05-02 03:00 CDT.",
        ]
    "#]]
    .assert_debug_eq(&messages);
}

#[tokio::test]
async fn telling_the_police_does_not_quiet_the_reminders_for_ncmec() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    case.report("law_enforcement", NOW).await;
    app.live_until("2026-05-01T13:00:00Z").await;
    let worker = app.caseworker().await;
    let inbox = inbox(&worker).await;
    let reports: Vec<Value> =
        inbox.into_iter().filter(|it| it["message"].as_str().unwrap().starts_with("Report")).collect();
    assert_eq!(rungs(&reports), ["at_once", "after_1_hours", "after_4_hours"]);
    assert!(reports.iter().all(|it| it["message"].as_str().unwrap().contains("NCMEC")));
}

/// When each of these people first heard of the report, by the rung.
async fn first_heard(app: &TestApp) -> Vec<String> {
    let first = |inbox: &[Value]| inbox.iter().find(|it| it["message"].as_str().unwrap().contains("Report")).cloned();
    let mut heard = Vec::new();
    for name in ["caseworker", "supervisor", "on-call", "director"] {
        let person = app.person(name).await;
        let reminder = first(&inbox(&person).await).unwrap_or_default();
        heard.push(format!("{name}: {} {}", reminder["rung"], reminder["sent_at"]).replace('"', ""));
    }
    heard
}

async fn acknowledge_all(person: &Person) {
    for reminder in inbox(person).await {
        let url = format!("/v1/reminders/{}/acknowledgement", reminder["id"].as_str().unwrap());
        assert_eq!(person.send(reqwest::Method::PUT, &url, None, &[]).await.status, 200);
    }
}

#[tokio::test]
async fn dl_08_what_nobody_sees_climbs_every_half_hour_to_the_agencys_contact() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    case.report("law_enforcement", NOW).await;
    app.live_until("2026-05-01T11:00:00Z").await;
    expect_test::expect![[r#"
        [
            "caseworker: at_once 2026-05-01T08:00:00Z",
            "supervisor: at_once 2026-05-01T08:30:00Z",
            "on-call: after_1_hours 2026-05-01T09:30:00Z",
            "director: after_1_hours 2026-05-01T10:00:00Z",
        ]
    "#]]
    .assert_debug_eq(&first_heard(&app).await);
}

#[tokio::test]
async fn what_its_worker_sees_and_does_not_do_climbs_by_the_ladder_alone() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    case.report("law_enforcement", NOW).await;
    for rung in ["01T08", "01T09", "01T12", "01T16", "01T20", "02T02"] {
        app.live_until(&format!("2026-05-{rung}:10:00Z")).await;
        acknowledge_all(&app.caseworker().await).await;
    }
    expect_test::expect![[r#"
        [
            "caseworker: at_once 2026-05-01T08:00:00Z",
            "supervisor: after_18_hours 2026-05-02T02:00:00Z",
            "on-call: null null",
            "director: null null",
        ]
    "#]]
    .assert_debug_eq(&first_heard(&app).await);
}

#[tokio::test]
async fn a_receipt_that_is_corrected_to_two_days_later_has_its_hours_again_and_no_silence() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    case.report("law_enforcement", NOW).await;
    app.live_until("2026-05-03T10:00:00Z").await;
    let supervisor = app.supervisor().await;
    let later = json!({ "agency_information_received_at": "2026-05-03T08:00:00Z",
        "reason": "The first report was of another child." });
    supervisor.patch(&case.url(""), later, 200).await;
    app.live_until("2026-05-04T09:10:00Z").await;
    let all = inbox(&app.caseworker().await).await;
    let since = |it: &&Value| "2026-05-03T10:00:00Z" <= it["sent_at"].as_str().unwrap();
    let reports = all.iter().filter(since).filter(|it| it["message"].as_str().unwrap().contains("NCMEC"));
    let heard: Vec<&str> = reports.map(|it| it["rung"].as_str().unwrap()).collect();
    let anew =
        ["after_4_hours", "after_8_hours", "after_12_hours", "after_18_hours", "after_22_hours", "after_23_hours"];
    assert_eq!(heard, [&["after_1_hours"], &anew[..], &["due", "past_1_hours"]].concat());
}

#[tokio::test]
async fn seen_is_not_done() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    app.travel_to(NOW).await;
    for reminder in inbox(&case.worker).await {
        let url = format!("/v1/reminders/{}/acknowledgement", reminder["id"].as_str().unwrap());
        let seen = case.worker.send(reqwest::Method::PUT, &url, None, &[]).await;
        assert_eq!(seen.status, 200);
        assert_eq!(seen.json()["acknowledged_at"], NOW);
    }
    let left = case.worker.get("/v1/reminders?state=unacknowledged", 200).await;
    assert_eq!(left["data"], json!([]));
    assert_eq!(case.duty("initial_report", "ncmec").await["state"], "open");
    app.travel_to("2026-05-01T09:00:00Z").await;
    let left = app.caseworker().await.get("/v1/reminders?state=unacknowledged", 200).await;
    assert_eq!(left["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_done_duty_is_not_spoken_of_again() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    app.travel_to(NOW).await;
    case.report("law_enforcement", NOW).await;
    case.report("ncmec", NOW).await;
    app.live_until("2026-05-02T20:00:00Z").await;
    let worker = app.caseworker().await;
    let later: Vec<Value> = inbox(&worker).await.into_iter().filter(|it| it["sent_at"] != NOW).collect();
    assert!(later.iter().all(|it| !it["message"].as_str().unwrap().starts_with("Report")), "{later:#?}");
}

#[tokio::test]
async fn after_a_silence_a_person_hears_once_and_the_ladder_goes_on() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    case.report("law_enforcement", NOW).await;
    app.travel_to("2026-05-01T23:30:00Z").await;
    let worker = app.caseworker().await;
    let reports = |all: Vec<Value>| -> Vec<Value> {
        all.into_iter().filter(|it| it["message"].as_str().unwrap().starts_with("Report")).collect()
    };
    let heard = reports(inbox(&worker).await);
    assert_eq!(rungs(&heard), ["at_once", "after_12_hours"]);
    assert!(heard.iter().all(|it| it["sent_at"] == "2026-05-01T23:30:00Z"));
    app.travel_to("2026-05-02T02:00:00Z").await;
    assert_eq!(rungs(&reports(inbox(&app.caseworker().await).await)), ["at_once", "after_12_hours", "after_18_hours"]);
}

#[tokio::test]
async fn a_child_without_a_worker_is_the_supervisors_at_once() {
    let app = TestApp::at(NOW).await;
    let supervisor = app.supervisor().await;
    let child = crate::support::new_child(&supervisor, json!({})).await;
    let open = json!({ "agency_information_received_at": NOW });
    supervisor.post(&format!("/v1/children/{child}/missing-episodes"), open, 201).await;
    app.travel_to(NOW).await;
    assert_eq!(inbox(&supervisor).await.len(), 2);
}

#[tokio::test]
async fn a_reminder_belongs_to_its_person() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    app.travel_to(NOW).await;
    let reminder = &inbox(&case.worker).await[0];
    let url = format!("/v1/reminders/{}/acknowledgement", reminder["id"].as_str().unwrap());
    assert_eq!(case.supervisor.send(reqwest::Method::PUT, &url, None, &[]).await.status, 404);
    assert_eq!(app.stranger().await.send(reqwest::Method::PUT, &url, None, &[]).await.status, 404);
}

async fn until_idle(worker: homeward_server::reminders::Worker) {
    while worker.sweep().await.unwrap() > 0 {}
}

#[tokio::test]
async fn two_workers_never_deliver_a_rung_twice() {
    let app = TestApp::at(NOW).await;
    for _ in 0..10 {
        Case::open_with(&app, json!({ "agency_information_received_at": NOW })).await;
    }
    let mut workers = Vec::new();
    for number in 0..4 {
        let worker = homeward_server::reminders::Worker { name: format!("worker-{number}"), ..app.worker.clone() };
        workers.push(tokio::spawn(until_idle(worker)));
    }
    for worker in workers {
        worker.await.unwrap();
    }
    let worker = app.caseworker().await;
    assert_eq!(inbox(&worker).await.len(), 20);
}
