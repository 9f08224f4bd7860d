//! What is told in each operation: words that nobody would write by chance, in every field that takes some.

use serde_json::{Value, json};
use uuid::Uuid;

use super::world::NOW;
use crate::support::{Person, told};

pub(crate) fn canary() -> Value {
    let person = format!("P-canary-{}", Uuid::new_v4().simple());
    json!({
        "agency_person_id": person, "given_name": "Canarygiven", "family_name": "Canaryfamily",
        "date_of_birth": "2010-02-03", "unit_code": "north-county", "care_status": "foster_care",
        "hair_color": "canary statement", "eye_color": "canary statement",
    })
}

pub(crate) fn opening() -> Value {
    json!({
        "agency_information_received_at": NOW, "last_contact_place": "canary place",
        "circumstances": "canary circumstances",
    })
}

pub(super) fn report() -> Value {
    let mut report = told("ncmec", NOW);
    report["person_contacted"] = json!("Canary Officer");
    report["note"] = json!("canary reason");
    for (field, said) in [
        ("agency_name", "canary place"),
        ("badge", "canary statement"),
        ("case_number", "canary statement"),
        ("ncic_number", "canary statement"),
        ("reference_number", "canary statement"),
    ] {
        report[field] = json!(said);
    }
    report
}

pub(super) fn seen(indicator: &Value) -> Value {
    json!({
        "indicator_code": indicator, "observed_by_name": "Canary Officer", "observer_role": "teacher",
        "source": "school", "context": "canary context",
    })
}

pub(super) fn searched() -> Value {
    json!({
        "kind": "visit_to_place", "made_at": NOW, "made_by_name": "Canary Officer", "place": "canary place",
        "contacted": "Canary Officer", "outcome": "canary circumstances", "next_step": "canary reason",
    })
}

pub(super) fn response() -> Value {
    json!({ "factor": "bullying", "action": "canary context", "responsible_name": "Canary Officer" })
}

pub(super) fn interview() -> Value {
    json!({
        "outcome": "held", "offered_at": NOW, "held_at": NOW, "interviewer_name": "Canary Officer",
        "topics": { "where_stayed": "canary place" }, "childs_own_words": "canary circumstances",
    })
}

pub(super) fn screening() -> Value {
    json!({
        "instrument": "canary context", "given_by_name": "Canary Officer", "given_at": NOW,
        "place_form_is_kept": "canary place", "follow_up_decided_by_name": "Canary Officer",
        "follow_up": "canary reason",
    })
}

pub(super) fn finished() -> Value {
    json!({ "task": "screening", "completed_at": NOW, "completed_by_name": "Canary Officer",
            "note": "canary reason" })
}

pub(super) fn stating(item: &str) -> Option<Value> {
    Some(json!({ item: { "status": "provided", "value": "canary statement" } }))
}

pub(super) fn packet() -> Option<Value> {
    Some(json!({ "recipient": "ncmec", "note": "canary context" }))
}

pub(super) fn disclosure() -> Option<Value> {
    Some(json!({
        "recipient_name": "Canary Officer", "recipient_agency": "canary place", "method": "secure_email",
        "sent_at": NOW, "legal_basis": "state_law", "legal_basis_text": "canary reason",
    }))
}

pub(super) fn poster() -> Option<Value> {
    Some(json!({ "last_seen_on": "2026-04-30", "last_seen_city": "canary place", "last_seen_state": "KS" }))
}

/// A picture of one pixel.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

pub(super) fn photo() -> Value {
    json!({ "taken_on": "2026-04-01", "source": "canary statement", "content": PIXEL })
}

pub(super) fn consent() -> Value {
    json!({
        "state": "given", "authority": "canary statement", "person_name": "Canary Officer", "decided_at": NOW,
    })
}

pub(super) fn closure(episode: &Value) -> Value {
    let duties = episode["duties"].as_array().unwrap().iter();
    let undone: Vec<Value> = duties.map(|it| json!({ "duty_id": it["id"], "reason": "canary reason" })).collect();
    json!({ "reason": "not_missing_miscommunication", "statement": "canary circumstances", "undone": undone })
}

pub(super) fn concluded() -> Value {
    json!({
        "determination_type": "sex_trafficking_victim_identified", "determination_source": "agency_worker",
        "determined_by_name": "Canary Officer", "determined_by_role": "caseworker", "determined_by_agency": "canary place",
        "determined_at": NOW, "agency_information_received_at": NOW, "basis": "canary context, in a person's words",
        "sources_consulted": "canary circumstances", "attestation": true,
    })
}

pub(super) fn reported() -> Value {
    let mut reported = report();
    reported["recipient"] = json!("law_enforcement");
    reported
}

pub(super) fn lives() -> Value {
    json!({ "setting": "foster_family_home", "started_on": "2026-01-02", "provider_name": "canary place" })
}

pub(crate) fn restriction(people: &[&Person]) -> Value {
    let people: Vec<String> = people.iter().map(|it| it.id.unwrap().to_string()).collect();
    json!({ "only_people": people, "reason": "canary reason" })
}

pub(crate) fn emergency() -> Value {
    json!({ "category": "child_in_danger", "reason": "canary reason that is long enough" })
}
