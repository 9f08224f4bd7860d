//! Looks at what the reminders stand on: the file that a backup touches, the database's archive and replicas, certificates.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use homeward_domain::silence::{Finding, Ground, Sight, judge_grounds};
use homeward_store::silence::Lookout;
use tokio::time::timeout;

use super::PATIENCE;
use super::certificate::{self, Shown};
use crate::config::Config;

/// How often it looks at backups and replicas.
const EVERY: Duration = Duration::from_mins(1);
/// How often it connects to see a certificate.
const CERTIFICATES: Duration = Duration::from_mins(10);

/// When a certificate ends, or why that is not known.
type End = Result<DateTime<Utc>, String>;

/// Whoever looks, and what was last seen.
pub(super) struct Surveyor {
    stamp: Option<PathBuf>,
    replicas: Option<u32>,
    certificates: [(Ground, Option<Shown>); 2],
    looked: Option<Instant>,
    connected: Option<Instant>,
    seen: Vec<(Ground, Sight)>,
    /// As last seen.
    ends: Vec<(Ground, Option<End>)>,
}

impl Surveyor {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            stamp: config.watch.backup_stamp.clone(),
            replicas: config.watch.replicas,
            certificates: [
                (Ground::ServerCertificate, Shown::by_server(config)),
                (Ground::RelayCertificate, config.smtp_url.as_deref().and_then(Shown::by_relay)),
            ],
            looked: None,
            connected: None,
            seen: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Looks where it is time to, and judges what was last seen. The database is asked only if it answers.
    pub(super) async fn judge(&mut self, lookout: Option<&Lookout>, now: DateTime<Utc>) -> Vec<Finding> {
        if self.looked.is_none_or(|it| EVERY <= it.elapsed()) {
            self.look(lookout, now).await;
        }
        judge_grounds(&self.seen)
    }

    async fn look(&mut self, lookout: Option<&Lookout>, now: DateTime<Utc>) {
        self.looked = Some(Instant::now());
        self.connect().await;
        let mut seen = vec![(Ground::Backups, self.stamp.as_deref().map_or(Sight::NotWatched, |it| age(it, now)))];
        seen.extend(self.ends.iter().map(|(ground, end)| (*ground, left(end.as_ref(), now))));
        if let Some(lookout) = lookout {
            if let Ok(Ok(both)) = timeout(PATIENCE, lookout.replication(self.replicas)).await {
                seen.extend(both);
            } else {
                // A database that does not answer has an alarm of its own.
                tracing::error!("PostgreSQL did not say how its archive and its replicas are");
            }
        }
        measure(&seen);
        if let Some(lookout) = lookout
            && !matches!(timeout(PATIENCE, lookout.keep_grounds(&seen, now)).await, Ok(Ok(())))
        {
            tracing::error!("what was seen of backups, replicas and certificates was not kept");
        }
        self.seen = seen;
    }

    async fn connect(&mut self) {
        if self.connected.is_some_and(|it| it.elapsed() < CERTIFICATES) {
            return;
        }
        self.connected = Some(Instant::now());
        let mut ends = Vec::new();
        for (ground, shown) in &self.certificates {
            ends.push((
                *ground,
                match shown {
                    Some(shown) => Some(certificate::ends(shown.clone()).await),
                    None => None,
                },
            ));
        }
        self.ends = ends;
    }
}

/// How long ago the operator's backup touched its file.
fn age(stamp: &Path, now: DateTime<Utc>) -> Sight {
    match std::fs::metadata(stamp).and_then(|it| it.modified()) {
        Ok(touched) => Sight::Seen(now - DateTime::<Utc>::from(touched)),
        Err(error) => Sight::Unseen(format!("the file of the last backup cannot be seen: {}", error.kind())),
    }
}

fn left(end: Option<&End>, now: DateTime<Utc>) -> Sight {
    match end {
        None => Sight::NotWatched,
        Some(Ok(end)) => Sight::Seen(*end - now),
        Some(Err(why)) => Sight::Unseen(why.clone()),
    }
}

fn measure(seen: &[(Ground, Sight)]) {
    for (ground, sight) in seen {
        let Sight::Seen(value) = sight else { continue };
        let (seconds, days) = (value.as_seconds_f64(), value.as_seconds_f64() / TimeDelta::days(1).as_seconds_f64());
        match ground {
            Ground::Backups => metrics::gauge!("backup_age_seconds").set(seconds),
            Ground::Archive => metrics::gauge!("archive_failing_seconds").set(seconds),
            Ground::Replicas => metrics::gauge!("replica_lag_seconds").set(seconds),
            Ground::ServerCertificate => metrics::gauge!("certificate_days_left", "of" => "server").set(days),
            Ground::RelayCertificate => metrics::gauge!("certificate_days_left", "of" => "relay").set(days),
        }
    }
}
