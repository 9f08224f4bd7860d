//! Records that only named people may open, and how one of them is opened in an emergency.

use chrono::{DateTime, TimeDelta, Utc};

use crate::id::UserId;
use crate::impossible::Impossible;
use crate::vocabulary::vocabulary;

/// How long an emergency opens a record (SR-06).
pub const OPEN_FOR: TimeDelta = TimeDelta::hours(1);

/// Within which time somebody else judges it (SR-08).
pub const REVIEW_WITHIN: TimeDelta = TimeDelta::hours(72);

/// How much a reason has to say, in characters (SR-05).
const REASON: usize = 20;

vocabulary! {
    /// Why a restricted record is opened in an emergency.
    EmergencyCategory {
        /// The child is in danger now.
        ChildInDanger = "child_in_danger",
        /// Law enforcement asks.
        LawEnforcementRequest = "law_enforcement_request",
        /// A court ordered it.
        CourtOrder = "court_order",
        /// None of those named can be reached.
        NobodyNamedCanBeReached = "nobody_named_can_be_reached",
        /// Something else, which the reason tells.
        Other = "other",
    }
}

/// Who may open a record, of those who could anyway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    /// These alone; none: everyone but those excluded.
    pub only: Option<Vec<UserId>>,
    /// Not these: a conflict of interest. No emergency opens the record for them.
    pub excluded: Vec<UserId>,
    /// Why.
    pub reason: String,
}

/// How a restriction stands to one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stance {
    /// They may open the record anyway.
    Open,
    /// They may not, but in an emergency.
    Closed,
    /// They may not.
    Excluded,
}

impl Restriction {
    /// How it stands to this person.
    pub fn stance(&self, user: UserId) -> Stance {
        if self.excluded.contains(&user) {
            Stance::Excluded
        } else if self.only.as_ref().is_some_and(|only| !only.contains(&user)) {
            Stance::Closed
        } else {
            Stance::Open
        }
    }

    /// What cannot be. `works` are those who work with children now: what is owed needs one who may open the record.
    pub fn faults(&self, works: &[UserId]) -> Vec<Impossible> {
        let someone = |it: &Vec<UserId>| it.iter().any(|it| works.contains(it) && !self.excluded.contains(it));
        match &self.only {
            None if self.excluded.is_empty() => {
                vec![Impossible::of("only_people", "is needed where nobody is excluded")]
            }
            Some(only) if !someone(only) => {
                vec![Impossible::of("only_people", "needs somebody who works with children, and is not excluded")]
            }
            _ => Vec::new(),
        }
    }
}

/// When somebody else has to have judged an emergency of this instant.
pub fn review_due_at(granted_at: DateTime<Utc>) -> DateTime<Utc> {
    granted_at + REVIEW_WITHIN
}

/// What is wrong with the reason of an emergency.
pub fn faults_of_reason(reason: &str) -> Vec<Impossible> {
    let is_short = reason.chars().count() < REASON;
    is_short.then(|| Impossible::of("reason", "needs at least 20 characters")).into_iter().collect()
}
