//! Telling people: a command, a post, and the ping of whoever watches the watch. None of them takes the way of the
//! reminders (DM-05).

use std::process::Stdio;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use homeward_domain::silence::{Saying, Word};
use homeward_domain::vocabulary::Vocabulary as _;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use crate::config::WatchConfig;

/// How long one way may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The ways that alarms take.
#[derive(Clone)]
pub struct Teller {
    command: Option<String>,
    url: Option<String>,
    ping: Option<String>,
}

impl Teller {
    /// The ways as configured.
    pub fn new(config: &WatchConfig) -> Self {
        Self { command: config.alarm_command.clone(), url: config.alarm_url.clone(), ping: config.ping_url.clone() }
    }

    /// Says it on every way at once. It was told if one of them took it.
    pub async fn tell(&self, saying: &Saying, now: DateTime<Utc>) -> bool {
        tracing::error!(condition = %saying.alarm.condition, word = word(saying), detail = saying.alarm.detail, "alarm");
        let (run, posted) = tokio::join!(self.run(saying, now), self.post(saying, now));
        run || posted
    }

    /// Says to whoever watches the watch that all is well.
    pub async fn ping(&self) -> bool {
        let Some(url) = &self.ping else { return false };
        let Ok(client) = client() else { return false };
        let answer = client.get(url).send().await.and_then(reqwest::Response::error_for_status);
        if let Err(error) = &answer {
            tracing::warn!(error = %error.without_url_of(), "the ping was not taken");
        }
        answer.is_ok()
    }

    async fn run(&self, saying: &Saying, now: DateTime<Utc>) -> bool {
        let Some(command) = &self.command else { return false };
        match timeout(PATIENCE, execute(command, &text(saying, now))).await {
            Ok(Ok(true)) => true,
            Ok(Ok(false)) => failed("the alarm command failed"),
            Ok(Err(error)) => failed(&format!("the alarm command could not be run: {error}")),
            Err(_) => failed("the alarm command did not end in time"),
        }
    }

    async fn post(&self, saying: &Saying, now: DateTime<Utc>) -> bool {
        let Some(url) = &self.url else { return false };
        let Ok(client) = client() else { return failed("there is no way to post an alarm") };
        let alarm = &saying.alarm;
        let body = json!({
            "word": word(saying), "condition": alarm.condition.code(), "message": alarm.condition.words(),
            "detail": alarm.detail, "raised_at": instant(alarm.raised_at), "said_at": instant(now),
            "text": text(saying, now),
        });
        match client.post(url).json(&body).send().await.and_then(reqwest::Response::error_for_status) {
            Ok(_) => true,
            Err(error) => failed(&format!("the alarm was not taken: {}", error.without_url_of())),
        }
    }
}

/// The address may hold a secret: it does not stand in the log.
trait WithoutUrl {
    fn without_url_of(&self) -> String;
}

impl WithoutUrl for reqwest::Error {
    fn without_url_of(&self) -> String {
        match self.status() {
            Some(status) => format!("answered {status}"),
            None if self.is_timeout() => "no answer in time".to_owned(),
            None => "no connection".to_owned(),
        }
    }
}

fn failed(what: &str) -> bool {
    tracing::error!(what, "an alarm could not be told");
    false
}

fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().timeout(PATIENCE).build()
}

async fn execute(command: &str, text: &str) -> std::io::Result<bool> {
    let mut child = Command::new("sh")
        .arg("-c")
        .arg(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // A command that does not read what it is given is told of the alarm by being run.
        let _ = input.write_all(text.as_bytes()).await;
    }
    Ok(child.wait().await?.success())
}

fn word(saying: &Saying) -> &'static str {
    match saying.word {
        Word::Raised => "raised",
        Word::Stands => "stands",
        Word::Cleared => "cleared",
    }
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn text(saying: &Saying, now: DateTime<Utc>) -> String {
    let alarm = &saying.alarm;
    let (condition, since, now) = (alarm.condition, instant(alarm.raised_at), instant(now));
    if saying.word == Word::Cleared {
        return format!("Homeward: cleared {condition}\nIt was so from {since} to {now}, and is right again.\n");
    }
    format!(
        "Homeward: {} {condition}\n{}\n{} (since {since}, said {now})\nWhat to do: docs/runbook.md, \"{condition}\"\n\
         Until it works: call law enforcement and NCMEC 1-800-843-5678, keep a paper log, enter it later with the true \
         times.\n",
        word(saying),
        condition.words(),
        alarm.detail
    )
}
