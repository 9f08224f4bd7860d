//! Packets: what goes in, what never does, and that what was sent stays as it was.

mod concluded;
mod told;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Case, Reply, TestApp, document, told};

const NOW: &str = "2026-05-01T08:00:00Z";

async fn packet(case: &Case, body: Value) -> Value {
    case.worker.post(&case.url("/packets"), body, 201).await
}

async fn content(case: &Case, packet: &Value) -> Value {
    file(case, packet, "content.json").await.json()
}

async fn file(case: &Case, packet: &Value, name: &str) -> Reply {
    let path = case.url(&format!("/packets/{}/{name}", packet["id"].as_str().unwrap()));
    let reply = case.worker.send(Method::GET, &path, None, &[]).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply
}

async fn state(case: &Case, path: &str, item: &str, value: &str, origin: &str) {
    let body = json!({ item: { "status": "provided", "value": value, "origin": origin } });
    case.worker.put(path, path, body, 200).await;
}

async fn observation(case: &Case, at: &str, context: &str) -> String {
    let catalogue = case.worker.get("/v1/indicators", 200).await;
    let seen = json!({
        "indicator_code": catalogue["indicators"][0]["code"], "observed_at": at, "observed_by_name": "Sample Teacher",
        "observer_role": "teacher", "source": "school", "context": context,
    });
    let created = case.worker.post(&case.child_url("/observations"), seen, 201).await;
    created["id"].as_str().unwrap().to_owned()
}

fn item<'a>(content: &'a Value, name: &str) -> Option<&'a Value> {
    content["items"].as_array().unwrap().iter().find(|it| it["item"] == name)
}

#[tokio::test]
async fn t23_a_packet_goes_out_with_everything_open_and_says_what_is_open() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    for recipient in ["law_enforcement", "ncmec"] {
        let made = packet(&case, json!({ "recipient": recipient })).await;
        assert_eq!((&made["version"], &made["made_at"]), (&json!(1), &json!(NOW)));
        let open: Vec<&str> = made["open_items"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        for item in ["photo", "height_inches", "vulnerability_to_being_sex_trafficked", "clothing_last_worn"] {
            assert!(open.contains(&item), "{item}");
        }
        assert_eq!(made["left_out_items"], json!([]));
    }
}

#[tokio::test]
async fn what_people_stated_stands_in_the_packet_in_their_words() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    state(&case, &case.child_url("/description"), "marks", "Scar over the left brow.", "none").await;
    state(&case, &case.child_url("/endangerment"), "prescription_medications", "Insulin.", "none").await;
    let asked = json!({ "believed_destination": { "status": "not_known_after_asking" } });
    case.worker.put(&case.url("/particulars"), &case.url("/particulars"), asked, 200).await;
    let made = packet(&case, json!({ "recipient": "ncmec" })).await;
    let content = content(&case, &made).await;
    assert_eq!(item(&content, "marks").unwrap()["value"], "Scar over the left brow.");
    assert_eq!(item(&content, "prescription_medications").unwrap()["value"], "Insulin.");
    assert_eq!(item(&content, "believed_destination").unwrap()["status"], "not_known_after_asking");
    assert_eq!(content["child"]["given_name"], "Sample");
    assert_eq!(content["child"]["care_status"], "foster_care");
}

#[tokio::test]
async fn why_something_is_withheld_is_not_told_to_the_recipient() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let path = case.child_url("/endangerment");
    let withheld = json!({ "mental_health": { "status": "withheld_with_reason", "reason": "Counsel said so." } });
    case.worker.put(&path, &path, withheld, 200).await;
    let made = packet(&case, json!({ "recipient": "law_enforcement" })).await;
    let text = file(&case, &made, "content.json").await.text;
    assert!(text.contains("withheld_with_reason") && !text.contains("Counsel"));
}

