//! Children found by who they are and how they can be reached, though both are sealed.

use std::time::{Duration, Instant};

use homeward_store::seal::{self, grown};
use reqwest::Method;
use serde_json::{Value, json};

use super::{NOW, ids, sample};
use crate::support::{Person, TestApp, new_child};

async fn found(by: &Person, search: Value) -> Vec<String> {
    let list = by.post("/v1/children/search", search, 200).await;
    ids(&list).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_child_is_found_by_the_beginning_of_a_name() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let ada = new_child(&worker, sample()).await;
    new_child(&worker, json!({ "given_name": "Bela", "family_name": "Adamson" })).await;
    for name in ["ada", "ADA SAMPLE", "sampleto", "Ada Sampleton"] {
        assert!(found(&worker, json!({ "name": name })).await.contains(&ada), "{name}");
    }
    for name in ["da", "Sampleton Ada", "%", "_da", "Ada\\", "' or true --"] {
        assert!(!found(&worker, json!({ "name": name })).await.contains(&ada), "{name}");
    }
}

#[tokio::test]
async fn lm_08_a_search_that_takes_too_long_ends_and_the_next_one_is_answered() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let ada = new_child(&worker, sample()).await;
    let asked = json!({ "name": "ada" });
    assert_eq!(found(&worker, asked.clone()).await, std::slice::from_ref(&ada));
    let held = app.db.owner().await;
    held.batch_execute("begin; lock table search_terms in access exclusive mode").await.unwrap();
    let since = Instant::now();
    let reply = worker.send(Method::POST, "/v1/children/search", Some(asked.clone()), &[]).await;
    assert_eq!((reply.status, reply.slug().as_str()), (503, "unavailable"), "{}", reply.text);
    // Any other statement has 15 seconds.
    assert!((Duration::from_secs(2)..Duration::from_secs(12)).contains(&since.elapsed()), "{:?}", since.elapsed());
    held.batch_execute("rollback").await.unwrap();
    assert_eq!(found(&worker, asked).await, [ada]);
}

#[tokio::test]
async fn lm_08_whatever_is_sought_is_found_or_refused() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let words = |count: usize| (0..count).map(|it| format!("w{it}")).collect::<Vec<_>>().join(" ");
    let texts = [words(20), "a ".repeat(60), "%".repeat(100), "\u{301}".repeat(100), "(a+)+$".repeat(16), words(5_000)];
    for name in texts {
        let reply = worker.send(Method::POST, "/v1/children/search", Some(json!({ "name": name })), &[]).await;
        assert!([200, 400, 422].contains(&reply.status), "{} {}", name.len(), reply.text);
    }
}

#[tokio::test]
async fn all_that_is_told_in_a_search_has_to_fit() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let ada = new_child(&worker, sample()).await;
    assert_eq!(found(&worker, json!({ "agency_person_id": "P-100" })).await, std::slice::from_ref(&ada));
    let born = json!({ "name": "ada", "date_of_birth": "2011-03-04" });
    assert_eq!(found(&worker, born).await, [ada]);
    let other_day = json!({ "name": "ada", "date_of_birth": "2011-03-05" });
    assert!(found(&worker, other_day).await.is_empty());
    let problem = worker.post("/v1/children/search", json!({}), 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/name");
}

