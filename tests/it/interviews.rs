//! The return interview: a child may decline, what was said is for few, and it sets nothing elsewhere.

use serde_json::{Value, json};

use crate::support::{Case, TestApp};

const NOW: &str = "2026-05-01T08:00:00Z";

fn offer(outcome: &str) -> Value {
    json!({ "outcome": outcome, "offered_at": NOW, "interviewer_name": "Sample Worker" })
}

fn held() -> Value {
    let mut told = offer("held");
    told["held_at"] = json!(NOW);
    told["topics"] = json!({ "where_stayed": "With a friend.", "harm_by_childs_account": "Was hit." });
    told["childs_own_words"] = json!("I was cold.");
    told
}

/// A child who is back.
async fn back(app: &TestApp) -> Case {
    let case = app.given_case().await;
    let returned = json!({ "returned_to_care_at": NOW, "recovery_type": "returned_on_own" });
    case.worker.put(&case.url(""), &case.url("/recovery"), returned, 200).await;
    case
}

async fn state(case: &Case) -> Value {
    case.duty("return_interview", "").await["state"].clone()
}

#[tokio::test]
async fn an_interview_that_was_held_does_what_is_owed_and_is_kept_word_for_word() {
    let app = TestApp::at(NOW).await;
    let case = back(&app).await;
    assert_eq!(state(&case).await, "open");
    case.worker.post(&case.url("/return-interviews"), held(), 201).await;
    assert_eq!(state(&case).await, "timely");
    let listed = case.supervisor.get(&case.url("/return-interviews"), 200).await;
    assert_eq!(listed["data"][0]["childs_own_words"], "I was cold.");
    assert_eq!(listed["data"][0]["topics"]["where_stayed"], "With a friend.");
    let done = case.worker.get(&case.url("/completions"), 200).await;
    assert_eq!(done["data"][0]["task"], "return_interview");
}

