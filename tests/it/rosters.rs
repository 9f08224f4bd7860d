//! Rosters: who stands in for whom, who is on call, who is away, and who hears in their place.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Case, PASSWORD, Person, TestApp};

const NOW: &str = "2026-05-01T08:00:00Z";

fn id(person: &Person) -> String {
    person.id.unwrap().to_string()
}

/// How many reminders somebody has, who signs in now.
async fn heard(app: &TestApp, name: &str) -> usize {
    app.person(name).await.get("/v1/reminders", 200).await["data"].as_array().unwrap().len()
}

async fn deliveries(app: &TestApp, case: &Case) -> Vec<Value> {
    app.supervisor().await.get(&case.url("/deliveries"), 200).await["data"].as_array().unwrap().clone()
}

fn from_to(starts_at: &str, ends_at: &str) -> Value {
    json!({ "starts_at": starts_at, "ends_at": ends_at })
}

fn away(substitute: Option<&Person>) -> Value {
    let mut away = from_to("2026-05-01T00:00:00Z", "2026-05-08T00:00:00Z");
    away["substitute_id"] = json!(substitute.map(id));
    away
}

async fn stand_in(supervisor: &Person, worker: &Person, back_up: &Person, status: u16) -> Value {
    let url = format!("/v1/users/{}/back-up", id(worker));
    supervisor.put(&url, &url, json!({ "back_up_id": id(back_up) }), status).await
}

#[tokio::test]
async fn dl_08_the_back_up_hears_when_the_worker_has_not_seen_it_for_half_an_hour_and_the_supervisor_after_that() {
    let app = TestApp::at(NOW).await;
    let second = app.given_person("second", "caseworker", Some("north-county")).await;
    let case = app.given_case().await;
    stand_in(&case.supervisor, &case.worker, &second, 200).await;
    app.live_until("2026-05-01T08:29:00Z").await;
    assert_eq!((heard(&app, "caseworker").await, heard(&app, "second").await), (2, 0));
    app.live_until("2026-05-01T08:31:00Z").await;
    assert_eq!((heard(&app, "second").await, heard(&app, "supervisor").await), (2, 0));
    app.live_until("2026-05-01T09:31:00Z").await;
    assert!(0 < heard(&app, "supervisor").await);
}

#[tokio::test]
async fn a_back_up_works_in_the_same_place_with_children_and_every_choice_is_kept() {
    let app = TestApp::at(NOW).await;
    let (worker, supervisor) = (app.caseworker().await, app.supervisor().await);
    let elsewhere = app.given_person("elsewhere", "caseworker", Some("metro")).await;
    let refused = stand_in(&supervisor, &worker, &elsewhere, 422).await;
    assert_eq!(refused["errors"][0]["detail"], "does not work there");
    stand_in(&supervisor, &worker, &worker, 422).await;
    stand_in(&supervisor, &worker, &app.auditor().await, 422).await;
    assert_eq!(stand_in(&supervisor, &worker, &supervisor, 200).await["version"], 1);
    let url = format!("/v1/users/{}/back-up", id(&worker));
    let nobody = json!({ "back_up_id": null });
    let stale = supervisor.send(Method::PUT, &url, Some(nobody.clone()), &[("if-match", "\"0\"")]).await;
    assert_eq!(stale.status, 412);
    let after = supervisor.put(&url, &url, nobody.clone(), 200).await;
    assert_eq!((&after["version"], &after["back_up_id"]), (&json!(2), &Value::Null));
    let theirs = format!("/v1/users/{}/back-up", id(&elsewhere));
    let hidden = supervisor.send(Method::PUT, &theirs, Some(nobody.clone()), &[("if-match", "\"0\"")]).await;
    assert_eq!(hidden.status, 404);
    assert_eq!(worker.send(Method::PUT, &url, Some(nobody), &[("if-match", "\"2\"")]).await.status, 403);
}

#[tokio::test]
async fn dl_13_a_substitute_hears_in_the_place_of_who_is_away_when_the_rung_fires() {
    let app = TestApp::at(NOW).await;
    let second = app.given_person("second", "caseworker", Some("north-county")).await;
    let case = app.given_case().await;
    case.worker.post("/v1/absences", away(Some(&second)), 201).await;
    app.travel_to(NOW).await;
    assert_eq!((heard(&app, "caseworker").await, heard(&app, "second").await), (0, 2));
    let shown = case.supervisor.get(&format!("/v1/users/{}", id(&case.worker)), 200).await;
    assert_eq!((&shown["away"], &shown["substitute_id"]), (&json!(true), &json!(id(&second))));
}

