//! The initial report. Floor: 42 U.S.C. 671(a)(35)(B).

use super::{RuleBook, first_told, owed, settled, single};
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
