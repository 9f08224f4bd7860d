//! From bytes to a value: every fault at once, each with a pointer to its field.

use std::time::Duration;

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::web::{Bytes, BytesMut, Payload};
use actix_web::{FromRequest as _, HttpRequest};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::time::timeout;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::problem::{Fault, Problem};

mod strict;

/// The largest body, in bytes. The longest narrative fits.
pub const LIMIT: usize = 128 * 1024;

/// The same where a photo is sent: 15 MiB as base64, and what stands around it.
pub const PHOTO_LIMIT: usize = 21 * 1024 * 1024;

/// How long a client may take to send it, a byte at a time if need be.
const PATIENCE: Duration = Duration::from_secs(20);

/// The same where a photo is sent: two minutes at 1.5 Mbit/s.
const PHOTO_PATIENCE: Duration = Duration::from_mins(2);

const PHOTOS: &str = "/v1/children/{child_id}/photos";

/// How many faults are told at once, so that a hostile body cannot buy endless work.
const FAULTS: usize = 50;

/// Reads the body up to the limit. It is judged later, once the person is known.
pub async fn read(request: &HttpRequest, payload: &mut actix_web::dev::Payload) -> Result<Bytes, Problem> {
    let is_photo = request.match_pattern().as_deref() == Some(PHOTOS);
    let (limit, patience) = if is_photo { (PHOTO_LIMIT, PHOTO_PATIENCE) } else { (LIMIT, PATIENCE) };
    timeout(patience, read_up_to(limit, request, payload)).await.unwrap_or(Err(Problem::TooSlow))
}

async fn read_up_to(
    limit: usize,
    request: &HttpRequest,
    payload: &mut actix_web::dev::Payload,
) -> Result<Bytes, Problem> {
    let mut payload =
        Payload::from_request(request, payload).await.map_err(|error| Problem::MalformedJson(error.to_string()))?;
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| Problem::MalformedJson(error.to_string()))?;
        if limit < body.len() + chunk.len() {
            return Err(Problem::BodyTooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The value in a JSON body.
pub fn parse<T: DeserializeOwned + ToSchema>(request: &HttpRequest, body: &[u8]) -> Result<T, Problem> {
    let sent = request.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let kind = sent.split(';').next().unwrap_or_default().trim();
    // What is small on the way and large once unpacked would pass the limit.
    let packed = request.headers().contains_key(CONTENT_ENCODING);
    if packed || !kind.eq_ignore_ascii_case("application/json") {
        return Err(Problem::WrongContentType);
    }
    parse_json(body)
}

fn parse_json<T: DeserializeOwned + ToSchema>(body: &[u8]) -> Result<T, Problem> {
    let value = strict::parse(body).map_err(|error| Problem::MalformedJson(error.to_string()))?;
    let Value::Object(fields) = value else {
        return Err(Problem::InvalidBody(vec![Fault { pointer: String::new(), detail: "must be an object".into() }]));
    };
    let missing = missing::<T>(&fields);
    match serde_path_to_error::deserialize(Value::Object(fields.clone())) {
        Ok(value) => Ok(value),
        Err(first) => Err(Problem::InvalidBody(faults::<T>(fields, first, missing))),
    }
}

/// Takes out one faulty field after the other until none is left to complain of.
fn faults<T: DeserializeOwned>(
    mut fields: Map<String, Value>,
    first: serde_path_to_error::Error<serde_json::Error>,
    missing: Vec<Fault>,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut error = Some(first);
    while let Some(found) = error {
        let field = found.path().iter().next().map(ToString::to_string).unwrap_or_default();
        let named = unknown_field(&found).unwrap_or(field);
        if faults.len() == FAULTS || fields.remove(&named).is_none() {
            break;
        }
        faults.push(Fault { pointer: pointer(&found, &named), detail: found.inner().to_string() });
        error = serde_path_to_error::deserialize::<_, T>(Value::Object(fields.clone())).err();
    }
    faults.extend(missing);
    if faults.is_empty() {
        faults.push(Fault { pointer: String::new(), detail: "is not of the shape that is described".into() });
    }
    faults
}

/// Serde names an unknown field only in its message.
fn unknown_field(error: &serde_path_to_error::Error<serde_json::Error>) -> Option<String> {
    let message = error.inner().to_string();
    let rest = message.strip_prefix("unknown field `")?;
    rest.split('`').next().map(str::to_owned)
}

fn pointer(error: &serde_path_to_error::Error<serde_json::Error>, named: &str) -> String {
    let path = error.path().to_string().replace(['.', '['], "/").replace(']', "");
    if path.starts_with(named) { format!("/{path}") } else { format!("/{named}") }
}

/// What the description demands and the body lacks.
fn missing<T: ToSchema>(fields: &Map<String, Value>) -> Vec<Fault> {
    let RefOr::T(Schema::Object(shape)) = T::schema() else { return Vec::new() };
    let absent = shape.required.iter().filter(|it| !fields.contains_key(*it));
    absent.map(|it| Fault { pointer: format!("/{it}"), detail: "is required".into() }).collect()
}
