//! The page that says when the reminders last proved themselves, for a wall or a telephone (DM-06). Nothing on it is about
//! a person.

use std::fmt::Write as _;
use std::time::Duration;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use homeward_domain::silence::PROOF;
use homeward_store::silence::Proof;
use tokio::time::timeout;

use super::proof::{BY_HAND, Standing};
use crate::pulse::Pulse;

const PATIENCE: Duration = Duration::from_secs(4);

const STYLE: &str = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;\
    color:#1b1b1b;background:#fff}main{border-left:.5rem solid #2e6b3e;padding-left:1rem}main.red{border-color:#a4161a}\
    h1{font-size:1.5rem}@media(prefers-color-scheme:dark){body{color:#eee;background:#151515}}";

/// Whether the reminders can be relied upon
#[get("/status")]
pub(super) async fn page(pulse: web::Data<Pulse>) -> HttpResponse {
    let proof = timeout(PATIENCE, pulse.lookout.proof()).await;
    let html = match &proof {
        Ok(Ok(proof)) => told(proof, pulse.clock.now()),
        _ => document(false, "The database does not answer. Nobody is reminded.", ""),
    };
    HttpResponse::Ok().content_type("text/html; charset=utf-8").insert_header((CACHE_CONTROL, "no-store")).body(html)
}

fn told(proof: &Proof, now: DateTime<Utc>) -> String {
    let standing = Standing::of(proof, now);
    let head = match proof.proved_at {
        Some(at) => format!("The reminder system last proved itself at {} UTC.", at.format("%H:%M on %Y-%m-%d")),
        None => "The reminder system has never proved itself.".to_owned(),
    };
    let mut body = format!("<p>{}</p>", parts(proof));
    if proof.proved_at.is_some_and(|at| PROOF < now - at) {
        body.push_str("<p>That is more than ten minutes ago, and proves nothing of now.</p>");
    }
    if !standing.is_watched {
        body.push_str("<p>Nothing watches over the reminders now: <code>homeward watch</code> is not running.</p>");
    }
    if !proof.alarms.is_empty() {
        body.push_str("<h2>What is wrong</h2><ul>");
        for alarm in &proof.alarms {
            let since = alarm.raised_at.format("%H:%M on %Y-%m-%d");
            let _ = write!(body, "<li>{} Since {since} UTC.</li>", alarm.condition.words());
        }
        body.push_str("</ul>");
    }
    body.push_str(&grounds(proof));
    document(standing.is_proven, &head, &body)
}

/// What else has to hold, and what nobody watches.
fn grounds(proof: &Proof) -> String {
    if proof.grounds.is_empty() {
        return "<p>Backups, replicas and certificates are not watched.</p>".to_owned();
    }
    let mut list = "<h2>What they stand on</h2><ul>".to_owned();
    for seen in &proof.grounds {
        let at = seen.looked_at.format("%H:%M on %Y-%m-%d");
        let _ = write!(list, "<li>{}: {}. Seen at {at} UTC.</li>", seen.ground.words(), escaped(&seen.detail));
    }
    list.push_str("</ul>");
    list
}

/// Text of an error may hold anything.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn parts(proof: &Proof) -> &'static str {
    match (proof.proved_at.is_some(), proof.parts.relay, proof.parts.mailbox) {
        (false, ..) => "No trial reminder has come back.",
        (true, _, true) => {
            "The trial went through the database, a worker and the mail relay, and was read in its mailbox."
        }
        (true, true, false) => {
            "The trial went through the database and a worker, and the mail relay took it. \
            Whether mail arrives was not tried."
        }
        (true, false, false) => "The trial went through the database and a worker. Mail was not part of it.",
    }
}

fn document(is_proven: bool, head: &str, body: &str) -> String {
    let class = if is_proven { "green" } else { "red" };
    let by_hand = if is_proven { "" } else { BY_HAND };
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta http-equiv=\"refresh\" content=\"30\">\
         <title>Homeward: reminders</title><style>{STYLE}</style></head>\
         <body><main class=\"{class}\"><h1>{head}</h1>{body}<p><strong>{by_hand}</strong></p></main></body></html>\n"
    )
}
