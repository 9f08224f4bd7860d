//! A rule as data, and the books that hold them.

use std::sync::{Arc, LazyLock};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::overlay::{self, Overlay};
use super::{FEDERAL_RECIPIENTS, first_told};
use crate::duty::DutyKind;
use crate::episode::Facts;
use crate::notification::{NotificationKind, Recipient};
use crate::vocabulary::vocabulary;

const FEDERAL: &str = include_str!("../../../../rules/federal.toml");
const STATES: [&str; 1] = [include_str!("../../../../rules/states/ks.toml")];

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
        /// A birthday that asks for review.
        ChildAge = "child_age",
    }
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
    /// The law's limit in elapsed time; none where it sets none.
    pub limit: Option<TimeDelta>,
    /// The agency's own aim, in elapsed time after the duty starts.
    pub target: TimeDelta,
    /// Where it is written.
    pub citation: String,
    /// What it asks, in plain language.
    pub text: String,
    /// The first day it applies.
    pub effective_from: NaiveDate,
    /// The day it applies no more.
    pub effective_to: Option<NaiveDate>,
}

impl Rule {
    /// The law's limit for an episode; none where the law sets none or its anchor is not known.
    pub(super) fn limit_at(&self, facts: &Facts, starts_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        Some(self.anchor_at(facts, starts_at)? + self.limit?)
    }

    fn anchor_at(&self, facts: &Facts, starts_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let moments = &facts.moments;
        let filed = |to| first_told(facts, to, &[NotificationKind::InitialReport]).map(|told| told.made_at);
        match self.anchor {
            Anchor::AgencyInformationReceivedAt => Some(moments.received_at),
            Anchor::DeterminedMissingAt => moments.determined_missing_at,
            Anchor::AbsenceBeganAt => moments.absence_began_at,
            Anchor::FirstSuspectedAt => moments.first_suspected_at,
            Anchor::LeReportFiledAt => filed(Recipient::LawEnforcement),
            Anchor::NcmecReportFiledAt => filed(Recipient::Ncmec),
            Anchor::ReturnLearnedAt => facts.recovery.ended_at(),
            Anchor::LastContactAt | Anchor::ChildAge => Some(starts_at),
        }
    }

    /// Whether the rule was in force on the UTC day of `at`.
    fn is_in_force(&self, at: DateTime<Utc>) -> bool {
        let day = at.date_naive();
        self.effective_from <= day && self.effective_to.is_none_or(|end| day < end)
    }
}

/// The rules of one place: the federal floor, and what its State adds.
#[derive(Clone, Debug)]
pub struct RuleBook {
    rules: Vec<Arc<Rule>>,
}

impl RuleBook {
    /// The floor with an overlay on top. The floor comes first and is never left out.
    pub fn with(overlay: &Overlay) -> Self {
        let mut rules = library().federal.clone();
        rules.extend(overlay.rules().iter().cloned());
        Self { rules }
    }

    /// Every rule, the federal floor first.
    pub fn rules(&self) -> &[Arc<Rule>] {
        &self.rules
    }

    /// The rules for one thing owed to one recipient that were in force at `at`.
    pub(super) fn in_force(&self, kind: DutyKind, recipient: Option<Recipient>, at: DateTime<Utc>) -> Vec<&Arc<Rule>> {
        self.rules.iter().filter(|it| it.duty == kind && it.recipient == recipient && it.is_in_force(at)).collect()
    }

    /// Who is owed this kind of duty by any rule, in a stable order.
    pub(super) fn recipients(&self, kind: DutyKind) -> Vec<Option<Recipient>> {
        let mut all: Vec<_> = self.rules.iter().filter(|it| it.duty == kind).map(|it| it.recipient).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// Every rule that ships with the product.
#[derive(Debug)]
pub struct Library {
    federal: Vec<Arc<Rule>>,
    states: Vec<Overlay>,
}

impl Library {
    /// The rules for a jurisdiction: `US` for the floor alone, a postal code for a State. None if unknown.
    pub fn book(&self, jurisdiction: &str) -> Option<RuleBook> {
        if jurisdiction == "US" {
            return Some(RuleBook { rules: self.federal.clone() });
        }
        self.states.iter().find(|it| it.jurisdiction() == jurisdiction).map(RuleBook::with)
    }

    /// The rule with this code, in force or not.
    pub fn rule(&self, code: &str) -> Option<Arc<Rule>> {
        let states = self.states.iter().flat_map(Overlay::rules);
        self.federal.iter().chain(states).find(|it| it.code == code).cloned()
    }
}

/// The embedded rules. They are read once; a test proves that every file parses.
pub fn library() -> &'static Library {
    static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
        let federal = overlay::parse_rules(FEDERAL)
            .unwrap_or_else(|error| unreachable!("the embedded federal rules do not parse: {error}"));
        let states = STATES.map(|text| {
            Overlay::parse(text)
                .unwrap_or_else(|error| unreachable!("an embedded State overlay does not parse: {error}"))
        });
        Library { federal: federal.rules, states: states.into() }
    });
    &LIBRARY
}

/// Whether a duty is the federal initial report, which nothing may loosen.
pub(super) fn is_federal_report(kind: DutyKind, recipient: Option<Recipient>) -> bool {
    kind == DutyKind::InitialReport && recipient.is_some_and(|it| FEDERAL_RECIPIENTS.contains(&it))
}
