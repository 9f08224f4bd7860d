//! A duty: one thing owed to one recipient by one instant, from one rule.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::id::{DeterminationId, EpisodeId, NotificationId};
use crate::law::RuleRef;
use crate::notification::Recipient;
use crate::vocabulary::{Vocabulary as _, vocabulary};

#[cfg(test)]
mod tests;

vocabulary! {
    /// What is owed.
    DutyKind {
        /// Report the missing child (42 U.S.C. 671(a)(35)(B)).
        InitialReport = "initial_report",
        /// Tell of the recovery and its circumstances (ibid.).
        RecoveryNotice = "recovery_notice",
        /// Keep in regular communication (ibid.).
        RegularCommunication = "regular_communication",
        /// Offer what verifies and updates the record (34 U.S.C. 41308(4)(A)).
        RecordUpdate = "record_update",
        /// Confirm the entry in NCIC (34 U.S.C. 41308(3)).
        NcicConfirmation = "ncic_confirmation",
        /// Ask the child what led to the absence (42 U.S.C. 671(a)(35)(A)(ii)).
        ReturnInterview = "return_interview",
        /// Screen every child who returns (42 U.S.C. 671(a)(35)(A)(iii)).
        Screening = "screening",
        /// Review care and reports at the birthday; nothing ends by itself (COV-3).
        BirthdayReview = "birthday_review",
        /// Write to, or contact again, who was told (State rules).
        FollowUp = "follow_up",
        /// Share a changed fact or a lead (42 U.S.C. 671(a)(35)(B), CLK-10).
        ShareUpdate = "share_update",
        /// Search, and log it (42 U.S.C. 671(a)(35)(A)(i); State rules).
        SearchEffort = "search_effort",
        /// Meet about the child, missing or back (State rules).
        Staffing = "staffing",
        /// A supervisor's review of the search (State rules).
        SupervisoryReview = "supervisory_review",
        /// Decide with law enforcement whether to ask for an AMBER Alert (State rules).
        AmberAlertDecision = "amber_alert_decision",
        /// A medical examination of the child who is back (State rules).
        MedicalExamination = "medical_examination",
        /// Report an identified victim (42 U.S.C. 671(a)(34)(A)); raised by a person's determination only.
        IdentificationReport = "identification_report",
    }
}

/// Whether a duty is owed to someone outside, or is a task of the agency's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// Someone has to be told; only a contact with them discharges it.
    ToRecipient,
    /// Something has to be done.
    Task,
}

impl DutyKind {
    /// Whether someone has to be told.
    pub fn address(self) -> Address {
        let task = TaskKind::ALL.iter().any(|it| it.duty() == self);
        if task { Address::Task } else { Address::ToRecipient }
    }

    /// Whether it can come round again until the child is safe.
    pub fn recurs(self) -> bool {
        matches!(self, Self::RegularCommunication | Self::SearchEffort | Self::SupervisoryReview)
    }
}

vocabulary! {
    /// The tasks a person completes, as against contacts with a recipient.
    TaskKind {
        ReturnInterview = "return_interview",
        Screening = "screening",
        BirthdayReview = "birthday_review",
        SearchEffort = "search_effort",
        Staffing = "staffing",
        SupervisoryReview = "supervisory_review",
        AmberAlertDecision = "amber_alert_decision",
        MedicalExamination = "medical_examination",
    }
}

impl TaskKind {
    /// The duty that the task discharges.
    pub fn duty(self) -> DutyKind {
        match self {
            Self::ReturnInterview => DutyKind::ReturnInterview,
            Self::Screening => DutyKind::Screening,
            Self::BirthdayReview => DutyKind::BirthdayReview,
            Self::SearchEffort => DutyKind::SearchEffort,
            Self::Staffing => DutyKind::Staffing,
            Self::SupervisoryReview => DutyKind::SupervisoryReview,
            Self::AmberAlertDecision => DutyKind::AmberAlertDecision,
            Self::MedicalExamination => DutyKind::MedicalExamination,
        }
    }
}

vocabulary! {
    /// Where a duty stands. Derived from facts and the clock; nobody can set it.
    DutyState {
        /// Not due yet, nothing done.
        Open = "open",
        /// Due passed, nothing done.
        Overdue = "overdue",
        /// Done in time.
        Timely = "timely",
        /// Done after it was due. Late is still done.
        Late = "late",
        /// The episode was closed with this undone.
        Never = "never",
    }
}

