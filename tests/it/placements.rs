//! Placements: recorded, ended later, and compared with the missing episodes.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Case, Person, TestApp, new_child};

const NOW: &str = "2026-05-01T08:00:00Z";

async fn placed(by: &Person, child: &str, fields: Value) -> Value {
    let mut stay = json!({ "setting": "foster_family_home", "started_on": "2026-01-02" });
    for (name, value) in fields.as_object().unwrap() {
        stay[name] = value.clone();
    }
    by.post(&format!("/v1/children/{child}/placements"), stay, 201).await
}

async fn differences(by: &Person) -> Vec<Value> {
    by.get("/v1/data-quality/placements", 200).await["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_end_of_a_placement_is_recorded_later_and_what_it_said_before_is_kept() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({})).await;
    let stay = placed(&worker, &child, json!({})).await;
    let path = format!("/v1/children/{child}/placements/{}", stay["id"].as_str().unwrap());
    let ended = worker.patch(&path, json!({ "ended_on": "2026-04-30" }), 200).await;
    assert_eq!((&ended["ended_on"], &ended["version"]), (&json!("2026-04-30"), &json!(2)));
    worker.patch(&path, json!({ "ended_on": "2026-01-01" }), 422).await;
    let stale = [("if-match", "\"1\"")];
    let body = Some(json!({ "ended_on": "2026-04-29" }));
    assert_eq!(worker.send(Method::PATCH, &path, body, &stale).await.status, 412);
    let owner = app.db.owner().await;
    let kept = owner.query_one("select facts->>'ended_on' from placement_versions", &[]).await.unwrap();
    assert_eq!(kept.get::<_, Option<String>>(0), None);
}

#[tokio::test]
async fn the_federal_code_is_kept_as_stated_and_never_filled_in() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({})).await;
    let silent = placed(&worker, &child, json!({ "setting": "qrtp" })).await;
    assert_eq!(silent["afcars_living_arrangement"], json!(null));
    assert_eq!(silent["afcars_by_setting"], "qualified_residential_treatment_program");
    let stated = json!({ "setting": "other", "afcars_living_arrangement": "runaway" });
    let stated = placed(&worker, &child, stated).await;
    assert_eq!((&stated["afcars_living_arrangement"], &stated["afcars_by_setting"]), (&json!("runaway"), &json!(null)));
}

#[tokio::test]
async fn a_living_arrangement_opens_no_episode_and_is_no_type_of_absence() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, json!({})).await;
    placed(&worker, &child, json!({ "afcars_living_arrangement": "runaway", "started_on": "2026-05-01" })).await;
    let episodes = worker.get(&format!("/v1/children/{child}/missing-episodes"), 200).await;
    assert_eq!(episodes["data"], json!([]));
    assert_eq!(worker.get("/v1/duties", 200).await["data"], json!([]));
    let as_type = json!({ "agency_information_received_at": NOW, "missing_type": "runaway" });
    worker.post(&format!("/v1/children/{child}/missing-episodes"), as_type, 400).await;
}

#[tokio::test]
async fn what_placements_and_episodes_tell_differently_is_listed_as_it_stands() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let other = new_child(&case.worker, json!({})).await;
    let stay = json!({ "afcars_living_arrangement": "whereabouts_unknown", "started_on": "2026-04-20" });
    let stay = placed(&case.worker, &other, stay).await;
    let all = differences(&case.worker).await;
    let told: Vec<_> = all.iter().map(|it| (&it["kind"], &it["child_id"], &it["since_on"])).collect();
    let (placement, episode) = (json!("placement_without_episode"), json!("episode_without_placement"));
    let (other, child) = (json!(other), json!(case.child));
    let expected = [(&placement, &other, &json!("2026-04-20")), (&episode, &child, &json!("2026-05-01"))];
    assert_eq!(told, expected);
    assert_eq!((&all[0]["placement_id"], &all[1]["episode_id"]), (&stay["id"], &json!(case.episode)));
}

#[tokio::test]
async fn where_both_agree_there_is_nothing_to_list() {
    let app = TestApp::at(NOW).await;
    let case: Case = app.given_case().await;
    placed(&case.worker, &case.child, json!({ "afcars_living_arrangement": "runaway", "started_on": "2026-05-01" }))
        .await;
    assert_eq!(differences(&case.worker).await, [Value::Null; 0]);
    assert_eq!(differences(&app.auditor().await).await, [Value::Null; 0]);
}

#[tokio::test]
async fn who_has_nothing_to_do_with_the_child_is_not_shown_the_difference() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    assert_eq!(differences(&app.stranger().await).await, [Value::Null; 0]);
    assert_eq!(differences(&case.supervisor).await.len(), 1);
    app.person("privacy").await.get("/v1/data-quality/placements", 403).await;
}