#[tokio::test]
async fn observations_go_only_when_a_person_names_each_one_and_by_date() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let later = observation(&case, "2026-04-20T12:00:00Z", "Second in time.").await;
    let earlier = observation(&case, "2026-04-10T12:00:00Z", "First in time.").await;
    observation(&case, "2026-04-15T12:00:00Z", "Not chosen.").await;
    let none = packet(&case, json!({ "recipient": "law_enforcement" })).await;
    assert_eq!(content(&case, &none).await["observed"], Value::Null);
    let asked = json!({ "recipient": "law_enforcement", "observation_ids": [later, earlier] });
    let content = content(&case, &packet(&case, asked).await).await;
    let sightings = content["observed"]["sightings"].as_array().unwrap();
    let contexts: Vec<&Value> = sightings.iter().map(|it| &it["context"]).collect();
    assert_eq!(contexts, ["First in time.", "Second in time."]);
    let catalogue = case.worker.get("/v1/indicators", 200).await;
    assert_eq!(content["observed"]["caveat"], catalogue["caveat"]);
}

#[tokio::test]
async fn an_observation_of_another_child_or_one_taken_back_is_refused() {
    let app = TestApp::at(NOW).await;
    let (case, other) = (app.given_case().await, app.given_case().await);
    let foreign = observation(&other, NOW, "Of another child.").await;
    let retracted = observation(&case, NOW, "Taken back.").await;
    let url = case.child_url(&format!("/observations/{retracted}/retraction"));
    case.worker.post(&url, json!({ "reason": "Another child." }), 201).await;
    for id in [foreign, retracted] {
        let asked = json!({ "recipient": "ncmec", "observation_ids": [id] });
        let problem = case.worker.post(&case.url("/packets"), asked, 422).await;
        assert_eq!(problem["errors"][0]["pointer"], "/observation_ids");
    }
    assert_eq!(case.worker.get(&case.url("/packets"), 200).await["data"], json!([]));
}

#[tokio::test]
async fn words_from_protected_records_stay_out_until_a_basis_is_recorded() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let endangerment = case.child_url("/endangerment");
    state(&case, &endangerment, "substance_dependence", "In a programme.", "part2").await;
    state(&case, &endangerment, "disability", "Reads at the fourth grade.", "ferpa").await;
    let closed = packet(&case, json!({ "recipient": "law_enforcement" })).await;
    let says = content(&case, &closed).await;
    assert!(item(&says, "substance_dependence").is_none() && item(&says, "disability").is_none());
    assert_eq!(closed["left_out_items"], json!(["disability", "substance_dependence"]));
    let asked = json!({ "recipient": "law_enforcement", "part2_basis": "Court order of 30 April 2026." });
    let opened = packet(&case, asked).await;
    let says = content(&case, &opened).await;
    assert_eq!(item(&says, "substance_dependence").unwrap()["value"], "In a programme.");
    assert_eq!(says["part2_basis"], "Court order of 30 April 2026.");
    assert_eq!(opened["left_out_items"], json!(["disability"]));
}

#[tokio::test]
async fn who_told_the_agency_goes_to_nobody() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    state(&case, &case.url("/particulars"), "reported_by", "A neighbour, by name.", "none").await;
    for recipient in ["law_enforcement", "ncmec"] {
        let made = packet(&case, json!({ "recipient": recipient })).await;
        assert_eq!(made["left_out_items"], json!(["reported_by"]));
        assert!(!file(&case, &made, "content.json").await.text.contains("neighbour"));
    }
}

#[tokio::test]
async fn t29_law_enforcement_is_told_of_reports_before_by_date_and_without_a_label() {
    let app = TestApp::at("2024-02-01T08:00:00Z").await;
    let mut case = app.given_case().await;
    for (back, again) in [
        ("2024-02-02T08:00:00Z", "2025-09-01T08:00:00Z"),
        ("2025-09-02T08:00:00Z", "2026-02-01T08:00:00Z"),
        ("2026-02-02T08:00:00Z", NOW),
    ] {
        app.set_clock(again);
        case.worker = app.caseworker().await;
        let recovery = json!({ "recovered_at": back, "recovery_type": "returned_on_own" });
        case.worker.put(&case.url(""), &case.url("/recovery"), recovery, 200).await;
        let again = json!({ "agency_information_received_at": again });
        let opened = case.worker.post(&case.child_url("/missing-episodes"), again, 201).await;
        case.episode = opened["id"].as_str().unwrap().to_owned();
    }
    let says = content(&case, &packet(&case, json!({ "recipient": "law_enforcement" })).await).await;
    let dates = ["2025-09-01T08:00:00Z", "2026-02-01T08:00:00Z"];
    assert_eq!(says["prior_missing_reports"], json!({ "months": 24, "reports": 2, "reported_at": dates }));
    assert_eq!(says["earlier_episodes"].as_array().unwrap().len(), 3);
    let says = content(&case, &packet(&case, json!({ "recipient": "ncmec" })).await).await;
    assert_eq!(says.get("prior_missing_reports"), None);
}

