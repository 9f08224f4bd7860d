//! One of everything, and how each operation is called: an operation without a line in [`World::sample`] fails.

use reqwest::Method;
use serde_json::{Value, json};

use super::bodies::{
    canary, closure, concluded, consent, disclosure, emergency, finished, interview, lives, opening, packet, photo,
    poster, report, reported, response, restriction, screening, searched, seen, stating,
};
use crate::support::{Case, Person, Reply, TestApp, document, new_child};

pub(super) const NOW: &str = "2026-05-01T08:00:00Z";

/// They concern no child, and no path of theirs names one.
pub(super) const OF_NO_CHILD: [&str; 74] = [
    "add_address",
    "add_on_call_shift",
    "add_user",
    "approve_webhook",
    "ask_factor_reset",
    "cancel_absence",
    "cancel_on_call_shift",
    "challenge_webhook",
    "change_password",
    "change_user",
    "choose_agency_rules",
    "choose_back_up",
    "choose_preferences",
    "clear_bounce",
    "confirm_factor",
    "end_session",
    "end_sessions",
    "enrol_factor",
    "finish_password_reset",
    "get_absence",
    "get_agency_rules",
    "get_back_up",
    "get_escalation_contacts",
    "get_factor",
    "get_indicators",
    "get_machine_key",
    "get_me",
    "get_on_call_shift",
    "get_preferences",
    "get_reminder_proof",
    "get_user",
    "get_webhook",
    "link_identity",
    "list_absences",
    "list_addresses",
    "list_agency_rules",
    "list_calendar_feeds",
    "list_hand_overs",
    "list_identities",
    "list_issuers",
    "list_look_reviews",
    "list_machine_keys",
    "list_on_call_shifts",
    "list_primary_factors",
    "list_rules",
    "list_sessions",
    "list_units",
    "list_unusual_looks",
    "list_users",
    "list_webhook_messages",
    "list_webhooks",
    "login",
    "logout",
    "make_calendar_feed",
    "make_machine_key",
    "pause_webhook",
    "propose_webhook",
    "prove_again",
    "read_calendar",
    "record_absence",
    "record_look_review",
    "refresh_session",
    "remove_address",
    "remove_identity",
    "remove_webhook",
    "renew_machine_key",
    "renew_recovery_codes",
    "resend_webhook_message",
    "revoke_calendar_feed",
    "revoke_machine_key",
    "rotate_webhook_secret",
    "set_escalation_contacts",
    "start_password_reset",
    "unlock_user",
];

/// Reads that have a body.
pub(super) const READING_POSTS: [&str; 1] = ["search_children"];

/// What people said; the trail repeats none of it.
pub(super) const SAID: [&str; 10] = [
    "canary statement",
    "Canarygiven",
    "Canaryfamily",
    "P-canary",
    "2010-02-03",
    "canary place",
    "canary circumstances",
    "Canary Officer",
    "canary reason",
    "canary context",
];

/// One operation of the description.
pub(super) struct Operation {
    pub(super) name: String,
    pub(super) method: Method,
    pub(super) path: String,
    takes_version: bool,
    pub(super) has_body: bool,
}

impl Operation {
    pub(super) fn writes(&self) -> bool {
        self.method != Method::GET && !READING_POSTS.contains(&self.name.as_str())
    }
}

pub(super) fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, item) in document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap().to_owned();
            let method = method.to_uppercase().parse().unwrap();
            let takes_version =
                operation["parameters"].as_array().into_iter().flatten().any(|it| it["name"] == "If-Match");
            let has_body = operation["requestBody"].is_object();
            all.push(Operation { name, method, path: path.clone(), takes_version, has_body });
        }
    }
    all
}

/// The operations that concern children.
pub(super) fn walked() -> Vec<Operation> {
    operations().into_iter().filter(|it| !OF_NO_CHILD.contains(&it.name.as_str())).collect()
}

