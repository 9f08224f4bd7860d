//! The trail is verified while the watch goes round: the last hour every five minutes, all of it every week (AD-10).

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use homeward_domain::silence::{Finding, Trail, judge_trail};
use homeward_store::audit::trail::{Beginning, Report};
use tokio::task::JoinHandle;

use crate::trail::{Anchors, TrailError, Trusted, verify};

const EVERY: Duration = Duration::from_mins(5);
const WHOLE: Duration = Duration::from_hours(7 * 24);
const PART: TimeDelta = TimeDelta::hours(1);

/// Whoever verifies. A long verification keeps no round of the watch waiting.
pub(super) struct Auditor {
    url: String,
    trusted: Trusted,
    began: Instant,
    asked: Option<Instant>,
    asked_for_all: Option<Instant>,
    running: Option<Running>,
    seen: Option<Seen>,
    /// What is wrong with all of it. A part that is right does not make it right.
    in_all: Option<String>,
    in_part: Option<String>,
}

struct Running {
    is_whole: bool,
    began_at: DateTime<Utc>,
    report: JoinHandle<Result<Report, TrailError>>,
}

struct Seen {
    at: Instant,
    unsigned_for: TimeDelta,
}

impl Auditor {
    pub(super) fn new(url: &str, anchors: Anchors) -> Self {
        Self {
            url: url.to_owned(),
            trusted: Trusted { anchors, keys: Vec::new() },
            began: Instant::now(),
            asked: None,
            asked_for_all: None,
            running: None,
            seen: None,
            in_all: None,
            in_part: None,
        }
    }

    /// Takes what is known by now, asks again when it is time, and judges.
    pub(super) async fn judge(&mut self, now: DateTime<Utc>) -> Vec<Finding> {
        if let Some(running) = self.running.take_if(|it| it.report.is_finished()) {
            self.take(running).await;
        }
        if self.running.is_none() && self.asked.is_none_or(|it| EVERY <= it.elapsed()) {
            self.ask(now);
        }
        let unseen_for = self.seen.as_ref().map_or(self.began, |it| it.at).elapsed();
        if let Some(seen) = &self.seen {
            metrics::gauge!("trail_unsigned_seconds").set(seen.unsigned_for.as_seconds_f64());
        }
        judge_trail(&Trail {
            tampered: self.in_all.clone().or_else(|| self.in_part.clone()),
            unsigned_for: self.seen.as_ref().map_or(TimeDelta::zero(), |it| it.unsigned_for),
            unverified_for: TimeDelta::from_std(unseen_for).unwrap_or(TimeDelta::MAX),
        })
    }

    fn ask(&mut self, now: DateTime<Utc>) {
        let is_whole = self.asked_for_all.is_none_or(|it| WHOLE <= it.elapsed());
        let from = if is_whole { Beginning::First } else { Beginning::Instant(now - PART) };
        self.asked = Some(Instant::now());
        if is_whole {
            self.asked_for_all = self.asked;
        }
        let (url, trusted) = (self.url.clone(), self.trusted.clone());
        let report = tokio::spawn(async move { verify(&url, &trusted, from).await });
        self.running = Some(Running { is_whole, began_at: now, report });
    }

    async fn take(&mut self, running: Running) {
        let report = match running.report.await {
            Ok(Ok(report)) => report,
            Ok(Err(error)) => return self.fail(&error, running.is_whole),
            Err(error) => return self.fail(&error, running.is_whole),
        };
        let signed_for = report.signed_at.map(|it| running.began_at - it);
        let unsigned_for = signed_for.or_else(|| TimeDelta::from_std(self.began.elapsed()).ok()).unwrap_or_default();
        self.seen = Some(Seen { at: Instant::now(), unsigned_for });
        let first = report.findings.first().map(ToString::to_string);
        if running.is_whole {
            self.in_all.clone_from(&first);
        }
        self.in_part = first;
    }

    fn fail(&mut self, error: &dyn std::fmt::Display, is_whole: bool) {
        tracing::error!(%error, "the trail could not be verified; it will be tried again");
        if is_whole {
            self.asked_for_all = None;
        }
    }
}
