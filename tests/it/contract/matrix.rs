//! Who gets which answer from each operation, walked from the description: the table is in `matrix.txt`, for a person to
//! read. An operation that is added stands in it before it can be merged (AZ-01, AZ-02).

use expect_test::expect_file;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use super::world::{NOW, Operation, World, operations};
use crate::support::{Person, TestApp};

/// Names nothing.
const NOTHING: &str = "00000000-0000-7000-8000-000000000000";

/// It would end the sessions that the walk goes on with.
const NOT_WALKED: [&str; 1] = ["logout"];

const LEGEND: &str = "\
What each operation answers to each person. The child lives in north-county and is assigned to `assigned`.

  ✓    let in: done, shown, or turned down for what was sent
  ○    let in, and there is no such record
  401  has to sign in      403  not theirs to do      404  there is no such record, so far as they can know

";

/// Everyone who can come.
struct Everyone(Vec<(&'static str, Person)>);

impl Everyone {
    async fn of(app: &TestApp, world: &World) -> Self {
        let elsewhere = "south-county";
        let dismissed = app.given_person("dismissed", "caseworker", Some("north-county")).await;
        let all = vec![
            ("nobody", app.nobody()),
            ("dismissed", dismissed.clone()),
            ("assigned", world.case.worker.clone()),
            ("colleague", app.given_person("colleague", "caseworker", Some("north-county")).await),
            ("other unit", app.given_person("elsewhere", "caseworker", Some(elsewhere)).await),
            ("supervisor", world.case.supervisor.clone()),
            ("and superv.", app.given_person("elsewhere-too", "supervisor", Some(elsewhere)).await),
            ("on_call", app.person("on-call").await),
            ("auditor", world.auditor.clone()),
            ("privacy off.", app.person("privacy").await),
            ("administrator", app.person("administrator").await),
            ("other agency", app.stranger().await),
            ("and auditor", app.given_auditor_of_the_other_agency().await),
        ];
        dismiss(app, &dismissed).await;
        let programs = programs(app).await;
        Self(all.into_iter().chain(programs).collect())
    }
}

/// A program with each scope, in the name of the supervisor.
const PROGRAMS: [(&str, &str); 5] = [
    ("statistics k.", "statistics:read"),
    ("compliance k.", "compliance:read"),
    ("children key", "children:write"),
    ("episodes key", "episodes:write"),
    ("events key", "events:read"),
];

/// Who opens what was shown to them: of a program, which reads no record, whoever it acts for.
fn opener<'a>(world: &'a World, name: &str, who: &'a Person) -> &'a Person {
    if PROGRAMS.iter().any(|it| it.0 == name) { &world.case.supervisor } else { who }
}

async fn programs(app: &TestApp) -> Vec<(&'static str, Person)> {
    let mut programs = Vec::new();
    let owner = app.person("supervisor").await;
    for (name, scope) in PROGRAMS {
        let made = owner.post("/v1/machine-keys", json!({ "label": name, "scopes": [scope] }), 201).await;
        programs.push((name, owner.with_token(made["secret"].as_str().unwrap())));
    }
    programs
}

async fn dismiss(app: &TestApp, who: &Person) {
    let path = format!("/v1/users/{}", who.id.unwrap());
    app.person("administrator").await.patch(&path, json!({ "disabled": true }), 200).await;
}

/// Asks in a manner that changes nothing: a read as it is, anything else with a body that nobody described.
async fn ask(who: &Person, operation: &Operation, path: &str) -> (u16, String) {
    let body = operation.has_body.then(|| json!({ "nonsense": true }));
    let headers = [("idempotency-key", "probe"), ("if-match", "\"1\"")];
    let reply = who.send(operation.method.clone(), path, body, &headers).await;
    (reply.status, reply.slug())
}

fn path_of(world: &World, operation: &Operation, child: &str) -> String {
    let filled = world.fill(&operation.path, child);
    let segment = |it| if str::starts_with(it, '{') { NOTHING } else { it };
    let path = filled.split('/').map(segment).collect::<Vec<_>>().join("/");
    if operation.name == "count_determinations" { path + "?from=2026-01-01&to=2026-12-31" } else { path }
}

/// What the table says of an answer to someone who names what is there, or what nobody has.
fn cell((status, _): &(u16, String), names_something: bool) -> String {
    match status {
        200..=299 | 400 | 409 | 412 | 415 | 422 | 428 => "✓".to_owned(),
        404 if !names_something => "○".to_owned(),
        other => other.to_string(),
    }
}

#[tokio::test]
async fn az_01_az_02_and_az_03_the_table_says_what_each_operation_answers_to_each_person() {
    let app = TestApp::at(NOW).await;
    let world = World::of(&app).await;
    let everyone = Everyone::of(&app, &world).await;
    let mut table = format!("{LEGEND}{:<36}", "");
    for (name, _) in &everyone.0 {
        table.push_str(&format!("{name:<14}"));
    }
    for operation in operations().iter().filter(|it| !NOT_WALKED.contains(&it.name.as_str())) {
        let path = path_of(&world, operation, &world.case.child);
        let mut row = Vec::new();
        for (_, who) in &everyone.0 {
            row.push(cell(&ask(who, operation, &path).await, !path.contains(NOTHING)));
        }
        // AZ-03: a refusal proves something only where someone is let in.
        assert!(row.iter().any(|it| it == "✓" || it == "○"), "nobody can call {}", operation.name);
        let row: String = row.iter().map(|it| format!("{it:<14}")).collect();
        table.push_str(&format!("\n{:<36}{}", operation.name, row.trim_end()));
    }
    expect_file!["matrix.txt"].assert_eq(&(table + "\n"));
}

#[tokio::test]
async fn az_05_a_hidden_child_and_no_child_are_answered_alike_to_everyone() {
    let app = TestApp::at(NOW).await;
    let world = World::of(&app).await;
    let everyone = Everyone::of(&app, &world).await;
    let absent = Uuid::new_v4().to_string();
    for operation in operations().iter().filter(|it| it.path.contains("{child_id}")) {
        let [there, nowhere] = [&world.case.child, &absent].map(|child| path_of(&world, operation, child));
        for (name, who) in &everyone.0 {
            let missing = ask(who, operation, &nowhere).await;
            assert!(missing.0 == 404 || missing.0 == 401, "{name} {}: {missing:?}", operation.name);
            let shown = ask(who, operation, &there).await;
            assert!(shown.0 != 404 || shown == missing, "{name} {}: {shown:?} {missing:?}", operation.name);
        }
    }
}

/// Whether they can open every child who is shown.
async fn all_open(who: &Person, children: &[String], shown: &str) -> bool {
    for child in children.iter().filter(|it| shown.contains(it.as_str())) {
        if who.send(Method::GET, &format!("/v1/children/{child}"), None, &[]).await.status != 200 {
            return false;
        }
    }
    true
}

#[tokio::test]
async fn az_06_no_list_shows_anyone_a_child_whom_they_cannot_open() {
    let app = TestApp::at(NOW).await;
    let (world, _) = (World::of(&app).await, World::of(&app).await);
    let everyone = Everyone::of(&app, &world).await;
    let owner = app.db.owner().await;
    let rows = owner.query("select id from children", &[]).await.unwrap();
    let children: Vec<String> = rows.iter().map(|it| it.get::<_, Uuid>(0).to_string()).collect();
    let lists = operations().into_iter().filter(|it| it.method == Method::GET && !it.path.contains('{'));
    for list in lists.filter(|it| it.name != "count_determinations") {
        for (name, who) in &everyone.0 {
            let shown = who.send(Method::GET, &list.path, None, &[]).await.text;
            assert!(all_open(opener(&world, name, who), &children, &shown).await, "{name} {}", list.name);
        }
    }
}

#[tokio::test]
async fn az_06_no_search_finds_anyone_a_child_whom_they_cannot_open() {
    let app = TestApp::at(NOW).await;
    let world = World::of(&app).await;
    let child = [world.case.child.clone()];
    let mut finders = Vec::new();
    for (name, who) in Everyone::of(&app, &world).await.0 {
        for sought in [json!({ "name": "Canarygiven" }), json!({ "date_of_birth": "2010-02-03" })] {
            let found = who.send(Method::POST, "/v1/children/search", Some(sought), &[]).await.text;
            assert!(all_open(opener(&world, name, &who), &child, &found).await, "{name}");
            finders.extend(found.contains(&child[0]).then_some(name));
        }
    }
    finders.dedup();
    assert_eq!(finders, ["assigned", "colleague", "supervisor", "on_call", "auditor", "children key", "episodes key"]);
}

/// Where the administrator stands in the table.
const ADMINISTRATOR: usize = 11;

/// Who keeps the installation in order opens no case.
#[test]
fn az_13_an_administrator_is_let_in_nowhere_below_a_child() {
    let table = include_str!("matrix.txt");
    let below: Vec<_> = operations().into_iter().filter(|it| it.path.contains("{child_id}")).collect();
    assert!(below.len() >= 60);
    for operation in below {
        let mut rows = table.lines().map(|it| it.split_whitespace().collect::<Vec<_>>());
        let row = rows.find(|it| it.first() == Some(&operation.name.as_str())).unwrap();
        assert_eq!(row[ADMINISTRATOR], "404", "{}", operation.name);
    }
}
