//! A world built through the public API, with legal defaults: a test names only what it is about.

use serde_json::{Value, json};

use super::{Person, TestApp};

/// A child who is missing, and the people around them.
pub struct Case {
    pub worker: Person,
    pub supervisor: Person,
    pub child: String,
    pub episode: String,
    pub opened: Value,
}

impl Case {
    pub(super) async fn open(app: &TestApp) -> Self {
        let received = app.now().to_rfc3339();
        Self::open_with(app, json!({ "agency_information_received_at": received })).await
    }

    /// Opens an episode that says this.
    pub async fn open_with(app: &TestApp, episode: Value) -> Self {
        let worker = app.caseworker().await;
        let supervisor = app.supervisor().await;
        let child = new_child(&worker, json!({})).await;
        let opened = worker.post(&format!("/v1/children/{child}/missing-episodes"), episode, 201).await;
        let episode = opened["id"].as_str().expect("an id").to_owned();
        Self { worker, supervisor, child, episode, opened }
    }

    /// A path under the episode.
    pub fn url(&self, rest: &str) -> String {
        format!("/v1/children/{}/missing-episodes/{}{rest}", self.child, self.episode)
    }

    /// A path under the child.
    pub fn child_url(&self, rest: &str) -> String {
        format!("/v1/children/{}{rest}", self.child)
    }

    /// The episode as it stands.
    pub async fn now(&self) -> Value {
        self.worker.get(&self.url(""), 200).await
    }

    /// One of its duties as it stands.
    pub async fn duty(&self, kind: &str, recipient: &str) -> Value {
        let episode = self.now().await;
        let duties = episode["duties"].as_array().expect("duties").clone();
        let wanted = |it: &&Value| it["kind"] == kind && it["recipient"].as_str().unwrap_or_default() == recipient;
        duties.iter().find(wanted).cloned().unwrap_or(Value::Null)
    }

    /// Records that `recipient` got the initial report at `made_at`.
    pub async fn report(&self, recipient: &str, made_at: &str) -> Value {
        self.worker.post(&self.url("/notifications"), told(recipient, made_at), 201).await
    }
}

/// A new child of north-county; `fields` replaces defaults. Their id.
pub async fn new_child(by: &Person, fields: Value) -> String {
    let mut child = json!({
        "agency_person_id": format!("P-{}", uuid::Uuid::new_v4().simple()),
        "given_name": "Sample", "family_name": "Child", "date_of_birth": "2011-03-04",
        "unit_code": "north-county", "care_status": "foster_care",
    });
    for (name, value) in fields.as_object().expect("fields") {
        child[name] = value.clone();
    }
    let created = by.post("/v1/children", child, 201).await;
    created["id"].as_str().expect("an id").to_owned()
}

/// A completed initial report.
pub fn told(recipient: &str, made_at: &str) -> Value {
    json!({
        "recipient": recipient, "kind": "initial_report", "status": "completed", "method": "phone",
        "made_at": made_at, "person_contacted": "Desk officer",
    })
}
