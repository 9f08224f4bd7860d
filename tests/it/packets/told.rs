//! Which packet it was that a recipient got, and packets in the course of an episode.

use serde_json::{Value, json};

use super::{NOW, packet, sent};
use crate::support::{Case, TestApp, told};

fn told_by(recipient: &str, at: &str, packet: &Value) -> Value {
    let mut report = told(recipient, at);
    report["packet_id"] = packet["id"].clone();
    report
}

#[tokio::test]
async fn a_contact_says_which_packet_the_recipient_got() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let made = packet(&case, json!({ "recipient": "ncmec" })).await;
    let recorded = case.worker.post(&case.url("/notifications"), told_by("ncmec", NOW, &made), 201).await;
    assert_eq!(recorded["packet_id"], made["id"]);
    assert_eq!(case.worker.get(&case.url("/notifications"), 200).await["data"], json!([recorded]));
    let plain = case.report("law_enforcement", NOW).await;
    assert_eq!(plain["packet_id"], Value::Null);
}

#[tokio::test]
async fn a_packet_for_another_recipient_of_another_episode_or_made_later_is_refused() {
    let app = TestApp::at(NOW).await;
    let (case, other) = (app.given_case().await, app.given_case().await);
    let foreign = packet(&other, json!({ "recipient": "ncmec" })).await;
    let police = packet(&case, json!({ "recipient": "law_enforcement" })).await;
    app.set_clock("2026-05-01T08:05:00Z");
    let later = packet(&case, json!({ "recipient": "ncmec" })).await;
    for wrong in [&foreign, &police, &later] {
        let problem = case.worker.post(&case.url("/notifications"), told_by("ncmec", NOW, wrong), 422).await;
        assert_eq!(problem["errors"][0]["pointer"], "/packet_id");
    }
    let to_parent = told_by("parent_or_guardian", "2026-05-01T08:05:00Z", &police);
    let refused = case.worker.post(&case.url("/notifications"), to_parent, 422).await;
    assert_eq!(refused["errors"][0]["pointer"], "/packet_id");
}

async fn packets_in_the_course(case: &Case) -> Vec<String> {
    let items = case.worker.get(&case.url("/timeline"), 200).await["data"].as_array().unwrap().clone();
    let of_packets = items.iter().filter(|it| it["kind"].as_str().unwrap().starts_with("packet"));
    of_packets
        .map(|it| format!("{} {}", it["occurred_at"].as_str().unwrap(), it["summary"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn the_course_of_an_episode_tells_that_packets_were_made_and_went_out() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let made = packet(&case, json!({ "recipient": "ncmec", "note": "Ask for the analyst." })).await;
    app.set_clock("2026-05-01T08:10:00Z");
    let url = case.url(&format!("/packets/{}/disclosures", made["id"].as_str().unwrap()));
    case.worker.post(&url, sent("2026-05-01T08:05:00Z"), 201).await;
    let expected =
        ["2026-05-01T08:00:00Z A packet for NCMEC was made", "2026-05-01T08:05:00Z A packet for NCMEC went out"];
    assert_eq!(packets_in_the_course(&case).await, expected);
}
