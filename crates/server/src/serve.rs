//! The HTTP server, for `main` and for tests alike.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::{App, HttpRequest, HttpServer, web};
use utoipa_actix_web::AppExt as _;

use crate::ctx::AppState;
use crate::http;
use crate::observe;
use crate::openapi;
use crate::problem::Problem;
use crate::pulse::Pulse;
use crate::request_id;

/// A client gets this long to send its headers, and an idle connection is kept this long.
const PATIENCE: Duration = Duration::from_secs(10);
/// Requests in flight get this long to finish when the server is told to stop.
const SHUTDOWN_SECONDS: u64 = 10;

/// Serves on `listener` until the returned server is stopped.
pub fn server(state: AppState, listener: TcpListener, workers: usize) -> std::io::Result<Server> {
    let pulse = web::Data::new(state.pulse.clone());
    let state = web::Data::new(state);
    let server = HttpServer::new(move || {
        let (app, _) = App::new()
            .into_utoipa_app()
            .map(|app| app.app_data(state.clone()).app_data(pulse.clone()))
            .configure(http::routes)
            .split_for_parts();
        app.configure(http::health::routes)
            .default_service(web::to(nothing_here))
            .wrap(from_fn(observe::request))
            .wrap(from_fn(request_id::attach))
            .wrap(headers())
    });
    let server = server
        .workers(workers)
        .client_request_timeout(PATIENCE)
        .keep_alive(Duration::from_secs(75))
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

/// Shows whether a process runs that answers no requests, until the returned server is stopped.
pub fn beacon(pulse: Pulse, listener: TcpListener) -> std::io::Result<Server> {
    let pulse = web::Data::new(pulse);
    let server = HttpServer::new(move || {
        App::new().app_data(pulse.clone()).configure(http::health::of_a_process).wrap(headers())
    });
    let server = server
        .workers(1)
        .client_request_timeout(PATIENCE)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

fn headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add(("X-Content-Type-Options", "nosniff"))
        .add(("X-Frame-Options", "DENY"))
        .add(("Referrer-Policy", "no-referrer"))
        .add(("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'"))
}

/// A path that exists under other methods answers 405, any other 404.
async fn nothing_here(request: HttpRequest) -> Result<actix_web::HttpResponse, Problem> {
    Err(if openapi::knows(request.path()) { Problem::MethodNotAllowed } else { Problem::NotFound })
}
