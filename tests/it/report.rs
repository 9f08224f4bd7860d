//! What a report contains: stated by people, under rights of their own, open without holding anything up.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Case, TestApp};

const NOW: &str = "2026-05-01T08:00:00Z";

fn provided(value: &str) -> Value {
    json!({ "status": "provided", "value": value })
}

/// One item of a report's content.
fn item(content: &Value, name: &str) -> Value {
    let items = content["items"].as_array().unwrap();
    items.iter().find(|it| it["item"] == name).unwrap_or_else(|| panic!("{name} is no item")).clone()
}

async fn state(case: &Case, path: &str, body: Value) -> Value {
    case.worker.put(path, path, body, 200).await
}

#[tokio::test]
async fn what_a_person_states_stands_with_their_name_and_the_time() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let path = case.child_url("/description");
    assert_eq!(case.worker.etag(&path).await, "\"0\"");
    let stated = state(&case, &path, json!({ "marks": provided("a scar on the left hand") })).await;
    assert_eq!(stated["marks"]["value"], "a scar on the left hand");
    assert_eq!(stated["marks"]["recorded_by"], case.worker.id.unwrap().to_string());
    assert_eq!(stated["marks"]["citation"], "42 U.S.C. 671(a)(35)(B)(ii)");
    assert_eq!(stated["aliases"], json!({ "status": "open", "citation": "NCMEC reporting practice" }));
    assert_eq!(case.worker.etag(&path).await, "\"1\"");
}

#[tokio::test]
async fn an_item_that_is_left_out_stays_and_what_it_said_before_is_kept() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let path = case.child_url("/contacts");
    state(&case, &path, json!({ "phone_numbers": provided("one"), "email_addresses": provided("two") })).await;
    let stated = state(&case, &path, json!({ "phone_numbers": provided("three") })).await;
    assert_eq!(
        (&stated["phone_numbers"]["value"], &stated["email_addresses"]["value"]),
        (&json!("three"), &json!("two"))
    );
    let kept = "select count(*) from report_statements where item = 'phone_numbers'";
    assert_eq!(app.db.owner().await.query_one(kept, &[]).await.unwrap().get::<_, i64>(0), 2);
}

#[tokio::test]
async fn a_statement_cannot_be_changed_or_taken_out_of_the_table() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    state(&case, &case.child_url("/contacts"), json!({ "phone_numbers": provided("one") })).await;
    let owner = app.db.owner().await;
    assert!(owner.batch_execute("update report_statements set origin = 'part2'").await.is_err());
    assert!(owner.batch_execute("delete from report_statements").await.is_err());
    let rewrap =
        "begin; set role homeward_app; set local homeward.rewrap = 'on'; update report_statements set value = ''";
    assert!(owner.batch_execute(rewrap).await.is_err());
}

#[tokio::test]
async fn nobody_overwrites_what_they_have_not_read() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let path = case.child_url("/description");
    let before = case.worker.etag(&path).await;
    state(&case, &path, json!({ "marks": provided("one") })).await;
    let body = Some(json!({ "marks": provided("two") }));
    let stale = case.worker.send(Method::PUT, &path, body.clone(), &[("if-match", &before)]).await;
    assert_eq!((stale.status, stale.slug().as_str()), (412, "stale"));
    let blind = case.worker.send(Method::PUT, &path, body, &[]).await;
    assert_eq!(blind.status, 428);
}

#[tokio::test]
async fn saying_the_same_again_is_no_new_version() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let path = case.child_url("/description");
    for _ in 0..2 {
        state(&case, &path, json!({ "marks": provided("one") })).await;
    }
    assert_eq!(case.worker.etag(&path).await, "\"1\"");
}

#[tokio::test]
async fn not_known_and_withheld_are_statements_too() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let path = case.child_url("/endangerment");
    let withheld = json!({ "status": "withheld_with_reason", "reason": "the court ordered it", "origin": "part2" });
    let body = json!({ "pregnancy_status": { "status": "not_known_after_asking" }, "substance_dependence": withheld });
    let stated = state(&case, &path, body).await;
    assert_eq!(stated["pregnancy_status"]["status"], "not_known_after_asking");
    assert_eq!(stated["substance_dependence"]["reason"], "the court ordered it");
    assert_eq!(stated["substance_dependence"]["origin"], "part2");
}

