//! A session with one factor where two are asked for: every operation is closed to it but those that set up the other.

use serde_json::json;

use super::world::{NOW, Operation, operations};
use crate::support::{PASSWORD, Person, Reply, TestApp};

/// Names nothing.
const NOTHING: &str = "00000000-0000-7000-8000-000000000000";

/// They take no session, or end it.
const OPEN: [&str; 5] = ["login", "refresh_session", "finish_password_reset", "read_calendar", "logout"];

/// What sets up the second factor.
const OWN: [&str; 5] = ["get_factor", "enrol_factor", "confirm_factor", "renew_recovery_codes", "prove_again"];

async fn ask(who: &Person, operation: &Operation) -> Reply {
    let segment = |it| if str::starts_with(it, '{') { NOTHING } else { it };
    let path = operation.path.split('/').map(segment).collect::<Vec<_>>().join("/");
    let query = if operation.name == "count_determinations" { "?from=2026-01-01&to=2026-12-31" } else { "" };
    let body = operation.has_body.then(|| json!({ "nonsense": true }));
    let headers = [("idempotency-key", "probe"), ("if-match", "\"1\"")];
    who.send(operation.method.clone(), &(path + query), body, &headers).await
}

#[tokio::test]
async fn mf_01_every_operation_is_closed_to_a_session_with_one_factor() {
    let app = TestApp::at(NOW).await;
    let require = "update agencies set second_factor_required = true";
    app.db.owner().await.batch_execute(require).await.unwrap();
    let who = json!({ "email": "supervisor@demo.homeward.test", "password": PASSWORD });
    let tokens = app.nobody().post("/v1/auth/login", who, 200).await;
    let half = app.nobody().with_token(tokens["access_token"].as_str().unwrap());
    let closed: Vec<Operation> = operations()
        .into_iter()
        .filter(|it| !OPEN.contains(&it.name.as_str()) && !OWN.contains(&it.name.as_str()))
        .collect();
    assert!(100 < closed.len(), "{}", closed.len());
    for operation in &closed {
        let reply = ask(&half, operation).await;
        let expected = (403, "second-factor-due");
        assert_eq!((reply.status, reply.slug().as_str()), expected, "{}: {}", operation.name, reply.text);
    }
    let outcomes = "select distinct outcome from audit_entries where action = 'refused'";
    let outcomes = app.db.owner().await.query(outcomes, &[]).await.unwrap();
    assert_eq!(outcomes.iter().map(|it| it.get::<_, String>(0)).collect::<Vec<_>>(), ["forbidden"]);
}