#[tokio::test]
async fn a_rung_with_nobody_on_it_goes_up_and_says_so() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let absence = case.worker.post("/v1/absences", away(None), 201).await;
    app.travel_to(NOW).await;
    assert_eq!((heard(&app, "caseworker").await, heard(&app, "supervisor").await), (0, 2));
    for row in deliveries(&app, &case).await {
        assert_eq!((&row["audience"], &row["reached"]), (&json!("assigned_worker"), &json!("supervisor")), "{row}");
        assert_eq!(row["went_up"], true);
    }
    let timeline = case.supervisor.get(&case.url("/timeline"), 200).await;
    let attempt = timeline["data"].as_array().unwrap().iter().find(|it| it["kind"] == "delivery_attempted").unwrap();
    assert_eq!((&attempt["detail"]["went_up"], &attempt["detail"]["reached"]), (&json!(true), &json!("supervisor")));
    let url = format!("/v1/absences/{}/cancellation", absence["id"].as_str().unwrap());
    let back = case.worker.send(Method::POST, &url, None, &[]).await;
    assert_eq!((back.status, &back.json()["cancelled_at"]), (200, &json!(NOW)));
    app.live_until("2026-05-01T09:00:00Z").await;
    assert!(0 < heard(&app, "caseworker").await);
    assert!(deliveries(&app, &case).await.iter().any(|it| it["went_up"] == false));
}

#[tokio::test]
async fn a_substitute_who_is_away_or_disabled_or_works_elsewhere_is_refused() {
    let app = TestApp::at(NOW).await;
    let (worker, second) =
        (app.caseworker().await, app.given_person("second", "caseworker", Some("north-county")).await);
    let elsewhere = app.given_person("elsewhere", "caseworker", Some("metro")).await;
    second.post("/v1/absences", from_to("2026-05-07T00:00:00Z", "2026-05-09T00:00:00Z"), 201).await;
    let why = worker.post("/v1/absences", away(Some(&second)), 422).await;
    assert_eq!(
        (&why["errors"][0]["pointer"], &why["errors"][0]["detail"]),
        (&json!("/substitute_id"), &json!("is away in that time"))
    );
    worker.post("/v1/absences", away(Some(&elsewhere)), 422).await;
    worker.post("/v1/absences", from_to("2026-05-03T00:00:00Z", "2026-05-02T00:00:00Z"), 422).await;
    let third = app.given_person("third", "caseworker", Some("north-county")).await;
    let url = format!("/v1/users/{}", id(&third));
    app.person("administrator").await.patch(&url, json!({ "disabled": true }), 200).await;
    let why = worker.post("/v1/absences", away(Some(&third)), 422).await;
    assert_eq!(why["errors"][0]["detail"], "does not work here any more");
}

#[tokio::test]
async fn an_absence_is_recorded_for_oneself_or_by_a_supervisor_of_the_unit() {
    let app = TestApp::at(NOW).await;
    let (worker, supervisor) = (app.caseworker().await, app.supervisor().await);
    let elsewhere = app.given_person("elsewhere", "caseworker", Some("metro")).await;
    let of = |person: &Person| {
        let mut absence = away(None);
        absence["user_id"] = json!(id(person));
        absence
    };
    let made = supervisor.post("/v1/absences", of(&worker), 201).await;
    supervisor.post("/v1/absences", of(&elsewhere), 404).await;
    worker.post("/v1/absences", of(&supervisor), 403).await;
    let url = format!("/v1/absences/{}", made["id"].as_str().unwrap());
    assert_eq!(worker.get(&url, 200).await["recorded_by"], id(&supervisor));
    elsewhere.get(&url, 404).await;
    app.stranger().await.get(&url, 404).await;
    assert_eq!(elsewhere.get("/v1/absences", 200).await["data"], json!([]));
    assert_eq!(supervisor.get("/v1/absences", 200).await["data"][0]["id"], made["id"]);
    let cancel = format!("{url}/cancellation");
    assert_eq!(elsewhere.send(Method::POST, &cancel, None, &[]).await.status, 404);
    assert_eq!(supervisor.send(Method::POST, &cancel, None, &[]).await.status, 200);
    assert_eq!(worker.send(Method::POST, &cancel, None, &[]).await.slug(), "already-done");
}

#[tokio::test]
async fn while_a_shift_covers_the_moment_it_says_who_is_on_call() {
    let app = TestApp::at(NOW).await;
    let second = app.given_person("second", "caseworker", Some("north-county")).await;
    let case = app.given_case().await;
    let mut shift = from_to("2026-05-01T00:00:00Z", "2026-05-08T00:00:00Z");
    shift["user_id"] = json!(id(&second));
    shift["unit_code"] = json!("north-county");
    case.supervisor.post("/v1/on-call-shifts", shift, 201).await;
    app.live_until("2026-05-01T12:00:00Z").await;
    assert!(0 < heard(&app, "second").await);
    assert_eq!(heard(&app, "on-call").await, 0);
}

