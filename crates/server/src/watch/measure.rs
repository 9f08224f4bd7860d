//! The figures that the watch shows.

use chrono::TimeDelta;
use homeward_domain::silence::{Ledger, Owing, Queue, Task};

pub(super) fn queue(queue: &Queue) {
    metrics::gauge!("oldest_unsent_seconds").set(queue.unsent_for.as_seconds_f64());
    for outbox in &queue.outboxes {
        let channel = outbox.channel.to_string();
        metrics::gauge!("outbox_oldest_seconds", "channel" => channel.clone()).set(outbox.due_for.as_seconds_f64());
        metrics::gauge!("outbox_stuck_seconds", "channel" => channel).set(outbox.stuck_for.as_seconds_f64());
    }
    for task in [Task::Rungs, Task::Email, Task::Webhook] {
        let last = queue.beats.iter().filter(|it| it.task == task).map(|it| it.silent_for).min();
        if let Some(last) = last {
            metrics::gauge!("heartbeat_age_seconds", "task" => task.to_string()).set(last.as_seconds_f64());
        }
    }
    let workers = queue.beats.iter().map(|it| it.skew.abs()).max().unwrap_or_default();
    metrics::gauge!("clock_skew_seconds", "of" => "workers").set(workers.as_seconds_f64());
    metrics::gauge!("clock_skew_seconds", "of" => "watch").set(queue.skew.abs().as_seconds_f64());
    if let Some(home_for) = queue.canary.home_for {
        metrics::gauge!("canary_age_seconds").set(home_for.as_seconds_f64());
    }
    let away_for = queue.canary.away_for.unwrap_or(TimeDelta::zero());
    metrics::gauge!("canary_away_seconds").set(away_for.as_seconds_f64());
}

pub(super) fn owing(owing: &Owing) {
    metrics::gauge!("duties_without_rung").set(f64::from(owing.without_rung));
    metrics::gauge!("duties_disagreeing").set(f64::from(owing.disagreeing));
    metrics::gauge!("nobody_rungs").set(f64::from(owing.for_nobody));
    metrics::gauge!("unseen_rungs").set(f64::from(owing.unseen));
    metrics::gauge!("held_rungs").set(f64::from(owing.held));
    metrics::gauge!("roster_gaps").set(f64::from(owing.roster_gaps));
}

pub(super) fn alarms(ledger: &Ledger) {
    let open = u32::try_from(ledger.standing().count()).unwrap_or(u32::MAX);
    metrics::gauge!("alarms_open").set(f64::from(open));
}
