//! What stands outside `/v1`: whether it runs, the figures, the description, the pages.

use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, get};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::ctx::App;
use crate::openapi;
use crate::problem::Problem;

const PROBLEMS: &str = include_str!("../../../../docs/problems.md");

/// Mounts the routes that are not part of the API.
pub fn routes(at: &mut ServiceConfig) {
    at.service(livez)
        .service(readyz)
        .service(metrics)
        .service(description)
        .service(docs)
        .service(problem)
        .service(SwaggerUi::new("/docs/{_:.*}").config(Config::from("/openapi.json")));
}

/// The process runs.
#[get("/livez")]
async fn livez() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// The database answers.
#[get("/readyz")]
async fn readyz(app: App) -> Result<HttpResponse, Problem> {
    app.store.next_rung_at().await?;
    Ok(HttpResponse::Ok().content_type("text/plain").body("ok\n"))
}

/// Figures for Prometheus. Labels are routes and outcomes, never a person.
#[get("/metrics")]
async fn metrics(app: App) -> HttpResponse {
    let figures = app.metrics.as_ref().map(metrics_exporter_prometheus::PrometheusHandle::render);
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
