//! The shape of the description itself.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::document;

/// How one gets a token: the only calls without one.
const OPEN: [&str; 4] = ["login", "refresh_session", "finish_password_reset", "read_calendar"];

fn operations() -> Vec<(String, String, &'static Value)> {
    let mut all = Vec::new();
    for (path, item) in document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push((method.clone(), path.clone(), operation));
        }
    }
    all
}

#[test]
fn every_operation_has_a_name_of_its_own_a_tag_and_a_summary() {
    let mut names = BTreeSet::new();
    for (method, path, operation) in operations() {
        let name = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no name"));
        assert!(names.insert(name), "{name} is used twice");
        assert!(operation["tags"][0].is_string(), "{name} has no tag");
        assert!(operation["summary"].is_string(), "{name} has no summary");
    }
    assert!(names.len() >= 36, "{} operations", names.len());
}

#[test]
fn every_operation_asks_for_a_token_but_those_that_give_one() {
    for (method, path, operation) in operations() {
        let name = operation["operationId"].as_str().unwrap();
        let open = operation["security"].is_null();
        assert_eq!(open, OPEN.contains(&name), "{method} {path}");
    }
}

#[test]
fn every_parameter_in_a_path_is_described() {
    for (method, path, operation) in operations() {
        let described: BTreeSet<&str> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|it| it["in"] == "path")
            .map(|it| it["name"].as_str().unwrap())
            .collect();
        let named: BTreeSet<&str> = path.split('/').filter_map(|it| it.strip_prefix('{')?.strip_suffix('}')).collect();
        assert_eq!(described, named, "{method} {path}");
    }
}

#[test]
fn ck_03_every_instant_is_described_with_date_time_and_offset() {
    let (mut waiting, mut instants) = (vec![&document()["components"]["schemas"]], 0);
    while let Some(value) = waiting.pop() {
        for (name, schema) in value["properties"].as_object().into_iter().flatten() {
            // On the agency's own clock, whatever the day.
            if name.ends_with("_at") && name != "digest_at" {
                let said = schema.to_string();
                assert!(said.contains("date-time") || said.contains("/schemas/Instant\""), "{name}: {schema}");
                instants += 1;
            }
        }
        waiting.extend(value.as_object().into_iter().flat_map(serde_json::Map::values));
        waiting.extend(value.as_array().into_iter().flatten());
    }
    assert_eq!(document()["components"]["schemas"]["Instant"]["format"], "date-time");
    assert!(80 < instants, "{instants}");
}

/// Acts without a body: what is done is in the path.
const BODILESS: [&str; 18] = [
    "logout",
    "acknowledge_reminder",
    "ask_factor_reset",
    "cancel_absence",
    "cancel_on_call_shift",
    "challenge_webhook",
    "clear_bounce",
    "end_session",
    "enrol_factor",
    "remove_address",
    "remove_identity",
    "renew_recovery_codes",
    "resend_webhook_message",
    "revoke_calendar_feed",
    "revoke_machine_key",
    "rotate_webhook_secret",
    "start_password_reset",
    "unlock_user",
];

#[test]
fn every_writing_operation_describes_its_body() {
    for (method, path, operation) in operations() {
        let name = operation["operationId"].as_str().unwrap();
        let writes = ["post", "put", "patch"].contains(&method.as_str());
        if writes && !BODILESS.contains(&name) {
            let body = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            assert!(body.is_string(), "{method} {path} has no body of a name");
        }
    }
}

#[test]
fn every_change_of_a_resource_names_its_version() {
    for (method, path, operation) in operations() {
        let takes = operation["parameters"].as_array().into_iter().flatten().any(|it| it["name"] == "If-Match");
        let changes = method == "patch" || (method == "put" && !path.ends_with("/acknowledgement"));
        assert_eq!(takes, changes, "{method} {path}");
    }
}

#[test]
fn no_name_birth_date_or_report_number_stands_in_a_url() {
    for (method, path, operation) in operations() {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            let private = ["name", "birth", "person_id", "case_number", "ncic", "reference"];
            assert!(!private.iter().any(|it| name.contains(it)), "{method} {path} takes {name}");
        }
    }
}

#[test]
fn every_list_is_an_object_with_data_and_page() {
    for (method, path, operation) in operations() {
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        assert!(schema["type"] != "array", "{method} {path} answers a bare array");
    }
}