/// What a duty hangs on, and a contact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A missing episode.
    Episode(EpisodeId),
    /// A person's determination. Fewer people may know of it.
    Determination(DeterminationId),
}

impl Cause {
    /// The one of the two that is there.
    pub fn of(episode: Option<EpisodeId>, determination: Option<DeterminationId>) -> Option<Self> {
        episode.map(Self::Episode).or(determination.map(Self::Determination))
    }

    /// The episode, if it is one.
    pub fn episode(self) -> Option<EpisodeId> {
        match self {
            Self::Episode(id) => Some(id),
            Self::Determination(_) => None,
        }
    }

    /// The determination, if it is one.
    pub fn determination(self) -> Option<DeterminationId> {
        match self {
            Self::Episode(_) => None,
            Self::Determination(id) => Some(id),
        }
    }
}

/// How a duty came to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// When it was done: when the recipient was told, or the task finished.
    pub at: DateTime<Utc>,
    /// The contact that did it, if it was one.
    pub notification: Option<NotificationId>,
}

/// Why a duty is open no more although it was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lapse {
    /// A person closed the episode with this undone. It counts as `never`.
    ClosedUndone(DateTime<Utc>),
    /// It is owed no more: the child is back, so the recovery notice took its place.
    Superseded(DateTime<Utc>),
}

impl Lapse {
    /// When.
    pub fn at(self) -> DateTime<Utc> {
        match self {
            Self::ClosedUndone(at) | Self::Superseded(at) => at,
        }
    }
}

/// What names a duty within its cause. Recurring duties count up from 0; a staffing is 0 while the child is missing
/// and 1 on return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DutyKey {
    /// What is owed.
    pub kind: DutyKind,
    /// To whom; none where the agency owes it to the child.
    pub recipient: Option<Recipient>,
    /// Which one in a row of recurring duties.
    pub sequence: i32,
}

/// One thing owed, by one instant, from one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// What names it.
    pub key: DutyKey,
    /// The rule it comes from.
    pub rule: Arc<RuleRef>,
    /// When the clock started.
    pub starts_at: DateTime<Utc>,
    /// The law's limit; none where the law sets no time.
    pub due_at: Option<DateTime<Utc>>,
    /// The agency's own aim; always set, never shown as the law's.
    pub target_at: DateTime<Utc>,
    /// How it was done, if it was.
    pub done: Option<Done>,
    /// How it ended undone, if it did.
    pub lapse: Option<Lapse>,
    /// Whether the child was back before it was due. Shown, and excuses nothing (CLK-7).
    pub returned_before_due: bool,
}

impl Duty {
    /// The instant that worklists order by and reminders count towards.
    pub fn limit_at(&self) -> DateTime<Utc> {
        self.due_at.unwrap_or(self.target_at)
    }

    /// Whether someone still has to act.
    pub fn is_outstanding(&self) -> bool {
        self.done.is_none() && self.lapse.is_none()
    }

    /// Where it stands at `as_of`, from what had happened by then.
    pub fn state_at(&self, as_of: DateTime<Utc>) -> DutyState {
        if let Some(done) = self.done.filter(|done| done.at <= as_of) {
            return match self.due_at {
                Some(due) if due < done.at => DutyState::Late,
                _ => DutyState::Timely,
            };
        }
        if matches!(self.lapse, Some(Lapse::ClosedUndone(at)) if at <= as_of) {
            return DutyState::Never;
        }
        match self.due_at {
            Some(due) if due < self.owed_until(as_of) => DutyState::Overdue,
            _ => DutyState::Open,
        }
    }

    /// How late it was done, or is by `as_of`; none while it is in time or no law sets a time.
    pub fn late_by(&self, as_of: DateTime<Utc>) -> Option<TimeDelta> {
        let late = |at: DateTime<Utc>| Some(at - self.due_at?).filter(|late| TimeDelta::zero() < *late);
        match self.state_at(as_of) {
            DutyState::Late => late(self.done?.at),
            DutyState::Overdue | DutyState::Never => late(self.owed_until(as_of)),
            DutyState::Open | DutyState::Timely => None,
        }
    }

    /// The last moment up to `as_of` at which it was owed: what is superseded grows no older.
    fn owed_until(&self, as_of: DateTime<Utc>) -> DateTime<Utc> {
        match self.lapse {
            Some(Lapse::Superseded(at)) => as_of.min(at),
            _ => as_of,
        }
    }
}
