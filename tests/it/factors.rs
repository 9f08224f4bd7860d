//! What led to an absence, and what is done about it in this placement and the next.

use serde_json::{Value, json};

use crate::support::{Case, TestApp, new_child};

const NOW: &str = "2026-05-01T08:00:00Z";

fn choice(factors: &[&str]) -> Value {
    json!({ "factors": factors, "determined_by_name": "Sample Worker" })
}

fn plan(placement: &Value) -> Value {
    json!({
        "factor": "bullying", "action": "Meet with the school.", "placement_id": placement,
        "responsible_name": "Sample Worker", "due_on": "2026-05-10",
    })
}

async fn choose(case: &Case, factors: Value, status: u16) -> Value {
    let url = case.url("/primary-factors");
    case.worker.put(&url, &url, factors, status).await
}

async fn place(case: &Case, started_on: &str, ended_on: Option<&str>) -> Value {
    let stay = json!({ "setting": "foster_family_home", "started_on": started_on, "ended_on": ended_on });
    case.worker.post(&case.child_url("/placements"), stay, 201).await["id"].clone()
}

#[tokio::test]
async fn a_person_says_what_led_to_it_and_can_say_otherwise_later() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let before = case.worker.get(&case.url("/primary-factors"), 200).await;
    assert_eq!((&before["factors"], &before["version"]), (&json!([]), &json!(0)));
    choose(&case, choice(&["not_determined"]), 200).await;
    let now = choose(&case, choice(&["bullying", "missing_family_or_siblings"]), 200).await;
    assert_eq!(now["factors"], json!(["bullying", "missing_family_or_siblings"]));
    assert_eq!(now["version"], 2);
    let owner = app.db.owner().await;
    let kept = "select count(*) from primary_factors where factors = '{not_determined}'";
    assert_eq!(owner.query_one(kept, &[]).await.unwrap().get::<_, i64>(0), 1);
    let stale = [("if-match", "\"1\"")];
    let put = reqwest::Method::PUT;
    let late = case.worker.send(put, &case.url("/primary-factors"), Some(choice(&["bullying"])), &stale).await;
    assert_eq!((late.status, late.slug().as_str()), (412, "stale"));
}

#[tokio::test]
async fn a_choice_that_contradicts_itself_is_refused() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let mut worded = choice(&["bullying"]);
    worded["other"] = json!("Wanted to see the sea.");
    for (told, field) in [
        (choice(&[]), "factors"),
        (choice(&["bullying", "bullying"]), "factors"),
        (choice(&["not_determined", "bullying"]), "factors"),
        (choice(&["other"]), "other"),
        (worded, "other"),
    ] {
        let problem = choose(&case, told, 422).await;
        assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"));
    }
}

#[tokio::test]
async fn the_prompt_on_harm_is_always_there_in_the_same_words() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let catalogue = case.worker.get("/v1/primary-factors", 200).await;
    assert_eq!(catalogue["factors"].as_array().unwrap().len(), 17);
    let prompt = &catalogue["mandated_report_prompt"];
    assert!(prompt.as_str().unwrap().contains("mandated reporter"));
    let before = case.worker.get(&case.url("/primary-factors"), 200).await;
    assert_eq!(&before["mandated_report_prompt"], prompt);
    for factors in [["harm_in_placement"], ["boredom_or_spontaneous"]] {
        assert_eq!(&choose(&case, choice(&factors), 200).await["mandated_report_prompt"], prompt);
    }
}

#[tokio::test]
async fn what_was_begun_in_one_placement_is_seen_in_the_next() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let current = place(&case, "2026-01-02", None).await;
    choose(&case, choice(&["bullying"]), 200).await;
    let open = case.worker.post(&case.url("/factor-responses"), plan(&current), 201).await;
    assert_eq!(open["placement"]["setting"], "foster_family_home");
    place(&case, "2026-05-01", None).await;
    let returned = json!({ "returned_to_care_at": NOW, "recovery_type": "returned_on_own" });
    case.worker.put(&case.url(""), &case.url("/recovery"), returned, 200).await;
    app.set_clock("2026-06-01T08:00:00Z");
    let case = Case { worker: app.caseworker().await, ..case };
    let again = json!({ "agency_information_received_at": "2026-06-01T07:00:00Z" });
    case.worker.post(&case.child_url("/missing-episodes"), again, 201).await;
    let shown = case.worker.get(&case.child_url("/factor-responses"), 200).await;
    assert_eq!(shown["data"].as_array().unwrap().len(), 1);
    let earlier = &shown["data"][0];
    assert_eq!((&earlier["episode_number"], &earlier["factors"]), (&json!(1), &json!(["bullying"])));
    assert_eq!(earlier["responses"][0]["action"], "Meet with the school.");
    assert_eq!(earlier["responses"][0]["placement"]["id"], current);
}

#[tokio::test]
async fn a_response_is_carried_out_once() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let open = case.worker.post(&case.url("/factor-responses"), plan(&Value::Null), 201).await;
    assert_eq!(open["done"], json!(null));
    let url = case.url(&format!("/factor-responses/{}", open["id"].as_str().unwrap()));
    let done = format!("{url}/done");
    case.worker.put(&url, &done, json!({ "done_on": "2026-05-02" }), 422).await;
    let body = json!({ "done_on": "2026-05-01", "note": "The school moved him." });
    let finished = case.worker.put(&url, &done, body.clone(), 200).await;
    assert_eq!(finished["done"]["note"], "The school moved him.");
    let again = case.worker.put(&url, &done, body, 409).await;
    assert_eq!(again["type"], "/problems/already-done");
    let timeline = case.worker.get(&case.url("/timeline"), 200).await.to_string();
    assert!(timeline.contains("A response to a factor was carried out") && !timeline.contains("school"));
}

#[tokio::test]
async fn a_response_is_for_a_placement_of_the_child_that_is_not_over() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let over = place(&case, "2026-01-02", Some("2026-04-30")).await;
    let other = new_child(&case.worker, json!({})).await;
    let stay = json!({ "setting": "shelter", "started_on": "2026-01-02" });
    let elsewhere = case.worker.post(&format!("/v1/children/{other}/placements"), stay, 201).await["id"].clone();
    for placement in [over, elsewhere] {
        let problem = case.worker.post(&case.url("/factor-responses"), plan(&placement), 422).await;
        assert_eq!(problem["errors"][0]["pointer"], "/placement_id");
    }
    let coming = place(&case, "2026-07-01", None).await;
    case.worker.post(&case.url("/factor-responses"), plan(&coming), 201).await;
}