#[tokio::test]
async fn ncmec_is_given_the_numbers_of_the_police_and_misses_none_where_there_are_none() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let without = packet(&case, json!({ "recipient": "ncmec" })).await;
    assert_eq!(content(&case, &without).await["law_enforcement_reports"], json!([]));
    let mut report = told("law_enforcement", NOW);
    report["case_number"] = json!("26-1234");
    case.worker.post(&case.url("/notifications"), report, 201).await;
    let with = packet(&case, json!({ "recipient": "ncmec" })).await;
    assert_eq!(content(&case, &with).await["law_enforcement_reports"][0]["case_number"], "26-1234");
}

#[tokio::test]
async fn making_a_packet_and_sending_it_discharges_nothing() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let before = case.now().await;
    let made = packet(&case, json!({ "recipient": "ncmec" })).await;
    let url = case.url(&format!("/packets/{}/disclosures", made["id"].as_str().unwrap()));
    case.worker.post(&url, sent(NOW), 201).await;
    assert_eq!(case.now().await, before);
    assert_eq!(case.duty("initial_report", "ncmec").await["state"], "open");
}

fn sent(at: &str) -> Value {
    json!({
        "recipient_name": "Sample Analyst", "recipient_agency": "NCMEC", "method": "secure_web_form", "sent_at": at,
        "legal_basis": "title_iv_e_report",
    })
}

#[tokio::test]
async fn every_disclosure_says_what_to_whom_by_whom_when_how_and_why() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let made = packet(&case, json!({ "recipient": "ncmec" })).await;
    let url = case.url(&format!("/packets/{}/disclosures", made["id"].as_str().unwrap()));
    let recorded = case.worker.post(&url, sent(NOW), 201).await;
    assert_eq!(recorded["packet_id"], made["id"]);
    assert_eq!(recorded["recorded_by"], case.worker.id.unwrap().to_string());
    for (name, value) in sent(NOW).as_object().unwrap() {
        assert_eq!(&recorded[name], value, "{name}");
    }
    assert_eq!(app.auditor().await.get(&url, 200).await["data"], json!([recorded]));
}

#[tokio::test]
async fn a_disclosure_cannot_be_before_its_packet_in_the_future_or_on_a_basis_without_a_name() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let made = packet(&case, json!({ "recipient": "ncmec" })).await;
    let url = case.url(&format!("/packets/{}/disclosures", made["id"].as_str().unwrap()));
    let mut nameless = sent(NOW);
    nameless["legal_basis"] = json!("state_law");
    let wrong = [
        (sent("2026-05-01T07:59:59Z"), "/sent_at"),
        (sent("2026-05-01T08:00:01Z"), "/sent_at"),
        (nameless, "/legal_basis_text"),
    ];
    for (body, pointer) in wrong {
        let problem = case.worker.post(&url, body, 422).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    assert_eq!(case.worker.get(&url, 200).await["data"], json!([]));
}

#[tokio::test]
async fn what_was_made_stays_byte_for_byte_and_a_later_version_stands_beside_it() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let first = packet(&case, json!({ "recipient": "law_enforcement" })).await;
    let pdf = file(&case, &first, "content.pdf").await;
    assert_eq!(pdf.header("content-type"), "application/pdf");
    assert!(pdf.bytes.starts_with(b"%PDF-1.7"));
    let json = file(&case, &first, "content.json").await;
    state(&case, &case.child_url("/description"), "marks", "A new scar.", "none").await;
    app.set_clock("2026-05-01T08:05:00Z");
    let second = packet(&case, json!({ "recipient": "law_enforcement" })).await;
    assert_eq!(second["version"], 2);
    assert_eq!(file(&case, &first, "content.pdf").await.bytes, pdf.bytes);
    assert_eq!(file(&case, &first, "content.json").await.bytes, json.bytes);
    assert_ne!(second["sha256_json"], first["sha256_json"]);
    assert_eq!(case.worker.get(&case.url("/packets"), 200).await["data"], json!([first, second]));
}

