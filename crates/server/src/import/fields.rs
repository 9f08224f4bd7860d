//! Cells: text to typed values, or what is wrong with it.

use chrono::{DateTime, NaiveDate, SubsecRound as _, Utc};
use homeward_domain::indicator::IndicatorCode;
use homeward_domain::text::Text;
use homeward_domain::vocabulary::Vocabulary;
use homeward_domain::zone::{MomentError, Zone};

use super::reject::{Flaw, Reason};
use super::table::Row;

type Parsed<T> = Result<T, Flaw>;

impl Row<'_> {
    /// That every cell that must say something does.
    pub(super) fn complete(&self) -> Parsed<()> {
        let missing: Vec<&str> =
            self.kind.required().iter().copied().filter(|column| self.cell(column).is_none()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Flaw::new(Reason::MissingRequiredField, format!("{} must not be empty", missing.join(", "))))
    }

    /// What an optional cell says.
    pub(super) fn may<T>(&self, column: &'static str, parse: impl FnOnce(&str) -> Parsed<T>) -> Parsed<Option<T>> {
        self.cell(column).map(parse).transpose().map_err(|flaw| flaw.of(column))
    }

    /// What a required cell says.
    pub(super) fn must<T>(&self, column: &'static str, parse: impl FnOnce(&str) -> Parsed<T>) -> Parsed<T> {
        let empty = || Flaw::new(Reason::MissingRequiredField, format!("{column} must not be empty"));
        self.may(column, parse)?.ok_or_else(empty)
    }
}

/// A member of a closed list.
pub(super) fn code<T: Vocabulary>(text: &str) -> Parsed<T> {
    T::parse(text).map_err(|error| Flaw::new(Reason::UnknownCode, error))
}

/// Members of a closed list, with semicolons between them.
pub(super) fn codes<T: Vocabulary>(text: &str) -> Parsed<Vec<T>> {
    text.split(';').map(|it| code(it.trim())).collect()
}

/// An indicator of the catalogue.
pub(super) fn indicator(text: &str) -> Parsed<IndicatorCode> {
    IndicatorCode::parse(text).map_err(|error| Flaw::new(Reason::UnknownCode, error))
}

/// Text that people wrote.
pub(super) fn text<const LIMIT: usize>(text: &str) -> Parsed<String> {
    let parsed = Text::<LIMIT>::parse(text).map_err(|error| Flaw::new(Reason::UnknownCode, error))?;
    Ok(parsed.into())
}

/// An e-mail address, by which a worker is known.
pub(super) fn email(text: &str) -> Parsed<String> {
    let email = self::text::<200>(text)?.to_lowercase();
    match email.split_once('@') {
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() && !email.contains(char::is_whitespace) => {
            Ok(email)
        }
        _ => Err(Flaw::new(Reason::UnknownCode, format!("`{email}` is not an e-mail address"))),
    }
}

/// A whole number from 1 to `most`.
pub(super) fn number(text: &str, most: i32) -> Parsed<i32> {
    let fault = || Flaw::new(Reason::UnknownCode, format!("`{text}` is not a whole number from 1 to {most}"));
    text.parse().ok().filter(|it| (1..=most).contains(it)).ok_or_else(fault)
}

/// The year before which nothing is on record; it also keeps out what the database cannot hold.
const FIRST_YEAR: i32 = 1900;

/// A date of the calendar.
pub(super) fn date(text: &str) -> Parsed<NaiveDate> {
    let fault = || Flaw::new(Reason::ImpossibleLocalTime, format!("`{text}` is not a date such as 2020-03-07"));
    let first = NaiveDate::from_ymd_opt(FIRST_YEAR, 1, 1);
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|it| first <= Some(*it)).ok_or_else(fault)
}

/// With an offset that instant, without one the agency's wall time; to the microsecond, which is what is kept.
pub(super) fn moment(zone: Zone, text: &str) -> Parsed<DateTime<Utc>> {
    let at = zone.parse_moment(text).map_err(|error| {
        let reason = match error {
            MomentError::Malformed | MomentError::Impossible => Reason::ImpossibleLocalTime,
            MomentError::Ambiguous => Reason::AmbiguousLocalTime,
        };
        Flaw::new(reason, format!("`{text}`: {error}"))
    })?;
    let first = NaiveDate::from_ymd_opt(FIRST_YEAR, 1, 1);
    if Some(at.date_naive()) < first {
        return Err(Flaw::new(Reason::ImpossibleLocalTime, format!("`{text}` is before any record")));
    }
    Ok(at.trunc_subsecs(6))
}
