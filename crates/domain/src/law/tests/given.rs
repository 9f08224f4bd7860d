//! Episodes as a lawyer would tell them, and duties as a lawyer would read them.
//!
//! Only this file knows how the facts are kept; when that changes, the cases do not. Wall times are those of the State,
//! else New York's.

use chrono::{DateTime, TimeDelta, Utc};
use expect_test::Expect;
use uuid::Uuid;

use crate::child::{CareStatus, UnderTwentySix};
use crate::duty::{Address, Duty, DutyKind, Lapse, TaskKind};
use crate::episode::{Closure, ClosureReason, Completed, Facts, Moments, Recovery};
use crate::id::Id;
use crate::law::{self, Overlay, RuleBook, library};
use crate::notification::{NotificationKind, Recipient, Told};
use crate::vocabulary::Vocabulary;
use crate::zone::Zone;

pub(super) const POLICE: Recipient = Recipient::LawEnforcement;
pub(super) const NCMEC: Recipient = Recipient::Ncmec;

pub(super) fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// The federal floor alone.
pub(super) fn floor() -> RuleBook {
    library().book("US").unwrap()
}

/// The rules that ship for a State.
pub(super) fn shipped(postal_code: &str) -> RuleBook {
    library().book(postal_code).unwrap()
}

/// The floor with a State's rules on top.
pub(super) fn state(overlay: &str) -> RuleBook {
    RuleBook::with(&Overlay::parse(overlay).unwrap())
}

pub(super) fn duties(book: &RuleBook, facts: &Facts) -> Vec<Duty> {
    law::duties(book, UnderTwentySix::NotElected, facts)
}

pub(super) fn of_kind(book: &RuleBook, facts: &Facts, kind: DutyKind) -> Vec<Duty> {
    duties(book, facts).into_iter().filter(|it| it.key.kind == kind).collect()
}

/// One State rule, in the words of a rule file.
pub(super) fn rule(duty: &str, recipient: &str, anchor: &str, hours: u16) -> String {
    let kind: DutyKind = Vocabulary::parse(duty).unwrap();
    let told =
        if kind.address() == Address::ToRecipient { format!("recipient = \"{recipient}\"\n") } else { String::new() };
    format!(
        "[[rule]]\ncode = \"{duty}-{recipient}-{hours}\"\nduty = \"{duty}\"\n{told}\
         anchor = \"{anchor}\"\nhours = {hours}\ncitation = \"Code 1\"\ntext = \"Tell them.\"\n\
         effective_from = \"2020-01-01\"\n"
    )
}

/// A rule file of the State `ZZ`.
pub(super) fn overlay(rules: &[String]) -> String {
    let head = "jurisdiction = \"ZZ\"\nname = \"Z\"\ntime_zone = \"America/New_York\"\nsource = \"Z\"\nsource_date = \"2020-01-01\"\n";
    format!("{head}{}", rules.concat())
}

impl Facts {
    /// A child in foster care; the agency received the information at `received`, and nothing else is known.
    pub(crate) fn received(received: &str) -> Self {
        let moments = Moments {
            received_at: at(received),
            absence_began_at: None,
            caregiver_learned_at: None,
            first_suspected_at: None,
            determined_missing_at: None,
        };
        Self {
            care_status: CareStatus::FosterCare,
            moments,
            recovery: Recovery::default(),
            material_changes: Vec::new(),
            birthday_at: None,
            told: Vec::new(),
            completed: Vec::new(),
            choices: Vec::new(),
            closure: None,
        }
    }

    pub(crate) fn absent_since(mut self, when: &str) -> Self {
        self.moments.absence_began_at = Some(at(when));
        self
    }

    pub(crate) fn suspected(mut self, when: &str) -> Self {
        self.moments.first_suspected_at = Some(at(when));
        self
    }

    pub(crate) fn determined(mut self, when: &str) -> Self {
        self.moments.determined_missing_at = Some(at(when));
        self
    }

    pub(crate) fn told(mut self, recipient: Recipient, kind: NotificationKind, when: &str) -> Self {
        let id = Id::from_uuid(Uuid::from_u64_pair(0, self.told.len().try_into().unwrap()));
        self.told.push(Told { id, recipient, kind, made_at: at(when), ncic_confirmed_at: None });
        self
    }

    pub(crate) fn reported(self, recipient: Recipient, when: &str) -> Self {
        self.told(recipient, NotificationKind::InitialReport, when)
    }

    pub(crate) fn changed(mut self, when: &str) -> Self {
        self.material_changes.push(at(when));
        self
    }

