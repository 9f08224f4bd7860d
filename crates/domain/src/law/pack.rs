//! A rule pack as it is written: TOML in, rules out, and every fault with its line.

use chrono::{NaiveDate, TimeDelta};
use toml::de::DeTable;

use super::calendar::{Cadence, Span};
use super::fields::{Fields, Notes};
use super::refusal::{Fault, Refusal, Refused};
use super::rule::{Anchor, Rule};
use crate::duty::{Address, DutyKind};
use crate::vocabulary::Vocabulary as _;
use crate::zone::Zone;

/// A condition that only a person chooses, with what the law lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What rules call it.
    pub name: String,
    /// When a person may choose it.
    pub text: String,
}

/// A pack that reads as one. Whether it loosens anything is another question.
pub(super) struct Pack {
    pub(super) jurisdiction: String,
    pub(super) name: String,
    pub(super) zone: Zone,
    pub(super) choices: Vec<Choice>,
    pub(super) rules: Vec<Written>,
}

/// A rule, and where it stands.
pub(super) struct Written {
    pub(super) rule: Rule,
    /// The line of the field that sets its limit, else of the rule.
    pub(super) limit_line: usize,
    pub(super) line: usize,
}

/// What the entries of a file inherit from its head.
struct Head {
    jurisdiction: String,
    source_date: NaiveDate,
}

/// The moment a record was made is no anchor, by whatever name.
const ENTRIES: [&str; 7] =
    ["record_created_at", "created_at", "recorded_at", "entered_at", "keyed_at", "updated_at", "imported_at"];

/// Reads a pack, without comparing it with the floor.
pub(super) fn read(text: &str) -> Result<Pack, Refused> {
    let notes = Notes::on(text);
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let line = error.span().map_or(1, |span| notes.line(&span));
            return Err(Refused(vec![Refusal { line, fault: Fault::Syntax(error.message().to_owned()) }]));
        }
    };
    let fields = Fields::of(&notes, table.get_ref(), 1);
    let pack = pack(&fields);
    fields.refuse_others();
    let faults = notes.all();
    pack.filter(|_| faults.is_empty()).ok_or(Refused(faults))
}

fn pack(fields: &Fields<'_, '_>) -> Option<Pack> {
    let (jurisdiction, name) = (fields.text("jurisdiction"), fields.text("name"));
    let (zone, source, source_date) = (zone(fields), fields.text("source"), fields.day("source_date"));
    let choices = fields.tables("choice").iter().filter_map(choice).collect();
    let head =
        Head { jurisdiction: jurisdiction.clone().unwrap_or_default(), source_date: source_date.unwrap_or_default() };
    let rules = fields.tables("rule").iter().filter_map(|it| written(it, &head)).collect();
    let (jurisdiction, name, zone, _, _) = (jurisdiction?, name?, zone?, source?, source_date?);
    Some(Pack { jurisdiction, name, zone, choices, rules })
}

fn zone(fields: &Fields<'_, '_>) -> Option<Zone> {
    let name = fields.text("time_zone")?;
    let zone = Zone::parse(&name).ok();
    if zone.is_none() {
        fields.note("time_zone", Fault::unfit("time_zone", "has to be a name such as \"America/Chicago\""));
    }
    zone
}

fn choice(fields: &Fields<'_, '_>) -> Option<Choice> {
    let (name, text) = (fields.text("name"), fields.text("text"));
    fields.refuse_others();
    Some(Choice { name: name?, text: text? })
}

fn written(fields: &Fields<'_, '_>, head: &Head) -> Option<Written> {
    let rule = rule(fields, head);
    fields.refuse_others();
    let limits = ["hours", "calendar_days", "business_days", "every"].map(|it| fields.line_of(it));
    let limit_line = limits.into_iter().find(|it| *it != fields.line()).unwrap_or(fields.line());
    Some(Written { rule: rule?, limit_line, line: fields.line() })
}

fn rule(fields: &Fields<'_, '_>, head: &Head) -> Option<Rule> {
    let (code, duty) = (fields.text("code"), fields.code::<DutyKind>("duty"));
    let (recipient, anchor) = (fields.find_code("recipient"), anchor(fields));
    let (limit, every) = (limit(fields), fields.find_code::<Cadence>("every"));
    let (until_days, when) = (fields.find_number("until_days"), fields.find_text("when"));
    let target = fields.find_number("target_hours").map(|it| TimeDelta::hours(it.into()));
    let (citation, text) = (fields.text("citation"), fields.text("text"));
    let source_date = fields.find_day("source_date").unwrap_or(head.source_date);
    let (effective_from, effective_to) = (fields.day("effective_from"), fields.find_day("effective_to"));
    let rule = Rule {
        code: code?,
        jurisdiction: head.jurisdiction.clone(),
        duty: duty?,
        recipient,
        anchor: anchor?,
        limit: every.map(Cadence::span).or(limit),
        every,
        until_days,
        when,
        target,
        citation: citation?,
        text: text?,
        source_date,
        effective_from: effective_from?,
        effective_to,
    };
    fits(fields, &rule);
    Some(rule)
}

fn anchor(fields: &Fields<'_, '_>) -> Option<Anchor> {
    let text = fields.text("anchor")?;
    if ENTRIES.contains(&text.as_str()) {
        fields.note("anchor", Fault::ForbiddenAnchor(text));
        return None;
    }
    fields.find_code("anchor")
}

fn limit(fields: &Fields<'_, '_>) -> Option<Span> {
    let spans = [
        ("hours", fields.find_number("hours").map(Span::Hours)),
        ("calendar_days", fields.find_number("calendar_days").map(Span::CalendarDays)),
        ("business_days", fields.find_number("business_days").map(Span::BusinessDays)),
    ];
    let mut found = spans.into_iter().filter_map(|(name, span)| Some((name, span?)));
    let first = found.next()?;
    if let Some((second, _)) = found.next() {
        fields.note(second, Fault::unfit(second, format!("stands beside `{}`: a rule has one limit", first.0)));
    }
    Some(first.1)
}

/// What one field says has to fit what the others say.
fn fits(fields: &Fields<'_, '_>, rule: &Rule) {
    match (rule.duty.address(), rule.recipient) {
        (Address::ToRecipient, None) => fields.note("duty", Fault::Missing("recipient")),
        (Address::Task, Some(_)) => {
            fields.note("recipient", Fault::unfit("recipient", "has no place here: nobody outside is told"));
        }
        _ => {}
    }
    if rule.every.is_some() && !rule.duty.recurs() {
        fields
            .note("every", Fault::unfit("every", format!("has no place here: `{}` does not recur", rule.duty.code())));
    }
    let limits = ["hours", "calendar_days", "business_days"];
    if rule.every.is_some() && limits.iter().any(|it| fields.find(it).is_some()) {
        fields.note("every", Fault::unfit("every", "stands beside a limit: a rule has one of the two"));
    }
    if rule.until_days.is_some() && rule.every.is_none() {
        fields.note("until_days", Fault::unfit("until_days", "has no place without `every`"));
    }
    if rule.effective_to.is_some_and(|end| end <= rule.effective_from) {
        fields.note("effective_to", Fault::unfit("effective_to", "is not after `effective_from`"));
    }
}