#[tokio::test]
async fn a_shift_is_for_ones_own_units_and_for_who_works_there() {
    let app = TestApp::at(NOW).await;
    let (worker, supervisor) = (app.caseworker().await, app.supervisor().await);
    let shift = |person: &Person, unit: Option<&str>| {
        let mut shift = from_to("2026-05-02T00:00:00Z", "2026-05-03T00:00:00Z");
        shift["user_id"] = json!(id(person));
        shift["unit_code"] = json!(unit);
        shift
    };
    let made = supervisor.post("/v1/on-call-shifts", shift(&worker, Some("north-county")), 201).await;
    supervisor.post("/v1/on-call-shifts", shift(&worker, Some("metro")), 403).await;
    supervisor.post("/v1/on-call-shifts", shift(&worker, None), 403).await;
    supervisor.post("/v1/on-call-shifts", shift(&worker, Some("nowhere")), 422).await;
    worker.post("/v1/on-call-shifts", shift(&worker, Some("north-county")), 403).await;
    let administrator = app.person("administrator").await;
    administrator.post("/v1/on-call-shifts", shift(&worker, None), 422).await;
    administrator.post("/v1/on-call-shifts", shift(&app.person("on-call").await, None), 201).await;
    let url = format!("/v1/on-call-shifts/{}", made["id"].as_str().unwrap());
    assert_eq!(worker.get(&url, 200).await["unit_code"], "north-county");
    app.stranger().await.get(&url, 404).await;
    let cancel = format!("{url}/cancellation");
    assert_eq!(worker.send(Method::POST, &cancel, None, &[]).await.status, 403);
    assert_eq!(supervisor.send(Method::POST, &cancel, None, &[]).await.json()["cancelled_at"], NOW);
    assert_eq!(supervisor.send(Method::POST, &cancel, None, &[]).await.slug(), "already-done");
    assert_eq!(worker.get("/v1/on-call-shifts", 200).await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn h_14_a_time_in_which_nobody_is_on_call_is_shown_before_it_begins() {
    let app = TestApp::at(NOW).await;
    let (supervisor, on_call) = (app.supervisor().await, app.person("on-call").await);
    let shown = supervisor.get("/v1/on-call-shifts", 200).await;
    assert_eq!((&shown["gaps"], &shown["gaps_until"]), (&json!([]), &json!("2026-05-15T08:00:00Z")));
    on_call.post("/v1/absences", from_to("2026-05-04T00:00:00Z", "2026-05-06T00:00:00Z"), 201).await;
    let mut shift = from_to("2026-05-04T12:00:00Z", "2026-05-05T12:00:00Z");
    shift["user_id"] = json!(id(&supervisor));
    shift["unit_code"] = json!("north-county");
    supervisor.post("/v1/on-call-shifts", shift, 201).await;
    let gap = |from: &str, until: &str| json!({ "unit_code": "north-county", "starts_at": from, "ends_at": until });
    let shown = supervisor.get("/v1/on-call-shifts", 200).await;
    let expected =
        [gap("2026-05-04T00:00:00Z", "2026-05-04T12:00:00Z"), gap("2026-05-05T12:00:00Z", "2026-05-06T00:00:00Z")];
    assert_eq!(shown["gaps"], json!(expected));
    let all = app.person("administrator").await.get("/v1/on-call-shifts", 200).await;
    assert_eq!(all["gaps"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn t_06_whoever_locks_the_sign_ins_of_a_unit_silences_nobody() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    for name in ["caseworker", "supervisor"] {
        let wrong = json!({ "email": format!("{name}@demo.homeward.test"), "password": "a wrong password" });
        for _ in 0..12 {
            app.nobody().send(Method::POST, "/v1/auth/login", Some(wrong.clone()), &[]).await;
        }
        let right = json!({ "email": wrong["email"], "password": PASSWORD });
        app.nobody().post("/v1/auth/login", right, 401).await;
    }
    let child = crate::support::new_child(&worker, json!({})).await;
    let opened = json!({ "agency_information_received_at": NOW });
    worker.post(&format!("/v1/children/{child}/missing-episodes"), opened, 201).await;
    app.live_until("2026-05-01T09:01:00Z").await;
    assert!(2 <= heard(&app, "caseworker").await && 0 < heard(&app, "supervisor").await);
}
