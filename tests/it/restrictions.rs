//! Restricted records: who is named, who is excluded, and who opens one in an emergency (SR-01, SR-05 to SR-09).

use reqwest::Method;
use serde_json::{Value, json};

use crate::contract::bodies::{emergency, restriction};
use crate::support::{Case, PASSWORD, Person, Relay, Reply, TestApp, document, new_child};

const NOW: &str = "2026-05-01T08:00:00Z";

async fn restrict_as(who: &Person, child: &str, body: Value) -> Reply {
    who.send(Method::POST, &format!("/v1/children/{child}/restriction"), Some(body), &[]).await
}

async fn restrict(app: &TestApp, child: &str, body: Value) -> Reply {
    restrict_as(&app.person("privacy").await, child, body).await
}

/// A missing child whom only their worker may know of.
async fn secret(app: &TestApp) -> Case {
    let case = app.given_case().await;
    let restricted = restrict(app, &case.child, restriction(&[&case.worker])).await;
    assert_eq!(restricted.status, 200, "{}", restricted.text);
    case
}

async fn opens(who: &Person, case: &Case) -> bool {
    match who.send(Method::GET, &case.child_url(""), None, &[]).await.status {
        200 => true,
        404 => false,
        other => panic!("{other}"),
    }
}

async fn break_in(who: &Person, case: &Case) -> Reply {
    who.send(Method::POST, &case.child_url("/emergency-accesses"), Some(emergency()), &[]).await
}

#[tokio::test]
async fn sr_01_for_everyone_else_each_operation_answers_as_if_there_were_no_such_child() {
    let app = TestApp::at(NOW).await;
    let (case, supervisor) = (secret(&app).await, app.supervisor().await);
    let nobody = uuid::Uuid::new_v4().to_string();
    // To open it in an emergency is what the wall is passed for.
    let is_walled = |path: &str| path.contains("{child_id}") && !path.ends_with("/emergency-accesses");
    for (path, item) in document()["paths"].as_object().unwrap().iter().filter(|(path, _)| is_walled(path)) {
        for method in item.as_object().unwrap().keys().map(|it| it.to_uppercase()) {
            let method: Method = method.parse().unwrap();
            let at = |child: &str| path.replace("{child_id}", child).replace("{episode_id}", &case.episode);
            let body = (method != Method::GET).then(|| json!({ "nonsense": true }));
            let headers = [("idempotency-key", "probe"), ("if-match", "\"1\"")];
            let hidden = supervisor.send(method.clone(), &at(&case.child), body.clone(), &headers).await;
            let absent = supervisor.send(method.clone(), &at(&nobody), body, &headers).await;
            assert_eq!((hidden.status, hidden.slug()), (absent.status, absent.slug()), "{method} {path}");
            assert_eq!(hidden.status, 404, "{method} {path}");
        }
    }
    assert!(opens(&case.worker, &case).await);
}

#[tokio::test]
async fn sr_01_no_list_count_search_or_page_of_anyone_else_tells_of_the_child() {
    let app = TestApp::at(NOW).await;
    let case = secret(&app).await;
    app.travel_to("2026-05-02T12:00:00Z").await;
    let (worker, supervisor) = (app.caseworker().await, app.supervisor().await);
    let lists = ["/v1/children", "/v1/missing-episodes", "/v1/duties", "/v1/reminders"];
    for list in lists {
        assert!(worker.get(list, 200).await.to_string().contains(&case.child), "{list}");
        assert!(!supervisor.get(list, 200).await.to_string().contains(&case.child), "{list}");
    }
    let sought = json!({ "date_of_birth": worker.get(&case.child_url(""), 200).await["date_of_birth"] });
    assert!(worker.post("/v1/children/search", sought.clone(), 200).await.to_string().contains(&case.child));
    assert!(!supervisor.post("/v1/children/search", sought, 200).await.to_string().contains(&case.child));
    let trail = app.auditor().await.get("/v1/audit-entries", 200).await.to_string();
    assert!(!trail.contains(&case.child) && !trail.contains(&case.episode), "{trail}");
}

#[tokio::test]
async fn what_is_owed_for_a_restricted_child_is_told_to_those_named_and_to_nobody_else() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let named = app.given_person("named", "caseworker", Some("south-county")).await;
    restrict(&app, &case.child, restriction(&[&named])).await;
    app.live_until("2026-05-03T12:00:00Z").await;
    let owner = app.db.owner().await;
    let rows = owner.query("select distinct user_id from reminders where step <> 'at_once'", &[]).await.unwrap();
    let told: Vec<uuid::Uuid> = rows.iter().map(|it| it.get(0)).collect();
    assert_eq!(told, [named.id.unwrap().uuid()]);
}

