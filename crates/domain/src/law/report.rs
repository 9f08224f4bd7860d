//! The initial report, and what follows it in writing. Floor: 42 U.S.C. 671(a)(35)(B).

use super::{RuleBook, contacts_with, first_told, owed, settled, single, until_safe};
use crate::duty::{Done, Duty, DutyKind};
use crate::episode::Facts;
use crate::notification::NotificationKind;

/// 671(a)(35)(B): immediately, and no later than 24 hours after receiving the information, to law
/// enforcement and to NCMEC. Elapsed hours: weekends and daylight saving never add any (CLK-2).
///
/// Each is discharged by its own completed initial report only: an NCIC entry is not one (CLK-3, T4).
pub(super) fn initial_reports(book: &RuleBook, facts: &Facts) -> Vec<Duty> {
    let kind = DutyKind::InitialReport;
    let owed_to = |recipient| {
        let duty = owed(book, facts, single(kind, recipient), facts.moments.received_at)?;
        let told = recipient.and_then(|to| first_told(facts, to, &[NotificationKind::InitialReport]));
        Some(settled(duty, facts, told.map(Done::from)))
    };
    book.recipients(kind).into_iter().filter_map(owed_to).collect()
}

/// What a State asks for after the first report: in writing, or once more when a number is known (Georgia: NCMEC again
/// once the police report exists). Owed from the receipt, or from the report that the rule counts from.
pub(super) fn follow_ups(book: &RuleBook, facts: &Facts) -> Vec<Duty> {
    let kind = DutyKind::FollowUp;
    let counts = [NotificationKind::WrittenFollowup, NotificationKind::UpdateShared];
    let owed_to = |recipient| {
        let starts_at = book.of(kind, recipient).filter_map(|it| it.starts_at(facts)).min()?;
        let duty = owed(book, facts, single(kind, recipient), starts_at)?;
        let contacts = recipient.map(|to| contacts_with(facts, to)).unwrap_or_default();
        let done = contacts.into_iter().find(|it| starts_at <= it.made_at && counts.contains(&it.kind));
        Some(until_safe(settled(duty, facts, done.map(Done::from)), facts))
    };
    book.recipients(kind).into_iter().filter_map(owed_to).collect()
}
