//! Every answer seen in the suite is checked against the API description: path, status, type, shape.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Value, json};

use super::Reply;

/// The description, as the program makes it.
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> =
        LazyLock::new(|| serde_json::from_str(&homeward_server::openapi::json()).expect("the description is JSON"));
    &DOCUMENT
}

static VALIDATORS: LazyLock<Mutex<HashMap<String, &'static Validator>>> = LazyLock::new(Mutex::default);

/// Panics where the answer is not as described. Paths outside `/v1` are described in prose only.
#[track_caller]
pub fn check(method: &Method, path: &str, reply: &Reply) {
    let path = path.split('?').next().unwrap_or_default();
    if !path.starts_with("/v1/") {
        return;
    }
    let Some((template, operation)) = operation(method, path) else {
        assert!([404, 405].contains(&reply.status), "{method} {path} is not described and answered {}", reply.status);
        return;
    };
    let status = reply.status.to_string();
    let response = &operation["responses"][&status];
    assert!(!response.is_null(), "{method} {template} answered {status}, which is not described: {}", reply.text);
    let Some(content) = response["content"].as_object() else {
        assert!(reply.text.is_empty(), "{method} {template} {status} has a body that is not described");
        return;
    };
    let kind = reply.header("content-type");
    let (described, media) = content.iter().next().expect("a described type");
    assert_eq!(kind, described, "{method} {template} {status}");
    if !kind.ends_with("json") {
        return;
    }
    validate(&format!("{method} {template} {status}"), &media["schema"], &reply.json());
}

fn validate(name: &str, schema: &Value, body: &Value) {
    let mut validators = VALIDATORS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let validator = *validators.entry(name.to_owned()).or_insert_with(|| {
        let mut whole = json!({ "components": document()["components"] });
        whole["allOf"] = json!([schema]);
        let options = jsonschema::options().should_validate_formats(true);
        Box::leak(Box::new(options.build(&whole).expect("the schema is a schema")))
    });
    let faults: Vec<String> = validator.iter_errors(body).map(|it| format!("{}: {it}", it.instance_path)).collect();
    assert!(faults.is_empty(), "{name} is not as described: {faults:#?}\n{body:#}");
}

/// The operation that this path belongs to, with its template. Literal segments win over parameters.
pub fn operation(method: &Method, path: &str) -> Option<(&'static str, &'static Value)> {
    let method = method.as_str().to_lowercase();
    let paths = document()["paths"].as_object()?;
    let mut fitting: Vec<_> =
        paths.iter().filter(|(template, item)| fits(template, path) && !item[&method].is_null()).collect();
    fitting.sort_by_key(|(template, _)| template.matches('{').count());
    fitting.first().map(|(template, item)| (template.as_str(), &item[&method]))
}

fn fits(template: &str, path: &str) -> bool {
    let (mut pattern, mut segments) = (template.split('/'), path.split('/'));
    loop {
        match (pattern.next(), segments.next()) {
            (None, None) => return true,
            (Some(expected), Some(segment)) if expected.starts_with('{') || expected == segment => {}
            _ => return false,
        }
    }
}
