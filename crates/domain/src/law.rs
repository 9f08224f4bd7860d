//! The law: which duties an episode raises, and by when.
//!
//! Rules are data with a citation (`rules/*.toml`); the functions here only apply them. They return what is
//! due, never whether someone is late: lateness is a comparison, done by whoever asks.

mod book;
mod calendar;
mod contact;
mod fields;
mod identification;
mod overlay;
mod pack;
mod recovery;
mod refusal;
mod report;
mod rule;
mod tasks;
mod update;

#[cfg(test)]
mod tests;

pub use book::{Library, RuleBook, library};
pub use calendar::{Cadence, Calendar, Span, Unit, is_business_day};
pub use identification::{Identified, identification_report};
pub use overlay::Overlay;
pub use pack::Choice;
pub use refusal::{Fault, Refusal, Refused};
pub use rule::{Anchor, Rule, RuleRef};

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::child::{UnderTwentySix, is_covered};
use crate::duty::{Done, Duty, DutyKey, DutyKind, Lapse};
use crate::episode::{ClosureReason, Facts};
use crate::notification::{NotificationKind, Recipient, Told};

/// The two recipients of the federal report. One never counts for the other (CLK-3).
pub const FEDERAL_RECIPIENTS: [Recipient; 2] = [Recipient::LawEnforcement, Recipient::Ncmec];

/// The federal limit of the initial report. No rule of any State can exceed it.
pub const FEDERAL_LIMIT: TimeDelta = TimeDelta::hours(24);

/// Everything owed for one episode, done or not, in a stable order.
///
/// A pure function of facts and rules: the order in which facts were recorded does not matter (CK-06).
pub fn duties(book: &RuleBook, option: UnderTwentySix, facts: &Facts) -> Vec<Duty> {
    if !is_covered(facts.care_status, option) {
        return Vec::new();
    }
    let mut owed = report::initial_reports(book, facts);
    owed.extend(report::follow_ups(book, facts));
    owed.extend(recovery::notices(book, facts));
    owed.extend(contact::regular_communication(book, facts));
    owed.extend(contact::record_follow_up(book, facts));
    owed.extend(update::shared_updates(book, facts));
    owed.extend(tasks::single(book, facts));
    owed.extend(tasks::recurring(book, facts));
    owed.sort_by_key(|duty| duty.key);
    owed
}

/// Builds the duty that starts at `starts_at`, if a rule in force then asks for it.
fn owed(book: &RuleBook, facts: &Facts, key: DutyKey, starts_at: DateTime<Utc>) -> Option<Duty> {
    owed_by(&book.applying(key.kind, key.recipient, facts, starts_at), book, facts, key, starts_at)
}

/// The same from these rules: the earliest limit that any of them sets.
fn owed_by(
    rules: &[&Arc<Rule>],
    book: &RuleBook,
    facts: &Facts,
    key: DutyKey,
    starts_at: DateTime<Utc>,
) -> Option<Duty> {
    let first = rules.first()?;
    let limits = rules.iter().filter_map(|rule| Some((rule.limit_at(book.calendar(), facts, starts_at)?, *rule)));
    // The floor stands first, and `min_by_key` keeps the first of equals: a State rule shows only where it is stricter.
    let (due_at, rule) = match limits.min_by_key(|(at, _)| *at).or_else(|| without_anchor(rules, book, starts_at)) {
        Some((at, rule)) => (Some(at), rule),
        None => (None, *first),
    };
    let target = rules.iter().filter_map(|rule| rule.target).min();
    let target_at = target.map_or_else(|| due_at.unwrap_or(starts_at + FEDERAL_LIMIT), |target| starts_at + target);
    Some(Duty {
        key,
        rule: Arc::new(rule.reference()),
        starts_at,
        due_at,
        target_at: due_at.map_or(target_at, |due| due.min(target_at)),
        done: None,
        lapse: None,
        returned_before_due: due_at.zip(facts.recovery.ended_at()).is_some_and(|(due, back)| back < due),
    })
}

/// Where no federal rule sets a limit and the moment that a State counts from is not known, it is counted from the
/// start of the duty: a limit that people can see beats none.
fn without_anchor<'a>(
    rules: &[&'a Arc<Rule>],
    book: &RuleBook,
    starts_at: DateTime<Utc>,
) -> Option<(DateTime<Utc>, &'a Arc<Rule>)> {
    let limits = rules.iter().filter_map(|rule| Some((book.calendar().after(starts_at, rule.limit?), *rule)));
    limits.min_by_key(|(at, _)| *at)
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

/// The same for what is owed while the child is missing, and no more once they are safe.
fn until_safe(duty: Duty, facts: &Facts) -> Duty {
    match facts.recovery.ended_at() {
        Some(safe) if duty.done.is_none() => Duty { lapse: Some(Lapse::Superseded(safe)), ..duty },
        _ => duty,
    }
}

/// The first contact with `recipient` that counts as one of `kinds`.
fn first_told(facts: &Facts, recipient: Recipient, kinds: &[NotificationKind]) -> Option<Told> {
    let of_kind = contacts_with(facts, recipient).into_iter().filter(|told| kinds.contains(&told.kind));
    of_kind.min_by_key(|told| (told.made_at, told.id))
}

/// Every contact with `recipient`, in the order they were made.
fn contacts_with(facts: &Facts, recipient: Recipient) -> Vec<Told> {
    let mut contacts: Vec<Told> = facts.told.iter().filter(|it| it.recipient == recipient).copied().collect();
    contacts.sort_by_key(|it| (it.made_at, it.id));
    contacts
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
