//! Whose rules an agency goes by: chosen by an administrator, followed at once, and remembered.

mod asked;

use serde_json::{Value, json};

use crate::support::{Case, TestApp, told};

const NOW: &str = "2026-05-01T08:00:00Z";

/// Reports within 6 hours to both, and a condition that makes one of them due at once.
const OWN: &str = r#"
jurisdiction = "KS"
name = "Sample agency"
time_zone = "America/Chicago"
source = "Sample manual 1"
source_date = "2026-01-01"

[[choice]]
name = "exigent"
text = "A person finds one of the conditions of the manual met."

[[rule]]
code = "own-report-law-enforcement"
duty = "initial_report"
recipient = "law_enforcement"
anchor = "agency_information_received_at"
hours = 1
citation = "Sample manual 1.1"
text = "Report to law enforcement within an hour."
effective_from = "2020-01-01"

[[rule]]
code = "own-report-ncmec"
duty = "initial_report"
recipient = "ncmec"
anchor = "agency_information_received_at"
hours = 6
citation = "Sample manual 1.2"
text = "Report to NCMEC within 6 hours."
effective_from = "2020-01-01"

[[rule]]
code = "own-report-ncmec-exigent"
duty = "initial_report"
recipient = "ncmec"
anchor = "agency_information_received_at"
hours = 0
when = "exigent"
citation = "Sample manual 1.3"
text = "Report to NCMEC at once where a condition is met."
effective_from = "2020-01-01"
"#;

const RULES: &str = "/v1/agency/rules";

async fn choose(app: &TestApp, jurisdiction: &str, own_pack: Option<&str>) -> Value {
    let mut body = json!({ "jurisdiction": jurisdiction, "reason": "The agency moved to this manual." });
    if let Some(text) = own_pack {
        body["own_pack"] = json!(text);
    }
    app.person("administrator").await.put(RULES, RULES, body, 200).await
}

/// The limits of the two reports, with the rules they come from.
async fn reports(case: &Case) -> Value {
    let mut limits = Vec::new();
    for to in ["law_enforcement", "ncmec"] {
        let duty = case.duty("initial_report", to).await;
        limits.push(json!([duty["due_at"], duty["rule"]["citation"]]));
    }
    json!(limits)
}

#[tokio::test]
async fn dl_16_other_rules_are_followed_at_once_by_everything_open() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let chosen = choose(&app, "KS", Some(OWN)).await;
    assert_eq!((&chosen["version"], &chosen["choices"][0]["name"]), (&json!(2), &json!("exigent")));
    let expected =
        json!([["2026-05-01T09:00:00Z", "Sample manual 1.1"], ["2026-05-01T14:00:00Z", "Sample manual 1.2"],]);
    assert_eq!(reports(&case).await, expected);
    let opened = app.given_case().await;
    assert_eq!(reports(&opened).await, expected);
}

#[tokio::test]
async fn what_is_done_stays_as_it_was_judged_and_reminders_follow_the_new_limit() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    app.travel_to("2026-05-01T08:10:00Z").await;
    choose(&app, "KS", None).await;
    app.live_until("2026-05-01T10:00:01Z").await;
    let case = Case { worker: app.caseworker().await, ..case };
    let duty = case.duty("initial_report", "law_enforcement").await;
    assert_eq!((&duty["state"], &duty["due_at"]), (&json!("overdue"), &json!("2026-05-01T10:00:00Z")));
    let steps = "select step from reminders r join duties d on d.id = r.duty_id and d.agency_id = r.agency_id \
        where d.recipient = 'law_enforcement' group by step order by min(r.sent_at)";
    let rows = app.db.owner().await.query(steps, &[]).await.unwrap();
    let steps: Vec<String> = rows.iter().map(|it| it.get(0)).collect();
    assert_eq!(steps, ["at_once", "after_1_hours", "due"]);
}

#[tokio::test]
async fn a_report_as_of_last_month_uses_last_months_rules() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    app.set_clock("2026-05-01T13:00:00Z");
    let told = told("law_enforcement", "2026-05-01T13:00:00Z");
    app.caseworker().await.post(&case.url("/notifications"), told, 201).await;
    app.set_clock("2026-06-15T08:00:00Z");
    choose(&app, "KS", None).await;
    let auditor = app.auditor().await;
    let state = async |query: &str| {
        let rows = auditor.get(&format!("/v1/compliance/duties?recipient=law_enforcement&{query}"), 200).await;
        rows["data"][0]["state"].clone()
    };
    assert_eq!(state("method=statute").await, "timely");
    assert_eq!(state("method=rules").await, "late");
    assert_eq!(state("method=rules&known_at=2026-06-15T07:59:59Z").await, "timely");
}

