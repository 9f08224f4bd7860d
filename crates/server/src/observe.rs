//! What is measured and logged of each request: the route, never what was in it.

use std::time::Instant;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;

use crate::request_id;

/// Counts and times a request, and writes one line about it.
pub async fn request(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let method = request.method().clone();
    let answered = next.call(request).await;
    // The pattern, not the path: labels stay few, and no id stands in them. A request that panicked took its route along.
    let pattern = answered.as_ref().ok().and_then(|it| it.request().match_pattern());
    let route = pattern.map_or_else(|| "none".to_owned(), neutral);
    let seconds = started.elapsed().as_secs_f64();
    let status = match &answered {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    let status = status.as_u16();
    metrics::histogram!("http_request_seconds", "route" => route.clone(), "method" => method.to_string())
        .record(seconds);
    metrics::counter!("http_requests_total", "route" => route.clone(), "method" => method.to_string(),
        "status" => status.to_string())
    .increment(1);
    tracing::info!(%method, route, status, seconds, request_id = request_id::current(), "answered");
    answered
}

/// What fewer people may know of, and what the log and the metrics call it: more people read those.
const NEUTRAL: (&str, &str) = ("determinations", "entries");

/// The route in words that tell nothing of a child (domain 12.4 item 19).
fn neutral(pattern: String) -> String {
    let (word, instead) = NEUTRAL;
    if pattern.contains(word) {
        pattern.replace(word, instead).replace("determination_id", "entry_id")
    } else {
        pattern
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_log_nor_metric_says_that_somebody_concluded_something() {
        for path in crate::openapi::document().paths.paths.into_keys() {
            assert!(!neutral(path.clone()).contains("determin"), "{path}");
        }
    }

    #[test]
    fn every_other_route_is_called_by_its_name() {
        assert_eq!(neutral("/v1/duties".to_owned()), "/v1/duties");
    }
}
