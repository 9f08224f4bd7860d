//! Sharing what has changed. 42 U.S.C. 671(a)(35)(B), the regular-communication clause; CLK-10.

use chrono::{DateTime, Utc};

use super::{RuleBook, contacts_with, owed, settled, until_safe};
use crate::duty::{Done, Duty, DutyKey, DutyKind};
use crate::episode::Facts;
use crate::notification::{Recipient, Told};

/// A changed fact restarts no clock of the report. Who was told before it changed is to hear of it.
///
/// Changes that come before the first is shared are shared with it: a second one gives no more time.
pub(super) fn shared_updates(book: &RuleBook, facts: &Facts) -> Vec<Duty> {
    let mut changes = facts.material_changes.clone();
    changes.sort_unstable();
    let to_each = |recipient: Option<Recipient>| Some(updates_to(book, facts, &changes, recipient?));
    book.recipients(DutyKind::ShareUpdate).into_iter().filter_map(to_each).flatten().collect()
}

fn updates_to(book: &RuleBook, facts: &Facts, changes: &[DateTime<Utc>], recipient: Recipient) -> Vec<Duty> {
    let contacts = contacts_with(facts, recipient);
    let safe = facts.recovery.ended_at();
    let mut updates = Vec::new();
    let mut shared_until = contacts.first().map(|first| first.made_at);
    for changed in changes.iter().copied().filter(|at| safe.is_none_or(|safe| *at < safe)) {
        // Before the first contact it is part of the report; what a contact followed is shared already. At the same
        // instant nobody can tell, so it is shared once more.
        if shared_until.is_none_or(|until| changed < until) {
            continue;
        }
        let shared = contacts.iter().find(|it| changed < it.made_at).copied();
        updates.extend(update(book, facts, (recipient, updates.len()), changed, shared));
        shared_until = shared.map(|it| it.made_at);
    }
    updates
}

fn update(
    book: &RuleBook,
    facts: &Facts,
    (recipient, number): (Recipient, usize),
    changed: DateTime<Utc>,
    shared: Option<Told>,
) -> Option<Duty> {
    let sequence = i32::try_from(number).ok()?;
    let key = DutyKey { kind: DutyKind::ShareUpdate, recipient: Some(recipient), sequence };
    let duty = owed(book, facts, key, changed)?;
    Some(until_safe(settled(duty, facts, shared.map(Done::from)), facts))
}
