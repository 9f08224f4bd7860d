//! A rule as data.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::calendar::{Cadence, Calendar, Span};
use super::first_told;
use crate::duty::DutyKind;
use crate::episode::Facts;
use crate::notification::{NotificationKind, Recipient};
use crate::vocabulary::vocabulary;

vocabulary! {
    /// The moment a limit is counted from (domain 8.1).
    Anchor {
        AgencyInformationReceivedAt = "agency_information_received_at",
        DeterminedMissingAt = "determined_missing_at",
        AbsenceBeganAt = "absence_began_at",
        FirstSuspectedAt = "first_suspected_at",
        LeReportFiledAt = "le_report_filed_at",
        NcmecReportFiledAt = "ncmec_report_filed_at",
        ReturnLearnedAt = "return_learned_at",
        /// The last contact with the recipient.
        LastContactAt = "last_contact_at",
        /// A changed fact or a lead that the recipient has not heard of (CLK-10).
        MaterialChangeAt = "material_change_at",
        /// A birthday that asks for review.
        ChildAge = "child_age",
    }
}

/// What names a rule wherever it is shown: kept with every duty, so that what was owed under it stays readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRef {
    /// Stable and unique.
    pub code: String,
    /// Where it is written.
    pub citation: String,
    /// `US`, or the postal code of the State.
    pub jurisdiction: String,
}

/// One rule: what is owed, to whom, how long after what, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable and unique; stored with every duty.
    pub code: String,
    /// `US`, or the postal code of the State.
    pub jurisdiction: String,
    /// What is owed.
    pub duty: DutyKind,
    /// To whom.
    pub recipient: Option<Recipient>,
    /// What the limit is counted from.
    pub anchor: Anchor,
    /// The law's limit; none where it sets none.
    pub limit: Option<Span>,
    /// How often it recurs until the child is safe; its span is the limit then.
    pub every: Option<Cadence>,
    /// How many days after the receipt it stops to recur; none where the text names no end.
    pub until_days: Option<u16>,
    /// The condition that a person has to choose before it applies; none where it always does.
    pub when: Option<String>,
    /// The agency's own aim, in elapsed time after the duty starts; none where the limit is the aim.
    pub target: Option<TimeDelta>,
    /// Where it is written.
    pub citation: String,
    /// What it asks, in plain language.
    pub text: String,
    /// The date of the copy that was read.
    pub source_date: NaiveDate,
    /// The first day it applies.
    pub effective_from: NaiveDate,
    /// The day it applies no more.
    pub effective_to: Option<NaiveDate>,
}

/// Where in the course of an episode a rule starts to ask for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// While the child is missing.
    Missing,
    /// Once the child is back.
    Return,
}

impl Rule {
    /// What names it.
    pub fn reference(&self) -> RuleRef {
        RuleRef { code: self.code.clone(), citation: self.citation.clone(), jurisdiction: self.jurisdiction.clone() }
    }

    /// The law's limit for a duty that starts at `starts_at`; none where the law sets none or its anchor is not known.
    pub(super) fn limit_at(
        &self,
        calendar: Calendar,
        facts: &Facts,
        starts_at: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        if let Some(cadence) = self.every {
            return Some(calendar.after(starts_at, cadence.span()));
        }
        Some(calendar.after(self.anchor_at(facts, starts_at)?, self.limit?))
    }

    fn anchor_at(&self, facts: &Facts, starts_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let moments = &facts.moments;
        match self.anchor {
            Anchor::AgencyInformationReceivedAt => Some(moments.received_at),
            Anchor::DeterminedMissingAt => moments.determined_missing_at,
            Anchor::AbsenceBeganAt => moments.absence_began_at,
            Anchor::FirstSuspectedAt => moments.first_suspected_at,
            Anchor::LeReportFiledAt => filed(facts, Recipient::LawEnforcement),
            Anchor::NcmecReportFiledAt => filed(facts, Recipient::Ncmec),
            Anchor::ReturnLearnedAt => facts.recovery.ended_at(),
            Anchor::LastContactAt | Anchor::MaterialChangeAt | Anchor::ChildAge => Some(starts_at),
        }
    }

    /// When it starts to ask for something in this episode; none while what it waits for has not happened.
    pub(super) fn starts_at(&self, facts: &Facts) -> Option<DateTime<Utc>> {
        match self.anchor {
            Anchor::LeReportFiledAt => filed(facts, Recipient::LawEnforcement),
            Anchor::NcmecReportFiledAt => filed(facts, Recipient::Ncmec),
            Anchor::ReturnLearnedAt => facts.recovery.returned_at(),
            Anchor::ChildAge => facts.birthday_at,
            _ => Some(facts.moments.received_at),
        }
    }

    pub(super) fn phase(&self) -> Phase {
        if self.anchor == Anchor::ReturnLearnedAt { Phase::Return } else { Phase::Missing }
    }

    /// Whether it applies to a duty of this episode that starts at `at`: by its days (UTC), and by what a person chose.
    pub(super) fn applies(&self, facts: &Facts, at: DateTime<Utc>) -> bool {
        let ended = self.until_days.is_some_and(|days| facts.moments.received_at + TimeDelta::days(days.into()) <= at);
        let chosen = self.when.as_ref().is_none_or(|name| facts.choices.contains(name));
        self.is_in_force(at) && !ended && chosen
    }

    /// Whether `at` lies in its days (UTC).
    pub(super) fn is_in_force(&self, at: DateTime<Utc>) -> bool {
        let day = at.date_naive();
        self.effective_from <= day && self.effective_to.is_none_or(|end| day < end)
    }
}

fn filed(facts: &Facts, to: Recipient) -> Option<DateTime<Utc>> {
    first_told(facts, to, &[NotificationKind::InitialReport]).map(|told| told.made_at)
}