#[tokio::test]
async fn sr_05_sr_06_an_emergency_opens_one_record_for_one_person_one_session_and_one_hour() {
    let app = TestApp::at(NOW).await;
    let (case, other) = (secret(&app).await, secret(&app).await);
    let (on_call, again) = (app.person("on-call").await, app.person("on-call").await);
    let short = json!({ "category": "other", "reason": "too short" });
    on_call.post(&case.child_url("/emergency-accesses"), short, 422).await;
    assert!(!opens(&on_call, &case).await);
    let opened = break_in(&on_call, &case).await;
    assert_eq!((opened.status, opened.json()["expires_at"].clone()), (201, json!("2026-05-01T09:00:00Z")));
    assert!(opens(&on_call, &case).await && !opens(&on_call, &other).await);
    assert!(!opens(&app.supervisor().await, &case).await);
    app.set_clock("2026-05-01T08:10:00Z");
    assert!(opens(&again, &case).await);
    on_call.send(Method::POST, "/v1/auth/logout", None, &[]).await;
    assert!(!opens(&again, &case).await);
    assert_eq!(break_in(&again, &case).await.status, 201);
    app.set_clock("2026-05-01T09:09:59Z");
    let later = app.person("on-call").await;
    assert!(opens(&later, &case).await);
    app.set_clock("2026-05-01T09:10:00Z");
    assert!(!opens(&later, &case).await);
}

/// Somebody who signed in five minutes ago, and has refreshed their tokens since.
async fn signed_in_a_while_ago(app: &TestApp, name: &str) -> Person {
    app.set_clock(NOW);
    let sign_in = json!({ "email": format!("{name}@demo.homeward.test"), "password": PASSWORD });
    let tokens = app.nobody().post("/v1/auth/login", sign_in, 200).await;
    app.set_clock("2026-05-01T08:04:30Z");
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    let tokens = app.nobody().post("/v1/auth/refresh", refresh, 200).await;
    app.set_clock("2026-05-01T08:05:00Z");
    app.nobody().with_token(tokens["access_token"].as_str().unwrap())
}

#[tokio::test]
async fn sr_05_se_09_an_emergency_and_a_restriction_take_a_fresh_proof_of_who_asks() {
    let app = TestApp::strict(NOW).await;
    let case = secret(&app).await;
    let privacy = signed_in_a_while_ago(&app, "privacy").await;
    let anew = restriction(&[&case.worker]);
    assert_eq!(restrict_as(&privacy, &case.child, anew).await.slug(), "step-up-required");
    let on_call = signed_in_a_while_ago(&app, "on-call").await;
    assert_eq!(break_in(&on_call, &case).await.slug(), "step-up-required");
    let proven = on_call.post("/v1/auth/step-up", json!({ "password": PASSWORD }), 200).await;
    let proven = app.nobody().with_token(proven["access_token"].as_str().unwrap());
    assert_eq!(break_in(&proven, &case).await.status, 201);
}

#[tokio::test]
async fn sr_07_those_who_watch_over_records_are_told_at_once() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let case = secret(&app).await;
    assert_eq!(break_in(&app.person("on-call").await, &case).await.status, 201);
    app.settle().await;
    let letters = relay.letters();
    let alarms = letters.iter().filter(|it| it.header("Subject").contains("opened in an emergency"));
    let mut to: Vec<String> = alarms.map(|it| it.header("To")).collect();
    to.sort_unstable();
    assert!(to.iter().any(|it| it.contains("privacy@")) && to.iter().any(|it| it.contains("supervisor@")), "{to:?}");
}

#[tokio::test]
async fn sr_08_somebody_else_judges_an_emergency_once_and_that_closes_the_record() {
    let app = TestApp::at(NOW).await;
    let (case, on_call, privacy) = (secret(&app).await, app.person("on-call").await, app.person("privacy").await);
    let opened = break_in(&on_call, &case).await.json();
    let path = format!("/v1/emergency-accesses/{}", opened["id"].as_str().unwrap());
    assert_eq!(opened["review_due_at"], "2026-05-04T08:00:00Z");
    let waiting = privacy.get("/v1/emergency-accesses?unreviewed=true", 200).await;
    assert_eq!(waiting["data"][0]["id"], opened["id"]);
    on_call.get(&path, 403).await;
    let verdict = json!({ "justified": true, "note": "the police asked at night" });
    let judged = privacy.post(&format!("{path}/review"), verdict.clone(), 200).await;
    assert_eq!(judged["review"]["justified"], true);
    assert!(!opens(&on_call, &case).await);
    privacy.post(&format!("{path}/review"), verdict, 409).await;
    let waiting = privacy.get("/v1/emergency-accesses?unreviewed=true", 200).await;
    assert_eq!(waiting["data"], json!([]));
}

#[tokio::test]
async fn sr_08_each_look_of_an_emergency_is_in_the_log_of_those_who_may_read_it() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    restrict(&app, &case.child, restriction(&[&case.worker, &app.person("privacy").await])).await;
    let on_call = app.person("on-call").await;
    break_in(&on_call, &case).await;
    assert!(opens(&on_call, &case).await);
    let log = app.person("privacy").await.get(&case.child_url("/access-log"), 200).await;
    let actions: Vec<&str> = log["data"].as_array().unwrap().iter().filter_map(|it| it["action"].as_str()).collect();
    assert!(actions.contains(&"opened_in_emergency") && actions.contains(&"record_restricted"), "{actions:?}");
    assert!(actions.iter().filter(|it| **it == "read_child").count() >= 1, "{actions:?}");
}

