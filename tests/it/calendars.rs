//! A person's open deadlines in their calendar.

use serde_json::json;

use crate::support::{Person, TestApp};

const NOW: &str = "2026-05-01T08:00:00Z";

async fn feed(person: &Person) -> (String, String) {
    let made = person.post("/v1/me/calendar-feeds", json!({ "label": "phone" }), 201).await;
    (made["id"].as_str().unwrap().to_owned(), made["path"].as_str().unwrap().to_owned())
}

async fn read(app: &TestApp, path: &str) -> (u16, String) {
    let reply = app.nobody().send(reqwest::Method::GET, path, None, &[]).await;
    (reply.status, reply.text.replace("\r\n ", ""))
}

#[tokio::test]
async fn dl_20_a_calendar_shows_what_is_due_and_when_and_nothing_about_a_child() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let (_, path) = feed(&case.worker).await;
    let (status, text) = read(&app, &path).await;
    assert_eq!(status, 200);
    assert_eq!(text.matches("SUMMARY:Report the missing child").count(), 2);
    assert!(text.contains("SUMMARY:Report the missing child to NCMEC") && text.contains("DTSTART:20260502T080000Z"));
    assert!(text.contains("BEGIN:VALARM"));
    let child = case.worker.get(&case.child_url(""), 200).await;
    for field in ["id", "given_name", "family_name", "agency_person_id", "date_of_birth"] {
        assert!(!text.contains(child[field].as_str().unwrap()), "{field}");
    }
    assert!(!text.contains(&case.episode));
}

#[tokio::test]
async fn what_is_done_leaves_the_calendar() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let (_, path) = feed(&case.worker).await;
    case.report("ncmec", NOW).await;
    assert!(!read(&app, &path).await.1.contains("SUMMARY:Report the missing child to NCMEC"));
}

#[tokio::test]
async fn a_calendar_holds_ones_own_work_only() {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    for person in [app.stranger().await, app.auditor().await, app.supervisor().await] {
        let (_, path) = feed(&person).await;
        assert_eq!(read(&app, &path).await.1.matches("BEGIN:VEVENT").count(), 0);
    }
}

#[tokio::test]
async fn a_revoked_address_and_one_that_never_was_are_not_found() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let (id, path) = feed(&worker).await;
    assert_eq!(read(&app, &path).await.0, 200);
    let listed = worker.get("/v1/me/calendar-feeds", 200).await;
    assert_eq!((&listed["data"][0]["last_read_at"], &listed["data"][0]["path"]), (&json!(NOW), &json!(null)));
    let revocation = format!("/v1/me/calendar-feeds/{id}/revocation");
    assert_eq!(app.supervisor().await.send(reqwest::Method::POST, &revocation, None, &[]).await.status, 404);
    assert_eq!(worker.send(reqwest::Method::POST, &revocation, None, &[]).await.status, 200);
    assert_eq!(read(&app, &path).await.0, 404);
    assert_eq!(read(&app, "/v1/calendars/never/deadlines.ics").await.0, 404);
}

#[tokio::test]
async fn whoever_works_here_no_more_has_no_calendar() {
    let app = TestApp::at(NOW).await;
    let (_, path) = feed(&app.caseworker().await).await;
    let owner = app.db.owner().await;
    owner.batch_execute("update users set disabled_at = created_at where role = 'caseworker'").await.unwrap();
    assert_eq!(read(&app, &path).await.0, 404);
}
