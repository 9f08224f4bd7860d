//! The number an auditor asks for: the same by SQL for many and by the domain for one, and every row behind it.

mod stirred;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use homeward_domain::compliance::{Report, by_oig, by_statute};
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_domain::zone::Zone;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::import::{NOW, imported, paged};
use crate::support::{Case, Person, TestApp, at, told};

const OPENED: &str = "2026-05-01T08:00:00Z";

/// What the domain looks at, for every episode of the extract and one recipient.
const REPORTS: &str = "select e.id, e.agency_information_received_at, e.absence_began_at, \
    least(e.recovered_at, e.returned_to_care_at, e.placed_elsewhere_at), e.closed_at, \
    (select min(n.made_at) from notifications n where n.episode_id = e.id and n.recipient = $1 \
     and n.kind = 'initial_report' and n.status = 'completed' and n.retracted_at is null) \
    from missing_episodes e where e.agency_information_received_at <= $2";

type Rows = Vec<(Uuid, Report)>;

async fn reports(app: &TestApp, recipient: &str, as_of: DateTime<Utc>) -> Rows {
    let rows = app.db.owner().await.query(REPORTS, &[&recipient, &as_of]).await.unwrap();
    let report = |row: &tokio_postgres::Row| {
        let received_at = row.get(1);
        let began_at = row.get::<_, Option<DateTime<Utc>>>(2).unwrap_or(received_at);
        (
            row.get(0),
            Report { received_at, began_at, ended_at: row.get(3), closed_at: row.get(4), reported_at: row.get(5) },
        )
    };
    rows.iter().map(report).collect()
}

/// Every row behind the figures, by episode.
async fn states(app: &TestApp, query: &str) -> States {
    let rows = paged(&app.auditor().await, &format!("/v1/compliance/duties?limit=200&{query}")).await;
    let state =
        |row: &Value| (row["episode_id"].as_str().unwrap().parse().unwrap(), row["state"].as_str().unwrap().to_owned());
    let mut states: Vec<_> = rows.iter().map(state).collect();
    states.sort();
    states
}

type States = Vec<(Uuid, String)>;

/// What the domain says of every episode, by both methods.
async fn by_domain(app: &TestApp, recipient: &str, as_of: &str) -> (States, States) {
    let (zone, as_of) = (Zone::parse("America/Chicago").unwrap(), at(as_of));
    let (mut statute, mut oig) = (States::new(), States::new());
    for (id, report) in reports(app, recipient, as_of).await {
        statute.push((id, by_statute(&report, as_of).code().to_owned()));
        oig.extend(by_oig(&report, zone, as_of).map(|it| (id, it.code().to_owned())));
    }
    statute.sort();
    oig.sort();
    (statute, oig)
}

#[tokio::test]
async fn ck07_sql_says_of_every_episode_what_the_domain_says() {
    let app = TestApp::on(imported().await, NOW).await;
    for (as_of, recipient) in [("2018-11-04T07:30:00Z", "law_enforcement"), ("2019-03-10T08:30:00Z", "ncmec")] {
        let (statute, oig) = by_domain(&app, recipient, as_of).await;
        assert!(statute.len() > 400);
        let asked = format!("recipient={recipient}&as_of={as_of}");
        assert_eq!(states(&app, &format!("{asked}&method=statute")).await, statute);
        assert_eq!(states(&app, &format!("{asked}&method=oig")).await, oig);
    }
}

