//! A pack on top of other rules: refused if it would loosen what lies below (domain 8.1, 8.3).

use std::collections::HashSet;
use std::sync::Arc;

use super::FEDERAL_RECIPIENTS;
use super::book::{RuleBook, library};
use super::pack::{self, Choice, Pack, Written};
use super::refusal::{Fault, Refusal, Refused};
use super::rule::Rule;
use crate::duty::DutyKind;
use crate::zone::Zone;

/// A pack of rules, in a form that cannot loosen anything.
#[derive(Clone, Debug)]
pub struct Overlay {
    jurisdiction: String,
    name: String,
    zone: Zone,
    rules: Vec<Arc<Rule>>,
    choices: Vec<Choice>,
}

impl Overlay {
    /// Reads a State's rules on the federal floor, and refuses whatever would loosen it.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        Self::over(text, library().floor())
    }

    /// Reads a pack that was taken in before, without holding it against anything: the earliest limit counts anyway.
    pub fn kept(text: &str) -> Result<Self, Refused> {
        pack::read(text).map(Self::of)
    }

    /// Reads rules on top of `below`, and refuses whatever would loosen it.
    pub fn over(text: &str, below: &RuleBook) -> Result<Self, Refused> {
        let pack = pack::read(text)?;
        let mut faults = missing_recipient(&pack);
        faults.extend(pack.rules.iter().flat_map(|it| loosens(it, below)));
        faults.extend(same_codes(&pack, below));
        faults.extend(pack.rules.iter().filter_map(|it| unknown_choice(it, &pack, below)));
        if !faults.is_empty() {
            faults.sort_by_key(|it| it.line);
            return Err(Refused(faults));
        }
        Ok(Self::of(pack))
    }

    fn of(pack: Pack) -> Self {
        let Pack { jurisdiction, name, zone, choices, rules } = pack;
        let rules = rules.into_iter().map(|it| Arc::new(it.rule)).collect();
        Self { jurisdiction, name, zone, rules, choices }
    }

    /// The State's postal code.
    pub fn jurisdiction(&self) -> &str {
        &self.jurisdiction
    }

    /// The State, or whoever wrote the pack.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where most of its people live; an agency's own zone decides for its duties.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// Its rules, in the order of the file.
    pub fn rules(&self) -> &[Arc<Rule>] {
        &self.rules
    }

    /// The conditions that only a person chooses.
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }
}

/// Who writes of reports at all writes of both (CLK-3). A condition that a person has to choose first is not enough.
fn missing_recipient(pack: &Pack) -> Vec<Refusal> {
    let reports = pack.rules.iter().filter(|it| it.rule.duty == DutyKind::InitialReport);
    let always: Vec<&Written> = reports.clone().filter(|it| it.rule.when.is_none()).collect();
    let Some(first) = reports.clone().map(|it| it.line).min() else { return Vec::new() };
    let missing = FEDERAL_RECIPIENTS.into_iter().filter(|to| !always.iter().any(|it| it.rule.recipient == Some(*to)));
    missing.map(|missing| Refusal { line: first, fault: Fault::MissingRecipient { missing } }).collect()
}

fn loosens(written: &Written, below: &RuleBook) -> Option<Refusal> {
    let rule = &written.rule;
    if rule.duty == DutyKind::IdentificationReport {
        return Some(Refusal { line: written.line, fault: Fault::Reserved });
    }
    let gives = rule.limit?.least_hours();
    let stricter = below.of(rule.duty, rule.recipient).filter(|it| is_comparable(it, rule)).find_map(|it| {
        let most = it.limit?.least_hours();
        (most < gives).then(|| Fault::MoreTime { gives, most, citation: it.citation.clone() })
    });
    Some(Refusal { line: written.limit_line, fault: stricter? })
}

/// The floor binds whatever the anchor; other rules where they count the same thing from the same moment.
fn is_comparable(below: &Rule, rule: &Rule) -> bool {
    let alike = below.anchor == rule.anchor && below.when == rule.when && below.every.is_some() == rule.every.is_some();
    below.jurisdiction == "US" || alike
}

fn same_codes(pack: &Pack, below: &RuleBook) -> Vec<Refusal> {
    let mut seen: HashSet<&str> = below.rules().iter().map(|it| it.code.as_str()).collect();
    let twice = pack.rules.iter().filter(move |it| !seen.insert(&it.rule.code));
    twice.map(|it| Refusal { line: it.line, fault: Fault::SameCode(it.rule.code.clone()) }).collect()
}

fn unknown_choice(written: &Written, pack: &Pack, below: &RuleBook) -> Option<Refusal> {
    let name = written.rule.when.as_ref()?;
    let known = pack.choices.iter().chain(below.choices()).any(|it| it.name == *name);
    (!known).then(|| Refusal { line: written.line, fault: Fault::UnknownChoice(name.clone()) })
}