/// A child who is missing, with one of everything.
pub(super) struct World {
    pub(super) case: Case,
    pub(super) auditor: Person,
    privacy: Person,
    /// Their record is restricted, and was opened in an emergency.
    secret: String,
    /// Not missing; what was taken for an absence was none, and is closed.
    pub(super) home: String,
    closed: String,
    /// What stands in a path for each parameter in braces but the child.
    ids: Vec<(&'static str, String)>,
    indicator: Value,
}

pub(super) fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

/// An episode that turned out to be none.
async fn closed(supervisor: &Person, child: &str) -> String {
    let episodes = format!("/v1/children/{child}/missing-episodes");
    let opened = supervisor.post(&episodes, opening(), 201).await;
    let path = format!("{episodes}/{}", id(&opened));
    id(&supervisor.put(&path, &format!("{path}/closure"), closure(&opened), 200).await)
}

impl World {
    pub(super) async fn of(app: &TestApp) -> Self {
        let (worker, supervisor, auditor) = (app.caseworker().await, app.supervisor().await, app.auditor().await);
        let home = new_child(&worker, canary()).await;
        let closed = closed(&supervisor, &home).await;
        let child = new_child(&worker, canary()).await;
        let opened = worker.post(&format!("/v1/children/{child}/missing-episodes"), opening(), 201).await;
        let case = Case { worker, supervisor, child, episode: id(&opened), opened };
        let notification = id(&case.worker.post(&case.url("/notifications"), report(), 201).await);
        let indicator = case.worker.get("/v1/indicators", 200).await["indicators"][0]["code"].clone();
        let observation = id(&case.worker.post(&case.child_url("/observations"), seen(&indicator), 201).await);
        let packet_id = id(&case.worker.post(&case.url("/packets"), packet().unwrap(), 201).await);
        let photo = id(&case.worker.post(&case.child_url("/photos"), photo(), 201).await);
        case.supervisor.post(&case.child_url("/publication-consents"), consent(), 201).await;
        let poster_id = id(&case.worker.post(&case.url("/posters"), poster().unwrap(), 201).await);
        let effort = id(&case.worker.post(&case.url("/search-efforts"), searched(), 201).await);
        let interview_id = id(&case.worker.post(&case.url("/return-interviews"), interview(), 201).await);
        let screening_id = id(&case.worker.post(&case.url("/screenings"), screening(), 201).await);
        let completion = id(&case.worker.post(&case.url("/completions"), finished(), 201).await);
        let response = id(&case.worker.post(&case.url("/factor-responses"), response(), 201).await);
        let determination = id(&case.worker.post(&case.child_url("/determinations"), concluded(), 201).await);
        let about = case.child_url(&format!("/determinations/{determination}/notifications"));
        let reported = id(&case.worker.post(&about, reported(), 201).await);
        let placement = id(&case.worker.post(&case.child_url("/placements"), lives(), 201).await);
        let case = Case { opened: case.now().await, ..case };
        app.travel_to(NOW).await;
        let reminder = id(&case.worker.get("/v1/reminders", 200).await["data"][0]);
        let privacy = app.person("privacy").await;
        let secret = new_child(&case.worker, canary()).await;
        let of_secret = format!("/v1/children/{secret}");
        let named = restriction(&[&case.supervisor, &privacy]);
        let restricted = privacy.send(Method::POST, &format!("{of_secret}/restriction"), Some(named), &[]).await;
        assert_eq!(restricted.status, 200, "{}", restricted.text);
        let on_call = app.person("on-call").await;
        let emergency = id(&on_call.post(&format!("{of_secret}/emergency-accesses"), emergency(), 201).await);
        let ids = vec![
            ("{episode_id}", case.episode.clone()),
            ("{notification_id}", notification),
            ("{observation_id}", observation),
            ("{packet_id}", packet_id),
            ("{poster_id}", poster_id),
            ("{determination_id}", determination),
            ("{report_id}", reported),
            ("{placement_id}", placement),
            ("{reminder_id}", reminder),
            ("{photo_id}", photo),
            ("{response_id}", response),
            ("{search_effort_id}", effort),
            ("{interview_id}", interview_id),
            ("{screening_id}", screening_id),
            ("{completion_id}", completion),
            ("{emergency_id}", emergency),
            ("{user_id}", case.worker.id.unwrap().to_string()),
        ];
        Self { case, auditor, privacy, secret, home, closed, ids, indicator }
    }

