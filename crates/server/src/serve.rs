//! The HTTP server, for `main` and for tests alike.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpRequest, HttpServer, web};
use utoipa_actix_web::AppExt as _;

use crate::ctx::AppState;
use crate::headers::Reached;
use crate::http;
use crate::observe;
use crate::openapi;
use crate::panics;
use crate::problem::Problem;
use crate::pulse::Pulse;
use crate::request_id;

/// A client gets this long to send its headers.
const PATIENCE: Duration = Duration::from_secs(10);
/// An idle connection is kept this long.
const IDLE: Duration = Duration::from_secs(75);
/// Requests in flight get this long to finish when the server is told to stop.
const SHUTDOWN_SECONDS: u64 = 10;

/// Where requests come in.
pub struct Door {
    /// Where they are waited for.
    pub listener: TcpListener,
    /// How many threads answer them.
    pub threads: usize,
    /// How clients got here.
    pub reached: Reached,
    /// How connections are made that speak TLS; the others are refused then.
    pub tls: Option<rustls::ServerConfig>,
}

impl Door {
    /// For those on the same machine: a thread, and no TLS.
    pub fn plain(listener: TcpListener) -> Self {
        Self { listener, threads: 1, reached: Reached::InTheClear, tls: None }
    }
}

/// Serves at the door until the returned server is stopped.
pub fn server(state: AppState, door: Door) -> std::io::Result<Server> {
    let reached = door.reached;
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
            .wrap(from_fn(panics::caught))
            .wrap(from_fn(observe::request))
            .wrap(from_fn(request_id::attach))
            .wrap(from_fn(move |request, next| reached.attach(request, next)))
    });
    let server = server
        .workers(door.threads)
        .client_request_timeout(PATIENCE)
        .keep_alive(IDLE)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals();
    let server = match door.tls {
        Some(config) => server.listen_rustls_0_23(door.listener, config)?,
        None => server.listen(door.listener)?,
    };
    Ok(server.run())
}

/// Shows whether a process runs that answers no requests, until the returned server is stopped.
pub fn beacon(pulse: Pulse, listener: TcpListener) -> std::io::Result<Server> {
    let pulse = web::Data::new(pulse);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(pulse.clone())
            .configure(http::health::of_a_process)
            .wrap(from_fn(|request, next| Reached::InTheClear.attach(request, next)))
    });
    let server = server
        .workers(1)
        .client_request_timeout(PATIENCE)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

/// A path that exists under other methods answers 405, any other 404. Nothing answers to TRACE.
async fn nothing_here(request: HttpRequest) -> Result<actix_web::HttpResponse, Problem> {
    let methods = openapi::methods_of(request.path()).or((request.method() == Method::TRACE).then_some("GET"));
    Err(methods.map_or(Problem::NotFound, |it| Problem::MethodNotAllowed { allowed: it.to_owned() }))
}
