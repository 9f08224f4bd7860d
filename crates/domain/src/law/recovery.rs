//! The recovery notice. 42 U.S.C. 671(a)(35)(B), the regular-communication clause.

use super::{RuleBook, first_told, owed, settled, single};
use crate::duty::{Done, Duty, DutyKind};
use crate::episode::Facts;
use crate::notification::NotificationKind;

/// 671(a)(35)(B): share information pertaining to the recovery and its circumstances, with both recipients.
///
/// Owed from the moment the child is safe. Being located is not being recovered (domain 7.1).
pub(super) fn notices(book: &RuleBook, facts: &Facts) -> Vec<Duty> {
    let kind = DutyKind::RecoveryNotice;
    let Some(safe_at) = facts.recovery.ended_at() else { return Vec::new() };
    let owed_to = |recipient| {
        let duty = owed(book, facts, single(kind, recipient), safe_at)?;
        let told = recipient.and_then(|to| first_told(facts, to, &[NotificationKind::RecoveryNotice]));
        Some(settled(duty, facts, told.map(Done::from)))
    };
    book.recipients(kind).into_iter().filter_map(owed_to).collect()
}
