//! While the child is missing: regular communication, and keeping the record alive.

use chrono::{DateTime, Utc};

use super::{FEDERAL_RECIPIENTS, RuleBook, contacts_with, first_told, owed, settled, single, until_safe};
use crate::duty::{Done, Duty, DutyKey, DutyKind};
use crate::episode::Facts;
use crate::notification::{NotificationKind, Recipient, Told};

/// 671(a)(35)(B): maintain regular communication with law enforcement and NCMEC.
///
/// Every completed contact starts the next one. With whoever a State adds the first is owed from the receipt, since no
/// report to them begins it. When the child is safe, the recovery notice takes over.
pub(super) fn regular_communication(book: &RuleBook, facts: &Facts) -> Vec<Duty> {
    let to_each = |recipient: Option<Recipient>| Some(communication_with(book, facts, recipient?));
    book.recipients(DutyKind::RegularCommunication).into_iter().filter_map(to_each).flatten().collect()
}

fn communication_with(book: &RuleBook, facts: &Facts, recipient: Recipient) -> Vec<Duty> {
    let safe_at = facts.recovery.ended_at();
    let mut contacts = contacts_with(facts, recipient);
    contacts.retain(|it| safe_at.is_none_or(|safe| it.made_at < safe));
    let first = (!FEDERAL_RECIPIENTS.contains(&recipient)).then_some(facts.moments.received_at);
    let starts: Vec<DateTime<Utc>> = first.into_iter().chain(contacts.iter().map(|it| it.made_at)).collect();
    let ends = contacts.iter().skip(if first.is_some() { 0 } else { 1 }).map(Some).chain([None]);
    let periods = starts.into_iter().zip(ends).zip(0..);
    let period = |((starts_at, next), sequence): ((DateTime<Utc>, Option<&Told>), i32)| {
        let key = DutyKey { kind: DutyKind::RegularCommunication, recipient: Some(recipient), sequence };
        let duty = owed(book, facts, key, starts_at)?;
        Some(until_safe(settled(duty, facts, next.copied().map(Done::from)), facts))
    };
    periods.filter_map(period).collect()
}

/// 34 U.S.C. 41308(3) and (4)(A): see that the entry in NCIC exists, and that it is verified and updated.
///
/// Both start with the report to law enforcement and end when the child is safe. The entry cannot be older than the
/// report, so 30 days from the report never exceed 30 days from the entry, however late it is confirmed.
pub(super) fn record_follow_up(book: &RuleBook, facts: &Facts) -> Vec<Duty> {
    let police = Recipient::LawEnforcement;
    let Some(report) = first_told(facts, police, &[NotificationKind::InitialReport]) else { return Vec::new() };
    let confirmed = facts.told.iter().filter(|it| it.recipient == police && confirms_entry(it));
    let confirmed = confirmed.min_by_key(|it| (it.ncic_confirmed_at.unwrap_or(it.made_at), it.id));
    let confirmed =
        confirmed.map(|it| Done { at: it.ncic_confirmed_at.unwrap_or(it.made_at), notification: Some(it.id) });
    let updated = first_told(facts, police, &[NotificationKind::Record30DayUpdate]).map(Done::from);
    [(DutyKind::NcicConfirmation, confirmed), (DutyKind::RecordUpdate, updated)]
        .into_iter()
        .filter_map(|(kind, done)| {
            let duty = owed(book, facts, single(kind, Some(police)), report.made_at)?;
            Some(until_safe(settled(duty, facts, done), facts))
        })
        .collect()
}

fn confirms_entry(told: &Told) -> bool {
    told.kind == NotificationKind::NcicConfirmation || told.ncic_confirmed_at.is_some()
}
