//! What `make run` shows before anyone has done anything.

use homeward_server::demo::{self, Stage};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Person, TestApp, at};

const NOW: &str = "2026-05-01T08:00:00Z";

/// The demo as it is loaded, and its caseworker.
async fn loaded() -> (TestApp, Person) {
    let app = TestApp::at(NOW).await;
    let stage = Stage { store: app.state.store.clone(), objects: app.state.objects.clone() };
    for _ in 0..2 {
        demo::load_cases(&app.db.url, &stage, at(NOW)).await.unwrap();
    }
    let worker = app.caseworker().await;
    (app, worker)
}

/// The pages of the child of this name, and of their one episode.
async fn pages_of(worker: &Person, family_name: &str) -> (String, String) {
    let children = worker.get("/v1/children?limit=200", 200).await;
    let child = children["data"].as_array().unwrap().iter().find(|it| it["family_name"] == family_name).unwrap();
    let child = format!("/v1/children/{}", child["id"].as_str().unwrap());
    let episodes = worker.get(&format!("{child}/missing-episodes"), 200).await;
    assert_eq!(episodes["data"].as_array().unwrap().len(), 1);
    let episode = format!("{child}/missing-episodes/{}", episodes["data"][0]["id"].as_str().unwrap());
    (child, episode)
}

async fn all(worker: &Person, path: &str) -> Vec<Value> {
    worker.get(path, 200).await["data"].as_array().unwrap().clone()
}

/// One member of each row.
fn each(rows: &[Value], member: &str) -> Vec<String> {
    rows.iter().map(|it| it[member].as_str().unwrap_or("null").to_owned()).collect()
}

