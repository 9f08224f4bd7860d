//! From what was measured to what is wrong.

use chrono::TimeDelta;

use super::{CANARY_HOME, Condition, DISK_FREE_PERCENT, Finding, PROVEN, QUIET, SKEW, Task};
use crate::delivery::Channel;

/// A loop as it was last heard of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// Which loop.
    pub task: Task,
    /// Whose.
    pub worker: String,
    /// How long ago, by the database's clock.
    pub silent_for: TimeDelta,
    /// By how much the worker's clock was ahead of the database's.
    pub skew: TimeDelta,
}

/// What waits on one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outbox {
    /// The way.
    pub channel: Channel,
    /// How long the oldest message has been due for a try.
    pub due_for: TimeDelta,
    /// How long the oldest message has waited though it was tried, while nothing else was taken.
    pub stuck_for: TimeDelta,
}

/// The newest canaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Canary {
    /// How long the oldest has been away that no later one has overtaken.
    pub away_for: Option<TimeDelta>,
    /// How long ago the last one came home.
    pub home_for: Option<TimeDelta>,
}

/// What the database says of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Whether the tables are those of this program.
    pub is_current: bool,
    /// Every loop of every worker.
    pub beats: Vec<Beat>,
    /// How long the oldest rung has been due.
    pub unsent_for: TimeDelta,
    /// Each way out.
    pub outboxes: Vec<Outbox>,
    /// The canaries.
    pub canary: Canary,
    /// By how much the watch's clock is ahead of the database's.
    pub skew: TimeDelta,
    /// How long the watch has been up: it grants what has never been heard of this long.
    pub watched_for: TimeDelta,
}

/// What the duties of every agency say. All of these are none where all is well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owing {
    /// Owed, and no rung waits (DL-01).
    pub without_rung: u32,
    /// Stored otherwise than the rules say (CK-07).
    pub disagreeing: u32,
    /// Owed, and the last rung had nobody to go to.
    pub for_nobody: u32,
    /// Owed, and the last rung was seen by nobody up to the top.
    pub unseen: u32,
    /// Rungs and messages that failed again and again, and are tried more seldom (DL-12).
    pub held: u32,
    /// Units with fewer than two people who can be reached at some moment of the next 14 days (H-14).
    pub roster_gaps: u32,
}

/// The machine that the watch runs on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Machine {
    /// How much of the disk is free; none where it could not be asked.
    pub disk_free_percent: Option<f64>,
    /// Whether the key file is there.
    pub has_key: bool,
}

/// What the verification of the audit trail says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trail {
    /// What is wrong first, and where.
    pub tampered: Option<String>,
    /// How long nothing was signed in the agency that waits longest.
    pub unsigned_for: TimeDelta,
    /// How long ago it was last verified, or how long it could not be.
    pub unverified_for: TimeDelta,
}

pub(super) fn finding(condition: Condition, detail: String) -> Finding {
    Finding { condition, detail }
}

pub(super) fn said(duration: TimeDelta) -> String {
    let seconds = duration.num_seconds();
    if seconds.abs() < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) }
}

/// What is wrong with the queue.
pub fn judge_queue(queue: &Queue) -> Vec<Finding> {
    let mut found = Vec::new();
    if !queue.is_current {
        found.push(finding(Condition::TablesBehind, "the migrations are not those of this program".to_owned()));
    }
    found.extend([Task::Rungs, Task::Email, Task::Webhook].into_iter().filter_map(|task| silent(queue, task)));
    if QUIET < queue.unsent_for {
        found.push(finding(Condition::RemindersLate, format!("the oldest is {} late", said(queue.unsent_for))));
    }
    found.extend(queue.outboxes.iter().flat_map(judge_outbox));
    if let Some(away) = queue.canary.away_for.filter(|away| CANARY_HOME < *away) {
        found.push(finding(Condition::CanaryMissing, format!("it has been away for {}", said(away))));
    }
    found.extend(skewed(queue));
    found
}

