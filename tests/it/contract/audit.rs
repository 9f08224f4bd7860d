//! The trail, proven by walking the API description: whoever was shown is a look, whatever was done is an entry, and
//! nothing else is either.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::bodies::report;
use super::world::{NOW, OF_NO_CHILD, Operation, SAID, World, id, operations, walked};
use crate::support::TestApp;

/// Lists of figures: they show nobody.
const COUNTS: [&str; 2] = ["summarize_compliance", "count_determinations"];

/// A row of the trail: who, and about which children.
type Traced = (Uuid, BTreeSet<Uuid>);

/// The looks and the entries of one request.
async fn trail(app: &TestApp, request_id: &str) -> (Vec<Traced>, Vec<Traced>) {
    let owner = app.db.owner().await;
    let looks = "select actor_id, array(select child_id from look_children s where s.look_id = l.id) from looks l \
        where request_id = $1";
    let entries = "select actor_id, array_remove(array[child_id], null) from audit_entries where request_id = $1";
    let mut both = Vec::new();
    for query in [looks, entries] {
        let rows = owner.query(query, &[&request_id]).await.unwrap();
        both.push(rows.iter().map(|it| (it.get(0), it.get::<_, Vec<Uuid>>(1).into_iter().collect())).collect());
    }
    let entries = both.pop().unwrap();
    (both.pop().unwrap(), entries)
}

/// Every id in an answer, wherever it stands.
fn ids(value: &Value, into: &mut BTreeSet<Uuid>) {
    match value {
        Value::String(text) => into.extend(text.parse::<Uuid>()),
        Value::Array(items) => items.iter().for_each(|it| ids(it, into)),
        Value::Object(fields) => fields.values().for_each(|it| ids(it, into)),
        _ => {}
    }
}

/// Every child that an answer names.
async fn shown(app: &TestApp, answer: &Value) -> BTreeSet<Uuid> {
    let mut named = BTreeSet::new();
    ids(answer, &mut named);
    let owner = app.db.owner().await;
    let children = owner.query("select id from children", &[]).await.unwrap();
    children.iter().map(|it| it.get(0)).filter(|it| named.contains(it)).collect()
}

async fn whole_trail(app: &TestApp) -> BTreeMap<&'static str, String> {
    let owner = app.db.owner().await;
    let mut all = BTreeMap::new();
    let done = "(select * from audit_entries where action <> 'refused')";
    for (name, table) in [("audit_entries", done), ("looks", "looks"), ("look_children", "look_children")] {
        let everything = format!("select coalesce(json_agg(t), '[]')::text from {table} t");
        all.insert(name, owner.query_one(&everything, &[]).await.unwrap().get(0));
    }
    all
}

#[test]
fn the_exceptions_are_operations_that_name_no_child() {
    let all = operations();
    for name in OF_NO_CHILD {
        let operation = all.iter().find(|it| it.name == name).unwrap_or_else(|| panic!("{name} is gone: strike it"));
        assert!(!operation.path.contains("{child_id}"), "{name} concerns a child");
    }
    assert_eq!(walked().len() + OF_NO_CHILD.len(), all.len());
}

#[tokio::test]
async fn ad_01_every_look_at_one_child_is_one_row_about_that_child() {
    let app = TestApp::at(NOW).await;
    let world = World::of(&app).await;
    for operation in walked().iter().filter(|it| it.method == Method::GET && it.path.contains("{child_id}")) {
        let name = &operation.name;
        let reply = world.call(operation, name).await;
        assert_eq!(reply.status, 200, "{name}: {}", reply.text);
        let (who, child, _) = world.sample(name);
        let looked = (who.id.unwrap().uuid(), BTreeSet::from([child.parse().unwrap()]));
        assert_eq!(trail(&app, name).await, (vec![looked], vec![]), "{name}");
    }
}

