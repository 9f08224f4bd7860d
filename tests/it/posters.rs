//! Posters: only with consent, and nothing on them that the public must not know (T24); photos in packets (T22).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Case, TestApp, document};

const NOW: &str = "2026-05-01T08:00:00Z";

/// A picture of one pixel.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

fn wanted() -> Value {
    json!({
        "last_seen_on": "2026-04-30", "last_seen_city": "Wichita", "last_seen_state": "Kansas", "marks": "A scar.",
    })
}

async fn decide(case: &Case, state: &str) {
    let decision = json!({
        "state": state, "authority": "Legal custodian", "person_name": "Sample Custodian", "decided_at": NOW,
    });
    case.supervisor.post(&case.child_url("/publication-consents"), decision, 201).await;
}

async fn photograph(case: &Case, taken_on: &str) -> Value {
    let photo = json!({ "taken_on": taken_on, "source": "Sample Caregiver", "content": PIXEL });
    case.worker.post(&case.child_url("/photos"), photo, 201).await
}

async fn content(case: &Case, poster: &Value) -> Value {
    let path = case.url(&format!("/posters/{}/content.json", poster["id"].as_str().unwrap()));
    case.worker.get(&path, 200).await
}

#[tokio::test]
async fn there_is_no_poster_until_consent_is_given_and_none_after_it_is_withdrawn() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let problem = case.worker.post(&case.url("/posters"), wanted(), 409).await;
    assert_eq!(problem["type"], "/problems/publication-not-consented");
    decide(&case, "given").await;
    let made = case.worker.post(&case.url("/posters"), wanted(), 201).await;
    assert_eq!((&made["version"], made["consent_id"].is_string()), (&json!(1), true));
    app.set_clock("2026-05-01T08:05:00Z");
    decide(&case, "withdrawn").await;
    let problem = case.worker.post(&case.url("/posters"), wanted(), 409).await;
    assert!(problem["detail"].as_str().unwrap().contains("withdrawn"));
    assert_eq!(case.worker.get(&case.url("/posters"), 200).await["data"], json!([made]));
}

#[tokio::test]
async fn the_reports_wait_for_no_consent() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let photo = photograph(&case, "2026-04-01").await;
    let made = case.worker.post(&case.url("/packets"), json!({ "recipient": "ncmec" }), 201).await;
    assert_eq!(made["photo"]["id"], photo["id"]);
}

#[tokio::test]
async fn t24_what_people_wrote_for_the_reports_is_not_on_the_poster() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    decide(&case, "given").await;
    for (path, item) in [("/endangerment", "mental_health"), ("/description", "marks"), ("/contacts", "phone_numbers")]
    {
        let path = case.child_url(path);
        let body = json!({ item: { "status": "provided", "value": "Canary words." } });
        case.worker.put(&path, &path, body, 200).await;
    }
    let made = case.worker.post(&case.url("/posters"), wanted(), 201).await;
    let says = content(&case, &made).await;
    assert!(!says.to_string().contains("Canary"));
    assert_eq!(
        (&says["marks"], &says["age"], &says["last_seen_city"]),
        (&json!("A scar."), &json!(15), &json!("Wichita"))
    );
    let members: Vec<&String> = says.as_object().unwrap().keys().collect();
    let described = &document()["components"]["schemas"]["Poster"]["properties"];
    let mut described: Vec<&String> = described.as_object().unwrap().keys().collect();
    described.sort_unstable();
    assert_eq!(members, described);
}

#[tokio::test]
async fn a_poster_says_whom_to_call_and_shows_the_photo() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    decide(&case, "given").await;
    let photo = photograph(&case, "2026-04-01").await;
    let made = case.worker.post(&case.url("/posters"), wanted(), 201).await;
    let says = content(&case, &made).await;
    assert_eq!(says["photo"], json!({ "id": photo["id"], "taken_on": "2026-04-01" }));
    let numbers: Vec<&Value> = says["call"].as_array().unwrap().iter().map(|it| &it["number"]).collect();
    assert_eq!(numbers, ["911", "1-800-THE-LOST (1-800-843-5678)"]);
    let path = case.url(&format!("/posters/{}/content.pdf", made["id"].as_str().unwrap()));
    let pdf = case.worker.send(Method::GET, &path, None, &[]).await;
    assert!(pdf.bytes.starts_with(b"%PDF-1.7") && pdf.text.contains("/Figure"));
}

#[tokio::test]
async fn t22_an_old_photo_goes_out_and_a_newer_one_is_asked_for() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    photograph(&case, "2025-10-13").await;
    let made = case.worker.post(&case.url("/packets"), json!({ "recipient": "law_enforcement" }), 201).await;
    assert_eq!((&made["photo"]["taken_on"], &made["photo"]["is_stale"]), (&json!("2025-10-13"), &json!(true)));
    assert!(made["photo"]["prompt"].is_string());
    photograph(&case, "2026-04-01").await;
    let made = case.worker.post(&case.url("/packets"), json!({ "recipient": "law_enforcement" }), 201).await;
    assert_eq!((&made["photo"]["is_stale"], &made["photo"]["prompt"]), (&json!(false), &Value::Null));
}

#[tokio::test]
async fn a_poster_is_no_packet_and_a_packet_no_poster() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    decide(&case, "given").await;
    let poster = case.worker.post(&case.url("/posters"), wanted(), 201).await;
    let packet = case.worker.post(&case.url("/packets"), json!({ "recipient": "ncmec" }), 201).await;
    let (poster, packet) = (poster["id"].as_str().unwrap(), packet["id"].as_str().unwrap());
    case.worker.get(&case.url(&format!("/packets/{poster}")), 404).await;
    case.worker.get(&case.url(&format!("/packets/{poster}/content.json")), 404).await;
    case.worker.get(&case.url(&format!("/posters/{packet}")), 404).await;
    case.worker.get(&case.url(&format!("/posters/{packet}/content.pdf")), 404).await;
}

#[tokio::test]
async fn the_database_keeps_no_poster_without_a_consent() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    case.worker.post(&case.url("/packets"), json!({ "recipient": "ncmec" }), 201).await;
    let owner = app.db.owner().await;
    let forge = "insert into packets select (jsonb_populate_record(null::packets, \
        to_jsonb(p) || '{\"destination\": \"poster\", \"id\": \"00000000-0000-7000-8000-000000000000\"}')).* from packets p";
    let refused = owner.batch_execute(forge).await.unwrap_err();
    assert!(refused.as_db_error().unwrap().constraint().unwrap().starts_with("packets_check"));
}

#[tokio::test]
async fn a_poster_that_was_handed_out_is_accounted_for() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    decide(&case, "given").await;
    let made = case.worker.post(&case.url("/posters"), wanted(), 201).await;
    let handed_out = json!({
        "recipient_name": "Sample Clerk", "recipient_agency": "Bus station", "method": "in_person", "sent_at": NOW,
        "legal_basis": "consent",
    });
    let id = made["id"].as_str().unwrap();
    let url = case.url(&format!("/posters/{id}/disclosures"));
    let recorded = case.worker.post(&url, handed_out.clone(), 201).await;
    assert_eq!((&recorded["packet_id"], &recorded["legal_basis"]), (&made["id"], &json!("consent")));
    assert_eq!(app.auditor().await.get(&url, 200).await["data"], json!([recorded]));
    case.worker.post(&case.url(&format!("/packets/{id}/disclosures")), handed_out, 404).await;
    let course = case.worker.get(&case.url("/timeline"), 200).await.to_string();
    assert!(course.contains("A poster went out"), "{course}");
}
