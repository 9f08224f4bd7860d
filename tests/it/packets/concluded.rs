//! What people concluded goes to law enforcement where a person named it, and such a packet is found by few.

use serde_json::{Value, json};

use super::{NOW, content, file, packet, sent};
use crate::support::{Case, TestApp};

const BASIS: &str = "Told to the worker in the interview of the day.";

async fn concluded(case: &Case) -> Value {
    let told = json!({
        "determination_type": "sex_trafficking_victim_identified", "determination_source": "agency_worker",
        "determined_by_name": "Sample Worker", "determined_by_role": "caseworker",
        "determined_by_agency": "Demo State", "determined_at": NOW, "agency_information_received_at": NOW,
        "basis": BASIS, "sources_consulted": "A neighbour, by name.", "attestation": true,
    });
    case.worker.post(&case.child_url("/determinations"), told, 201).await["id"].clone()
}

fn asked(ids: &[&Value]) -> Value {
    json!({ "recipient": "law_enforcement", "determination_ids": ids })
}

#[tokio::test]
async fn what_people_concluded_goes_only_where_a_person_names_it() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let id = concluded(&case).await;
    let plain = packet(&case, json!({ "recipient": "law_enforcement" })).await;
    assert_eq!(content(&case, &plain).await.get("determinations"), None);
    let made = packet(&case, asked(&[&id])).await;
    let says = content(&case, &made).await;
    let row = &says["determinations"][0];
    assert_eq!((&row["id"], &row["basis"], &row["determined_by_name"]), (&id, &json!(BASIS), &json!("Sample Worker")));
    assert!(!says.to_string().contains("neighbour"));
    assert_ne!(file(&case, &made, "content.pdf").await.bytes, file(&case, &plain, "content.pdf").await.bytes);
    let differences = case.url(&format!("/packets/{}/differences", made["id"].as_str().unwrap()));
    assert_eq!(case.worker.get(&differences, 200).await["data"], json!([]));
}

#[tokio::test]
async fn ncmec_and_the_public_are_told_of_none() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let id = concluded(&case).await;
    let to_ncmec = json!({ "recipient": "ncmec", "determination_ids": [id] });
    let problem = case.worker.post(&case.url("/packets"), to_ncmec, 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/determination_ids");
    let poster = json!({
        "last_seen_on": "2026-04-30", "last_seen_city": "Wichita", "last_seen_state": "KS", "determination_ids": [id],
    });
    case.worker.post(&case.url("/posters"), poster, 400).await;
}

#[tokio::test]
async fn one_of_another_child_one_that_was_replaced_and_one_that_is_none_are_refused_alike() {
    let app = TestApp::at(NOW).await;
    let (case, other) = (app.given_case().await, app.given_case().await);
    let replaced = concluded(&case).await;
    let withdrawn = json!({
        "determination_type": "withdrawn", "determination_source": "agency_worker",
        "determined_by_name": "Sample Worker", "determined_by_role": "caseworker",
        "determined_by_agency": "Demo State", "determined_at": NOW, "agency_information_received_at": NOW,
        "basis": BASIS, "sources_consulted": "The child.", "attestation": true, "supersedes_id": replaced,
    });
    let last = case.worker.post(&case.child_url("/determinations"), withdrawn, 201).await["id"].clone();
    let absent = json!(uuid::Uuid::new_v4());
    let mut answers = Vec::new();
    for id in [&concluded(&other).await, &replaced, &absent] {
        answers.push(case.worker.post(&case.url("/packets"), asked(&[id]), 422).await["errors"].clone());
    }
    assert!(answers.windows(2).all(|it| it[0] == it[1]), "{answers:?}");
    packet(&case, asked(&[&last])).await;
}

#[tokio::test]
async fn such_a_packet_is_found_by_those_who_may_know_and_leaves_no_gap_for_the_others() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let id = concluded(&case).await;
    let first = packet(&case, json!({ "recipient": "law_enforcement" })).await;
    let few = packet(&case, asked(&[&id])).await;
    let second = packet(&case, json!({ "recipient": "law_enforcement" })).await;
    let versions = [&first, &few, &second].map(|it| (it["version"].clone(), it["is_for_few"].clone()));
    assert_eq!(versions, [(json!(1), json!(false)), (json!(1), json!(true)), (json!(2), json!(false))]);
    assert_eq!(case.worker.get(&case.url("/packets"), 200).await["data"], json!([first, few, second]));
    let (auditor, officer) = (app.auditor().await, app.person("privacy").await);
    assert_eq!(auditor.get(&case.url("/packets"), 200).await["data"], json!([first, second]));
    let path = case.url(&format!("/packets/{}", few["id"].as_str().unwrap()));
    officer.get(&path, 200).await;
    auditor.get(&path, 404).await;
    auditor.get(&format!("{path}/disclosures"), 404).await;
}

#[tokio::test]
async fn nothing_that_is_done_with_it_shows_to_whoever_may_not_know() {
    let app = TestApp::at(NOW).await;
    let (plain, case) = (app.given_case().await, app.given_case().await);
    let few = packet(&case, asked(&[&concluded(&case).await])).await;
    let id = few["id"].as_str().unwrap();
    case.worker.post(&case.url(&format!("/packets/{id}/disclosures")), sent(NOW), 201).await;
    content(&case, &few).await;
    let auditor = app.auditor().await;
    let acts = async |case: &Case| {
        let log = auditor.get(&case.child_url("/access-log?limit=200"), 200).await;
        let acts: Vec<Value> = log["data"].as_array().unwrap().iter().map(|it| it["action"].clone()).collect();
        acts.into_iter().filter(|it| it.to_string().contains("packet") || it.to_string().contains("disclos")).count()
    };
    assert_eq!((acts(&plain).await, acts(&case).await), (0, 0));
    for path in [case.url("/timeline"), format!("/v1/audit-entries?limit=200&child_id={}", case.child)] {
        assert!(!auditor.get(&path, 200).await.to_string().contains(id), "{path}");
    }
    let seen = case.worker.get(&case.url("/timeline"), 200).await.to_string();
    assert!(seen.contains("packet_made") && seen.contains("packet_sent"), "{seen}");
}

#[tokio::test]
async fn a_contact_that_names_it_is_shown_without_it_to_whoever_may_not_know() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let few = packet(&case, asked(&[&concluded(&case).await])).await;
    let mut report = crate::support::told("law_enforcement", NOW);
    report["packet_id"] = few["id"].clone();
    case.worker.post(&case.url("/notifications"), report, 201).await;
    let listed = async |who: &crate::support::Person| {
        who.get(&case.url("/notifications"), 200).await["data"][0]["packet_id"].clone()
    };
    assert_eq!(listed(&case.worker).await, few["id"]);
    assert_eq!(listed(&app.auditor().await).await, Value::Null);
}

#[tokio::test]
async fn the_table_holds_such_packets_for_law_enforcement_only() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    packet(&case, json!({ "recipient": "ncmec" })).await;
    let owner = app.db.owner().await;
    let change = "set session_replication_role = replica; update packets set for_few = true";
    assert!(owner.batch_execute(change).await.is_err());
}