#[tokio::test]
async fn the_differences_name_what_the_records_no_longer_say() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    state(&case, &case.child_url("/description"), "marks", "A scar.", "none").await;
    let made = packet(&case, json!({ "recipient": "law_enforcement", "note": "First." })).await;
    let url = case.url(&format!("/packets/{}/differences", made["id"].as_str().unwrap()));
    assert_eq!(case.worker.get(&url, 200).await["data"], json!([]));
    state(&case, &case.child_url("/description"), "marks", "Two scars.", "none").await;
    case.worker.patch(&case.child_url(""), json!({ "hair_color": "red" }), 200).await;
    let found = case.worker.get(&url, 200).await;
    let expected = json!([
        { "item": "hair_color", "was": null, "now": "red" },
        { "item": "marks", "was": "A scar.", "now": "Two scars." },
    ]);
    assert_eq!(found["data"], expected);
}

#[tokio::test]
async fn a_packet_cannot_be_changed_or_taken_out_of_the_table() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    packet(&case, json!({ "recipient": "ncmec" })).await;
    let owner = app.db.owner().await;
    for change in ["update packets set version = 9", "delete from packets"] {
        assert!(owner.batch_execute(change).await.is_err(), "{change}");
    }
    owner.batch_execute("set role homeward_app").await.unwrap();
    for change in ["update packets set open_items = '{}'", "update disclosures set method = ''"] {
        assert!(owner.batch_execute(change).await.is_err(), "{change}");
    }
}

#[tokio::test]
async fn the_same_key_makes_one_packet() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let asked = json!({ "recipient": "ncmec" });
    let first = case.worker.post_once("key-1", &case.url("/packets"), asked.clone()).await;
    let second = case.worker.post_once("key-1", &case.url("/packets"), asked).await;
    assert_eq!((first.status, &first.text), (201, &second.text));
    assert_eq!(case.worker.get(&case.url("/packets"), 200).await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_changes_while_the_document_is_laid_out_is_noticed() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let owner = app.db.owner().await;
    let begin = "begin; update missing_episodes set last_contact_at = created_at where id = ";
    owner.batch_execute(&format!("set session_replication_role = replica; {begin} '{}'", case.episode)).await.unwrap();
    let url = case.url("/packets");
    let making = case.worker.post_once("key-1", &url, json!({ "recipient": "ncmec" }));
    let waiting = async {
        let waits = "select count(*) from pg_stat_activity where datname = current_database() \
            and wait_event_type = 'Lock'";
        while app.db.owner().await.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        owner.batch_execute("commit").await.unwrap();
    };
    let (reply, ()) = tokio::join!(making, waiting);
    assert_eq!((reply.status, reply.slug().as_str()), (409, "changed-meanwhile"));
    assert_eq!(case.worker.get(&url, 200).await["data"], json!([]));
}

#[tokio::test]
async fn an_auditor_sees_that_a_packet_was_made_and_not_what_is_in_it() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let made = packet(&case, json!({ "recipient": "ncmec" })).await;
    let auditor = app.auditor().await;
    assert_eq!(auditor.get(&case.url("/packets"), 200).await["data"], json!([made]));
    for rest in ["content.json", "content.pdf", "differences"] {
        let path = case.url(&format!("/packets/{}/{rest}", made["id"].as_str().unwrap()));
        auditor.get(&path, 403).await;
    }
}

#[test]
fn no_packet_has_a_member_that_judges() {
    let schemas = document()["components"]["schemas"].as_object().unwrap();
    let packets = schemas.iter().filter(|(name, _)| name.contains("Packet") || *name == "PriorReports");
    for (name, schema) in packets {
        let text = schema.to_string().to_lowercase();
        for word in ["score", "level", "\"risk", "victim"] {
            assert!(!text.contains(word), "{name} says {word}");
        }
        let carries = ["LawEnforcementPacket", "PacketDetermination", "NewPacket"].contains(&name.as_str());
        assert!(carries || !text.contains("determination"), "{name}");
    }
}
