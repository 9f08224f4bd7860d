//! The agency's civil time: local dates and wall times, told from instants and back, never guessed.
//!
//! chrono-tz knows the change of clocks up to 2099; the tests hold it to an independent table up to 2060.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike, Utc};
use chrono_tz::{GapInfo, Tz};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Where the agency's clocks hang; in JSON and TOML its IANA name, such as `America/Chicago`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Zone(Tz);

/// Why a name is no zone.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ZoneError {
    /// The IANA time zone database has no zone of this name.
    #[error("no time zone is called {name:?}")]
    Unknown { name: String },
}

/// Why a wall time is no instant (CLK-2: a clock that starts at a guess is no clock).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LocalTimeError {
    /// The clocks went forward over it.
    #[error("{local} never happened there: the clocks went forward over it")]
    Impossible { local: NaiveDateTime },
    /// The clocks went back over it.
    #[error("{local} happened twice there: the clocks went back over it")]
    Ambiguous { local: NaiveDateTime },
}

/// Why a text in an import file is no instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MomentError {
    /// Neither RFC 3339 nor a local time; also a leap second, which no column can hold.
    #[error("not a time such as 2020-03-07T16:30:00 or 2020-03-07T16:30:00-06:00")]
    Malformed,
    /// A local time the clocks went forward over.
    #[error("the clocks went forward over this local time: it never happened")]
    Impossible,
    /// A local time the clocks went back over, which only an offset can tell apart.
    #[error("the clocks went back over this local time: it happened twice")]
    Ambiguous,
}

impl Zone {
    /// Takes IANA names only, as written there (`America/Chicago`), since `CST` names no rule for summer.
    pub fn parse(name: &str) -> Result<Self, ZoneError> {
        let unknown = || ZoneError::Unknown { name: name.to_owned() };
        name.parse().map(Self).map_err(|_| unknown())
    }

    /// The IANA name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// What the clock on the agency's wall shows at an instant.
    pub fn local(self, at: DateTime<Utc>) -> NaiveDateTime {
        at.with_timezone(&self.0).naive_local()
    }

    /// The wall-clock time, with the zone's abbreviation, for people to read.
    pub fn wall_clock(self, at: DateTime<Utc>) -> DateTime<Tz> {
        at.with_timezone(&self.0)
    }

    /// The day on the agency's calendar at an instant.
    pub fn local_date(self, at: DateTime<Utc>) -> NaiveDate {
        self.local(at).date()
    }

    /// The one instant at which the wall showed this time; none or two is an error, not a choice.
    pub fn instant(self, local: NaiveDateTime) -> Result<DateTime<Utc>, LocalTimeError> {
        match self.0.from_local_datetime(&local) {
            LocalResult::Single(at) => Ok(at.to_utc()),
            LocalResult::Ambiguous(..) => Err(LocalTimeError::Ambiguous { local }),
            LocalResult::None => Err(LocalTimeError::Impossible { local }),
        }
    }

    /// The first instant of a local day; where its midnight was skipped, the instant of the skip.
    pub fn start_of_day(self, date: NaiveDate) -> DateTime<Utc> {
        self.first_instant(date.and_time(NaiveTime::MIN))
    }

    /// The first instant at which the wall showed this time; where the clocks went over it, the instant they did.
    pub fn first_instant(self, local: NaiveDateTime) -> DateTime<Utc> {
        match self.0.from_local_datetime(&local) {
            LocalResult::Single(first) | LocalResult::Ambiguous(first, _) => first.to_utc(),
            LocalResult::None => self.end_of_gap(local),
        }
    }

    /// The next instant, from `after` on, at which the wall shows this time of day.
    pub fn next_at(self, time: NaiveTime, after: DateTime<Utc>) -> DateTime<Utc> {
        let today = self.local_date(after);
        let on = |date: NaiveDate| self.first_instant(date.and_time(time));
        let next = on(today);
        if after <= next { next } else { today.succ_opt().map_or(next, on) }
    }

    /// Reads a time in an import file: with an offset that instant, without one the agency's wall time.
    pub fn parse_moment(self, text: &str) -> Result<DateTime<Utc>, MomentError> {
        if let Some(at) = rfc_3339(text) {
            return Ok(at);
        }
        let local =
            rfc_3339(&format!("{text}Z")).or_else(|| rfc_3339(&format!("{text}:00Z"))).ok_or(MomentError::Malformed)?;
        Ok(self.instant(local.naive_utc())?)
    }

    /// Midnights passed on the agency's calendar, in days: 23:59 to 00:01 is one, backwards is negative.
    pub fn calendar_days_between(self, from: DateTime<Utc>, to: DateTime<Utc>) -> i64 {
        (self.local_date(to) - self.local_date(from)).num_days()
    }

    fn end_of_gap(self, local: NaiveDateTime) -> DateTime<Utc> {
        // Every gap in the table has an end; what is left is the last day chrono can count.
        let end = GapInfo::new(&local, &self.0).and_then(|gap| gap.end);
        end.map_or_else(|| local.and_utc(), |end| end.to_utc())
    }
}

impl From<LocalTimeError> for MomentError {
    fn from(error: LocalTimeError) -> Self {
        match error {
            LocalTimeError::Impossible { .. } => Self::Impossible,
            LocalTimeError::Ambiguous { .. } => Self::Ambiguous,
        }
    }
}

fn rfc_3339(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    let leap_second = at.nanosecond() >= 1_000_000_000;
    (!leap_second).then_some(at)
}

#[cfg(test)]
mod tests;
