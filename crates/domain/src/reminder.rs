//! Reminders: the rungs of the ladder that keeps people on a duty, who stands on each, and what it says.
//!
//! A ladder never ends: a duty that nobody does is spoken of every day, one person higher each day.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use crate::duty::{Duty, DutyKind};
use crate::notification::Recipient;
use crate::vocabulary::{Vocabulary as _, vocabulary};
use crate::zone::Zone;

#[cfg(test)]
mod tests;

vocabulary! {
    /// The highest person a rung speaks to. Everyone below hears it too.
    Audience {
        AssignedWorker = "assigned_worker",
        /// Who stands in for the worker.
        BackUp = "back_up",
        Supervisor = "supervisor",
        OnCall = "on_call",
        AgencyContact = "agency_contact",
    }
}

impl Audience {
    /// The next person up; none above the agency's contact.
    pub fn next_up(self) -> Option<Self> {
        Self::ALL.iter().copied().find(|above| self < *above)
    }
}

/// Where a rung stands on its ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// So many hours after the duty started; 0 is at once.
    After(i64),
    /// So many hours before the limit.
    Before(i64),
    /// The limit itself.
    Limit,
    /// So many hours past the limit.
    Past(i64),
}

/// One rung: its place, its instant, its audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Counts up from 0 on each ladder; unique with its duty.
    pub ordinal: i32,
    /// Where it stands.
    pub step: Step,
    /// When it fires.
    pub fire_at: DateTime<Utc>,
    /// How high it reaches.
    pub audience: Audience,
}

/// The last rung that was sent of a duty: the limit may have moved since, and its ladder with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its number. Those that follow count on from it.
    pub ordinal: i32,
    /// When it fired.
    pub fire_at: DateTime<Utc>,
    /// How high it reached by itself.
    pub audience: Audience,
}

impl From<Rung> for Sent {
    fn from(rung: Rung) -> Self {
        Self { ordinal: rung.ordinal, fire_at: rung.fire_at, audience: rung.audience }
    }
}

impl Sent {
    /// Whether a rung of the ladder as it stands now says no more than what was sent: no later, and to nobody higher.
    /// What a clock that was ahead sent before its time is no word on what is still to come.
    fn says(&self, rung: &Rung, now: DateTime<Utc>) -> bool {
        rung.fire_at <= self.fire_at.min(now + SKEW) && rung.audience <= self.audience
    }
}

/// The rungs below a limit of at most 24 hours, in hours after the start (CK-08).
const REPORT_STEPS: [i64; 8] = [0, 1, 4, 8, 12, 18, 22, 23];
/// From here on the supervisor hears of a limit of law too.
const SUPERVISOR_FROM: i64 = 18;
const DAY: i64 = 24;
/// By so much clocks differ without anything being wrong.
pub const SKEW: TimeDelta = TimeDelta::minutes(1);

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(0) => f.write_str("at_once"),
            Self::After(hours) => write!(f, "after_{hours}_hours"),
            Self::Before(hours) => write!(f, "before_{hours}_hours"),
            Self::Limit => f.write_str("due"),
            Self::Past(hours) => write!(f, "past_{hours}_hours"),
        }
    }
}

/// The one rung that has to stand in the queue for a duty that is still owed; none once it is not.
///
/// Rungs missed while nothing ran fall together into the latest of them, so a person hears once, at once, and the
/// ladder goes on. Where the limit moved, the ladder goes on from the instant it had got to and not from the number:
/// what is to come by the new limit comes, and a limit that is past now is spoken of at once.
pub fn next_rung(duty: &Duty, sent: Option<Sent>, now: DateTime<Utc>) -> Option<Rung> {
    if !duty.is_outstanding() {
        return None;
    }
    let mut rest = ladder(duty).skip_while(|rung| sent.is_some_and(|sent| sent.says(rung, now)));
    let mut next = rest.next()?;
    for rung in rest {
        if now < rung.fire_at {
            break;
        }
        next = rung;
    }
    let follows = sent.map_or(0, |sent| sent.ordinal + 1);
    Some(Rung { ordinal: next.ordinal.max(follows), ..next })
}

/// Every rung of a duty, in order, without end.
pub fn ladder(duty: &Duty) -> impl Iterator<Item = Rung> + use<> {
    let (starts_at, limit_at, by_law) = (duty.starts_at, duty.limit_at(), duty.due_at.is_some());
    let steps = steps_below(duty).into_iter().chain([Step::Limit]).chain(steps_past(by_law));
    steps.zip(0..).map(move |(step, ordinal)| Rung {
        ordinal,
        step,
        // A State's limit can lie before the receipt: it is past at once, and nothing fires before the start.
        fire_at: fire_at(step, starts_at, limit_at).max(starts_at),
        audience: audience(step, by_law),
    })
}

fn steps_below(duty: &Duty) -> Vec<Step> {
    // Whoever has just done it hears of the next one when that comes near, and not at once.
    let recurs = duty.key.kind.recurs() && (0 < duty.key.sequence || duty.key.kind == DutyKind::RegularCommunication)
        || duty.key.kind == DutyKind::RecordUpdate;
    let span = duty.limit_at() - duty.starts_at;
    let below = |hours: &i64| *hours == 0 || TimeDelta::hours(*hours) < span;
    if span <= TimeDelta::hours(DAY) {
        return REPORT_STEPS.into_iter().filter(below).filter(|_| !recurs).map(Step::After).collect();
    }
    let at_once = (!recurs).then_some(Step::After(0));
    // The agency's own aim, where the law's limit comes more than a day after it: the prompt of day 25.
    let aim = (duty.limit_at() - duty.target_at).num_hours();
    let aim = (DAY < aim).then_some(Step::Before(aim));
    at_once.into_iter().chain(aim).chain([Step::Before(DAY)]).collect()
}

