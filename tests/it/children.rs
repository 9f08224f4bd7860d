//! Children: added, read, corrected, listed, handed over; and who looked at them.

use homeward_domain::id::Id;
use homeward_store::seal;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Case, Person, TestApp, new_child};

mod search;

const NOW: &str = "2026-05-01T08:00:00Z";

fn sample() -> Value {
    json!({
        "agency_person_id": "P-100", "given_name": "Ada", "family_name": "Sampleton", "date_of_birth": "2011-03-04",
        "sex": "female", "race": ["white", "asian"], "height_inches": 60, "weight_pounds": 100,
        "hair_color": "brown", "eye_color": "green", "unit_code": "north-county", "care_status": "foster_care",
    })
}

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_child_is_added_with_everything_that_was_told() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let reply = worker.post_once("k", "/v1/children", sample()).await;
    assert_eq!((reply.status, reply.header("etag")), (201, "\"1\""));
    let child = reply.json();
    assert_eq!(reply.header("location"), format!("/v1/children/{}", child["id"].as_str().unwrap()));
    for (field, value) in sample().as_object().unwrap() {
        assert_eq!(&child[field], value, "{field}");
    }
    assert_eq!(child["assigned_to"], worker.id.unwrap().to_string());
}

#[tokio::test]
async fn the_page_of_a_child_shows_the_record_and_what_is_owed() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let page = case.worker.get(&case.child_url(""), 200).await;
    assert_eq!(page["open_duties"].as_array().unwrap().len(), 2);
    assert_eq!(page["open_episode_id"], case.episode);
    assert_eq!(page["episodes"][0]["state"], "open_missing");
    assert_eq!(page["missing_count"], 1);
}

#[tokio::test]
async fn a_correction_keeps_the_rest_and_what_was_said_before() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, sample()).await;
    let url = format!("/v1/children/{child}");
    let changed = worker.patch(&url, json!({ "eye_color": "blue", "race": ["white"] }), 200).await;
    assert_eq!((&changed["eye_color"], &changed["race"]), (&json!("blue"), &json!(["white"])));
    assert_eq!((&changed["hair_color"], &changed["version"]), (&json!("brown"), &json!(2)));
    let renamed = worker.patch(&url, json!({ "care_status": "open_case_in_home", "eye_color": "grey" }), 200).await;
    assert_eq!(renamed["version"], 3);
    let owner = app.db.owner().await;
    let kept = "select version, facts->>'care_status', identity from child_versions order by version";
    let rows = owner.query(kept, &[]).await.unwrap();
    let agency =
        Id::from_uuid(owner.query_one("select distinct agency_id from child_versions", &[]).await.unwrap().get(0));
    let column = *seal::ALL.iter().find(|it| it.table == "child_versions").unwrap();
    assert_eq!(rows.len(), 2);
    for (row, version) in rows.iter().zip([1, 2]) {
        assert_eq!((row.get::<_, i32>(0), row.get::<_, &str>(1)), (version, "foster_care"));
        // Who the child was is sealed for the version that it was, and opens as no other.
        let opens =
            |version: i32| app.keyring.try_open(agency, column, &format!("{child} {version}"), row.get(2)).is_some();
        assert!(opens(version) && !opens(version + 1));
    }
}

#[tokio::test]
async fn a_correction_that_changes_nothing_is_no_new_version() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, sample()).await;
    let url = format!("/v1/children/{child}");
    for same in [json!({}), json!({ "eye_color": "green" })] {
        assert_eq!(worker.patch(&url, same, 200).await["version"], 1);
    }
}

#[tokio::test]
async fn the_agency_knows_a_person_once() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    worker.post("/v1/children", sample(), 201).await;
    let again = worker.post("/v1/children", sample(), 409).await;
    assert_eq!(again["type"], "/problems/person-id-taken");
    let other = new_child(&worker, json!({})).await;
    let taken = json!({ "agency_person_id": "P-100" });
    let renamed = worker.patch(&format!("/v1/children/{other}"), taken, 409).await;
    assert_eq!(renamed["type"], "/problems/person-id-taken");
}