#[tokio::test]
async fn every_fault_of_a_statement_is_told_at_once() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let path = case.child_url("/endangerment");
    let body = json!({
        "pregnancy_status": { "status": "provided" },
        "disability": { "status": "withheld_with_reason" },
        "mental_health": { "status": "not_known_after_asking", "value": "x" },
    });
    let problem = case.worker.put(&path, &path, body, 422).await;
    assert_eq!(problem["errors"].as_array().unwrap().len(), 3);
    assert!(problem.to_string().contains("/pregnancy_status"));
}

#[tokio::test]
async fn an_item_of_another_group_is_not_known() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let path = case.child_url("/description");
    let problem = case.worker.put(&path, &path, json!({ "pregnancy_status": provided("x") }), 400).await;
    assert_eq!(problem["errors"][0]["pointer"], "/pregnancy_status");
    let body = json!({ "marks": { "status": "provided", "value": "x", "weight": 1 } });
    assert_eq!(case.worker.put(&path, &path, body, 400).await["type"], "/problems/invalid-body");
}

#[tokio::test]
async fn particulars_belong_to_one_episode() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    state(&case, &case.url("/particulars"), json!({ "belongings": provided("a red bag") })).await;
    let other = app.given_case().await;
    let seen = other.worker.get(&other.url("/particulars"), 200).await;
    assert_eq!(seen["belongings"]["status"], "open");
    let crossed = case.url("/particulars").replace(&case.child, &other.child);
    case.worker.get(&crossed, 404).await;
}

#[tokio::test]
async fn a_change_for_a_missing_child_is_news_for_whoever_was_told() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    case.report("ncmec", NOW).await;
    assert_eq!(case.duty("share_update", "ncmec").await, Value::Null);
    app.set_clock("2026-05-01T08:09:00Z");
    state(&case, &case.child_url("/contacts"), json!({ "phone_numbers": provided("one") })).await;
    assert_eq!(case.duty("share_update", "ncmec").await["starts_at"], "2026-05-01T08:09:00Z");
}

#[tokio::test]
async fn of_a_child_who_is_at_home_a_statement_is_nobodys_news() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = crate::support::new_child(&worker, json!({})).await;
    let path = format!("/v1/children/{child}/contacts");
    worker.put(&path, &path, json!({ "phone_numbers": provided("one") }), 200).await;
}

#[tokio::test]
async fn who_may_not_read_health_and_dangers_gets_their_standing_and_no_word() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    state(&case, &case.child_url("/endangerment"), json!({ "mental_health": provided("canary health") })).await;
    state(&case, &case.child_url("/contacts"), json!({ "phone_numbers": provided("canary phone") })).await;
    let content = case.worker.get(&case.url("/report-content"), 200).await;
    assert_eq!(item(&content, "mental_health")["value"], "canary health");
    for (name, phone) in [("auditor", false), ("privacy", true)] {
        let who = app.person(name).await;
        who.get(&case.child_url("/endangerment"), 403).await;
        who.get(&case.child_url("/contacts"), if phone { 200 } else { 403 }).await;
        let content = who.get(&case.url("/report-content"), 200).await;
        assert_eq!(item(&content, "mental_health")["status"], "provided");
        assert!(!content.to_string().contains("canary health"), "{name}");
        assert_eq!(content.to_string().contains("canary phone"), phone, "{name}");
        assert!(item(&content, "mental_health").get("value").is_none());
    }
}