#[tokio::test]
async fn every_number_has_as_many_rows_behind_it_as_it_says() {
    let app = TestApp::on(imported().await, NOW).await;
    let auditor = app.auditor().await;
    let asked = "/v1/compliance/summary?recipient=ncmec&group_by=month&from=2020-10-01&to=2020-12-31";
    let summary = auditor.get(asked, 200).await;
    let groups = summary["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 3);
    for group in groups {
        for (state, link) in group["rows"].as_object().unwrap() {
            let rows = paged(&auditor, link.as_str().unwrap()).await;
            assert_eq!(json!(rows.len()), group[state], "{} {state}", group["key"]);
        }
    }
}

/// The one group of an ungrouped summary about NCMEC.
async fn figures(app: &TestApp, query: &str) -> Value {
    let url = format!("/v1/compliance/summary?recipient=ncmec&{query}");
    app.auditor().await.get(&url, 200).await["groups"][0].clone()
}

#[tokio::test]
async fn a_past_moment_shows_what_had_happened_by_then() {
    let app = TestApp::at("2026-05-01T08:00:00Z").await;
    let case = app.given_case().await;
    app.set_clock("2026-05-03T08:00:00Z");
    let case = Case { worker: app.caseworker().await, ..case };
    case.report("ncmec", "2026-05-03T07:00:00Z").await;
    assert_eq!(figures(&app, "").await["late"], 1);
    assert_eq!(figures(&app, "as_of=2026-05-01T20:00:00Z").await["open"], 1);
    assert_eq!(figures(&app, "as_of=2026-05-02T20:00:00Z").await["overdue"], 1);
    assert_eq!(figures(&app, "as_of=2026-05-01T07:00:00Z").await["total"], 0);
}

#[tokio::test]
async fn what_was_recorded_later_is_not_known_before() {
    let app = TestApp::at("2026-05-01T08:00:00Z").await;
    let case = app.given_case().await;
    app.set_clock("2026-05-03T08:00:00Z");
    let case = Case { worker: app.caseworker().await, ..case };
    // Told in time, and written down two days later: the figures of the day before did not know.
    case.report("ncmec", "2026-05-01T09:00:00Z").await;
    assert_eq!(figures(&app, "").await["timely"], 1);
    assert_eq!(figures(&app, "known_at=2026-05-02T20:00:00Z").await["overdue"], 1);
}

#[tokio::test]
async fn a_corrected_receipt_counts_from_when_it_was_corrected() {
    let app = TestApp::at("2026-05-01T20:00:00Z").await;
    let case = app.given_case().await;
    case.report("ncmec", "2026-05-01T20:00:00Z").await;
    app.set_clock("2026-05-01T20:05:00Z");
    let earlier = json!({ "agency_information_received_at": "2026-04-30T08:00:00Z" });
    case.worker.patch(&case.url(""), earlier, 200).await;
    assert_eq!(figures(&app, "").await["late"], 1);
    assert_eq!(figures(&app, "known_at=2026-05-01T20:01:00Z").await["timely"], 1);
}

#[tokio::test]
async fn never_is_not_overdue() {
    let app = TestApp::at("2026-05-01T08:00:00Z").await;
    let (closed, _open) = (app.given_case().await, app.given_case().await);
    app.set_clock("2026-05-03T08:00:00Z");
    let closed = Case { worker: app.caseworker().await, supervisor: app.supervisor().await, ..closed };
    let duties = closed.now().await["duties"].as_array().unwrap().clone();
    let undone: Vec<Value> =
        duties.iter().map(|it| json!({ "duty_id": it["id"], "reason": "Custody ended." })).collect();
    let told = json!({ "by_name": "Sample Supervisor", "at": "2026-05-03T08:00:00Z" });
    let closure = json!({ "reason": "custody_ended_still_missing", "statement": "Custody ended.", "undone": undone,
        "confirmed_told_law_enforcement": told, "confirmed_told_ncmec": told });
    closed.supervisor.put(&closed.url(""), &closed.url("/closure"), closure, 200).await;
    let figures = figures(&app, "").await;
    assert_eq!((&figures["never"], &figures["overdue"], &figures["total"]), (&json!(1), &json!(1), &json!(2)));
}

#[tokio::test]
async fn only_who_supervises_or_audits_sees_the_figures() {
    let app = TestApp::at("2026-05-01T08:00:00Z").await;
    app.caseworker().await.get("/v1/compliance/summary", 403).await;
    app.supervisor().await.get("/v1/compliance/summary", 200).await;
    app.auditor().await.get("/v1/compliance/summary?colour=red", 400).await;
}

#[tokio::test]
async fn the_state_in_sql_is_the_state_of_the_domain() {
    let app = TestApp::on(imported().await, NOW).await;
    let auditor = app.auditor().await;
    for state in ["open_missing", "located_not_recovered", "post_return_tasks_open", "returned_to_care", "closed"] {
        let listed = auditor.get(&format!("/v1/missing-episodes?limit=200&state={state}"), 200).await;
        for line in listed["data"].as_array().unwrap() {
            assert_eq!(line["state"], state);
        }
    }
    let all = paged(&auditor, "/v1/missing-episodes?limit=200&received_from=2020-10-01").await;
    let open = all.iter().filter(|it| it["state"] == "open_missing").count();
    let asked = "/v1/missing-episodes?limit=200&received_from=2020-10-01&state=open_missing";
    assert_eq!(paged(&auditor, asked).await.len(), open);
}

#[tokio::test]
async fn figures_are_grouped_by_unit_by_month_by_worker_or_not() {
    let app = TestApp::on(imported().await, NOW).await;
    let auditor = app.auditor().await;
    let mut totals = BTreeSet::new();
    let mut keys = BTreeMap::new();
    for by in ["none", "unit", "month", "worker"] {
        let summary = auditor.get(&format!("/v1/compliance/summary?group_by={by}"), 200).await;
        let groups = summary["groups"].as_array().unwrap().clone();
        totals.insert(groups.iter().map(|it| it["total"].as_i64().unwrap()).sum::<i64>());
        keys.insert(by, groups.iter().map(|it| it["key"].as_str().unwrap().to_owned()).collect::<Vec<_>>());
    }
    assert_eq!(totals, [2 * 11_044].into());
    assert_eq!(keys["none"], ["all"]);
    assert_eq!(keys["unit"], ["east-county", "metro", "north-county", "south-county", "west-county"]);
    assert!(keys["month"].contains(&"2018-07".to_owned()) && keys["month"].is_sorted());
    assert!(keys["worker"].iter().all(|it| it == "unassigned" || uuid::Uuid::parse_str(it).is_ok()));
}

/// The states of the two reports of the only case, at these moments.
async fn seen(person: &Person, query: &str) -> Value {
    let rows = person.get(&format!("/v1/compliance/duties?{query}"), 200).await;
    rows["data"].as_array().unwrap().iter().map(|it| it["state"].clone()).collect()
}

#[tokio::test]
async fn a_moment_in_the_past_shows_what_had_happened_by_then() {
    let app = TestApp::at(OPENED).await;
    let case = app.given_case().await;
    app.set_clock("2026-05-01T10:00:00Z");
    let told = told("law_enforcement", "2026-05-01T09:00:00Z");
    app.caseworker().await.post(&case.url("/notifications"), told, 201).await;
    app.set_clock("2026-05-04T08:00:00Z");
    let auditor = app.auditor().await;
    assert_eq!(seen(&auditor, "as_of=2026-05-01T07:59:59Z").await, json!([]));
    assert_eq!(seen(&auditor, "as_of=2026-05-01T08:59:59Z").await, json!(["open", "open"]));
    assert_eq!(seen(&auditor, "as_of=2026-05-01T09:00:00Z").await, json!(["timely", "open"]));
    assert_eq!(seen(&auditor, "as_of=2026-05-02T08:00:00Z").await, json!(["timely", "open"]));
    assert_eq!(seen(&auditor, "as_of=2026-05-02T08:00:01Z").await, json!(["timely", "overdue"]));
    assert_eq!(seen(&auditor, "").await, json!(["timely", "overdue"]));
}

#[tokio::test]
async fn what_was_recorded_later_is_hidden_from_an_earlier_knowledge() {
    let app = TestApp::at(OPENED).await;
    let case = app.given_case().await;
    app.set_clock("2026-05-04T08:00:00Z");
    let worker = app.caseworker().await;
    let keyed = worker.post(&case.url("/notifications"), told("ncmec", "2026-05-01T12:00:00Z"), 201).await;
    app.set_clock("2026-05-06T08:00:00Z");
    let retraction = case.url(&format!("/notifications/{}/retraction", keyed["id"].as_str().unwrap()));
    app.caseworker().await.post(&retraction, json!({ "reason": "Wrong child." }), 201).await;
    let auditor = app.auditor().await;
    let of = "recipient=ncmec&as_of=2026-05-03T08:00:00Z";
    assert_eq!(seen(&auditor, &format!("{of}&known_at=2026-05-04T07:59:59Z")).await, json!(["overdue"]));
    assert_eq!(seen(&auditor, &format!("{of}&known_at=2026-05-04T08:00:00Z")).await, json!(["timely"]));
    assert_eq!(seen(&auditor, &format!("{of}&known_at=2026-05-06T07:59:59Z")).await, json!(["timely"]));
    assert_eq!(seen(&auditor, of).await, json!(["overdue"]));
    assert_eq!(seen(&auditor, &format!("{of}&known_at=2026-05-01T07:59:59Z")).await, json!([]));
}

async fn close(app: &TestApp, case: &Case, mut closure: Value) {
    let supervisor = app.supervisor().await;
    let duties = supervisor.get(&case.url(""), 200).await["duties"].clone();
    let undone = |it: &Value| json!({ "duty_id": it["id"], "reason": "As the statement says." });
    closure["undone"] = duties.as_array().unwrap().iter().map(undone).collect();
    supervisor.put(&case.url(""), &case.url("/closure"), closure, 200).await;
}

#[tokio::test]
async fn what_turned_out_to_be_no_absence_is_left_out() {
    let app = TestApp::at(OPENED).await;
    let case = app.given_case().await;
    app.set_clock("2026-05-01T09:00:00Z");
    let closure = json!({ "reason": "not_missing_miscommunication", "statement": "She was at school." });
    close(&app, &case, closure).await;
    let auditor = app.auditor().await;
    assert_eq!(seen(&auditor, "").await, json!([]));
    assert_eq!(seen(&auditor, "as_of=2026-05-01T08:59:59Z").await, json!(["open", "open"]));
    let summary = auditor.get("/v1/compliance/summary", 200).await;
    assert_eq!(summary["groups"][0]["total"], 0);
    assert!(summary["definition"].as_str().unwrap().contains("24 elapsed hours"));
}

#[tokio::test]
async fn a_merged_duplicate_is_counted_once() {
    let app = TestApp::at("2026-05-01T15:00:00Z").await;
    let case = Case::open_with(&app, json!({ "agency_information_received_at": "2026-05-01T09:00:00Z" })).await;
    let back = json!({ "returned_to_care_at": "2026-05-01T10:00:00Z", "recovery_type": "unknown" });
    case.worker.put(&case.url(""), &case.url("/recovery"), back, 200).await;
    let second = json!({ "agency_information_received_at": "2026-05-01T14:00:00Z" });
    let stays = case.worker.post(&case.child_url("/missing-episodes"), second, 201).await;
    let auditor = app.auditor().await;
    assert_eq!(seen(&auditor, "").await, json!(["open", "open", "open", "open"]));
    let merge = json!({ "reason": "merged_duplicate", "statement": "The same absence.",
        "merged_into_episode_id": stays["id"] });
    close(&app, &case, merge).await;
    assert_eq!(seen(&auditor, "").await, json!(["open", "open"]));
    let rows = auditor.get("/v1/compliance/duties", 200).await;
    assert_eq!(rows["data"][0]["episode_id"], stays["id"]);
    assert_eq!(rows["data"][0]["received_at"], "2026-05-01T09:00:00Z");
}

#[tokio::test]
async fn a_question_that_is_not_understood_is_refused() {
    let app = TestApp::at(OPENED).await;
    let auditor = app.auditor().await;
    for query in [
        "mood=good",
        "as_of=2026-05-01T08:00:00",
        "as_of=2030-01-01T00:00:00Z",
        "from=2026-02-30",
        "kind=screening",
        "recipient=fbi",
        "method=guess",
        "from=2026-05-02&to=2026-05-01",
        "worker_id=me",
    ] {
        for path in ["/v1/compliance/summary", "/v1/compliance/duties"] {
            auditor.get(&format!("{path}?{query}"), 400).await;
        }
    }
    auditor.get("/v1/compliance/summary?group_by=child", 400).await;
    auditor.get("/v1/compliance/duties?state=asleep", 400).await;
}
