//! Days, business days and months, for the rules that are not written in hours.
//!
//! The federal limit is elapsed hours and never passes through here (CLK-2). Whatever these give for a federal report
//! still meets the 24 hours (domain 8.1). A limit in days falls on the same wall time as its anchor: of the readings
//! that a text allows, the one that gives the least time.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, TimeDelta, Utc, Weekday};

use crate::vocabulary::vocabulary;
use crate::zone::Zone;

/// A length of time, as a rule writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Elapsed hours.
    Hours(u16),
    /// Days on the calendar.
    CalendarDays(u16),
    /// Days that are neither on a weekend nor a federal holiday.
    BusinessDays(u16),
    /// Months on the calendar; the last day of a month where the day does not exist.
    Months(u16),
}

vocabulary! {
    /// How often something recurs until the child is safe.
    Cadence { Week = "week", Month = "month", Quarter = "quarter", }
}

impl Cadence {
    /// The longest time between two of them.
    pub fn span(self) -> Span {
        match self {
            Self::Week => Span::CalendarDays(7),
            Self::Month => Span::Months(1),
            Self::Quarter => Span::Months(3),
        }
    }
}

vocabulary! {
    /// What a limit is counted in.
    Unit { Hours = "hours", CalendarDays = "calendar_days", BusinessDays = "business_days", Months = "months", }
}

impl Span {
    /// How many of what.
    pub fn parts(self) -> (u16, Unit) {
        match self {
            Self::Hours(amount) => (amount, Unit::Hours),
            Self::CalendarDays(amount) => (amount, Unit::CalendarDays),
            Self::BusinessDays(amount) => (amount, Unit::BusinessDays),
            Self::Months(amount) => (amount, Unit::Months),
        }
    }

    /// The least that it can come to, in elapsed hours. A day of 23 hours is a day too.
    pub fn least_hours(self) -> i64 {
        let of_days = |days: i64| (days * 24 - 1).max(0);
        match self {
            Self::Hours(hours) => hours.into(),
            Self::CalendarDays(days) | Self::BusinessDays(days) => of_days(days.into()),
            Self::Months(months) => of_days(28 * i64::from(months)),
        }
    }
}

/// The days of one place. Weekends and the holidays of 5 U.S.C. 6103(a) are no business days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    zone: Zone,
}

impl Calendar {
    /// The calendar on the wall of this zone.
    pub fn of(zone: Zone) -> Self {
        Self { zone }
    }

    /// Its zone.
    pub fn zone(self) -> Zone {
        self.zone
    }

    /// The instant so long after `at`.
    pub fn after(self, at: DateTime<Utc>, span: Span) -> DateTime<Utc> {
        let day = self.zone.local_date(at);
        let later = match span {
            Span::Hours(hours) => return at + TimeDelta::hours(hours.into()),
            Span::CalendarDays(days) => day.checked_add_days(Days::new(days.into())),
            Span::BusinessDays(days) => Some(business_days_after(day, days)),
            Span::Months(months) => day.checked_add_months(Months::new(months.into())),
        };
        let time = self.zone.local(at).time();
        later.map_or(at, |day| self.zone.first_instant(day.and_time(time)))
    }
}

fn business_days_after(day: NaiveDate, days: u16) -> NaiveDate {
    let following = day.iter_days().skip(1).filter(|it| is_business_day(*it));
    match days {
        0 => day,
        days => following.take(days.into()).last().unwrap_or(day),
    }
}

/// Whether offices are open.
pub fn is_business_day(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !is_holiday(day)
}

/// 5 U.S.C. 6103(a) and (b): a holiday on a Saturday is kept on Friday, one on a Sunday on Monday.
fn is_holiday(day: NaiveDate) -> bool {
    let on_the_day = |day: NaiveDate| named_by_date(day) || named_by_weekday(day);
    let is = |day: Option<NaiveDate>, weekday| day.is_some_and(|it| it.weekday() == weekday && named_by_date(it));
    on_the_day(day) || is(day.succ_opt(), Weekday::Sat) || is(day.pred_opt(), Weekday::Sun)
}

fn named_by_date(day: NaiveDate) -> bool {
    match (day.month(), day.day()) {
        (1, 1) | (7, 4) | (11, 11) | (12, 25) => true,
        // Juneteenth, P.L. 117-17.
        (6, 19) => 2021 <= day.year(),
        _ => false,
    }
}

fn named_by_weekday(day: NaiveDate) -> bool {
    let week = (day.day() - 1) / 7 + 1;
    match (day.month(), day.weekday(), week) {
        (1 | 2, Weekday::Mon, 3) | (9, Weekday::Mon, 1) | (10, Weekday::Mon, 2) | (11, Weekday::Thu, 4) => true,
        (5, Weekday::Mon, _) => 24 < day.day(),
        _ => false,
    }
}