#[tokio::test]
async fn the_content_names_what_is_open_what_asks_for_it_and_where_to_state_it() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let content = case.worker.get(&case.url("/report-content"), 200).await;
    assert_eq!(item(&content, "name")["value"], "Sample Child");
    let danger = item(&content, "vulnerability_to_being_sex_trafficked");
    assert_eq!((&danger["status"], &danger["group"]), (&json!("open"), &json!("endangerment")));
    assert_eq!(danger["citation"], "42 U.S.C. 671(a)(35)(B)(iii)");
    assert_eq!(danger["stated_under"], case.child_url("/endangerment"));
    assert_eq!(item(&content, "belongings")["stated_under"], case.url("/particulars"));
    let open = content["open_items"].as_array().unwrap();
    assert!(open.contains(&json!("photo")) && open.contains(&json!("hair_color")) && !open.contains(&json!("name")));
}

#[tokio::test]
async fn earlier_episodes_are_told_with_how_they_ended() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let recovery = json!({
        "located_at": NOW, "recovered_at": NOW, "returned_to_care_at": NOW,
        "recovery_type": "returned_on_own", "place": "at a friend's",
    });
    app.set_clock("2026-05-01T08:09:00Z");
    case.worker.put(&case.url(""), &case.url("/recovery"), recovery, 200).await;
    let opening = json!({ "agency_information_received_at": "2026-05-01T08:08:00Z" });
    let second = case.worker.post(&case.child_url("/missing-episodes"), opening, 201).await;
    let path = format!("{}/{}/report-content", case.child_url("/missing-episodes"), second["id"].as_str().unwrap());
    let content = case.worker.get(&path, 200).await;
    let earlier = content["earlier_episodes"].as_array().unwrap();
    assert_eq!(earlier.len(), 1);
    assert_eq!(
        (&earlier[0]["recovery_type"], &earlier[0]["recovery_place"]),
        (&json!("returned_on_own"), &json!("at a friend's"))
    );
}

#[tokio::test]
async fn t23_everything_open_holds_no_report_up() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    for recipient in ["law_enforcement", "ncmec"] {
        case.report(recipient, NOW).await;
        assert_eq!(case.duty("initial_report", recipient).await["state"], "timely");
    }
}

#[tokio::test]
async fn what_is_stated_changes_no_duty_and_no_deadline_of_the_report() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let before = case.duty("initial_report", "ncmec").await;
    let words = provided("She said that a man promised her money.");
    let path = case.child_url("/endangerment");
    state(&case, &path, json!({ "vulnerability_to_being_sex_trafficked": words })).await;
    assert_eq!(case.duty("initial_report", "ncmec").await, before);
}

#[tokio::test]
async fn what_was_replaced_stays_readable_to_whoever_may_read_the_group_and_each_look_is_on_record() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let path = case.child_url("/endangerment");
    state(&case, &path, json!({ "medical_conditions": provided("Asthma.") })).await;
    state(&case, &path, json!({ "medical_conditions": provided("Asthma; none other.") })).await;
    let history = format!("{path}/history");
    let told = case.worker.get(&history, 200).await;
    let rows = told["data"].as_array().unwrap().iter().map(|it| (it["version"].clone(), it["value"].clone()));
    let expected = [(json!(1), json!("Asthma.")), (json!(2), json!("Asthma; none other."))];
    assert_eq!(rows.collect::<Vec<_>>(), expected);
    assert_eq!(case.worker.get(&case.child_url("/description/history"), 200).await["data"], json!([]));
    app.auditor().await.get(&history, 403).await;
    let log = case.supervisor.get(&case.child_url("/access-log"), 200).await.to_string();
    assert!(log.contains("read_endangerment"), "{log}");
}

#[tokio::test]
async fn the_particulars_of_one_episode_have_a_history_of_their_own() {
    let app = TestApp::at(NOW).await;
    let (case, other) = (app.given_case().await, app.given_case().await);
    let path = case.url("/particulars");
    state(&case, &path, json!({ "belongings": provided("A red bag.") })).await;
    let told = case.worker.get(&format!("{path}/history"), 200).await;
    assert_eq!((told["data"].as_array().unwrap().len(), &told["data"][0]["item"]), (1, &json!("belongings")));
    assert_eq!(case.worker.get(&other.url("/particulars/history"), 200).await["data"], json!([]));
}