#[tokio::test]
async fn one_sample_child_is_missing_with_one_report_open_and_the_other_owes_nothing() {
    let (_app, worker) = loaded().await;
    let work = worker.get("/v1/duties", 200).await;
    let owed = |name: &str| -> Vec<String> {
        let rows = work["data"].as_array().unwrap().iter().filter(|it| it["child_family_name"] == name);
        rows.map(|it| format!("{} {}", it["kind"], it["recipient"])).collect()
    };
    assert!(owed("Six").contains(&r#""initial_report" "ncmec""#.to_owned()), "{:?}", owed("Six"));
    for done in ["initial_report", "share_update"] {
        assert!(!owed("Six").contains(&format!(r#""{done}" "law_enforcement""#)), "{:?}", owed("Six"));
    }
    assert_eq!(owed("Seven"), [""; 0]);
    let differences = worker.get("/v1/data-quality/placements", 200).await;
    assert_eq!(differences["data"], Value::Array(Vec::new()));
}

#[tokio::test]
async fn what_is_known_for_the_report_stands_in_all_three_ways_with_a_picture_of_nobody() {
    let (_app, worker) = loaded().await;
    let (child, episode) = pages_of(&worker, "Six").await;
    for group in ["description", "endangerment", "contacts"] {
        let stated = worker.get(&format!("{child}/{group}"), 200).await;
        for status in ["provided", "not_known_after_asking", "withheld_with_reason"] {
            let mut items = stated.as_object().unwrap().values();
            assert!(items.any(|it| it["status"] == status), "{group}: {status}");
        }
        assert_eq!(
            stated.get("vulnerability_to_being_sex_trafficked").map_or(&Value::Null, |it| &it["value"]),
            &json!(null)
        );
    }
    let photos = all(&worker, &format!("{child}/photos")).await;
    assert_eq!((photos.len(), &photos[0]["width"]), (1, &json!(360)));
    let picture = worker.send(Method::GET, photos[0]["content"].as_str().unwrap(), None, &[]).await;
    assert!(picture.bytes.starts_with(&[0xff, 0xd8, 0xff]));
    assert_eq!(worker.get(&format!("{episode}/report-content"), 200).await["photo"]["id"], photos[0]["id"]);
}

#[tokio::test]
async fn law_enforcement_was_told_in_time_and_got_a_packet_and_ncmec_could_not_be_reached_yet() {
    let (_app, worker) = loaded().await;
    let (_, episode) = pages_of(&worker, "Six").await;
    let told = all(&worker, &format!("{episode}/notifications")).await;
    let story: Vec<String> =
        told.iter().map(|it| format!("{} {} {}", it["recipient"], it["kind"], it["status"]).replace('"', "")).collect();
    let expected = [
        "law_enforcement initial_report completed",
        "ncmec initial_report attempted",
        "law_enforcement update_shared completed",
    ];
    assert_eq!(story, expected);
    let packets = all(&worker, &format!("{episode}/packets")).await;
    assert_eq!((packets.len(), &packets[0]["recipient"]), (1, &json!("law_enforcement")));
    assert_eq!(told[2]["packet_id"], packets[0]["id"]);
    let packet = format!("{episode}/packets/{}", packets[0]["id"].as_str().unwrap());
    assert_eq!(all(&worker, &format!("{packet}/disclosures")).await.len(), 1);
    assert_eq!(all(&worker, &format!("{packet}/differences")).await, [Value::Null; 0]);
    let document = worker.send(Method::GET, &format!("{packet}/content.pdf"), None, &[]).await;
    assert!(document.bytes.starts_with(b"%PDF-1.7"));
    let efforts = all(&worker, &format!("{episode}/search-efforts")).await;
    assert_eq!(each(&efforts, "kind"), ["call_to_relative", "visit_to_place", "call_to_school"]);
}

#[tokio::test]
async fn who_is_back_declined_once_was_asked_and_screened_and_the_case_is_closed() {
    let (_app, worker) = loaded().await;
    let (_, episode) = pages_of(&worker, "Seven").await;
    let whole = worker.get(&episode, 200).await;
    assert_eq!(whole["recovery"]["recovery_type"], "returned_on_own");
    assert_eq!(whole["closure"]["reason"], "tasks_done");
    let interviews = all(&worker, &format!("{episode}/return-interviews")).await;
    assert_eq!(each(&interviews, "outcome"), ["declined", "held"]);
    assert_eq!(all(&worker, &format!("{episode}/screenings")).await.len(), 1);
    let factors = worker.get(&format!("{episode}/primary-factors"), 200).await;
    assert_eq!(factors["factors"], json!(["missing_family_or_siblings"]));
    let responses = all(&worker, &format!("{episode}/factor-responses")).await;
    assert_eq!(responses.iter().filter(|it| it["done"].is_null()).count(), 1);
    assert_eq!(responses.len(), 2);
}

#[tokio::test]
async fn what_the_demo_tells_is_in_the_trail_as_the_caseworkers_and_nobody_stays_signed_in() {
    let (app, worker) = loaded().await;
    let (child, _) = pages_of(&worker, "Six").await;
    let log = app.supervisor().await.get(&format!("{child}/access-log?limit=200"), 200).await;
    let mut acts = each(log["data"].as_array().unwrap(), "action");
    acts.sort();
    acts.dedup();
    for act in
        ["content_stated", "disclosure_recorded", "imported", "packet_made", "photo_added", "search_effort_recorded"]
    {
        assert!(acts.contains(&act.to_owned()), "{act}: {acts:?}");
    }
    let owner = app.db.owner().await;
    // Those of this test: the caseworker and the supervisor.
    let open = owner.query("select from sessions where ended_at is null", &[]).await.unwrap();
    assert_eq!(open.len(), 2);
}

#[tokio::test]
async fn nobody_has_observed_or_concluded_anything_in_the_demo() {
    let (app, _worker) = loaded().await;
    let owner = app.db.owner().await;
    for table in ["observations", "determinations"] {
        let rows = owner.query(&format!("select from {table}"), &[]).await.unwrap();
        assert!(rows.is_empty(), "{table}");
    }
}