#[tokio::test]
async fn another_agency_may_know_someone_by_the_same_id() {
    let app = TestApp::at(NOW).await;
    app.caseworker().await.post("/v1/children", sample(), 201).await;
    let mut theirs = sample();
    theirs["unit_code"] = json!("central");
    app.stranger().await.post("/v1/children", theirs, 201).await;
}

#[tokio::test]
async fn nobody_adds_a_child_to_a_unit_they_do_not_work_for() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    for unit in ["metro", "central", "nowhere"] {
        let mut child = sample();
        child["unit_code"] = json!(unit);
        let problem = worker.post("/v1/children", child, 422).await;
        assert_eq!(problem["errors"][0]["pointer"], "/unit_code", "{unit}");
    }
    let mut child = sample();
    child["unit_code"] = json!("metro");
    app.person("director").await.post("/v1/children", child, 201).await;
}

#[tokio::test]
async fn a_child_is_assigned_to_people_of_the_agency_only() {
    let app = TestApp::at(NOW).await;
    let (worker, stranger) = (app.caseworker().await, app.stranger().await);
    let mut child = sample();
    child["assigned_to"] = json!(stranger.id.unwrap().to_string());
    let problem = worker.post("/v1/children", child, 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/assigned_to");
}

/// How much is owed in a unit.
async fn owed_in(person: &Person, unit: &str) -> usize {
    let list = person.get(&format!("/v1/duties?unit_code={unit}"), 200).await;
    list["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn what_is_owed_moves_with_the_child_to_another_unit() {
    let app = TestApp::at(NOW).await;
    let (case, director) = (app.given_case().await, app.person("director").await);
    assert_eq!((owed_in(&director, "north-county").await, owed_in(&director, "metro").await), (2, 0));
    case.worker.patch(&case.child_url(""), json!({ "unit_code": "metro" }), 200).await;
    assert_eq!((owed_in(&director, "north-county").await, owed_in(&director, "metro").await), (0, 2));
    assert!(ids(&case.supervisor.get("/v1/duties", 200).await).is_empty());
    case.supervisor.get(&case.child_url(""), 404).await;
}

#[tokio::test]
async fn what_is_owed_moves_with_the_child_to_another_worker() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let handed = json!({ "assigned_to": case.supervisor.id.unwrap().to_string() });
    case.worker.patch(&case.child_url(""), handed, 200).await;
    assert_eq!(ids(&case.supervisor.get("/v1/duties?assigned_to=me", 200).await).len(), 2);
    assert!(ids(&case.worker.get("/v1/duties?assigned_to=me", 200).await).is_empty());
}

#[tokio::test]
async fn a_list_shows_who_is_missing_and_who_is_not() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let safe = new_child(&case.worker, json!({})).await;
    let missing = case.worker.get("/v1/children?missing=true&assigned_to=me", 200).await;
    assert_eq!(ids(&missing), [case.child.as_str()]);
    let others = case.worker.get("/v1/children?missing=false&unit_code=north-county", 200).await;
    assert!(ids(&others).contains(&safe.as_str()) && !ids(&others).contains(&case.child.as_str()));
    assert!(ids(&case.worker.get("/v1/children?unit_code=metro", 200).await).is_empty());
    assert!(ids(&case.worker.get("/v1/children?unit_code=nowhere", 200).await).is_empty());
}

/// An absence from midnight to eleven in the evening.
async fn absence(worker: &Person, child: &str, began: &str, kind: &str) {
    let url = format!("/v1/children/{child}/missing-episodes");
    let body = json!({ "agency_information_received_at": began, "absence_began_at": began, "missing_type": kind,
        "receipt_is_confirmed": true });
    let opened = worker.post(&url, body, 201).await;
    let url = format!("{url}/{}", opened["id"].as_str().unwrap());
    let ended = began.replace("T00", "T23");
    let back = json!({ "returned_to_care_at": ended, "recovery_type": "returned_on_own" });
    worker.put(&url, &format!("{url}/recovery"), back, 200).await;
}