#[tokio::test]
async fn sr_09_a_conflict_of_interest_shuts_somebody_out_whatever_the_emergency() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let on_call = app.person("on-call").await;
    assert!(opens(&on_call, &case).await);
    let excluded = json!({ "excluded": [on_call.id.unwrap().to_string()], "reason": "a cousin of the child" });
    assert_eq!(restrict(&app, &case.child, excluded).await.status, 200);
    assert!(!opens(&on_call, &case).await && opens(&case.worker, &case).await);
    assert_eq!(break_in(&on_call, &case).await.slug(), "not-found");
    assert_eq!(break_in(&case.worker, &case).await.slug(), "open-anyway");
}

#[tokio::test]
async fn a_restriction_leaves_somebody_who_can_do_what_is_owed() {
    let app = TestApp::at(NOW).await;
    let child = new_child(&app.caseworker().await, json!({})).await;
    let (auditor, supervisor) = (app.auditor().await, app.supervisor().await);
    assert_eq!(restrict(&app, &child, restriction(&[&auditor])).await.status, 422);
    assert_eq!(restrict(&app, &child, json!({ "reason": "nobody is named" })).await.status, 422);
    let mut both = restriction(&[&supervisor]);
    both["excluded"] = both["only_people"].clone();
    assert_eq!(restrict(&app, &child, both).await.status, 422);
    assert_eq!(restrict(&app, &child, restriction(&[&auditor, &supervisor])).await.status, 200);
}

#[tokio::test]
async fn a_restriction_is_replaced_and_lifted_and_every_one_is_kept() {
    let app = TestApp::at(NOW).await;
    let (case, privacy, supervisor) = (secret(&app).await, app.person("privacy").await, app.supervisor().await);
    let path = case.child_url("/restriction");
    restrict(&app, &case.child, restriction(&[&supervisor])).await;
    assert!(opens(&supervisor, &case).await && !opens(&case.worker, &case).await);
    assert_eq!(
        privacy.get(&path, 200).await["restriction"]["only_people"],
        json!([supervisor.id.unwrap().to_string()])
    );
    privacy.post(&format!("{path}/lift"), json!({ "reason": "the danger is over" }), 200).await;
    assert!(opens(&case.worker, &case).await && opens(&supervisor, &case).await);
    assert_eq!(privacy.get(&path, 200).await, json!({ "restriction": null }));
    privacy.post(&format!("{path}/lift"), json!({ "reason": "the danger is over" }), 404).await;
    let owner = app.db.owner().await;
    let kept: i64 = owner.query_one("select count(*) from restrictions", &[]).await.unwrap().get(0);
    assert_eq!(kept, 2);
}

/// What the program asks for, the wall gives, whoever forgets a filter.
#[tokio::test]
async fn sr_01_the_database_alone_holds_the_wall_on_every_table_about_a_child() {
    let app = TestApp::at(NOW).await;
    let case = secret(&app).await;
    let owner = app.db.owner().await;
    let bare = "select c.table_name::text from information_schema.columns c join pg_class k on k.relname = c.table_name \
        and k.relkind = 'r' where c.table_schema = 'public' and c.column_name = 'child_id' \
        and c.table_name not in ('restrictions', 'emergency_accesses') and not exists (select from pg_policy p \
        where p.polrelid = k.oid and p.polname = 'restricted_wall' and not p.polpermissive)";
    let rows = owner.query(bare, &[]).await.unwrap();
    assert!(rows.is_empty(), "{:?}", rows.iter().map(|it| it.get::<_, String>(0)).collect::<Vec<_>>());
    let agency = "select agency_id::text from children limit 1";
    let agency: String = owner.query_one(agency, &[]).await.unwrap().get(0);
    let (worker, supervisor) = (case.worker.id.unwrap(), app.supervisor().await.id.unwrap());
    for (user, seen) in [(worker, 1_i64), (supervisor, 0)] {
        let open = format!(
            "begin; set local role homeward_app; set local homeward.agency_id = '{agency}'; \
             set local homeward.user_id = '{user}'; set local homeward.at = '{NOW}'"
        );
        owner.batch_execute(&open).await.unwrap();
        for (table, child) in [("children", "id"), ("missing_episodes", "child_id"), ("audit_entries", "child_id")] {
            let query = format!("select count(distinct {child}) from {table} where {child} = '{}'", case.child);
            let count: i64 = owner.query_one(&query, &[]).await.unwrap().get(0);
            assert_eq!(count, seen, "{table} for {user}");
        }
        owner.batch_execute("rollback").await.unwrap();
    }
}
