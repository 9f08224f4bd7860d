//! `homeward rules`: what a policy author asks of a pack, without a database.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use homeward_domain::child::{CareStatus, UnderTwentySix};
use homeward_domain::duty::Duty;
use homeward_domain::episode::{Facts, Moments, Recovery};
use homeward_domain::id::Id;
use homeward_domain::law::{self, Overlay, Rule, RuleBook, Unit, library};
use homeward_domain::notification::{NotificationKind, Recipient, Told};
use homeward_domain::reminder::recipient_name;
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_domain::zone::Zone;
use serde::Serialize;
use uuid::Uuid;

use crate::wire::Instant;

/// Why a question about rules has no answer.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// No rules of this place ship.
    #[error("no rules of `{0}` ship; there are US and {1}")]
    UnknownState(String, String),
    /// No such condition.
    #[error("the rules of {state} have no condition `{name}`; {known}")]
    UnknownChoice { state: String, name: String, known: String },
    /// The file cannot be read.
    #[error("{}: {source}", .path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// The pack loosens something, or is none.
    #[error("{}: refused\n{refused}", .path.display())]
    Refused { path: PathBuf, refused: law::Refused },
}

/// A case to explain: where, and what happened when.
#[derive(Clone, Debug, clap::Args)]
pub struct Case {
    /// `US`, or the postal code of a State that ships
    #[arg(long)]
    state: String,
    /// A pack of an agency's own on top
    #[arg(long)]
    pack: Option<PathBuf>,
    /// When the agency received the information, such as 2026-05-01T16:00:00-05:00
    #[arg(long, value_parser = Instant::parse)]
    received: Instant,
    /// When the absence began
    #[arg(long, value_parser = Instant::parse)]
    absence_began: Option<Instant>,
    /// When it was first suspected
    #[arg(long, value_parser = Instant::parse)]
    first_suspected: Option<Instant>,
    /// When the agency determined that the child is missing
    #[arg(long, value_parser = Instant::parse)]
    determined: Option<Instant>,
    /// When law enforcement got the initial report
    #[arg(long, value_parser = Instant::parse)]
    le_reported: Option<Instant>,
    /// When NCMEC got the initial report
    #[arg(long, value_parser = Instant::parse)]
    ncmec_reported: Option<Instant>,
    /// When a fact changed that they had been told
    #[arg(long, value_parser = Instant::parse)]
    changed: Vec<Instant>,
    /// When the child came back
    #[arg(long, value_parser = Instant::parse)]
    returned: Option<Instant>,
    /// A condition that a person chose
    #[arg(long = "choice")]
    choices: Vec<String>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// What is owed, as JSON.
#[derive(Serialize)]
struct Explained<'a> {
    kind: &'a str,
    recipient: Option<&'a str>,
    due_at: Option<DateTime<Utc>>,
    target_at: DateTime<Utc>,
    rule: RuleName<'a>,
}

#[derive(Serialize)]
struct RuleName<'a> {
    code: &'a str,
    citation: &'a str,
    jurisdiction: &'a str,
}

/// Says what a pack asks for, or why it is refused.
pub fn check(path: &Path, on: &str) -> Result<String, RulesError> {
    let below = book(on)?;
    let overlay = read(path, &below)?;
    let mut said = format!(
        "{}: {}, {} rules. Nothing in it loosens the rules below.\n",
        path.display(),
        overlay.name(),
        overlay.rules().len()
    );
    for rule in overlay.rules() {
        let _ = writeln!(said, "  {:<50} {}", rule.code, limit(rule));
        let _ = writeln!(said, "      {}", rule.text);
    }
    Ok(said.trim_end().to_owned())
}

fn limit(rule: &Rule) -> String {
    let when = rule.when.as_ref().map_or(String::new(), |name| format!(", only where a person chose `{name}`"));
    let limit = match (rule.every, rule.limit.map(law::Span::parts)) {
        (Some(cadence), _) => format!("once a {cadence}"),
        (None, Some((0, _))) => "at once".to_owned(),
        (None, Some((amount, unit))) => {
            let unit = match unit {
                Unit::Hours => "hours",
                Unit::CalendarDays => "calendar days",
                Unit::BusinessDays => "business days",
                Unit::Months => "months",
            };
            format!("{amount} {unit} from {}", rule.anchor)
        }
        (None, None) => "no limit of law".to_owned(),
    };
    format!("{limit}{when}")
}

