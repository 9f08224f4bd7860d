//! The law: which duties an episode raises, and by when.
//!
//! Rules are data with a citation (`rules/*.toml`); the functions here only apply them. They return what is
//! due, never whether someone is late: lateness is a comparison, done by whoever asks.

mod contact;
mod identification;
mod overlay;
mod recovery;
mod report;
mod rule;
mod screening;

#[cfg(test)]
mod tests;

pub use identification::{Identified, identification_report};
pub use overlay::{Overlay, OverlayError};
pub use rule::{Anchor, Library, Rule, RuleBook, library};

use chrono::{DateTime, TimeDelta, Utc};

use crate::child::{UnderTwentySix, is_covered};
use crate::duty::{Done, Duty, DutyKey, DutyKind, Lapse};
use crate::episode::{ClosureReason, Facts};
use crate::notification::{NotificationKind, Recipient, Told};

/// The two recipients of the federal report. One never counts for the other (CLK-3).
pub const FEDERAL_RECIPIENTS: [Recipient; 2] = [Recipient::LawEnforcement, Recipient::Ncmec];

/// Everything owed for one episode, done or not, in a stable order.
///
/// A pure function of facts and rules: the order in which facts were recorded does not matter (CK-06).
pub fn duties(book: &RuleBook, option: UnderTwentySix, facts: &Facts) -> Vec<Duty> {
    if !is_covered(facts.care_status, option) {
        return Vec::new();
    }
    let mut owed = report::initial_reports(book, facts);
    owed.extend(recovery::notices(book, facts));
    owed.extend(contact::regular_communication(book, facts));
    owed.extend(contact::record_follow_up(book, facts));
    owed.extend(screening::tasks(book, facts));
    owed.sort_by_key(|duty| duty.key);
    owed
}

/// Builds the duty that starts at `starts_at`, if a rule in force then asks for it.
fn owed(book: &RuleBook, facts: &Facts, key: DutyKey, starts_at: DateTime<Utc>) -> Option<Duty> {
    let rules = book.in_force(key.kind, key.recipient, starts_at);
    let first = rules.first()?;
    let limits = rules.iter().filter_map(|rule| Some((rule.limit_at(facts, starts_at)?, *rule)));
    // The floor stands first, and `min_by_key` keeps the first of equals: a State rule shows only where it is stricter.
    let (due_at, rule) = match limits.min_by_key(|(at, _)| *at) {
        Some((at, rule)) => (Some(at), rule),
        None => (None, *first),
    };
    let target_at = starts_at + first.target;
    Some(Duty {
        key,
        rule: rule.clone(),
        starts_at,
        due_at,
        target_at: due_at.map_or(target_at, |due| due.min(target_at)),
        done: None,
        lapse: None,
        returned_before_due: due_at.zip(facts.recovery.ended_at()).is_some_and(|(due, back)| back < due),
    })
}

/// Marks how the duty ended: done by the earliest that counts, or undone when a person closed the episode.
fn settled(duty: Duty, facts: &Facts, done: Option<Done>) -> Duty {
    let lapse = match (done, facts.closure) {
        (None, Some(closure)) => Some(match closure.reason {
            ClosureReason::NotMissing | ClosureReason::MergedDuplicate => Lapse::Superseded(closure.closed_at),
            _ => Lapse::ClosedUndone(closure.closed_at),
        }),
        _ => None,
    };
    Duty { done, lapse, ..duty }
}

/// The first contact with `recipient` that counts as one of `kinds`.
fn first_told(facts: &Facts, recipient: Recipient, kinds: &[NotificationKind]) -> Option<Told> {
    facts
        .told
        .iter()
        .filter(|told| told.recipient == recipient && kinds.contains(&told.kind))
        .min_by_key(|told| (told.made_at, told.id))
        .copied()
}

impl From<Told> for Done {
    fn from(told: Told) -> Self {
        Self { at: told.made_at, notification: Some(told.id) }
    }
}

/// A key of a duty that does not recur.
const fn single(kind: DutyKind, recipient: Option<Recipient>) -> DutyKey {
    DutyKey { kind, recipient, sequence: 0 }
}

/// The federal limit of the initial report. No rule of any State can exceed it.
pub const FEDERAL_LIMIT: TimeDelta = TimeDelta::hours(24);