#[tokio::test]
async fn absences_are_counted_back_from_a_day() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({})).await;
    for (day, kind) in [
        ("2023-01-01", "unknown"),
        ("2024-06-01", "absent_without_permission"),
        ("2025-09-01", "absent_without_permission"),
        ("2026-03-01", "abduction_family"),
        ("2026-04-20", "absent_without_permission"),
    ] {
        absence(&worker, &child, &format!("{day}T00:00:00Z"), kind).await;
    }
    let url = format!("/v1/children/{child}/runaway-counts");
    let counts = worker.get(&url, 200).await;
    assert_eq!(windows(&counts), [(30, 1, 1), (90, 2, 1), (365, 3, 2), (730, 4, 3)]);
    assert_eq!((&counts["missing_count"], &counts["runaway_count"]), (&json!(5), &json!(3)));
    let earlier = worker.get(&format!("{url}?as_of=2025-09-15T00:00:00Z"), 200).await;
    assert_eq!(windows(&earlier), [(30, 1, 1), (90, 1, 1), (365, 1, 1), (730, 2, 2)]);
}

fn windows(counts: &Value) -> Vec<(i64, i64, i64)> {
    let number = |it: &Value, name: &str| it[name].as_i64().unwrap();
    let all = counts["windows"].as_array().unwrap().iter();
    all.map(|it| (number(it, "days"), number(it, "missing_count"), number(it, "runaway_count"))).collect()
}

async fn log(by: &Person, case: &Case) -> Vec<Value> {
    by.get(&case.child_url("/access-log"), 200).await["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_access_log_says_who_looked_and_who_changed_and_who_read_the_log() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    case.worker.get(&case.child_url(""), 200).await;
    let (worker, supervisor) = (case.worker.id.unwrap().to_string(), case.supervisor.id.unwrap().to_string());
    let first = log(&case.supervisor, &case).await;
    let entries: Vec<(&str, &str)> =
        first.iter().map(|it| (it["action"].as_str().unwrap(), it["type"].as_str().unwrap())).collect();
    assert_eq!(entries, [("read_child", "look"), ("episode_opened", "change"), ("child_added", "change")]);
    assert!(first.iter().all(|it| it["actor_id"] == worker && it["actor_name"] == "Demo Caseworker"));
    let second = log(&case.supervisor, &case).await;
    assert_eq!(second.len(), 4);
    assert_eq!((&second[0]["actor_id"], &second[0]["type"]), (&json!(supervisor), &json!("look")));
}

#[tokio::test]
async fn a_caseworker_does_not_read_who_looked() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    case.worker.get(&case.child_url("/access-log"), 403).await;
    case.worker.get("/v1/audit-entries", 403).await;
    case.supervisor.get("/v1/audit-entries", 403).await;
}

#[tokio::test]
async fn an_auditor_reads_what_was_done_by_child_by_person_and_by_time() {
    let app = TestApp::at(NOW).await;
    let (case, other) = (app.given_case().await, app.given_case().await);
    let auditor = app.auditor().await;
    let entries = |query: String| {
        let auditor = auditor.clone();
        async move { auditor.get(&format!("/v1/audit-entries?limit=200&{query}"), 200).await["data"].clone() }
    };
    let of_child = entries(format!("child_id={}", case.child)).await;
    assert_eq!(of_child.as_array().unwrap().len(), 2);
    assert!(of_child.as_array().unwrap().iter().all(|it| it["child_ids"] == json!([case.child])));
    let of_worker = entries(format!("actor_id={}", case.worker.id.unwrap())).await;
    assert!(of_worker.to_string().contains(&other.child));
    let of_auditor = entries(format!("actor_id={}", auditor.id.unwrap())).await;
    let acts: Vec<&Value> = of_auditor.as_array().unwrap().iter().map(|it| &it["action"]).collect();
    assert_eq!(acts, ["read_audit", "read_audit", "signed_in"]);
    assert_eq!(entries("to=2026-05-01T08:00:00Z&from=2026-05-01T00:00:00Z".to_owned()).await, json!([]));
}

#[tokio::test]
async fn nothing_about_a_child_is_kept_by_a_cache() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    for path in [case.child_url(""), case.url(""), case.child_url("/nothing"), "/v1/children".to_owned()] {
        let reply = case.worker.send(Method::GET, &path, None, &[]).await;
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
    }
}
