//! A recipient who refuses: what to do is said at once, and what is owed stays owed.

use serde_json::{Value, json};

use crate::support::{TestApp, told};

const NOW: &str = "2026-05-01T08:00:00Z";
const CONTACTS: &str = "/v1/agency/escalation-contacts";

fn refused(recipient: &str) -> Value {
    let mut report = told(recipient, NOW);
    report["status"] = json!("refused_by_recipient");
    report["refusal_reason"] = json!("Told to wait 24 hours.");
    report
}

fn clearinghouse() -> Value {
    json!({ "contacts": [{
        "kind": "state_clearinghouse", "name": "Missing Children Clearinghouse of Demo State", "phone": "555-0100",
    }] })
}

#[tokio::test]
async fn a_refusal_by_the_police_is_answered_with_the_law_and_whom_to_call_and_leaves_the_report_owed() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let answer = case.worker.post(&case.url("/notifications"), refused("law_enforcement"), 201).await;
    assert_eq!(answer["refusal"]["statute"]["citation"], "34 U.S.C. 41308(1)");
    assert!(answer["refusal"]["statute"]["text"].as_str().unwrap().contains("waiting period"));
    let first = &answer["refusal"]["escalation_contacts"][0];
    assert_eq!(
        (&first["kind"], &first["phone"]),
        (&json!("ncmec_call_center"), &json!("1-800-THE-LOST (1-800-843-5678)"))
    );
    assert_eq!(case.duty("initial_report", "law_enforcement").await["state"], "open");
    app.set_clock("2026-05-02T08:00:01Z");
    let case = crate::support::Case { worker: app.caseworker().await, ..case };
    assert_eq!(case.duty("initial_report", "law_enforcement").await["state"], "overdue");
    let listed = case.worker.get(&case.url("/notifications"), 200).await;
    assert_eq!(listed["data"][0]["refusal"], answer["refusal"]);
}

#[tokio::test]
async fn a_refusal_without_its_reason_is_not_recorded() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let mut report = refused("law_enforcement");
    report.as_object_mut().unwrap().remove("refusal_reason");
    let problem = case.worker.post(&case.url("/notifications"), report, 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/refusal_reason");
    assert_eq!(case.worker.get(&case.url("/notifications"), 200).await["data"], json!([]));
}

#[tokio::test]
async fn the_statute_on_waiting_periods_is_named_only_to_those_it_binds() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let ncmec = case.worker.post(&case.url("/notifications"), refused("ncmec"), 201).await;
    assert_eq!(ncmec["refusal"]["statute"], json!(null));
    assert_eq!(ncmec["refusal"]["escalation_contacts"].as_array().unwrap().len(), 1);
    assert_eq!(case.report("ncmec", NOW).await["refusal"], json!(null));
}

#[tokio::test]
async fn whom_the_agency_chose_is_named_after_ncmec() {
    let app = TestApp::at(NOW).await;
    let (case, administrator) = (app.given_case().await, app.person("administrator").await);
    administrator.put(CONTACTS, CONTACTS, clearinghouse(), 200).await;
    let answer = case.worker.post(&case.url("/notifications"), refused("law_enforcement"), 201).await;
    let kinds: Vec<&Value> =
        answer["refusal"]["escalation_contacts"].as_array().unwrap().iter().map(|it| &it["kind"]).collect();
    assert_eq!(kinds, ["ncmec_call_center", "state_clearinghouse"]);
}

#[tokio::test]
async fn an_administrator_chooses_whom_to_call_and_everyone_else_reads_it() {
    let app = TestApp::at(NOW).await;
    let administrator = app.person("administrator").await;
    let before = administrator.get(CONTACTS, 200).await;
    assert_eq!((&before["contacts"], &before["version"]), (&json!([]), &json!(0)));
    administrator.put(CONTACTS, CONTACTS, clearinghouse(), 200).await;
    for who in [app.caseworker().await, app.supervisor().await, app.auditor().await, app.person("on-call").await] {
        let shown = who.get(CONTACTS, 200).await;
        assert_eq!((&shown["contacts"][0]["phone"], &shown["version"]), (&json!("555-0100"), &json!(1)));
        who.put(CONTACTS, CONTACTS, clearinghouse(), 403).await;
    }
    let stranger = app.stranger().await.get(CONTACTS, 200).await;
    assert_eq!(stranger["contacts"], json!([]));
}

#[tokio::test]
async fn a_choice_made_on_an_old_page_is_refused_and_the_old_list_is_kept() {
    let app = TestApp::at(NOW).await;
    let administrator = app.person("administrator").await;
    administrator.put(CONTACTS, CONTACTS, clearinghouse(), 200).await;
    let headers = [("if-match", "\"0\"")];
    let put = reqwest::Method::PUT;
    let stale = administrator.send(put, CONTACTS, Some(json!({ "contacts": [] })), &headers).await;
    assert_eq!((stale.status, stale.slug().as_str()), (412, "stale"));
    administrator.put(CONTACTS, CONTACTS, json!({ "contacts": [] }), 200).await;
    let kept = app.told("escalation_contacts", "true").await;
    assert_eq!(kept.iter().filter(|it| it.to_string().contains("555-0100")).count(), 1);
    let entries = "select count(*) from audit_entries where action = 'escalation_contacts_changed'";
    assert_eq!(app.db.owner().await.query_one(entries, &[]).await.unwrap().get::<_, i64>(0), 2);
}

#[tokio::test]
async fn someone_who_cannot_be_reached_is_no_contact() {
    let app = TestApp::at(NOW).await;
    let administrator = app.person("administrator").await;
    let nameless = json!({ "contacts": [{ "kind": "other", "name": "Somebody" }] });
    let problem = administrator.put(CONTACTS, CONTACTS, nameless, 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/contacts/0/phone");
}