#[tokio::test]
async fn ad_01_every_list_is_one_look_at_exactly_the_children_it_shows() {
    let app = TestApp::at(NOW).await;
    let (world, _) = (World::of(&app).await, World::of(&app).await);
    for operation in walked().iter().filter(|it| !it.writes() && !it.path.contains("{child_id}")) {
        let name = &operation.name;
        let reply = world.call(operation, name).await;
        assert_eq!(reply.status, 200, "{name}: {}", reply.text);
        let shown = shown(&app, &reply.json()).await;
        assert_eq!(shown.is_empty(), COUNTS.contains(&name.as_str()), "{name}: {}", reply.text);
        let actor = world.sample(name).0.id.unwrap().uuid();
        let expected = if shown.is_empty() { vec![] } else { vec![(actor, shown)] };
        assert_eq!(trail(&app, name).await, (expected, vec![]), "{name}");
    }
}

#[tokio::test]
async fn a_page_is_a_look_at_its_own_rows_only() {
    let app = TestApp::at(NOW).await;
    let (world, _) = (World::of(&app).await, World::of(&app).await);
    for list in [
        "/v1/children",
        "/v1/missing-episodes",
        "/v1/duties",
        "/v1/reminders",
        "/v1/compliance/duties",
        "/v1/data-quality/placements",
    ] {
        let path = format!("{list}?limit=1");
        let request_id = list.replace('/', ".");
        let who = &world.case.supervisor;
        let reply = who.send(Method::GET, &path, None, &[("x-request-id", &request_id)]).await;
        let shown = shown(&app, &reply.json()).await;
        let expected = if shown.is_empty() { vec![] } else { vec![(who.id.unwrap().uuid(), shown.clone())] };
        assert!(shown.len() <= 1, "{list}");
        assert_eq!(trail(&app, &request_id).await, (expected, vec![]), "{list}");
    }
}

#[tokio::test]
async fn ad_02_every_write_is_one_entry_about_the_same_child() {
    let app = TestApp::at(NOW).await;
    for operation in walked().iter().filter(|it| it.writes()) {
        let (name, world) = (&operation.name, World::of(&app).await);
        let reply = world.call(operation, name).await;
        assert!([200, 201].contains(&reply.status), "{name}: {}", reply.text);
        let (who, child, _) = world.sample(name);
        let child = if name == "add_child" { id(&reply.json()) } else { child.to_owned() };
        let done = (who.id.unwrap().uuid(), BTreeSet::from([child.parse().unwrap()]));
        assert_eq!(trail(&app, name).await, (vec![], vec![done]), "{name}");
    }
}

#[tokio::test]
async fn a_repeated_create_is_a_look_and_no_second_entry() {
    let app = TestApp::at(NOW).await;
    let world = World::of(&app).await;
    let (path, key) = (world.case.url("/notifications"), ("idempotency-key", "k"));
    for request_id in ["first", "second"] {
        let headers = [("x-request-id", request_id), key];
        assert_eq!(world.case.worker.send(Method::POST, &path, Some(report()), &headers).await.status, 201);
    }
    let mine = (world.case.worker.id.unwrap().uuid(), BTreeSet::from([world.case.child.parse().unwrap()]));
    assert_eq!(trail(&app, "first").await, (vec![], vec![mine.clone()]));
    assert_eq!(trail(&app, "second").await, (vec![mine], vec![]));
}

#[tokio::test]
async fn ad_04_whoever_is_refused_leaves_the_refusal_and_no_trace_of_having_seen_or_done() {
    let app = TestApp::at(NOW).await;
    let world = World::of(&app).await;
    let people = [app.nobody(), app.stranger().await, app.person("administrator").await];
    let child: Uuid = world.case.child.parse().unwrap();
    let absent: Vec<Uuid> = Vec::new();
    let before = whole_trail(&app).await;
    for operation in walked().iter().filter(|it| it.path.contains('{')) {
        let (_, child_id, body) = world.sample(&operation.name);
        for (at, who) in people.iter().enumerate() {
            let request_id = format!("{}.{at}", operation.name);
            let headers = [("idempotency-key", "k"), ("if-match", "\"1\""), ("x-request-id", &request_id)];
            let path = world.fill(&operation.path, child_id);
            let reply = who.send(operation.method.clone(), &path, body.clone(), &headers).await;
            // What names no child in its path says only that it is not for one's role.
            let of_child = operation.path.contains("{child_id}");
            let refused = [401, 404].contains(&reply.status) || (!of_child && reply.status == 403);
            assert!(refused, "{}: {}", operation.name, reply.text);
            // A stranger's child is none in their agency; an administrator's is one that they may not know of.
            let expected = match at {
                0 => vec![],
                1 if of_child => vec![("hidden".to_owned(), absent.clone())],
                2 if of_child && child_id == world.case.child => vec![("hidden".to_owned(), vec![child])],
                _ => continue,
            };
            assert_eq!(refusals(&app, &request_id).await, expected, "{}", operation.name);
        }
    }
    assert_eq!(whole_trail(&app).await, before);
}

