//! Days and business days: never a guess, and never a minute more than a text can mean.

use chrono::{DateTime, NaiveDate, Utc};

use super::given::at;
use crate::law::{Calendar, Span, is_business_day};
use crate::zone::Zone;

fn after(start: &str, span: Span) -> DateTime<Utc> {
    Calendar::of(Zone::parse("America/New_York").unwrap()).after(at(start), span)
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn ck_01_hours_are_elapsed_hours_in_the_night_the_clocks_change_too() {
    assert_eq!(after("2026-03-07T22:00:00-05:00", Span::Hours(24)), at("2026-03-08T23:00:00-04:00"));
}

#[test]
fn a_day_later_is_the_same_time_on_the_wall() {
    assert_eq!(after("2026-03-07T22:00:00-05:00", Span::CalendarDays(1)), at("2026-03-08T22:00:00-04:00"));
}

#[test]
fn a_time_that_the_clocks_skip_is_the_instant_of_the_skip() {
    assert_eq!(after("2026-03-07T02:30:00-05:00", Span::CalendarDays(1)), at("2026-03-08T03:00:00-04:00"));
}

#[test]
fn a_time_that_happens_twice_is_the_first_of_the_two() {
    assert_eq!(after("2026-10-31T01:30:00-04:00", Span::CalendarDays(1)), at("2026-11-01T01:30:00-04:00"));
}

#[test]
fn one_business_day_after_a_friday_is_monday() {
    assert_eq!(after("2026-05-01T16:00:00-04:00", Span::BusinessDays(1)), at("2026-05-04T16:00:00-04:00"));
}

#[test]
fn one_business_day_from_within_a_weekend_is_monday_too() {
    assert_eq!(after("2026-05-02T16:00:00-04:00", Span::BusinessDays(1)), at("2026-05-04T16:00:00-04:00"));
}

#[test]
fn a_holiday_is_no_business_day() {
    assert_eq!(after("2026-11-25T09:00:00-05:00", Span::BusinessDays(1)), at("2026-11-27T09:00:00-05:00"));
    assert_eq!(after("2026-11-25T09:00:00-05:00", Span::BusinessDays(3)), at("2026-12-01T09:00:00-05:00"));
}

#[test]
fn the_federal_holidays_of_2026_and_where_they_are_kept() {
    let mut closed: Vec<String> = day("2026-01-01")
        .iter_days()
        .take(365)
        .filter(|it| !is_business_day(*it))
        .collect::<Vec<_>>()
        .into_iter()
        .filter(|it| !["Sat", "Sun"].contains(&it.format("%a").to_string().as_str()))
        .map(|it| it.to_string())
        .collect();
    closed.sort();
    let expected = [
        "2026-01-01",
        "2026-01-19",
        "2026-02-16",
        "2026-05-25",
        "2026-06-19",
        "2026-07-03",
        "2026-09-07",
        "2026-10-12",
        "2026-11-11",
        "2026-11-26",
        "2026-12-25",
    ];
    assert_eq!(closed, expected);
}

#[test]
fn new_years_day_on_a_saturday_is_kept_in_the_old_year() {
    assert!(!is_business_day(day("2021-12-31")));
    assert!(!is_business_day(day("2023-01-02")));
    assert!(is_business_day(day("2020-06-19")));
}

#[test]
fn a_month_after_the_31st_is_the_last_day() {
    assert_eq!(after("2026-01-31T09:00:00-05:00", Span::Months(1)), at("2026-02-28T09:00:00-05:00"));
    assert_eq!(after("2026-01-31T09:00:00-05:00", Span::Months(3)), at("2026-04-30T09:00:00-04:00"));
}