    pub(crate) fn chosen(mut self, condition: &str) -> Self {
        self.choices.push(condition.to_owned());
        self
    }

    pub(crate) fn recovered(mut self, when: &str) -> Self {
        self.recovery.recovered_at = Some(at(when));
        self
    }

    pub(crate) fn completed(mut self, task: TaskKind, when: &str) -> Self {
        self.completed.push(Completed { task, at: at(when) });
        self
    }

    pub(crate) fn closed(self, reason: ClosureReason, when: &str) -> Self {
        Self { closure: Some(Closure { closed_at: at(when), reason }), ..self }
    }
}

/// What happened and what is due by when, in the order of the clock.
pub(super) fn check(book: &RuleBook, facts: &Facts, expected: &Expect) {
    let mut lines = happened(facts);
    lines.extend(duties(book, facts).iter().flat_map(limits));
    lines.sort_by_key(|(at, _)| *at);
    let zone = zone(book);
    let line = |(at, what)| format!("{}  {what}\n", zone.wall_clock(at).format("%a %Y-%m-%d %H:%M %Z"));
    expected.assert_eq(&lines.into_iter().map(line).collect::<String>());
}

/// Where every duty stands at a moment.
pub(super) fn check_standing(book: &RuleBook, facts: &Facts, as_of: &str, expected: &Expect) {
    let line = |duty: &Duty| {
        let late = duty.late_by(at(as_of)).map_or(String::new(), |by| format!(" by {}", hours(by)));
        let back = if duty.returned_before_due { ", the child was back before" } else { "" };
        let lapse = if matches!(duty.lapse, Some(Lapse::Superseded(_))) { ", owed no more" } else { "" };
        format!("{}: {}{late}{back}{lapse}\n", name(duty), duty.state_at(at(as_of)))
    };
    expected.assert_eq(&duties(book, facts).iter().map(line).collect::<String>());
}

fn happened(facts: &Facts) -> Vec<(DateTime<Utc>, String)> {
    let Moments { absence_began_at, first_suspected_at, determined_missing_at, .. } = facts.moments;
    let once = [
        (absence_began_at, "the absence begins"),
        (first_suspected_at, "someone suspects it"),
        (Some(facts.moments.received_at), "THE AGENCY IS TOLD"),
        (determined_missing_at, "the agency determines it"),
        (facts.birthday_at, "birthday"),
        (facts.recovery.located_at, "the child is located"),
        (facts.recovery.ended_at(), "the child is safe"),
    ];
    let once = once.into_iter().filter_map(|(at, what)| Some((at?, what.to_owned())));
    let told = facts.told.iter().map(|it| (it.made_at, format!("told {}: {}", it.recipient, it.kind)));
    let done = facts.completed.iter().map(|it| (it.at, format!("held: {}", it.task)));
    let changed = facts.material_changes.iter().map(|at| (*at, "a fact changes".to_owned()));
    let closed = facts.closure.iter().map(|it| (it.closed_at, format!("closed: {}", it.reason)));
    once.chain(told).chain(done).chain(changed).chain(closed).collect()
}

fn limits(duty: &Duty) -> impl Iterator<Item = (DateTime<Utc>, String)> + use<> {
    let ended = match (duty.done, duty.lapse) {
        (Some(_), _) => ", done",
        (None, Some(Lapse::ClosedUndone(_))) => ", closed undone",
        (None, Some(Lapse::Superseded(_))) => ", owed no more",
        (None, None) => "",
    };
    let (name, aim_at) = (name(duty), Some(duty.target_at).filter(|at| duty.due_at != Some(*at)));
    let limit = duty.due_at.map(|due| (due, format!("limit: {name}, {}{ended}", duty.rule.citation)));
    limit.into_iter().chain(aim_at.map(|aim| (aim, format!("aim:   {name}{ended}"))))
}

fn name(duty: &Duty) -> String {
    let to = duty.key.recipient.map_or(String::new(), |to| format!(" to {to}"));
    let number = if duty.key.sequence == 0 { String::new() } else { format!(" #{}", duty.key.sequence + 1) };
    format!("{}{to}{number}", duty.key.kind)
}

fn zone(book: &RuleBook) -> Zone {
    let place = library().states().iter().find(|it| it.jurisdiction() == book.jurisdiction());
    place.map_or(Zone::parse("America/New_York").unwrap(), Overlay::zone)
}

fn hours(it: TimeDelta) -> String {
    format!("{} h {:02} min", it.num_hours(), it.num_minutes() % 60)
}