#[tokio::test]
async fn a_child_who_declines_is_asked_again_or_not_and_says_why() {
    let app = TestApp::at(NOW).await;
    let case = back(&app).await;
    let url = case.url("/return-interviews");
    let problem = case.worker.post(&url, offer("declined"), 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/decline_reason");
    let mut later = offer("declined");
    later["declined_next_offer_on"] = json!("2026-05-03");
    case.worker.post(&url, later, 201).await;
    assert_eq!(state(&case).await, "open");
    let mut no = offer("declined");
    no["decline_reason"] = json!("Does not want to speak of it.");
    case.worker.post(&url, no, 201).await;
    assert_eq!(state(&case).await, "timely");
}

#[tokio::test]
async fn an_offer_leaves_the_interview_owed() {
    let app = TestApp::at(NOW).await;
    let case = back(&app).await;
    case.worker.post(&case.url("/return-interviews"), offer("offered"), 201).await;
    assert_eq!(state(&case).await, "open");
}

#[tokio::test]
async fn what_does_not_fit_together_is_refused() {
    let app = TestApp::at(NOW).await;
    let case = back(&app).await;
    let with = |mut told: Value, field: &str, value: Value| {
        told[field] = value;
        told
    };
    for (told, field) in [
        (offer("held"), "held_at"),
        (with(offer("offered"), "held_at", json!(NOW)), "held_at"),
        (with(held(), "held_at", json!("2026-05-01T07:59:59Z")), "held_at"),
        (with(held(), "held_at", json!("2026-05-01T08:00:01Z")), "held_at"),
        (with(held(), "declined_next_offer_on", json!("2026-05-03")), "declined_next_offer_on"),
        (with(offer("declined"), "declined_next_offer_on", json!("2026-04-01")), "declined_next_offer_on"),
        (with(held(), "decline_reason", json!("None.")), "decline_reason"),
        (with(offer("offered"), "offered_at", json!("2026-05-01T07:59:59Z")), "offered_at"),
    ] {
        let problem = case.worker.post(&case.url("/return-interviews"), told, 422).await;
        assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"));
    }
}

#[tokio::test]
async fn only_those_who_work_with_the_child_read_what_was_said() {
    let app = TestApp::at(NOW).await;
    let case = back(&app).await;
    case.worker.post(&case.url("/return-interviews"), held(), 201).await;
    let url = case.url("/return-interviews");
    for (name, status) in [("supervisor", 200), ("on-call", 200), ("auditor", 403), ("administrator", 404)] {
        app.person(name).await.get(&url, status).await;
    }
    let timeline = app.auditor().await.get(&case.url("/timeline"), 200).await.to_string();
    assert!(timeline.contains("Return interview: held"));
    for words in ["cold", "friend", "hit"] {
        assert!(!timeline.contains(words), "{words}");
    }
}

#[tokio::test]
async fn what_was_said_is_sealed_and_opens_in_its_own_place_only() {
    let app = TestApp::at(NOW).await;
    let (one, other) = (back(&app).await, back(&app).await);
    for case in [&one, &other] {
        case.worker.post(&case.url("/return-interviews"), held(), 201).await;
    }
    let owner = app.db.owner().await;
    let plain = "select count(*) from return_interviews t where t::text like '%cold%' or words::text like '%cold%'";
    assert_eq!(owner.query_one(plain, &[]).await.unwrap().get::<_, i64>(0), 0);
    let swap = "set session_replication_role = replica; update return_interviews t set words = \
        (select words from return_interviews o where o.id <> t.id)";
    owner.batch_execute(swap).await.unwrap();
    let reply = one.worker.answer(reqwest::Method::GET, &one.url("/return-interviews"), None, &[]).await;
    assert_eq!((reply.status, reply.slug().as_str()), (500, "internal"));
}

#[tokio::test]
async fn whatever_is_said_nothing_is_observed_determined_or_owed_by_it() {
    let app = TestApp::at(NOW).await;
    let (quiet, told) = (back(&app).await, back(&app).await);
    let mut short = held();
    short.as_object_mut().unwrap().remove("topics");
    short.as_object_mut().unwrap().remove("childs_own_words");
    quiet.worker.post(&quiet.url("/return-interviews"), short, 201).await;
    told.worker.post(&told.url("/return-interviews"), held(), 201).await;
    let duties = async |case: &Case| {
        let duties = case.now().await["duties"].as_array().unwrap().clone();
        duties.iter().map(|it| json!([it["kind"], it["recipient"], it["state"], it["target_at"]])).collect::<Vec<_>>()
    };
    assert_eq!(duties(&quiet).await, duties(&told).await);
    let observed = told.worker.get(&told.child_url("/observations"), 200).await;
    assert_eq!(observed["data"], json!([]));
}

#[tokio::test]
async fn an_interview_that_is_taken_back_is_owed_again_and_kept_word_for_word() {
    let app = TestApp::at(NOW).await;
    let case = back(&app).await;
    let told = case.worker.post(&case.url("/return-interviews"), held(), 201).await;
    let url = case.url(&format!("/return-interviews/{}/retraction", told["id"].as_str().unwrap()));
    let retracted = case.worker.post(&url, json!({ "reason": "Another child." }), 201).await;
    assert_eq!(retracted["childs_own_words"], "I was cold.");
    assert_eq!(retracted["retraction_reason"], "Another child.");
    assert_eq!(state(&case).await, "open");
    let problem = case.worker.post(&url, json!({ "reason": "Again." }), 409).await;
    assert_eq!(problem["type"], "/problems/already-retracted");
    let listed = case.supervisor.get(&case.url("/return-interviews"), 200).await;
    assert_eq!(listed["data"], json!([retracted]));
    case.worker.post(&case.url("/return-interviews"), held(), 201).await;
    assert_eq!(state(&case).await, "timely");
}

#[tokio::test]
async fn why_an_interview_was_taken_back_is_for_those_who_may_read_it() {
    let app = TestApp::at(NOW).await;
    let case = back(&app).await;
    let told = case.worker.post(&case.url("/return-interviews"), held(), 201).await;
    let url = case.url(&format!("/return-interviews/{}/retraction", told["id"].as_str().unwrap()));
    case.worker.post(&url, json!({ "reason": "It was her sister who was hit." }), 201).await;
    for path in ["/timeline", "/completions"] {
        let shown = app.auditor().await.get(&case.url(path), 200).await.to_string();
        assert!(!shown.contains("sister"), "{path}");
    }
    let timeline = case.worker.get(&case.url("/timeline"), 200).await.to_string();
    assert!(timeline.contains("A return interview was taken back"));
    let done = case.worker.get(&case.url("/completions"), 200).await["data"][0].clone();
    assert_eq!((&done["came_with"], &done["retracted_at"]), (&told["id"], &json!(NOW)));
}