    pub(super) fn fill(&self, path: &str, child: &str) -> String {
        let path = path.replace("{child_id}", child);
        let path = if child == self.home { path.replace("{episode_id}", &self.closed) } else { path };
        self.ids.iter().fold(path, |path, (name, id)| path.replace(name, id))
    }

    fn handed_over(&self) -> Value {
        let to = self.case.supervisor.id.unwrap().to_string();
        json!({ "to_user_id": to, "child_ids": [self.case.child], "reason": "canary reason" })
    }

    /// How to call each operation: as whom, about which child, with what. An operation without a line fails.
    pub(super) fn sample(&self, name: &str) -> (&Person, &str, Option<Value>) {
        let (worker, supervisor, auditor) = (&self.case.worker, &self.case.supervisor, &self.auditor);
        let (child, home) = (self.case.child.as_str(), self.home.as_str());
        let retraction = Some(json!({ "reason": "canary reason" }));
        match name {
            "list_children" | "list_missing_episodes" | "list_duties" | "list_reminders" => (worker, child, None),
            "get_child" | "get_runaway_counts" | "list_placements" => (worker, child, None),
            "list_missing_episodes_of_child" | "get_missing_episode" | "get_timeline" => (worker, child, None),
            "list_notifications" | "list_task_completions" | "list_observations" => (worker, child, None),
            "summarize_compliance" | "list_compliance_duties" | "get_access_log" => (supervisor, child, None),
            "open_in_emergency" => (worker, &self.secret, Some(emergency())),
            "list_emergency_accesses" | "get_emergency_access" => (&self.privacy, &self.secret, None),
            "review_emergency_access" => {
                (&self.privacy, &self.secret, Some(json!({ "justified": true, "note": "canary reason" })))
            }
            "get_restriction" => (&self.privacy, &self.secret, None),
            "restrict_record" => (&self.privacy, &self.secret, Some(restriction(&[supervisor, &self.privacy]))),
            "lift_restriction" => (&self.privacy, &self.secret, retraction),
            "list_audit_entries" => (auditor, child, None),
            "get_reminder" | "list_deliveries" | "get_deliveries_file" => (worker, child, None),
            "acknowledge_reminder" => (worker, child, None),
            "list_packets" | "get_packet" | "get_packet_content" | "get_packet_document" => (worker, child, None),
            "get_packet_differences" | "list_disclosures" | "list_poster_disclosures" => (worker, child, None),
            "list_posters" | "get_poster" | "get_poster_content" | "get_poster_document" => (worker, child, None),
            "make_poster" => (worker, child, poster()),
            "make_packet" => (worker, child, packet()),
            "record_disclosure" | "record_poster_disclosure" => (worker, child, disclosure()),
            "search_children" => (worker, child, Some(json!({ "name": "Canarygiven" }))),
            "add_child" => (worker, child, Some(canary())),
            "change_child" => (worker, child, Some(json!({ "given_name": "Canarygiven Two" }))),
            "record_placement" => (worker, child, Some(lives())),
            "get_placement" | "list_determinations" | "list_determination_notifications" => (worker, child, None),
            "list_placement_differences" => (worker, child, None),
            "count_determinations" => (auditor, child, None),
            "change_placement" => (worker, child, Some(json!({ "ended_on": "2026-04-30" }))),
            "record_determination" => (worker, child, Some(concluded())),
            "record_determination_notification" => (worker, child, Some(reported())),
            "retract_determination_notification" => (worker, child, retraction),
            "reopen_missing_episode" => (supervisor, home, retraction),
            "hand_over" => (supervisor, child, Some(self.handed_over())),
            "get_description" | "get_endangerment" | "get_contacts" | "get_particulars" => (worker, child, None),
            "list_description_history" | "list_endangerment_history" => (worker, child, None),
            "list_contacts_history" | "list_particulars_history" => (worker, child, None),
            "get_report_content" | "list_photos" | "get_photo" | "get_photo_content" => (worker, child, None),
            "list_publication_consents" => (worker, child, None),
            "add_photo" => (worker, child, Some(photo())),
            "record_publication_consent" => (supervisor, child, Some(consent())),
            "state_description" => (worker, child, stating("marks")),
            "state_endangerment" => (worker, child, stating("prescription_medications")),
            "state_contacts" => (worker, child, stating("phone_numbers")),
            "state_particulars" => (worker, child, stating("belongings")),
            "open_missing_episode" => (worker, home, Some(opening())),
            "change_missing_episode" => (worker, child, Some(json!({ "circumstances": "canary circumstances two" }))),
            "record_choices" => (
                worker,
                child,
                Some(json!({ "choices": [], "chosen_by_name": "Canary Officer", "reason": "canary reason" })),
            ),
            "record_notification" => (worker, child, Some(report())),
            "list_search_efforts" | "list_whereabouts" | "list_return_interviews" => (worker, child, None),
            "list_screenings" | "get_primary_factors" | "get_factor_response" => (worker, child, None),
            "list_factor_responses" | "list_factor_responses_of_child" => (worker, child, None),
            "record_search_effort" => (worker, child, Some(searched())),
            "state_whereabouts" => {
                (worker, child, Some(json!({ "known": "yes_unverified", "how": "canary circumstances" })))
            }
            "record_return_interview" => (worker, child, Some(interview())),
            "record_screening" => (worker, child, Some(screening())),
            "set_primary_factors" => (
                worker,
                child,
                Some(json!({
                    "factors": ["other"], "other": "canary circumstances", "determined_by_name": "Canary Officer",
                })),
            ),
            "record_factor_response" => (worker, child, Some(response())),
            "finish_factor_response" => {
                (worker, child, Some(json!({ "done_on": "2026-05-01", "note": "canary reason" })))
            }
            "retract_notification" | "retract_observation" | "retract_search_effort" => (worker, child, retraction),
            "retract_return_interview" | "retract_screening" => (worker, child, retraction),
            "retract_task_completion" => (worker, child, retraction),
            "record_recovery" => (
                worker,
                child,
                Some(json!({ "located_at": NOW, "recovery_type": "unknown", "place": "canary place",
                                            "circumstances": "canary circumstances" })),
            ),
            "record_task_completion" => (worker, child, Some(finished())),
            "close_missing_episode" => (supervisor, child, Some(closure(&self.case.opened))),
            "record_observation" => (worker, child, Some(seen(&self.indicator))),
            _ => panic!("{name} has no line here: say how to call it"),
        }
    }

    /// Calls the operation in the manner of its line.
    pub(super) async fn call(&self, operation: &Operation, request_id: &str) -> Reply {
        let (who, child, body) = self.sample(&operation.name);
        let mut path = self.fill(&operation.path, child);
        // What has no page of its own carries the version of what it belongs to.
        let is_read = document()["paths"][&operation.path]["get"].is_object();
        let resource = if is_read { path.as_str() } else { path.rsplit_once('/').unwrap().0 }.to_owned();
        let mut headers = vec![("x-request-id", request_id), ("idempotency-key", request_id)];
        let version = if operation.takes_version { self.case.worker.etag(&resource).await } else { String::new() };
        if operation.takes_version {
            headers.push(("if-match", &version));
        }
        if operation.name == "count_determinations" {
            path.push_str("?from=2026-01-01&to=2026-12-31");
        }
        who.send(operation.method.clone(), &path, body, &headers).await
    }
}