#[tokio::test]
async fn ck_02_a_pack_that_loosens_anything_is_refused_with_its_line() {
    let app = TestApp::at(NOW).await;
    let administrator = app.person("administrator").await;
    let loose = OWN.replace("hours = 1\n", "hours = 3\n").replace("hours = 6\n", "hours = 36\n");
    let body = json!({ "jurisdiction": "KS", "own_pack": loose, "reason": "More time." });
    let refused = administrator.put(RULES, RULES, body, 422).await;
    let details: Vec<&str> =
        refused["errors"].as_array().unwrap().iter().map(|it| it["detail"].as_str().unwrap()).collect();
    assert_eq!(
        details,
        [
            "line 16: this gives 3 hours or more, and Kansas PPS Policy and Procedure Manual 5245 gives at most 2",
            "line 26: this gives 36 hours or more, and 42 U.S.C. 671(a)(35)(B) gives at most 24",
        ]
    );
    let nowhere = json!({ "jurisdiction": "ZZ", "reason": "No such place." });
    administrator.put(RULES, RULES, nowhere, 422).await;
    assert_eq!(administrator.get(RULES, 200).await["version"], 1);
}

#[tokio::test]
async fn only_an_administrator_chooses_and_every_choice_is_kept() {
    let app = TestApp::at(NOW).await;
    choose(&app, "KS", Some(OWN)).await;
    choose(&app, "US", None).await;
    let (administrator, supervisor) = (app.person("administrator").await, app.supervisor().await);
    let history = administrator.get(&format!("{RULES}/history"), 200).await;
    let kept: Vec<_> = history["data"].as_array().unwrap().iter().map(|it| it["jurisdiction"].clone()).collect();
    assert_eq!(kept, ["US", "KS"]);
    let body = json!({ "jurisdiction": "KS", "reason": "I prefer it." });
    supervisor.put(RULES, RULES, body, 403).await;
    supervisor.get(&format!("{RULES}/history"), 403).await;
    let entries = app.auditor().await.get("/v1/audit-entries", 200).await;
    let chosen = |it: &&Value| it["action"] == "rules_chosen";
    assert_eq!(entries["data"].as_array().unwrap().iter().filter(chosen).count(), 2);
}

#[tokio::test]
async fn only_a_person_chooses_a_condition_and_only_a_supervisor_takes_it_back() {
    let app = TestApp::at(NOW).await;
    choose(&app, "KS", Some(OWN)).await;
    let case = app.given_case().await;
    let say = |names: Value| json!({ "choices": names, "chosen_by_name": "Sample Supervisor", "reason": "Under 13." });
    let (page, url) = (case.url(""), case.url("/choices"));
    case.worker.put(&page, &url, say(json!(["stormy"])), 422).await;
    case.worker.put(&page, &url, say(json!(["exigent"])), 200).await;
    assert_eq!(case.duty("initial_report", "ncmec").await["due_at"], NOW);
    case.worker.put(&page, &url, say(json!([])), 403).await;
    let back = case.supervisor.put(&page, &url, say(json!([])), 200).await;
    assert_eq!(back["choices"], json!([]));
    assert_eq!(case.duty("initial_report", "ncmec").await["due_at"], "2026-05-01T14:00:00Z");
}

#[tokio::test]
async fn dl_16_what_was_planned_by_other_rules_is_planned_again_by_the_worker() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    app.worker.store.replan_changed(app.now()).await.unwrap();
    let owner = app.db.owner().await;
    owner.batch_execute("update agencies set jurisdiction = 'KS' where name = 'Demo State'").await.unwrap();
    assert_eq!(app.worker.store.replan_changed(app.now()).await.unwrap(), 1);
    assert_eq!(app.worker.store.replan_changed(app.now()).await.unwrap(), 0);
    assert_eq!(reports(&case).await[0][0], "2026-05-01T10:00:00Z");
}

#[tokio::test]
async fn a_request_that_began_under_the_old_rules_is_looked_at_once_more() {
    let app = TestApp::at(NOW).await;
    app.worker.store.replan_changed(app.now()).await.unwrap();
    choose(&app, "KS", None).await;
    assert_eq!(app.worker.store.replan_changed(app.now()).await.unwrap(), 0);
    app.set_clock("2026-05-01T08:01:00Z");
    assert_eq!(app.worker.store.replan_changed(app.now()).await.unwrap(), 1);
}

#[tokio::test]
async fn ck_04_the_limit_a_duty_had_before_is_kept() {
    let app = TestApp::at(NOW).await;
    app.given_case().await;
    app.set_clock("2026-05-01T09:00:00Z");
    choose(&app, "KS", None).await;
    let kept = "select rule_code, rule_citation, due_at::text, replaced_at::text from duty_limits";
    let owner = app.db.owner().await;
    owner.batch_execute("set timezone = 'UTC'").await.unwrap();
    let rows = owner.query(kept, &[]).await.unwrap();
    let row: Vec<String> = (0..4).map(|it| rows[0].get(it)).collect();
    let expected = [
        "us-initial-report-law-enforcement",
        "42 U.S.C. 671(a)(35)(B)",
        "2026-05-02 08:00:00+00",
        "2026-05-01 09:00:00+00",
    ];
    assert_eq!((rows.len(), row.as_slice()), (1, &expected.map(str::to_owned)[..]));
}
