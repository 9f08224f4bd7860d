//! Mail that a relay took and could not deliver: the report of it is as good as a refusal.

use homeward_server::bounce::{self, Taken};
use serde_json::{Value, json};

use crate::support::{Case, Letter, Relay, TestApp};

const NOW: &str = "2026-05-01T08:00:00Z";
const WORKER: &str = "caseworker@demo.homeward.test";
const SUPERVISOR: &str = "supervisor@demo.homeward.test";

/// A report as a mail server writes it.
fn report(action: &str, status: &str, letter: &Letter) -> Vec<u8> {
    let id = letter.header("Message-ID");
    format!(
        "From: MAILER-DAEMON@relay.test\r\nTo: bounces@agency.test\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nI'm sorry.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.test\r\n\r\n\
         Final-Recipient: rfc822; {to}\r\nAction: {action}\r\nStatus: {status}\r\n\
         Diagnostic-Code: smtp; 550 no such person\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {id}\r\nTo: {to}\r\n\r\n--b--\r\n",
        to = letter.to,
    )
    .into_bytes()
}

async fn take(app: &TestApp, report: &[u8]) -> Taken {
    bounce::take(&app.state.store, report, app.now()).await.unwrap()
}

async fn bounced(case: &Case) -> Value {
    case.worker.get("/v1/me/addresses", 200).await["data"][0]["bounce"].clone()
}

async fn given_mails(relay: &Relay) -> (TestApp, Case) {
    let app = TestApp::mailing(NOW, relay).await;
    let case = app.given_case().await;
    case.report("law_enforcement", NOW).await;
    app.travel_to(NOW).await;
    (app, case)
}

#[tokio::test]
async fn h_13_a_bounce_that_comes_later_goes_to_the_next_person_within_five_minutes() {
    let relay = Relay::start().await;
    let (app, case) = given_mails(&relay).await;
    let letter = relay.letters_to(WORKER).remove(0);
    app.live_until("2026-05-01T08:03:00Z").await;
    assert!(relay.letters_to(SUPERVISOR).is_empty());
    assert_eq!(take(&app, &report("failed", "5.1.1", &letter)).await, Taken::Failed(1));
    app.live_until("2026-05-01T08:03:10Z").await;
    assert_eq!(relay.letters_to(SUPERVISOR).len(), 1);
    assert_eq!(
        (&bounced(&case).await["reply"], &bounced(&case).await["bounced_at"]),
        (&json!("5.1.1"), &json!("2026-05-01T08:03:00Z"))
    );
    let sent = case.worker.get(&case.url("/deliveries"), 200).await;
    let refused = |it: &&Value| it["channel"] == "email" && it["ending"] == "refused";
    assert_eq!(sent["data"].as_array().unwrap().iter().filter(refused).count(), 1);
}

#[tokio::test]
async fn dl_14_a_bounce_that_comes_later_goes_to_the_persons_next_address() {
    let relay = Relay::start().await;
    let (app, case) = given_mails(&relay).await;
    case.worker.post("/v1/me/addresses", json!({ "email": "worker@private.test" }), 201).await;
    let letter = relay.letters_to(WORKER).remove(0);
    assert_eq!(take(&app, &report("failed", "5.1.1", &letter)).await, Taken::Failed(1));
    app.settle().await;
    assert_eq!(relay.letters_to("worker@private.test").len(), 1);
    assert!(relay.letters_to(SUPERVISOR).is_empty());
}

#[tokio::test]
async fn a_bounce_of_a_digest_is_a_bounce_of_every_line_in_it() {
    let relay = Relay::start().await;
    let (app, case) = given_mails(&relay).await;
    case.worker.post("/v1/me/addresses", json!({ "email": "worker@private.test" }), 201).await;
    case.report("ncmec", NOW).await;
    let recovery = json!({ "recovery_type": "returned_on_own", "returned_to_care_at": NOW });
    case.worker.put(&case.url(""), &case.url("/recovery"), recovery, 200).await;
    app.live_until("2026-05-01T13:05:00Z").await;
    let is_digest = |it: &Letter| it.header("Subject").ends_with("actions are due");
    let digest = relay.letters_to(WORKER).into_iter().find(is_digest).unwrap();
    let lines = digest.text.matches("Sign in: ").count();
    assert!(2 <= lines);
    assert_eq!(take(&app, &report("failed", "5.1.1", &digest)).await, Taken::Failed(lines));
    app.settle().await;
    let next = relay.letters_to("worker@private.test");
    assert_eq!(next.iter().map(|it| it.text.matches("Sign in: ").count()).sum::<usize>(), lines);
}

#[tokio::test]
async fn a_report_that_comes_twice_or_of_a_delay_or_of_another_mail_does_nothing() {
    let relay = Relay::start().await;
    let (app, case) = given_mails(&relay).await;
    let letter = relay.letters_to(WORKER).remove(0);
    assert_eq!(take(&app, &report("delayed", "4.4.1", &letter)).await, Taken::NoFailure);
    assert_eq!(take(&app, b"Subject: On holiday\r\n\r\nBack in June.\r\n").await, Taken::NoFailure);
    let strange =
        Letter { text: "Message-ID: <0198a1b2-0000-7000-8000-000000000000@agency.test>".to_owned(), ..letter.clone() };
    assert_eq!(take(&app, &report("failed", "5.1.1", &strange)).await, Taken::Unknown);
    assert_eq!(bounced(&case).await, Value::Null);
    assert_eq!(take(&app, &report("failed", "5.1.1", &letter)).await, Taken::Failed(1));
    assert_eq!(take(&app, &report("failed", "5.1.1", &letter)).await, Taken::Unknown);
}

#[tokio::test]
async fn a_report_that_distrusts_us_turns_to_the_next_person_and_is_no_word_about_an_address() {
    let relay = Relay::start().await;
    let (app, case) = given_mails(&relay).await;
    let letter = relay.letters_to(WORKER).remove(0);
    assert_eq!(take(&app, &report("failed", "5.7.1", &letter)).await, Taken::Failed(1));
    app.settle().await;
    assert_eq!(relay.letters_to(SUPERVISOR).len(), 1);
    assert_eq!(bounced(&case).await, Value::Null);
}