#[tokio::test]
async fn a_name_is_found_without_its_accents_and_by_any_of_its_words() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let named = json!({ "given_name": "José María", "family_name": "Núñez-Łukasz" });
    let child = new_child(&worker, named).await;
    for name in ["jose", "MARIA nunez", "Łu", "lukasz", "jose maria nunez-l", "Jose\u{301}"] {
        assert_eq!(found(&worker, json!({ "name": name })).await, std::slice::from_ref(&child), "{name}");
    }
    for name in ["ose", "nunez jose", "j"] {
        assert!(found(&worker, json!({ "name": name })).await.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn who_was_corrected_is_found_by_what_the_record_says_now() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let child = new_child(&worker, sample()).await;
    let corrected = json!({ "given_name": "Beata", "date_of_birth": "2012-01-01" });
    worker.patch(&format!("/v1/children/{child}"), corrected, 200).await;
    assert!(found(&worker, json!({ "name": "ada" })).await.is_empty());
    assert!(found(&worker, json!({ "date_of_birth": "2011-03-04" })).await.is_empty());
    let now = json!({ "name": "beata", "date_of_birth": "2012-01-01" });
    assert_eq!(found(&worker, now).await, [child]);
}

#[tokio::test]
async fn those_who_are_found_stand_by_name() {
    let app = TestApp::at(NOW).await;
    let worker = app.caseworker().await;
    let mut expected = Vec::new();
    for (given, family) in [("Zoe", "Adams"), ("Zed", "Adams"), ("Zoe", "aaron")] {
        expected.push(new_child(&worker, json!({ "given_name": given, "family_name": family })).await);
    }
    expected.reverse();
    assert_eq!(found(&worker, json!({ "name": "z" })).await, [""; 0]);
    let all = json!({ "name": "ze" });
    assert_eq!(found(&worker, all).await, [expected[1].clone()]);
    let zoes = found(&worker, json!({ "name": "zo" })).await;
    assert_eq!(zoes, [expected[0].clone(), expected[2].clone()]);
}

#[tokio::test]
async fn en_05_equal_names_in_two_agencies_have_no_term_in_common() {
    let app = TestApp::at(NOW).await;
    new_child(&app.caseworker().await, sample()).await;
    let stranger = app.stranger().await;
    let mut same = sample();
    same["unit_code"] = json!("central");
    new_child(&stranger, same).await;
    let owner = app.db.owner().await;
    let terms = "select count(*), count(distinct term), count(distinct agency_id) from search_terms t \
        where child_id in (select id from children where agency_person_id = 'P-100')";
    let row = owner.query_one(terms, &[]).await.unwrap();
    let (all, distinct, agencies): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
    assert!(20 < all && all == distinct && agencies == 2, "{all} {distinct} {agencies}");
    owner.batch_execute("set role homeward_app").await.unwrap();
    assert_eq!(owner.query("select term from search_terms", &[]).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_search_stays_within_ones_reach() {
    let app = TestApp::at(NOW).await;
    let ada = new_child(&app.caseworker().await, sample()).await;
    assert!(found(&app.stranger().await, json!({ "name": "ada" })).await.is_empty());
    assert_eq!(found(&app.auditor().await, json!({ "name": "ada" })).await, [ada]);
    app.person("administrator").await.post("/v1/children/search", json!({ "name": "ada" }), 403).await;
}

#[tokio::test]
async fn a_child_is_found_by_a_number_or_an_account_that_stands_among_the_contacts() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let url = case.child_url("/contacts");
    let said = json!({
        "phone_numbers": { "status": "provided", "value": "own 515-555-0101, friend (515) 555 0102" },
        "social_media_accounts": { "status": "provided", "value": "Snap: @Wren.C" },
        "email_addresses": { "status": "provided", "value": "wren@mail.test" },
    });
    case.worker.put(&url, &url, said, 200).await;
    for sought in [
        json!({ "phone": "+1 (515) 555-0101" }),
        json!({ "phone": "5155550102", "account": "wren.c" }),
        json!({ "account": "@WREN.C" }),
        json!({ "account": "Wren@Mail.test" }),
    ] {
        assert_eq!(found(&case.worker, sought.clone()).await, std::slice::from_ref(&case.child), "{sought}");
    }
    for sought in [json!({ "phone": "5550101" }), json!({ "account": "wren" })] {
        assert!(found(&case.worker, sought.clone()).await.is_empty(), "{sought}");
    }
    let changed = json!({ "phone_numbers": { "status": "withheld_with_reason", "reason": "Asked for it." } });
    case.worker.put(&url, &url, changed, 200).await;
    assert!(found(&case.worker, json!({ "phone": "5155550101" })).await.is_empty());
}

#[tokio::test]
async fn who_may_not_read_contacts_finds_nobody_by_them() {
    let app = TestApp::at(NOW).await;
    let auditor = app.auditor().await;
    for sought in [json!({ "phone": "5155550101" }), json!({ "name": "ada", "account": "wren" })] {
        auditor.post("/v1/children/search", sought, 403).await;
    }
    for sought in [json!({ "phone": "call me" }), json!({ "account": "two words" })] {
        app.caseworker().await.post("/v1/children/search", sought, 422).await;
    }
}

#[tokio::test]
async fn en_05_the_search_has_a_key_of_its_own_which_stays_when_those_that_seal_are_replaced() {
    let app = TestApp::at(NOW).await;
    let ada = new_child(&app.caseworker().await, sample()).await;
    let terms = "select coalesce(string_agg(encode(term, 'hex'), ' ' order by term), '') from search_terms";
    let owner = app.db.owner().await;
    let before = owner.query_one(terms, &[]).await.unwrap().get::<_, String>(0);
    let keys = grown(&app.key_text).unwrap();
    app.state.store.admit_keys(app.now()).await.unwrap();
    app.keyring.replace(&keys).unwrap();
    app.state.store.admit_keys(app.now()).await.unwrap();
    seal::rewrap(&app.db.url, &app.keyring).await.unwrap();
    app.keyring.replace(keys.lines().last().unwrap()).unwrap();
    assert_eq!(owner.query_one(terms, &[]).await.unwrap().get::<_, String>(0), before);
    let elsewhere = app.caseworker().await.at_replica(&app.replica().await);
    assert_eq!(found(&elsewhere, json!({ "name": "ada" })).await, [ada]);
}
