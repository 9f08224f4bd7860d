//! The files as they lie there: columns checked, rows found, cells not read yet.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use csv::{ByteRecord, StringRecord};

use super::ImportError;
use super::reject::{Flaw, Reason};

/// One of the five files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `children.csv`
    Children,
    /// `placements.csv`
    Placements,
    /// `episodes.csv`
    Episodes,
    /// `notifications.csv`
    Notifications,
    /// `observations.csv`
    Observations,
}

const CHILDREN: &[&str] = &[
    "agency_person_id",
    "given_name",
    "family_name",
    "date_of_birth",
    "sex",
    "race",
    "ethnicity",
    "height_inches",
    "weight_pounds",
    "hair_color",
    "eye_color",
    "unit_code",
    "worker_email",
    "care_status",
];

const PLACEMENTS: &[&str] = &["agency_person_id", "setting", "started_on", "ended_on", "provider_name"];

const EPISODES: &[&str] = &[
    "agency_episode_id",
    "agency_person_id",
    "absence_began_at",
    "agency_information_received_at",
    "located_at",
    "returned_to_care_at",
    "missing_type",
    "missing_from",
    "recovery_type",
];

const NOTIFICATIONS: &[&str] = &[
    "agency_episode_id",
    "recipient",
    "kind",
    "status",
    "method",
    "made_at",
    "agency_name",
    "person_contacted",
    "case_number",
    "ncic_number",
    "reference_number",
];

const OBSERVATIONS: &[&str] = &[
    "agency_person_id",
    "agency_episode_id",
    "indicator_code",
    "observed_at",
    "observed_by_name",
    "observer_role",
    "source",
    "context",
];

impl Kind {
    /// In the order they are read: whoever is named comes before whoever names them.
    pub const ALL: [Self; 5] =
        [Self::Children, Self::Placements, Self::Episodes, Self::Notifications, Self::Observations];

    /// The file's name.
    pub fn file(self) -> &'static str {
        match self {
            Self::Children => "children.csv",
            Self::Placements => "placements.csv",
            Self::Episodes => "episodes.csv",
            Self::Notifications => "notifications.csv",
            Self::Observations => "observations.csv",
        }
    }

    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Children => CHILDREN,
            Self::Placements => PLACEMENTS,
            Self::Episodes => EPISODES,
            Self::Notifications => NOTIFICATIONS,
            Self::Observations => OBSERVATIONS,
        }
    }

    /// Columns that a file may have besides.
    fn optional(self) -> &'static [&'static str] {
        match self {
            Self::Placements => &["afcars_living_arrangement"],
            Self::Children | Self::Episodes | Self::Notifications | Self::Observations => &[],
        }
    }

    /// The columns in which every row must say something.
    pub(super) fn required(self) -> &'static [&'static str] {
        match self {
            Self::Children => {
                &["agency_person_id", "given_name", "family_name", "date_of_birth", "unit_code", "care_status"]
            }
            Self::Placements => &["agency_person_id", "setting", "started_on"],
            Self::Episodes => &["agency_episode_id", "agency_person_id", "agency_information_received_at"],
            Self::Notifications => &["agency_episode_id", "recipient", "kind", "status", "method", "made_at"],
            Self::Observations => {
                &["agency_person_id", "indicator_code", "observed_by_name", "observer_role", "source", "context"]
            }
        }
    }
}

/// One file. A file that is not there has no rows.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) kind: Kind,
    places: HashMap<&'static str, usize>,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    number: usize,
    cells: Result<StringRecord, Flaw>,
}

/// One row, its cells by the names of their columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) kind: Kind,
    pub(super) line: usize,
    places: &'a HashMap<&'static str, usize>,
    cells: &'a Result<StringRecord, Flaw>,
}

impl<'a> Row<'a> {
    /// Whether the row can be read at all.
    pub(super) fn readable(&self) -> Result<(), Flaw> {
        self.cells.as_ref().map(|_| ()).map_err(Flaw::clone)
    }

    /// What the cell says, if anything.
    pub(super) fn cell(&self, column: &str) -> Option<&'a str> {
        let cells = self.cells.as_ref().ok()?;
        let text = cells.get(*self.places.get(column)?)?.trim();
        (!text.is_empty()).then_some(text)
    }
}