/// What was refused of one request: why, and about which child.
async fn refusals(app: &TestApp, request_id: &str) -> Vec<(String, Vec<Uuid>)> {
    let query = "select outcome, array_remove(array[child_id], null) from audit_entries \
        where request_id = $1 and action = 'refused'";
    let rows = app.db.owner().await.query(query, &[&request_id]).await.unwrap();
    // What is prepared before it is made is refused twice.
    let mut all: Vec<(String, Vec<Uuid>)> = rows.iter().map(|it| (it.get(0), it.get(1))).collect();
    all.dedup();
    all
}

#[tokio::test]
async fn ad_02_nothing_is_done_or_shown_that_cannot_be_recorded() {
    let app = TestApp::at(NOW).await;
    let world = World::of(&app).await;
    let owner = app.db.owner().await;
    let before = whole_trail(&app).await;
    owner.batch_execute("revoke insert on audit_entries, looks, look_children from homeward_app").await.unwrap();
    for operation in walked().into_iter().filter(|it| !COUNTS.contains(&it.name.as_str())) {
        let (who, child, body) = world.sample(&operation.name);
        let headers = [("idempotency-key", "k"), ("if-match", "\"1\"")];
        let path = world.fill(&operation.path, child);
        let reply = who.send(operation.method.clone(), &path, body, &headers).await;
        // What has another version now is not changed anyway.
        let unchanged = operation.writes() && reply.status == 412;
        assert!(reply.status == 503 || unchanged, "{}: {} {}", operation.name, reply.status, reply.text);
    }
    owner.batch_execute("grant insert on audit_entries, looks, look_children to homeward_app").await.unwrap();
    assert_eq!(whole_trail(&app).await, before);
}

#[tokio::test]
async fn a_request_that_is_not_understood_leaves_no_trace_either() {
    let app = TestApp::at(NOW).await;
    let world = World::of(&app).await;
    let before = whole_trail(&app).await;
    for operation in walked().iter().filter(|it| it.name != "acknowledge_reminder") {
        let (who, child, body) = world.sample(&operation.name);
        let path = format!("{}?nonsense=1", world.fill(&operation.path, child));
        let nonsense = body.map(|_| json!({ "nonsense": true }));
        let headers = [("idempotency-key", "k"), ("if-match", "\"1\"")];
        let reply = who.send(operation.method.clone(), &path, nonsense, &headers).await;
        assert_eq!(reply.status, 400, "{}: {}", operation.name, reply.text);
    }
    assert_eq!(whole_trail(&app).await, before);
}

#[tokio::test]
async fn the_trail_repeats_nothing_that_people_said() {
    let app = TestApp::at(NOW).await;
    let mut world = World::of(&app).await;
    let (writes, reads): (Vec<_>, Vec<_>) = walked().into_iter().partition(Operation::writes);
    for operation in reads.into_iter().chain(writes) {
        // What was written stands in the way of what is written next.
        if operation.writes() {
            world = World::of(&app).await;
        }
        let reply = world.call(&operation, &operation.name).await;
        assert!([200, 201].contains(&reply.status), "{}: {}", operation.name, reply.text);
    }
    let trail = whole_trail(&app).await;
    assert!(trail.values().all(|it| 1_000 < it.len()));
    for (table, text) in &trail {
        let repeated: Vec<&&str> = SAID.iter().filter(|it| text.contains(**it)).collect();
        assert!(repeated.is_empty(), "{table}: {repeated:?}");
    }
}
