//! The report of an identified victim. 42 U.S.C. 671(a)(34)(A).

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{RuleBook, single};
use crate::child::{CareStatus, UnderTwentySix, is_covered};
use crate::determination::Identification;
use crate::duty::{Done, Duty, DutyKind, Lapse};
use crate::notification::{NotificationKind, Recipient, Told};

#[cfg(test)]
mod tests;

/// All that the law looks at in an identification. No observation is among it: the clock is on a person's act (12.3 a).
#[derive(Clone, Copy, Debug)]
pub struct Identified<'a> {
    /// Why the agency answers for the child. That the child is or was missing makes no difference.
    pub care_status: CareStatus,
    /// What a person concluded.
    pub identification: &'a Identification,
    /// Who was told of it. Order does not matter.
    pub told: &'a [Told],
}

/// 671(a)(34)(A): immediately, and in no case later than 24 hours after receiving the information, to the law
/// enforcement authorities, and to nobody else (T20). A withdrawal before the report ends what is owed (T21).
pub fn identification_report(book: &RuleBook, option: UnderTwentySix, facts: Identified<'_>) -> Option<Duty> {
    if !is_covered(facts.care_status, option) {
        return None;
    }
    let starts_at = facts.identification.received_at;
    let police = Some(Recipient::LawEnforcement);
    let rules = book.of(DutyKind::IdentificationReport, police).filter(|it| it.is_in_force(starts_at));
    // The floor stands first, and `min_by_key` keeps the first of equals.
    let limits = rules.filter_map(|rule| Some((book.calendar().after(starts_at, rule.limit?), rule)));
    let (due_at, rule) = limits.min_by_key(|(at, _)| *at)?;
    let done = first_report(facts.told);
    Some(Duty {
        key: single(DutyKind::IdentificationReport, police),
        rule: Arc::new(rule.reference()),
        starts_at,
        due_at: Some(due_at),
        target_at: rule.target.map_or(due_at, |target| due_at.min(starts_at + target)),
        done,
        lapse: ended(done, facts.identification.ended_at),
        returned_before_due: false,
    })
}

fn first_report(told: &[Told]) -> Option<Done> {
    let counts = |it: &&Told| it.recipient == Recipient::LawEnforcement && it.kind == NotificationKind::InitialReport;
    told.iter().filter(counts).min_by_key(|it| (it.made_at, it.id)).copied().map(Done::from)
}

fn ended(done: Option<Done>, ended_at: Option<DateTime<Utc>>) -> Option<Lapse> {
    ended_at.filter(|_| done.is_none()).map(Lapse::Superseded)
}