impl Table {
    /// Opens a file and finds its rows.
    pub(super) fn read(dir: &Path, kind: Kind) -> Result<Self, ImportError> {
        let path = dir.join(kind.file());
        match fs::read(&path) {
            Ok(bytes) => Self::parse(kind, &path, &bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Ok(Self { kind, places: HashMap::new(), lines: Vec::new() })
            }
            Err(error) => Err(ImportError::file(&path, error)),
        }
    }

    /// Refuses the file as a whole where its columns are not the expected ones.
    pub(super) fn parse(kind: Kind, path: &Path, bytes: &[u8]) -> Result<Self, ImportError> {
        let fault = |what: &dyn std::fmt::Display| ImportError::file(path, what);
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
        let header = reader.headers().map_err(|_| fault(&"the header is not UTF-8"))?;
        let places = places(kind, header).map_err(|what| fault(&what))?;
        let width = header.len();
        let mut lines = Vec::new();
        let mut counter = Lines { text, at: 0, number: 1 };
        let mut record = ByteRecord::new();
        while reader.read_byte_record(&mut record).map_err(|error| fault(&error))? {
            let number = counter.line_of(record.position().map_or(0, csv::Position::byte));
            lines.push(Line { number, cells: cells(&record, width) });
        }
        Ok(Self { kind, places, lines })
    }

    /// Every row.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.lines.iter().map(|it| self.row(it))
    }

    fn row<'a>(&'a self, line: &'a Line) -> Row<'a> {
        Row { kind: self.kind, line: line.number, places: &self.places, cells: &line.cells }
    }

    /// Whether the file was there.
    pub(super) fn is_there(&self) -> bool {
        !self.places.is_empty()
    }
}

/// Where each column stands, or everything that is wrong with the header.
fn places(kind: Kind, header: &StringRecord) -> Result<HashMap<&'static str, usize>, String> {
    let names: Vec<&str> = header.iter().map(str::trim).collect();
    let columns = kind.columns();
    let known: Vec<&'static str> = columns.iter().chain(kind.optional()).copied().collect();
    let times = |column: &str| names.iter().filter(|name| **name == column).count();
    let quoted = |all: Vec<&str>| all.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    let missing: Vec<&str> = columns.iter().copied().filter(|it| times(it) == 0).collect();
    let twice: Vec<&str> = known.iter().copied().filter(|it| 1 < times(it)).collect();
    let unknown: Vec<&str> = names.iter().copied().filter(|it| !known.contains(it)).collect();
    let faults: Vec<String> = [("missing", missing), ("given twice", twice), ("unknown", unknown)]
        .into_iter()
        .filter(|(_, columns)| !columns.is_empty())
        .map(|(what, columns)| format!("{what}: {}", quoted(columns)))
        .collect();
    if !faults.is_empty() {
        return Err(format!("the columns are not the expected ones ({})", faults.join("; ")));
    }
    let place = |column: &&'static str| Some((*column, names.iter().position(|it| it == column)?));
    Ok(known.iter().filter_map(place).collect())
}

fn cells(record: &ByteRecord, width: usize) -> Result<StringRecord, Flaw> {
    let cells = StringRecord::from_byte_record(record.clone())
        .map_err(|_| Flaw::new(Reason::UnknownCode, "the row is not UTF-8"))?;
    if cells.len() == width {
        return Ok(cells);
    }
    let text = format!("the row has {} cells where the header has {width}", cells.len());
    Err(Flaw::new(Reason::MissingRequiredField, text))
}

/// Lines as an editor counts them: the reader's own count is one short after CRLF and blank lines.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    number: usize,
}

impl Lines<'_> {
    fn line_of(&mut self, byte: u64) -> usize {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        let before = self.text.get(self.at..byte).unwrap_or_default();
        let after = self.text.get(byte..).unwrap_or_default();
        let skipped = after.iter().take_while(|it| matches!(it, b'\r' | b'\n')).count();
        let skipped = after.get(..skipped).unwrap_or_default();
        self.number += before.iter().chain(skipped).filter(|it| **it == b'\n').count();
        self.at = byte.saturating_add(skipped.len());
        self.number
    }
}
