//! Rows that are refused: why, and the file that says so.

use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::ImportError;
use crate::cell::harmless;

/// Why a row is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A cell that must say something is empty, or the row has too few or too many cells.
    MissingRequiredField,
    /// A cell says what its list or its kind does not hold.
    UnknownCode,
    /// A time or a date that never was.
    ImpossibleLocalTime,
    /// A time that was twice.
    AmbiguousLocalTime,
    /// It has not happened yet.
    InTheFuture,
    /// No such child here, nor among the good rows of `children.csv`.
    UnknownChild,
    /// No such episode here, nor among the good rows of `episodes.csv`.
    UnknownEpisode,
    /// It ended before it began.
    ReturnedBeforeAbsenceBegan,
    /// The child was away already.
    OverlapsAnotherEpisode,
    /// What is here under the same name says otherwise.
    ConflictsWithExisting,
}

impl Reason {
    /// As in the file.
    pub fn code(self) -> &'static str {
        match self {
            Self::MissingRequiredField => "missing_required_field",
            Self::UnknownCode => "unknown_code",
            Self::ImpossibleLocalTime => "impossible_local_time",
            Self::AmbiguousLocalTime => "ambiguous_local_time",
            Self::InTheFuture => "in_the_future",
            Self::UnknownChild => "unknown_child",
            Self::UnknownEpisode => "unknown_episode",
            Self::ReturnedBeforeAbsenceBegan => "returned_before_absence_began",
            Self::OverlapsAnotherEpisode => "overlaps_another_episode",
            Self::ConflictsWithExisting => "conflicts_with_existing",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A refused row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The file's name.
    pub file: &'static str,
    /// Where the row begins, counted from 1; the header is line 1.
    pub line: usize,
    /// Why.
    pub code: Reason,
    /// The same for people.
    pub text: String,
}

/// What is wrong with a row, before it is known which row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) code: Reason,
    pub(super) text: String,
}

/// A quote that was never closed can hold the rest of the file.
const LONGEST_TEXT: usize = 400;

impl Flaw {
    pub(super) fn new(code: Reason, text: impl fmt::Display) -> Self {
        Self { code, text: text.to_string().chars().take(LONGEST_TEXT).collect() }
    }

    /// The same, with the name of whoever it is about in front.
    pub(super) fn of(self, name: &str) -> Self {
        Self::new(self.code, format_args!("{name}: {}", self.text))
    }
}

/// The file of refused rows: another one takes its place only when it is whole.
#[derive(Debug)]
pub(super) struct RejectsFile {
    path: PathBuf,
    unfinished: PathBuf,
}

impl RejectsFile {
    /// Makes sure, before anything lands, that the file can be written.
    pub(super) fn begin(path: PathBuf) -> Result<Self, ImportError> {
        let name = path.file_name().ok_or_else(|| ImportError::file(&path, "is not the name of a file"))?;
        let mut unfinished = name.to_owned();
        unfinished.push(format!(".{}.part", std::process::id()));
        let unfinished = path.with_file_name(unfinished);
        File::create(&unfinished).map_err(|error| ImportError::file(&path, error))?;
        Ok(Self { path, unfinished })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn keep(&self, rejects: &[Reject]) -> Result<(), ImportError> {
        let failed = |error: &dyn fmt::Display| ImportError::file(&self.path, error);
        let mut writer = csv::Writer::from_path(&self.unfinished).map_err(|error| failed(&error))?;
        writer.write_record(["file", "line", "code", "text"]).map_err(|error| failed(&error))?;
        for it in rejects {
            let row = [it.file, &it.line.to_string(), it.code.code(), &harmless(&it.text)];
            writer.write_record(row).map_err(|error| failed(&error))?;
        }
        let file = writer.into_inner().map_err(|error| failed(&error))?;
        file.sync_all().map_err(|error| failed(&error))?;
        fs::rename(&self.unfinished, &self.path).map_err(|error| failed(&error))
    }
}

impl Drop for RejectsFile {
    fn drop(&mut self) {
        // Renamed when all went well, and then there is nothing to remove.
        let _ = fs::remove_file(&self.unfinished);
    }
}