/// The duties that a case raises, by when, and who says so.
pub fn explain(case: &Case) -> Result<String, RulesError> {
    let below = book(&case.state)?;
    let (book, zone) = match &case.pack {
        Some(path) => {
            let overlay = read(path, &below)?;
            (below.and(&overlay), overlay.zone())
        }
        None => (below, zone_of(&case.state)),
    };
    let facts = case.facts(&book)?;
    let mut duties = law::duties(&book, UnderTwentySix::NotElected, &facts);
    duties.retain(|it| it.lapse.is_none());
    duties.sort_by_key(|it| (it.limit_at(), it.key));
    if case.json {
        let all: Vec<_> = duties.iter().map(Explained::of).collect();
        return Ok(serde_json::to_string_pretty(&all).unwrap_or_default());
    }
    Ok(duties.iter().map(|it| line(it, zone)).collect::<Vec<_>>().join("\n"))
}

fn book(state: &str) -> Result<RuleBook, RulesError> {
    library().book(state).ok_or_else(|| {
        let all: Vec<&str> = library().states().iter().map(Overlay::jurisdiction).collect();
        RulesError::UnknownState(state.to_owned(), all.join(", "))
    })
}

fn read(path: &Path, below: &RuleBook) -> Result<Overlay, RulesError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| RulesError::Unreadable { path: path.to_owned(), source })?;
    Overlay::over(&text, below).map_err(|refused| RulesError::Refused { path: path.to_owned(), refused })
}

fn zone_of(state: &str) -> Zone {
    let shipped = library().states().iter().find(|it| it.jurisdiction() == state);
    shipped.map_or_else(|| library().zone(), Overlay::zone)
}

impl Case {
    fn facts(&self, book: &RuleBook) -> Result<Facts, RulesError> {
        let known: Vec<&str> = book.choices().iter().map(|it| it.name.as_str()).collect();
        if let Some(name) = self.choices.iter().find(|it| !known.contains(&it.as_str())) {
            let known =
                if known.is_empty() { "they have none".to_owned() } else { format!("they have {}", known.join(", ")) };
            return Err(RulesError::UnknownChoice { state: self.state.clone(), name: name.clone(), known });
        }
        let at = |it: Option<Instant>| it.map(|it| it.0);
        Ok(Facts {
            care_status: CareStatus::FosterCare,
            moments: Moments {
                received_at: self.received.0,
                absence_began_at: at(self.absence_began),
                caregiver_learned_at: None,
                first_suspected_at: at(self.first_suspected),
                determined_missing_at: at(self.determined),
            },
            recovery: Recovery { returned_to_care_at: at(self.returned), ..Recovery::default() },
            material_changes: self.changed.iter().map(|it| it.0).collect(),
            birthday_at: None,
            told: self.told(),
            completed: Vec::new(),
            choices: self.choices.clone(),
            closure: None,
        })
    }

    fn told(&self) -> Vec<Told> {
        let reports = [(Recipient::LawEnforcement, self.le_reported), (Recipient::Ncmec, self.ncmec_reported)];
        let kind = NotificationKind::InitialReport;
        let told = |(recipient, at): (Recipient, Option<Instant>)| {
            Some(Told { id: Id::from_uuid(Uuid::nil()), recipient, kind, made_at: at?.0, ncic_confirmed_at: None })
        };
        reports.into_iter().filter_map(told).collect()
    }
}

impl<'a> Explained<'a> {
    fn of(duty: &'a Duty) -> Self {
        Self {
            kind: duty.key.kind.code(),
            recipient: duty.key.recipient.map(|it| it.code()),
            due_at: duty.due_at,
            target_at: duty.target_at,
            rule: RuleName {
                code: &duty.rule.code,
                citation: &duty.rule.citation,
                jurisdiction: &duty.rule.jurisdiction,
            },
        }
    }
}

fn line(duty: &Duty, zone: Zone) -> String {
    let (word, at) = duty.due_at.map_or(("aim", duty.target_at), |due| ("due", due));
    let at = zone.wall_clock(at).format("%a %Y-%m-%d %H:%M %Z");
    let to = duty.key.recipient.map_or(String::new(), |it| format!(" to {}", recipient_name(it)));
    let what = format!("{}{to}", duty.key.kind.code().replace('_', " "));
    let done = if duty.done.is_some() { ", done" } else { "" };
    format!("{word} {at}  {what:<52} {}{done}", duty.rule.citation)
}
