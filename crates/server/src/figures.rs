//! Every figure at `/metrics`. `docs/metrics.md` says the same, and a test holds the two equal.

use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

/// What kind of figure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Times, in buckets.
    Histogram,
}

use Kind::{Counter, Gauge, Histogram};

/// Name, kind, and what it says.
pub const FIGURES: [(&str, Kind, &str); 33] = [
    ("http_requests_total", Counter, "requests answered, by route, method and status"),
    ("http_request_seconds", Histogram, "how long an answer took, by route and method"),
    ("requests_over_limit_total", Counter, "requests held back because too many came in a minute, by whose"),
    ("conflicts_total", Counter, "requests tried again because another one was in the way"),
    ("rungs_total", Counter, "rungs handled by a worker, by outcome"),
    ("rung_lateness_seconds", Histogram, "how late a rung was delivered into inboxes"),
    ("oldest_unsent_seconds", Gauge, "how long the oldest rung has been due and unsent"),
    ("messages_total", Counter, "messages that left or were tried, by channel and outcome"),
    ("message_lateness_seconds", Histogram, "how late a message was tried, by channel"),
    ("outbox_depth", Gauge, "messages due for a try now, by channel"),
    ("outbox_oldest_seconds", Gauge, "how long the oldest message has been due for a try, by channel"),
    ("outbox_stuck_seconds", Gauge, "how long messages were tried while nothing was taken, by channel"),
    ("heartbeat_age_seconds", Gauge, "how long ago any worker finished a round, by task"),
    ("clock_skew_seconds", Gauge, "the largest distance of a clock from the database's, by whose"),
    ("canary_age_seconds", Gauge, "how long ago a canary last came home"),
    ("canary_away_seconds", Gauge, "how long a canary has been away that no later one has overtaken"),
    ("duties_without_rung", Gauge, "duties owed of which nobody will be reminded; right is 0"),
    ("duties_disagreeing", Gauge, "duties stored otherwise than the rules say; right is 0"),
    ("nobody_rungs", Gauge, "duties whose last rung had nobody to go to"),
    ("unseen_rungs", Gauge, "duties whose last rung nobody has seen, up to the agency's contact"),
    ("held_rungs", Gauge, "rungs and messages that fail each time and are tried more seldom"),
    ("roster_gaps", Gauge, "units with fewer than two people to reach at some moment of 14 days"),
    ("disk_free_percent", Gauge, "how much of the disk of HOMEWARD_DATA_DIR is free"),
    ("data_key_uses", Gauge, "how often the newest data key has wrapped a value"),
    ("backup_age_seconds", Gauge, "how long ago a backup last ended well"),
    ("archive_failing_seconds", Gauge, "for how long PostgreSQL has failed to archive its log; right is 0"),
    ("replica_lag_seconds", Gauge, "how far the last replica is behind, or for how long it was silent"),
    ("certificate_days_left", Gauge, "how many days a certificate lasts, by whose"),
    ("trail_unsigned_seconds", Gauge, "how long nothing was signed of the trail that waits longest"),
    ("provider_keys_age_seconds", Gauge, "how old the public keys of a sign-in provider are, the oldest"),
    ("provider_tokens_refused_total", Counter, "tokens that are none of ours and no provider's, by reason"),
    ("alarms_open", Gauge, "alarms that stand"),
    ("watch_rounds_total", Counter, "rounds of the watch, by outcome"),
];

/// In seconds. A request takes milliseconds, a reminder may be minutes late.
const BUCKETS: [f64; 13] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0];

/// Begins to keep the figures of this process.
pub fn keep() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new().set_buckets(&BUCKETS)?.install_recorder()?;
    for (name, kind, says) in FIGURES {
        match kind {
            Counter => metrics::describe_counter!(name, says),
            Gauge => metrics::describe_gauge!(name, says),
            Histogram => metrics::describe_histogram!(name, says),
        }
    }
    let upkeep = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}