/// A loop is silent when no worker's is heard. What has never been heard is wanted only of the loop that always runs.
fn silent(queue: &Queue, task: Task) -> Option<Finding> {
    let condition = match task {
        Task::Rungs => Condition::RemindersSilent,
        Task::Email => Condition::MailSilent,
        Task::Webhook => Condition::WebhooksSilent,
        Task::Watch => return None,
    };
    let last = queue.beats.iter().filter(|it| it.task == task).map(|it| it.silent_for).min();
    match last {
        Some(silent_for) if QUIET < silent_for => Some(finding(condition, format!("for {}", said(silent_for)))),
        None if task == Task::Rungs && QUIET < queue.watched_for => {
            Some(finding(condition, "no worker was ever heard of".to_owned()))
        }
        _ => None,
    }
}

fn judge_outbox(outbox: &Outbox) -> Vec<Finding> {
    let mut found = Vec::new();
    if QUIET < outbox.due_for {
        let detail = format!("{}: the oldest is {} late", outbox.channel, said(outbox.due_for));
        found.push(finding(Condition::MessagesLate, detail));
    }
    // An endpoint that takes nothing is its owner's trouble, and shown to them; a relay is everybody's.
    if outbox.channel == Channel::Email && QUIET < outbox.stuck_for {
        found.push(finding(Condition::MailStuck, format!("nothing was taken for {}", said(outbox.stuck_for))));
    }
    found
}

fn skewed(queue: &Queue) -> Option<Finding> {
    // What is silent is told of as silence; its clock was measured too long ago.
    let heard = queue.beats.iter().filter(|it| it.silent_for <= QUIET);
    let workers = heard.map(|it| (it.worker.as_str(), it.skew));
    let all = workers.chain([("the watch", queue.skew)]);
    let (name, worst) = all.max_by_key(|(_, skew)| skew.abs())?;
    let ahead = if worst < TimeDelta::zero() { "behind" } else { "ahead of" };
    (SKEW < worst.abs())
        .then(|| finding(Condition::ClockSkew, format!("{name} is {} {ahead} the database", said(worst.abs()))))
}

/// What is wrong with what is owed.
pub fn judge_owing(owing: &Owing) -> Vec<Finding> {
    let all = [
        (Condition::DutyWithoutRung, owing.without_rung, "duties"),
        (Condition::DutiesDisagree, owing.disagreeing, "duties"),
        (Condition::NobodyToTell, owing.for_nobody, "duties"),
        (Condition::NobodySaw, owing.unseen, "duties"),
        (Condition::ReminderHeld, owing.held, "rungs and messages"),
        (Condition::RosterGap, owing.roster_gaps, "units"),
    ];
    let wrong = all.into_iter().filter(|(_, count, _)| 0 < *count);
    wrong.map(|(condition, count, of)| finding(condition, format!("{count} {of}"))).collect()
}

/// What is wrong with the machine.
pub fn judge_machine(machine: &Machine) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(free) = machine.disk_free_percent.filter(|free| *free < DISK_FREE_PERCENT) {
        found.push(finding(Condition::DiskLow, format!("{free:.1} % is free")));
    }
    if !machine.has_key {
        found.push(finding(Condition::KeyMissing, "the file of data keys is not there".to_owned()));
    }
    found
}

/// What is wrong with the audit trail.
pub fn judge_trail(trail: &Trail) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(tampered) = &trail.tampered {
        found.push(finding(Condition::TrailTampered, tampered.clone()));
    }
    if PROVEN < trail.unverified_for {
        let detail = format!("it was not verified for {}", said(trail.unverified_for));
        found.push(finding(Condition::TrailUnproven, detail));
    } else if PROVEN < trail.unsigned_for {
        found.push(finding(Condition::TrailUnproven, format!("nothing was signed for {}", said(trail.unsigned_for))));
    }
    found
}
