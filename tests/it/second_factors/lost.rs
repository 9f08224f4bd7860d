//! Whoever has lost every factor: two administrators and a quarter of an hour.

use serde_json::{Value, json};

use super::{CASEWORKER, Holder, NOW, enrolled, sign_in};
use crate::support::{Person, Relay, TestApp};

async fn ask(app: &TestApp, by: &Person, holder: &Holder, status: u16) -> Value {
    let query = "select id::text from users where email = $1";
    let id: String = app.db.owner().await.query_one(query, &[&holder.email]).await.unwrap().get(0);
    by.post(&format!("/v1/users/{id}/factor-reset"), Value::Null, status).await
}

#[tokio::test]
async fn mf_07_one_administrator_takes_no_factor_away() {
    let app = TestApp::at(NOW).await;
    let holder = enrolled(&app, CASEWORKER).await;
    let administrator = app.person("administrator").await;
    assert_eq!(ask(&app, &administrator, &holder, 200).await["effective_at"], Value::Null);
    assert_eq!(ask(&app, &administrator, &holder, 403).await["type"], "/problems/takes-another-person");
    ask(&app, &app.supervisor().await, &holder, 403).await;
    app.set_clock("2026-05-02T08:00:00Z");
    assert_eq!(sign_in(&app, CASEWORKER, None).await.slug(), "second-factor-required");
    // What was not agreed to within a day is forgotten.
    let second = app.second_administrator().await;
    assert_eq!(ask(&app, &second, &holder, 200).await["effective_at"], Value::Null);
}

#[tokio::test]
async fn mf_07_two_administrators_take_it_away_after_a_quarter_of_an_hour_and_people_are_told() {
    let relay = Relay::start().await;
    let app = TestApp::mailing(NOW, &relay).await;
    let holder = enrolled(&app, CASEWORKER).await;
    ask(&app, &app.person("administrator").await, &holder, 200).await;
    let agreed = ask(&app, &app.second_administrator().await, &holder, 200).await;
    assert_eq!(agreed["effective_at"], "2026-05-01T08:15:00Z");
    app.settle().await;
    for to in [CASEWORKER, "administrator@demo.homeward.test"] {
        let told: Vec<String> = relay.letters_to(to).iter().map(|it| it.header("Subject")).collect();
        assert!(told.contains(&"The second factor is to be taken away".to_owned()), "{to}: {told:?}");
    }
    app.set_clock("2026-05-01T08:14:59Z");
    assert_eq!(sign_in(&app, CASEWORKER, None).await.slug(), "second-factor-required");
    app.set_clock("2026-05-01T08:15:00Z");
    assert_eq!(sign_in(&app, CASEWORKER, None).await.status, 200);
    assert_eq!(sign_in(&app, CASEWORKER, Some(&holder.recovery_codes[0])).await.status, 200);
    let left = app.caseworker().await.get("/v1/me/factor", 200).await;
    assert_eq!((&left["confirmed_at"], &left["recovery_codes_left"]), (&Value::Null, &json!(0)));
}

#[tokio::test]
async fn mf_07_a_sign_in_with_the_factor_stops_it() {
    let app = TestApp::at(NOW).await;
    let holder = enrolled(&app, CASEWORKER).await;
    ask(&app, &app.person("administrator").await, &holder, 200).await;
    ask(&app, &app.second_administrator().await, &holder, 200).await;
    app.set_clock("2026-05-01T08:01:00Z");
    assert_eq!(sign_in(&app, CASEWORKER, Some(&holder.code(&app))).await.status, 200);
    app.set_clock("2026-05-01T08:20:00Z");
    assert_eq!(sign_in(&app, CASEWORKER, None).await.slug(), "second-factor-required");
}

#[tokio::test]
async fn mf_07_nobody_asks_it_of_themselves_or_of_whoever_has_none() {
    let app = TestApp::at(NOW).await;
    let holder = enrolled(&app, "administrator@demo.homeward.test").await;
    assert_eq!(ask(&app, &holder.who, &holder, 403).await["type"], "/problems/takes-another-person");
    let without = Holder { email: CASEWORKER.to_owned(), ..holder };
    assert_eq!(ask(&app, &without.who, &without, 409).await["type"], "/problems/no-second-factor");
}
