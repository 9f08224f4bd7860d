//! An endpoint of an agency's own system: keeps what it was sent, and answers as it is told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::Value;

/// One request as the endpoint got it.
#[derive(Clone, Debug)]
pub struct Heard {
    pub id: String,
    pub timestamp: String,
    pub signature: String,
    pub text: String,
}

impl Heard {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

/// A running endpoint.
#[derive(Clone)]
pub struct Endpoint {
    pub url: String,
    state: Arc<Mutex<State>>,
}

struct State {
    heard: Vec<Heard>,
    status: u16,
    patience: Duration,
    /// Requests it has and has not answered.
    unanswered: usize,
}

impl Endpoint {
    pub fn start() -> Self {
        let state =
            Arc::new(Mutex::new(State { heard: Vec::new(), status: 200, patience: Duration::ZERO, unanswered: 0 }));
        let shared = web::Data::from(state.clone());
        let server = HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(hear)));
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", server.addrs()[0]);
        tokio::spawn(server.run());
        Self { url, state }
    }

    /// From now on it answers with this status, after this time.
    pub fn answer(&self, status: u16, patience: Duration) {
        let mut state = self.state.lock().unwrap();
        (state.status, state.patience) = (status, patience);
    }

    /// Whoever is killed now does not know that these were taken.
    pub fn unanswered(&self) -> usize {
        self.state.lock().unwrap().unanswered
    }

    /// `host:port`, as an administrator allows it by name.
    pub fn authority(&self) -> &str {
        self.url.trim_start_matches("http://").trim_end_matches("/hook")
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.state.lock().unwrap().heard.clone()
    }

    /// What it was sent but challenges.
    pub fn events(&self) -> Vec<Heard> {
        self.heard().into_iter().filter(|it| it.json()["type"] != "endpoint.challenge").collect()
    }
}

async fn hear(state: web::Data<Mutex<State>>, request: HttpRequest, text: String) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).map_or("", |it| it.to_str().unwrap()).to_owned();
    let heard = Heard {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        text,
    };
    let challenge = heard.json()["data"]["challenge"].as_str().unwrap_or_default().to_owned();
    let (status, patience) = {
        let mut state = state.lock().unwrap();
        state.heard.push(heard);
        state.unanswered += 1;
        (state.status, state.patience)
    };
    tokio::time::sleep(patience).await;
    state.lock().unwrap().unanswered -= 1;
    HttpResponse::build(status.try_into().unwrap()).insert_header(("location", "http://127.0.0.1:1/")).body(challenge)
}
