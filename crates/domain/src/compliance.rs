//! Whether one episode was reported in time, by the statute and by the auditors' method.
//!
//! SQL says the same for many episodes at once; a test holds the two equal (CK-07).

use chrono::{DateTime, TimeDelta, Utc};

use crate::duty::DutyState;
use crate::vocabulary::vocabulary;
use crate::zone::Zone;

#[cfg(test)]
mod tests;

vocabulary! {
    /// How compliance is counted. Different questions, never mixed.
    Method {
        Statute = "statute",
        Oig = "oig",
        /// By the limits that the duties had, under the rules as they were known.
        Rules = "rules",
    }
}

/// What the two methods look at for one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// When the agency received the information.
    pub received_at: DateTime<Utc>,
    /// When the absence began; the receipt where that is not known.
    pub began_at: DateTime<Utc>,
    /// When the child was safe again.
    pub ended_at: Option<DateTime<Utc>>,
    /// When a person closed the episode.
    pub closed_at: Option<DateTime<Utc>>,
    /// The first completed initial report to the recipient.
    pub reported_at: Option<DateTime<Utc>>,
}

impl Method {
    /// What the method counts, in words an auditor can quote.
    pub fn definition(self) -> &'static str {
        match self {
            Self::Statute => {
                "Initial report completed within 24 elapsed hours of agency_information_received_at \
                 (42 U.S.C. 671(a)(35)(B)). overdue: not done, 24 hours passed. never: the episode was closed undone."
            }
            Self::Oig => {
                "Episodes missing 2 calendar days or longer by agency-local dates; late: reported 2 or more \
                 agency-local calendar dates after receipt (the frame of HHS-OIG audit A-07-21-06102)."
            }
            Self::Rules => {
                "Initial report completed by the limit that the duty had at known_at: the earliest that federal law, the \
                 agency's State or the agency's own rules set. Asked as of last month, last month's rules count."
            }
        }
    }
}

/// The state of one initial report by the statute: 24 elapsed hours from receipt.
pub fn by_statute(report: &Report, as_of: DateTime<Utc>) -> DutyState {
    by_rules(report, report.received_at + TimeDelta::hours(24), as_of)
}

/// The state by the limit that the duty had.
pub fn by_rules(report: &Report, due_at: DateTime<Utc>, as_of: DateTime<Utc>) -> DutyState {
    undone_or(report, as_of, |told| due_at < told, due_at < as_of)
}

/// The state by the auditors' method; none where the episode is outside their frame.
pub fn by_oig(report: &Report, zone: Zone, as_of: DateTime<Utc>) -> Option<DutyState> {
    let until = report.ended_at.filter(|end| *end <= as_of).unwrap_or(as_of);
    if zone.calendar_days_between(report.began_at, until) < 2 {
        return None;
    }
    let days_after = |at| zone.calendar_days_between(report.received_at, at);
    // In this frame an undone report is never open: whoever looks finds the child missing and nobody told.
    Some(undone_or(report, as_of, |told| 2 <= days_after(told), true))
}

fn undone_or(
    report: &Report,
    as_of: DateTime<Utc>,
    is_late: impl Fn(DateTime<Utc>) -> bool,
    has_passed: bool,
) -> DutyState {
    match report.reported_at.filter(|at| *at <= as_of) {
        Some(told) if is_late(told) => DutyState::Late,
        Some(_) => DutyState::Timely,
        None if report.closed_at.is_some_and(|at| at <= as_of) => DutyState::Never,
        None if has_passed => DutyState::Overdue,
        None => DutyState::Open,
    }
}
