//! While the child is missing: regular communication, and keeping the record alive.

use chrono::{DateTime, TimeDelta, Utc};

use super::{RuleBook, first_told, owed, settled, single};
use crate::duty::{Done, Duty, DutyKey, DutyKind, Lapse};
use crate::episode::Facts;
use crate::notification::{NotificationKind, Recipient, Told};

/// How soon a changed fact is to be shared with those who were told before it changed (CLK-10).
const SHARE_UPDATE_WITHIN: TimeDelta = TimeDelta::hours(24);

/// 671(a)(35)(B): maintain regular communication with law enforcement and NCMEC.
///
/// Every completed contact starts the next one. A changed fact restarts no clock of the report, and brings the
/// next contact forward (CLK-10). When the child is safe, the recovery notice takes over.
pub(super) fn regular_communication(book: &RuleBook, facts: &Facts) -> Vec<Duty> {
    let to_each = |recipient: Option<Recipient>| {
        let contacts = contacts_with(facts, recipient?);
        Some(communication_with(book, facts, recipient, &contacts))
    };
    book.recipients(DutyKind::RegularCommunication).into_iter().filter_map(to_each).flatten().collect()
}

fn contacts_with(facts: &Facts, recipient: Recipient) -> Vec<Told> {
    let safe_at = facts.recovery.ended_at();
    let mut contacts: Vec<Told> = facts.told.iter().filter(|it| it.recipient == recipient).copied().collect();
    contacts.retain(|it| safe_at.is_none_or(|safe| it.made_at < safe));
    contacts.sort_by_key(|it| (it.made_at, it.id));
    contacts
}

fn communication_with(book: &RuleBook, facts: &Facts, recipient: Option<Recipient>, contacts: &[Told]) -> Vec<Duty> {
    let kind = DutyKind::RegularCommunication;
    let following = contacts.iter().skip(1).map(Some).chain([None]);
    let periods = contacts.iter().zip(following).zip(0..);
    let period = |((last, next), sequence): ((&Told, Option<&Told>), i32)| {
        let duty = owed(book, facts, DutyKey { kind, recipient, sequence }, last.made_at)?;
        let duty = Duty { target_at: brought_forward(facts, &duty), ..duty };
        Some(match (next, facts.recovery.ended_at()) {
            (None, Some(safe)) => Duty { lapse: Some(Lapse::Superseded(safe)), ..duty },
            _ => settled(duty, facts, next.copied().map(Done::from)),
        })
    };
    periods.filter_map(period).collect()
}

fn brought_forward(facts: &Facts, duty: &Duty) -> DateTime<Utc> {
    match facts.material_change_at {
        Some(changed) if duty.starts_at <= changed => duty.target_at.min(changed + SHARE_UPDATE_WITHIN),
        _ => duty.target_at,
    }
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

fn until_safe(duty: Duty, facts: &Facts) -> Duty {
    match facts.recovery.ended_at() {
        Some(safe) if duty.done.is_none() => Duty { lapse: Some(Lapse::Superseded(safe)), ..duty },
        _ => duty,
    }
}
