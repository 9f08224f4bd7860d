//! What stands outside `/v1`: whether it runs, the figures, the description, the pages.

use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, get};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::openapi;
use crate::problem::Problem;
use crate::pulse::Pulse;

use super::status;

const PROBLEMS: &str = include_str!("../../../../docs/problems.md");

/// Mounts the routes that are not part of the API.
pub fn routes(at: &mut ServiceConfig) {
    of_a_process(at);
    at.service(description)
        .service(docs)
        .service(problem)
        .service(SwaggerUi::new("/docs/{_:.*}").config(Config::from("/openapi.json")));
}

/// Mounts what every process shows that is long at work.
pub fn of_a_process(at: &mut ServiceConfig) {
    at.service(livez).service(readyz).service(metrics).service(status::page);
}

/// The process runs.
#[get("/livez")]
async fn livez() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// Its database answers and is the right one, its keys are there, and what reminds people goes by the right time.
///
/// In one word what is missing: nothing that tells an outsider more (OP-01).
#[get("/readyz")]
async fn readyz(pulse: web::Data<Pulse>) -> HttpResponse {
    match pulse.ready().await {
        Ok(()) => HttpResponse::Ok().content_type("text/plain").body("ok\n"),
        Err(unready) => HttpResponse::ServiceUnavailable().content_type("text/plain").body(format!("{unready}\n")),
    }
}

/// Figures for Prometheus. Labels are routes and outcomes, never a person.
#[get("/metrics")]
async fn metrics(pulse: web::Data<Pulse>) -> HttpResponse {
    let figures = pulse.metrics.as_ref().map(metrics_exporter_prometheus::PrometheusHandle::render);
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(figures.unwrap_or_default())
}

#[get("/openapi.json")]
async fn description() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(openapi::json())
}

#[get("/docs")]
async fn docs() -> HttpResponse {
    HttpResponse::Found().insert_header((LOCATION, "/docs/")).finish()
}

/// The page that a problem's `type` points to.
#[get("/problems/{slug}")]
async fn problem(slug: web::Path<String>) -> Result<HttpResponse, Problem> {
    let section = PROBLEMS.split("\n## ").find(|it| it.lines().next() == Some(slug.as_str()));
    let section = section.ok_or(Problem::NotFound)?;
    Ok(HttpResponse::Ok()
        .content_type("text/markdown; charset=utf-8")
        .insert_header((CACHE_CONTROL, "max-age=3600"))
        .body(format!("# {section}")))
}