/// The law's limit is followed hourly for a day, the agency's own aim daily; both daily without end.
fn steps_past(by_law: bool) -> impl Iterator<Item = Step> {
    let hourly = if by_law { 1..DAY } else { 1..1 };
    hourly.chain((1..).map(|days| days * DAY)).map(Step::Past)
}

fn fire_at(step: Step, starts_at: DateTime<Utc>, limit_at: DateTime<Utc>) -> DateTime<Utc> {
    match step {
        Step::After(hours) => starts_at + TimeDelta::hours(hours),
        Step::Before(hours) => limit_at - TimeDelta::hours(hours),
        Step::Limit => limit_at,
        Step::Past(hours) => limit_at + TimeDelta::hours(hours),
    }
}

fn audience(step: Step, by_law: bool) -> Audience {
    match step {
        Step::After(hours) if by_law && SUPERVISOR_FROM <= hours => Audience::Supervisor,
        Step::Limit if by_law => Audience::Supervisor,
        Step::After(_) | Step::Before(_) | Step::Limit => Audience::AssignedWorker,
        Step::Past(hours) if hours <= DAY => Audience::Supervisor,
        Step::Past(hours) if hours <= 2 * DAY => Audience::OnCall,
        Step::Past(_) => Audience::AgencyContact,
    }
}

/// What a reminder says: the act, to whom, and the time. It varies with nothing else (NJ-5, T18).
pub fn message(duty: &Duty, now: DateTime<Utc>, zone: Zone) -> String {
    let act = act(duty.key.kind, duty.key.recipient);
    match duty.due_at {
        Some(due) if due < now => format!("{act} now. It was due by {}.", wall_time(due, zone)),
        Some(due) => format!("{act} now. The law's outer limit is {}.", wall_time(due, zone)),
        None => format!("{act}. The agency's own aim is {}.", wall_time(duty.target_at, zone)),
    }
}

/// What is to be done, and to whom.
pub fn act(kind: DutyKind, recipient: Option<Recipient>) -> String {
    let to = recipient.map_or("the agency", recipient_name);
    match kind {
        DutyKind::InitialReport => format!("Report the missing child to {to}"),
        DutyKind::RecoveryNotice => format!("Tell {to} of the recovery"),
        DutyKind::RegularCommunication => format!("Be in touch with {to} about the missing child"),
        DutyKind::RecordUpdate => format!("Offer {to} an update of the record"),
        DutyKind::NcicConfirmation => format!("Confirm the NCIC entry with {to}"),
        DutyKind::ReturnInterview => "Hold the return interview".to_owned(),
        DutyKind::Screening => "Hold the screening".to_owned(),
        DutyKind::BirthdayReview => "Review care and reports at the birthday".to_owned(),
        DutyKind::FollowUp => format!("Follow up with {to} on the report"),
        DutyKind::ShareUpdate => format!("Share with {to} what has changed"),
        DutyKind::SearchEffort => "Search, and log the effort".to_owned(),
        DutyKind::Staffing => "Hold the staffing".to_owned(),
        DutyKind::SupervisoryReview => "Hold the supervisory review".to_owned(),
        DutyKind::AmberAlertDecision => "Decide with law enforcement on an AMBER Alert request".to_owned(),
        DutyKind::MedicalExamination => "See to the medical examination".to_owned(),
        DutyKind::IdentificationReport => format!("Make the report to {to}"),
    }
}

/// The recipient in words for people.
pub fn recipient_name(recipient: Recipient) -> &'static str {
    match recipient {
        Recipient::LawEnforcement => "law enforcement",
        Recipient::Ncmec => "NCMEC",
        Recipient::Supervisor => "the supervisor",
        Recipient::Court => "the court",
        Recipient::ParentOrGuardian => "the parents or guardians",
        Recipient::AttorneyForChild => "the child's attorney",
        Recipient::GuardianAdLitem => "the guardian ad litem",
        Recipient::Casa => "the CASA volunteer",
        Recipient::Tribe => "the tribe",
        Recipient::TribalLawEnforcement => "tribal law enforcement",
        Recipient::StateClearinghouse => "the State clearinghouse",
        Recipient::MissingChildUnit => "the missing child unit",
        Recipient::ProbationOrParole => "probation or parole",
        Recipient::ProsecutorOrAgencyCounsel => "the prosecutor or agency counsel",
        Recipient::Caregiver => "the caregiver",
        Recipient::School => "the school",
        Recipient::IcpcIcjOffice => "the interstate compact office",
        Recipient::Licensing => "licensing",
        Recipient::Other => "the others named in the rule",
    }
}

/// An instant as the agency's clock shows it, for people to read.
pub fn wall_time(at: DateTime<Utc>, zone: Zone) -> String {
    zone.wall_clock(at).format("%Y-%m-%d %H:%M %Z").to_string()
}
