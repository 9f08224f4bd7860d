//! Photos: only the picture is kept, nobody without a right sees it, and each look is on record.

mod apart;

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use homeward_domain::id::Id;
use image::{ImageFormat, Rgb, RgbImage};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Case, Person, Reply, TestApp};

const NOW: &str = "2026-05-01T08:00:00Z";

pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::from_pixel(width, height, Rgb([90, 60, 30])).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

pub fn new_photo(file: &[u8]) -> Value {
    json!({ "taken_on": "2026-04-01", "source": "school", "content": STANDARD.encode(file) })
}

async fn content_of(who: &Person, photo: &Value) -> Reply {
    who.send(Method::GET, photo["content"].as_str().unwrap(), None, &[]).await
}

async fn refused(case: &Case, file: &[u8]) -> String {
    let problem = case.worker.post(&case.child_url("/photos"), new_photo(file), 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/content");
    problem["errors"][0]["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn up_06_a_photo_is_served_as_a_jpeg_that_a_browser_neither_runs_nor_keeps() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let photo = case.worker.post(&case.child_url("/photos"), new_photo(&png(40, 20)), 201).await;
    assert_eq!((&photo["width"], &photo["height"], &photo["age_days"]), (&json!(40), &json!(20), &json!(30)));
    let reply = content_of(&case.worker, &photo).await;
    assert!(reply.bytes.starts_with(&[0xff, 0xd8, 0xff]));
    assert_eq!(image::load_from_memory(&reply.bytes).unwrap().width(), 40);
    assert_eq!(reply.header("content-type"), "image/jpeg");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert!(reply.header("content-security-policy").starts_with("sandbox"));
    assert!(reply.header("content-disposition").starts_with("attachment"));
}

#[tokio::test]
async fn the_newest_photo_stands_first_and_none_goes_away() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let path = case.child_url("/photos");
    for day in ["2026-03-01", "2026-04-20", "2026-01-05"] {
        let mut photo = new_photo(&png(4, 4));
        photo["taken_on"] = json!(day);
        case.worker.post(&path, photo, 201).await;
    }
    let all = case.worker.get(&path, 200).await;
    let days: Vec<&str> = all["data"].as_array().unwrap().iter().map(|it| it["taken_on"].as_str().unwrap()).collect();
    assert_eq!(days, ["2026-04-20", "2026-03-01", "2026-01-05"]);
    let owner = app.db.owner().await;
    assert!(owner.batch_execute("delete from photos").await.is_err());
}

#[tokio::test]
async fn up_01_what_is_no_photo_is_refused_by_what_is_in_it() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    assert_eq!(
        refused(&case, b"<svg xmlns='http://www.w3.org/2000/svg'/>").await,
        "is not a JPEG, PNG or WebP picture"
    );
    assert_eq!(refused(&case, b"GIF89a\x01\0\x01\0\0\0\0;").await, "is not a JPEG, PNG or WebP picture");
    assert_eq!(refused(&case, &png(9, 9)[..40]).await, "is damaged");
    assert_eq!(app.state.objects.count().await.unwrap(), (0, 0));
}

#[tokio::test]
async fn the_largest_body_passes_and_no_larger_one() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let path = case.child_url("/photos");
    assert_eq!(refused(&case, &vec![0; 15 * 1024 * 1024 + 1]).await, "is larger than 15728640 bytes");
    let body = vec![b' '; 21 * 1024 * 1024 + 1];
    let reply = case.worker.send_raw(Method::POST, &path, Some(("application/json", body)), &[]).await;
    assert_eq!(reply.status, 413);
}

#[tokio::test]
async fn a_photo_of_the_future_is_refused() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let mut photo = new_photo(&png(4, 4));
    photo["taken_on"] = json!("2026-05-02");
    let problem = case.worker.post(&case.child_url("/photos"), photo, 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/taken_on");
}

#[tokio::test]
async fn the_same_key_adds_one_photo() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let path = case.child_url("/photos");
    let first = case.worker.post_once("k", &path, new_photo(&png(4, 4))).await;
    let second = case.worker.post_once("k", &path, new_photo(&png(4, 4))).await;
    assert_eq!((first.status, &first.text), (201, &second.text));
    assert_eq!(case.worker.get(&path, 200).await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn each_look_at_a_picture_is_on_record() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let photo = case.worker.post(&case.child_url("/photos"), new_photo(&png(4, 4)), 201).await;
    content_of(&case.worker, &photo).await;
    let log = case.supervisor.get(&case.child_url("/access-log"), 200).await.to_string();
    assert!(log.contains("read_photos"), "{log}");
}

#[tokio::test]
async fn a_photo_under_another_child_is_not_found() {
    let app = TestApp::at(NOW).await;
    let (case, other) = (app.given_case().await, app.given_case().await);
    let photo = case.worker.post(&case.child_url("/photos"), new_photo(&png(4, 4)), 201).await;
    let crossed = photo["content"].as_str().unwrap().replace(&case.child, &other.child);
    case.worker.get(&crossed, 404).await;
}

#[tokio::test]
async fn what_is_kept_outside_the_database_does_not_tell_the_picture() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let photo = case.worker.post(&case.child_url("/photos"), new_photo(&png(64, 64)), 201).await;
    let agency = app.db.owner().await.query_one("select agency_id from photos", &[]).await.unwrap().get(0);
    let id = Id::from_uuid(photo["id"].as_str().unwrap().parse().unwrap());
    let kept = app.state.objects.get(Id::from_uuid(agency), id).await.unwrap();
    let served = content_of(&case.worker, &photo).await.bytes;
    assert!(!kept.starts_with(&[0xff, 0xd8]));
    assert!(!kept.windows(32).any(|it| served.windows(32).any(|served| served == it)));
}

