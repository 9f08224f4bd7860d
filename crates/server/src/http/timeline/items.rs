//! From what is recorded to items in order. A pure function of the course and the moment.

use chrono::{DateTime, Utc};
use homeward_domain::duty::Lapse;
use homeward_domain::id::Id;
use homeward_domain::notification::Recipient;
use homeward_domain::vocabulary::Vocabulary;
use homeward_store::completions::Completion;
use homeward_store::duties::Owed;
use homeward_store::episodes::Episode;
use homeward_store::notifications::Notification;
use homeward_store::timeline::{Attempt, Correction, Course, Sent, planned_at};

use super::{TimelineDetail, TimelineItem, TimelineKind, aftercare, packets, search};
use crate::wire::Code;

type Moment = (TimelineKind, &'static str, fn(&Episode) -> Option<DateTime<Utc>>);

/// The dated facts of an episode.
const MOMENTS: [Moment; 11] = [
    (TimelineKind::LastContact, "Someone last had contact with the child", |it| it.last_contact_at),
    (TimelineKind::AbsenceBegan, "The absence began", |it| it.moments.absence_began_at),
    (TimelineKind::CaregiverLearned, "The caregiver learned of the absence", |it| it.moments.caregiver_learned_at),
    (TimelineKind::FirstSuspected, "The absence was first suspected", |it| it.moments.first_suspected_at),
    (TimelineKind::InformationReceived, "The agency received the information", |it| Some(it.moments.received_at)),
    (TimelineKind::DeterminedMissing, "The agency determined that the child is missing", |it| {
        it.moments.determined_missing_at
    }),
    (TimelineKind::Located, "The child was located", |it| it.recovery.located_at),
    (TimelineKind::Recovered, "The child was recovered", |it| it.recovery.recovered_at),
    (TimelineKind::ReturnedToCare, "The child returned to care", |it| it.recovery.returned_to_care_at),
    (TimelineKind::PlacedElsewhere, "The child was placed elsewhere", |it| it.recovery.placed_elsewhere_at),
    (TimelineKind::Closure, "The episode was closed", |it| it.closure.map(|it| it.closed_at)),
];

/// Everything that has happened by `now`, in order.
pub(super) fn of(course: &Course, now: DateTime<Utc>) -> Vec<TimelineItem> {
    let mut items: Vec<TimelineItem> = MOMENTS.iter().filter_map(|it| fact(&course.versions, *it)).collect();
    items.extend(course.corrections.iter().map(correction));
    items.extend(course.notifications.iter().flat_map(contact));
    items.extend(course.completions.iter().flat_map(completion));
    items.extend(course.efforts.iter().flat_map(search::effort));
    items.extend(course.whereabouts.iter().map(search::whereabouts));
    items.extend(aftercare::of(&course.aftercare));
    items.extend(packets::of(&course.packets));
    let begun = course.duties.iter().filter(|it| it.duty.starts_at <= now);
    let duties: Vec<TimelineItem> = begun.flat_map(|it| duty(it, &items, now)).collect();
    items.extend(duties);
    items.extend(course.attempts.iter().map(attempt));
    items.extend(course.reminders.iter().flat_map(reminder));
    items.sort_by_key(|it| (it.occurred_at, it.recorded_at, it.kind));
    items
}

/// When the fact that a duty starts with was recorded; else when the duty was planned.
fn raised_at(owed: &Owed, facts: &[TimelineItem]) -> DateTime<Utc> {
    let starts_at = owed.duty.starts_at;
    told_at(starts_at, facts).or_else(|| planned_at(owed)).unwrap_or(starts_at)
}

/// When what happened at this instant was recorded.
fn told_at(instant: DateTime<Utc>, facts: &[TimelineItem]) -> Option<DateTime<Utc>> {
    facts.iter().filter(|it| it.occurred_at == instant).map(|it| it.recorded_at).max()
}

/// A fact as it stands, with the first version that said so without a break.
fn fact(versions: &[Episode], (kind, summary, at): Moment) -> Option<TimelineItem> {
    let occurred_at = at(versions.last()?)?;
    let told = versions.iter().rev().take_while(|it| at(it) == Some(occurred_at)).last()?;
    Some(TimelineItem {
        occurred_at,
        recorded_at: told.recorded_at,
        kind,
        summary: summary.to_owned(),
        detail: TimelineDetail { recorded_by: Some(told.recorded_by.uuid()), ..about(kind, versions.last()?) },
    })
}

/// What goes with a fact, as it stands.
fn about(kind: TimelineKind, it: &Episode) -> TimelineDetail {
    use TimelineKind as K;
    match kind {
        K::LastContact => TimelineDetail { place: it.last_contact_place.clone(), ..TimelineDetail::default() },
        K::Located | K::Recovered => TimelineDetail { place: it.recovery_place.clone(), ..TimelineDetail::default() },
        K::Closure => TimelineDetail {
            closure_reason: it.closure.map(|it| Code(it.reason)),
            closure_statement: it.closure_statement.clone(),
            ..TimelineDetail::default()
        },
        _ => TimelineDetail::default(),
    }
}

fn correction(it: &Correction) -> TimelineItem {
    let detail = TimelineDetail {
        recorded_by: Some(it.by.uuid()),
        version: Some(it.version),
        fields: Some(it.fields.clone()),
        receipt_before: it.receipt.map(|(before, _)| before),
        receipt_after: it.receipt.map(|(_, after)| after),
        reason: it.reason.clone(),
        ..TimelineDetail::default()
    };
    at(it.at, TimelineKind::Correction, format!("Corrected or completed: {}", it.fields.join(", ")), detail)
}

fn contact(it: &Notification) -> Vec<TimelineItem> {
    let contact = &it.contact;
    let to = recipient(contact.recipient);
    let known = || TimelineDetail {
        recorded_by: Some(it.recorded_by.uuid()),
        notification_id: Some(it.id.uuid()),
        recipient: Some(Code(contact.recipient)),
        ..TimelineDetail::default()
    };
    let made = TimelineDetail {
        notification_kind: Some(Code(contact.kind)),
        notification_status: Some(Code(contact.status)),
        method: Some(Code(contact.method)),
        reference_number: contact.reference_number.clone(),
        packet_id: contact.packet.map(Id::uuid),
        ..known()
    };
    let summary = format!("Contact with {to}: {}, {}", words(contact.kind), words(contact.status));
    let made =
        TimelineItem { recorded_at: it.recorded_at, ..at(contact.made_at, TimelineKind::Notification, summary, made) };
    let confirmed = contact.ncic_entry_confirmed_at.map(|confirmed_at| {
        let summary = format!("The NCIC entry was confirmed by {to}");
        let item = at(confirmed_at, TimelineKind::NcicEntryConfirmed, summary, known());
        TimelineItem { recorded_at: it.recorded_at, ..item }
    });
    let retracted = it.retracted.as_ref().map(|retraction| {
        let (by, reason) = (Some(retraction.by.uuid()), Some(retraction.reason.clone()));
        let detail = TimelineDetail { recorded_by: by, reason, ..known() };
        at(retraction.at, TimelineKind::NotificationRetracted, format!("A contact with {to} was retracted"), detail)
    });
    [Some(made), confirmed, retracted].into_iter().flatten().collect()
}

fn completion(it: &Completion) -> Vec<TimelineItem> {
    let known = || TimelineDetail {
        recorded_by: Some(it.recorded_by.uuid()),
        completion_id: Some(it.id.uuid()),
        task: Some(Code(it.task)),
        ..TimelineDetail::default()
    };
    let detail = TimelineDetail { completed_by_name: Some(it.completed_by_name.clone()), ..known() };
    let summary = format!("Task finished: {}", words(it.task));
    let done = at(it.completed_at, TimelineKind::TaskCompleted, summary, detail);
    // Where it came with an interview or a screening, that says that it was taken back.
    let retracted = it.retracted.as_ref().filter(|_| it.came_with.is_none()).map(|retraction| {
        let (by, reason) = (Some(retraction.by.uuid()), Some(retraction.reason.clone()));
        let detail = TimelineDetail { recorded_by: by, reason, ..known() };
        let summary = format!("Taken back that a task was finished: {}", words(it.task));
        at(retraction.at, TimelineKind::TaskRetracted, summary, detail)
    });
    [Some(TimelineItem { recorded_at: it.recorded_at, ..done }), retracted].into_iter().flatten().collect()
}

/// When it began to be owed, when the law's limit passed, and how it lapsed, if it did.
fn duty(owed: &Owed, facts: &[TimelineItem], now: DateTime<Utc>) -> Vec<TimelineItem> {
    let (duty, raised_at) = (&owed.duty, raised_at(owed, facts));
    let to = duty.key.recipient.map(|it| format!(" to {}", recipient(it))).unwrap_or_default();
    let name = format!("{}{to}", words(duty.key.kind));
    let known = || TimelineDetail {
        duty_id: Some(owed.id.uuid()),
        duty_kind: Some(Code(duty.key.kind)),
        recipient: duty.key.recipient.map(Code),
        rule_code: Some(duty.rule.code.clone()),
        due_at: duty.due_at,
        target_at: Some(duty.target_at),
        ..TimelineDetail::default()
    };
    let raised = |item| TimelineItem { recorded_at: raised_at, ..item };
    let started = raised(at(duty.starts_at, TimelineKind::DutyStarted, format!("Owed: {name}"), known()));
    let is_owed = |due: &DateTime<Utc>| duty.lapse.is_none_or(|it| *due <= it.at());
    let due = duty.due_at.filter(|due| *due <= now).filter(is_owed);
    let due = due.map(|due| raised(at(due, TimelineKind::DutyDue, format!("The law's limit: {name}"), known())));
    let lapsed = duty.lapse.map(|lapse| match lapse {
        Lapse::Superseded(when) => {
            let item = at(when, TimelineKind::DutySuperseded, format!("Owed no more: {name}"), known());
            TimelineItem { recorded_at: told_at(when, facts).unwrap_or(when), ..item }
        }
        Lapse::ClosedUndone(when) => {
            let detail = TimelineDetail { reason: owed.undone_reason.clone(), ..known() };
            at(when, TimelineKind::DutyClosedUndone, format!("Closed undone: {name}"), detail)
        }
    });
    [Some(started), due, lapsed].into_iter().flatten().collect()
}

fn attempt(it: &Attempt) -> TimelineItem {
    let detail = TimelineDetail {
        duty_id: Some(it.duty.uuid()),
        rung: Some(it.step.clone()),
        channel: Some(it.channel.clone()),
        outcome: Some(it.outcome.clone()),
        recipients: Some(it.recipients),
        audience: Some(it.audience.clone()),
        reached: it.reached.clone(),
        went_up: Some(it.went_up),
        ..TimelineDetail::default()
    };
    let went_up = if it.went_up && it.outcome == "delivered" { ", one higher since nobody stands below" } else { "" };
    let summary = format!("Delivery of a reminder: {}{went_up}", it.outcome.replace('_', " "));
    at(it.at, TimelineKind::DeliveryAttempted, summary, detail)
}

fn reminder(it: &Sent) -> Vec<TimelineItem> {
    let known = || TimelineDetail {
        reminder_id: Some(it.id.uuid()),
        duty_id: Some(it.duty.uuid()),
        user_id: Some(it.user.uuid()),
        rung: Some(it.step.clone()),
        ..TimelineDetail::default()
    };
    let sent = at(it.sent_at, TimelineKind::ReminderSent, "A reminder was sent".to_owned(), known());
    let seen = it
        .acknowledged_at
        .map(|when| at(when, TimelineKind::ReminderAcknowledged, "A reminder was acknowledged".to_owned(), known()));
    [Some(sent), seen].into_iter().flatten().collect()
}

/// Something that was recorded when it happened.
pub(super) fn at(when: DateTime<Utc>, kind: TimelineKind, summary: String, detail: TimelineDetail) -> TimelineItem {
    TimelineItem { occurred_at: when, recorded_at: when, kind, summary, detail }
}

pub(super) fn words(code: impl Vocabulary) -> String {
    code.code().replace('_', " ")
}

pub(super) fn recipient(it: Recipient) -> String {
    if it == Recipient::Ncmec { "NCMEC".to_owned() } else { words(it) }
}
