//! Runaway counts: plain dated facts about episodes. No label, level or threshold.

use chrono::{DateTime, Months, TimeDelta, Utc};

use crate::episode::{ClosureReason, MissingType};
use crate::id::EpisodeId;

#[cfg(test)]
mod tests;

/// The windows counted back from a moment, in days.
pub const WINDOWS: [i64; 4] = [30, 90, 365, 730];

/// What the count knows of one episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absence {
    /// The episode.
    pub id: EpisodeId,
    /// When the absence began; its receipt where that is not known.
    pub began_at: DateTime<Utc>,
    /// When it ended, if it has.
    pub ended_at: Option<DateTime<Utc>>,
    /// The agency's working description.
    pub missing_type: MissingType,
    /// Why a person closed it, if one did.
    pub closure: Option<ClosureReason>,
}

/// The counts as of a moment, by when things happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Episodes begun by then.
    pub missing: usize,
    /// Those of them described as `absent_without_permission`.
    pub runaway: usize,
    /// The same, for absences begun within so many days.
    pub windows: Vec<Window>,
    /// Whole days missing, all episodes added.
    pub days_missing_total: i64,
    /// Whole days of the longest episode.
    pub longest_days_missing: i64,
    /// The episode open at that moment, if one is.
    pub open: Option<EpisodeId>,
}

/// The counts of one window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Days counted back.
    pub days: i64,
    /// Episodes whose absence began within it.
    pub missing: usize,
    /// Those of them described as `absent_without_permission`.
    pub runaway: usize,
    /// Which ones, oldest first.
    pub absences: Vec<Absence>,
}

/// Counts the absences begun by `as_of`. Those that turned out not to be, or to be a duplicate, do not count.
pub fn count(absences: &[Absence], as_of: DateTime<Utc>) -> Counts {
    let mut begun: Vec<Absence> =
        absences.iter().copied().filter(|it| it.began_at <= as_of).filter(|it| is_absence(it.closure)).collect();
    begun.sort_by_key(|it| (it.began_at, it.id));
    let lengths = || begun.iter().map(|it| days_missing(it, as_of));
    Counts {
        missing: begun.len(),
        runaway: runaways(&begun),
        windows: WINDOWS.iter().map(|days| window(&begun, *days, as_of)).collect(),
        days_missing_total: lengths().sum(),
        longest_days_missing: lengths().max().unwrap_or(0),
        open: begun.iter().rev().find(|it| it.ended_at.is_none_or(|end| as_of < end)).map(|it| it.id),
    }
}

fn window(begun: &[Absence], days: i64, as_of: DateTime<Utc>) -> Window {
    let from = as_of - TimeDelta::days(days);
    let absences: Vec<Absence> = begun.iter().copied().filter(|it| from <= it.began_at).collect();
    Window { days, missing: absences.len(), runaway: runaways(&absences), absences }
}

fn runaways(absences: &[Absence]) -> usize {
    absences.iter().filter(|it| it.missing_type == MissingType::AbsentWithoutPermission).count()
}

fn days_missing(absence: &Absence, as_of: DateTime<Utc>) -> i64 {
    let end = absence.ended_at.filter(|end| *end <= as_of).unwrap_or(as_of);
    (end - absence.began_at).num_days()
}

/// How far back law enforcement asks for earlier reports, in months (Tex. Code Crim. Proc. art. 63.0091).
pub const PRIOR_REPORTS_MONTHS: u32 = 24;

/// The reports in the months before `at`, oldest first: dates, and no label.
pub fn prior_reports(received: impl IntoIterator<Item = DateTime<Utc>>, at: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let from = at.checked_sub_months(Months::new(PRIOR_REPORTS_MONTHS)).unwrap_or(at);
    let mut reports: Vec<_> = received.into_iter().filter(|it| from <= *it && *it < at).collect();
    reports.sort_unstable();
    reports
}

/// What turned out not to be an absence, or to be a duplicate, is none.
pub fn is_absence(closure: Option<ClosureReason>) -> bool {
    !matches!(closure, Some(ClosureReason::NotMissing | ClosureReason::MergedDuplicate))
}
