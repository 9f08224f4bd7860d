//! A State's rules: parsed, and refused if they would loosen the federal floor (domain 8.1, 8.3).

use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use serde::Deserialize;

use super::rule::{Anchor, Rule, is_federal_report};
use super::{FEDERAL_LIMIT, FEDERAL_RECIPIENTS};
use crate::duty::DutyKind;
use crate::notification::Recipient;

/// A State's rules, in a form that cannot loosen anything.
#[derive(Clone, Debug)]
pub struct Overlay {
    jurisdiction: String,
    rules: Vec<Arc<Rule>>,
}

/// Why a set of rules is refused at load.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverlayError {
    /// Not a rule file: unknown field, unknown anchor, unknown code, broken syntax.
    #[error("not a rule file: {0}")]
    Malformed(String),
    /// A limit longer than the federal one.
    #[error("rule `{rule}` gives {hours} hours; 42 U.S.C. 671(a)(35)(B) gives at most 24")]
    MoreTime {
        /// The rule at fault.
        rule: String,
        /// Its limit, in hours.
        hours: i64,
    },
    /// A federal recipient is left out of the report.
    #[error("the overlay names no initial report to {missing}; both federal recipients must be told")]
    MissingRecipient {
        /// Who is left out.
        missing: Recipient,
    },
    /// Two rules share a code.
    #[error("two rules have the code `{rule}`")]
    SameCode {
        /// The code.
        rule: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    jurisdiction: String,
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "source_date")]
    _source_date: NaiveDate,
    rule: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    code: String,
    duty: DutyKind,
    recipient: Option<Recipient>,
    anchor: Anchor,
    hours: Option<u16>,
    target_hours: Option<u16>,
    citation: String,
    text: String,
    effective_from: NaiveDate,
    effective_to: Option<NaiveDate>,
}

/// The rules of one file.
pub(super) struct Parsed {
    jurisdiction: String,
    pub(super) rules: Vec<Arc<Rule>>,
}

/// Reads a rule file without comparing it with the floor: how the floor itself is read.
pub(super) fn parse_rules(text: &str) -> Result<Parsed, OverlayError> {
    let file: File = toml::from_str(text).map_err(|error| OverlayError::Malformed(error.to_string()))?;
    let jurisdiction = file.jurisdiction;
    let rules: Vec<_> = file.rule.into_iter().map(|entry| Arc::new(entry.rule(&jurisdiction))).collect();
    let twice = rules.iter().enumerate().find(|(at, rule)| rules.iter().skip(at + 1).any(|it| it.code == rule.code));
    match twice {
        Some((_, rule)) => Err(OverlayError::SameCode { rule: rule.code.clone() }),
        None => Ok(Parsed { jurisdiction, rules }),
    }
}

impl Overlay {
    /// Reads a State's rules and refuses whatever would loosen the floor.
    pub fn parse(text: &str) -> Result<Self, OverlayError> {
        let Parsed { jurisdiction, rules } = parse_rules(text)?;
        rules.iter().try_for_each(|rule| refuse_more_time(rule))?;
        let reports: Vec<_> = rules.iter().filter(|it| it.duty == DutyKind::InitialReport).collect();
        let missing = FEDERAL_RECIPIENTS.into_iter().find(|to| !reports.iter().any(|it| it.recipient == Some(*to)));
        match missing {
            Some(missing) if !reports.is_empty() => Err(OverlayError::MissingRecipient { missing }),
            _ => Ok(Self { jurisdiction, rules }),
        }
    }

    /// The State's postal code.
    pub fn jurisdiction(&self) -> &str {
        &self.jurisdiction
    }

    /// Its rules, in the order of the file.
    pub fn rules(&self) -> &[Arc<Rule>] {
        &self.rules
    }
}

fn refuse_more_time(rule: &Rule) -> Result<(), OverlayError> {
    let Some(limit) = rule.limit else { return Ok(()) };
    if is_federal_report(rule.duty, rule.recipient) && FEDERAL_LIMIT < limit {
        return Err(OverlayError::MoreTime { rule: rule.code.clone(), hours: limit.num_hours() });
    }
    Ok(())
}

impl Entry {
    fn rule(self, jurisdiction: &str) -> Rule {
        let hours = |it: u16| TimeDelta::hours(it.into());
        let limit = self.hours.map(hours);
        Rule {
            code: self.code,
            jurisdiction: jurisdiction.to_owned(),
            duty: self.duty,
            recipient: self.recipient,
            anchor: self.anchor,
            limit,
            target: self.target_hours.map(hours).or(limit).unwrap_or(FEDERAL_LIMIT),
            citation: self.citation,
            text: self.text,
            effective_from: self.effective_from,
            effective_to: self.effective_to,
        }
    }
}