#[tokio::test]
async fn pictures_are_never_exchanged_in_secret() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let one = case.worker.post(&case.child_url("/photos"), new_photo(&png(4, 4)), 201).await;
    case.worker.post(&case.child_url("/photos"), new_photo(&png(8, 8)), 201).await;
    let owner = app.db.owner().await;
    let swap = "set session_replication_role = replica; \
        update photos p set content_key = (select content_key from photos o where o.id <> p.id)";
    owner.batch_execute(swap).await.unwrap();
    let reply = case.worker.answer(Method::GET, one["content"].as_str().unwrap(), None, &[]).await;
    assert_eq!(reply.status, 500);
}

#[tokio::test]
async fn up_09_a_picture_without_a_row_is_swept_and_one_with_a_row_stays() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let photo = case.worker.post(&case.child_url("/photos"), new_photo(&png(4, 4)), 201).await;
    // Not from the program's own order of ids, which other tests of the process push ahead.
    let seconds = u64::try_from(app.now().timestamp()).unwrap();
    let orphan = Id::from_uuid(Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, 0)));
    app.state.objects.put(Id::from_uuid(Uuid::new_v4()), orphan, vec![1]).await.unwrap();
    app.worker.clear_old().await;
    assert_eq!(app.state.objects.count().await.unwrap(), (1, 1));
    app.set_clock("2026-05-01T09:01:00Z");
    app.worker.clear_old().await;
    assert_eq!(app.state.objects.count().await.unwrap(), (0, 1));
    app.set_clock(NOW);
    assert_eq!(content_of(&case.worker, &photo).await.status, 200);
}

#[tokio::test]
async fn up_08_a_child_has_no_more_photos_a_day_than_anyone_needs() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    for _ in 0..20 {
        case.worker.post(&case.child_url("/photos"), new_photo(&png(2, 2)), 201).await;
    }
    let problem = case.worker.post(&case.child_url("/photos"), new_photo(&png(2, 2)), 409).await;
    assert_eq!(problem["type"], "/problems/too-many-photos");
    assert_eq!(app.state.objects.count().await.unwrap(), (0, 20));
}

#[tokio::test]
async fn up_08_a_person_adds_no_more_photos_a_day_than_anyone_needs() {
    let app = TestApp::at(NOW).await;
    let (case, other) = (app.given_case().await, app.given_case().await);
    case.worker.post(&case.child_url("/photos"), new_photo(&png(2, 2)), 201).await;
    let more = "insert into photos select agency_id, (left(id::text, 23) || right(gen_random_uuid()::text, 13))::uuid, child_id, taken_on, source, width, height, \
        content_key, recorded_at, recorded_by from photos, generate_series(1, 99)";
    let owner = app.db.owner().await;
    owner.batch_execute(&format!("set session_replication_role = replica; {more}")).await.unwrap();
    let problem = case.worker.post(&other.child_url("/photos"), new_photo(&png(2, 2)), 409).await;
    assert_eq!(problem["type"], "/problems/too-many-photos");
    case.supervisor.post(&other.child_url("/photos"), new_photo(&png(2, 2)), 201).await;
    app.set_clock("2026-05-02T08:00:00Z");
    app.caseworker().await.post(&other.child_url("/photos"), new_photo(&png(2, 2)), 201).await;
}

#[tokio::test]
async fn t22_an_old_photo_is_told_to_be_old_and_is_a_photo_still() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let mut photo = new_photo(&png(4, 4));
    photo["taken_on"] = json!("2025-10-13");
    case.worker.post(&case.child_url("/photos"), photo, 201).await;
    let content = case.worker.get(&case.url("/report-content"), 200).await;
    assert_eq!((&content["photo"]["age_days"], &content["photo"]["is_stale"]), (&json!(200), &json!(true)));
    assert!(!content["open_items"].as_array().unwrap().contains(&json!("photo")));
}

#[tokio::test]
async fn t23_a_person_states_why_there_is_no_photo() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let path = case.child_url("/description");
    let why = json!({ "no_photo": { "status": "not_known_after_asking", "reason": "asked the school" } });
    case.worker.put(&path, &path, why, 200).await;
    let content = case.worker.get(&case.url("/report-content"), 200).await;
    let items = content["items"].as_array().unwrap();
    let photo = items.iter().find(|it| it["item"] == "photo").unwrap();
    assert_eq!((&photo["status"], &photo["reason"]), (&json!("not_known_after_asking"), &json!("asked the school")));
    assert_eq!(content["photo"], Value::Null);
}

#[tokio::test]
async fn only_a_supervisor_records_consent_to_publish_and_the_last_record_stands() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let path = case.child_url("/publication-consents");
    let decided = |state| json!({ "state": state, "authority": "legal custodian", "person_name": "A. Director", "decided_at": NOW });
    let standing = async || case.worker.get(&case.url("/report-content"), 200).await["publication_consent"].clone();
    case.worker.post(&path, decided("given"), 403).await;
    assert_eq!(standing().await, "not_given");
    case.supervisor.post(&path, decided("not_given"), 422).await;
    for state in ["given", "withdrawn"] {
        case.supervisor.post(&path, decided(state), 201).await;
        assert_eq!(standing().await, state);
    }
    assert_eq!(case.worker.get(&path, 200).await["data"].as_array().unwrap().len(), 2);
}
