//! Two methods, two questions: the boundaries of each.

use super::*;

fn chicago() -> Zone {
    Zone::parse("America/Chicago").unwrap()
}

/// A wall time in Chicago.
fn local(text: &str) -> DateTime<Utc> {
    chicago().parse_moment(text).unwrap()
}

/// Received, and absent since, that wall time; nobody told, and nobody back.
fn report(received: &str) -> Report {
    let received_at = local(received);
    Report { received_at, began_at: received_at, ended_at: None, closed_at: None, reported_at: None }
}

fn told(received: &str, told: &str) -> Report {
    Report { reported_at: Some(local(told)), ..report(received) }
}

const FRIDAY: &str = "2026-05-01T16:00:00";
const LONG_AFTER: &str = "2027-01-01T00:00:00";

fn statute(report: &Report) -> DutyState {
    by_statute(report, local(LONG_AFTER))
}

fn oig(report: &Report) -> Option<DutyState> {
    by_oig(report, chicago(), local(LONG_AFTER))
}

#[test]
fn by_statute_24_hours_are_timely_and_a_second_more_is_late() {
    assert_eq!(statute(&told(FRIDAY, "2026-05-02T16:00:00")), DutyState::Timely);
    assert_eq!(statute(&told(FRIDAY, "2026-05-02T16:00:01")), DutyState::Late);
}

#[test]
fn by_statute_the_night_the_clocks_change_has_24_hours_too() {
    assert_eq!(statute(&told("2026-03-07T22:00:00", "2026-03-08T23:00:00")), DutyState::Timely);
    assert_eq!(statute(&told("2026-10-31T22:00:00", "2026-11-01T21:00:01")), DutyState::Late);
}

#[test]
fn by_statute_undone_is_open_to_the_limit_and_then_overdue() {
    let state = |as_of| by_statute(&report(FRIDAY), local(as_of));
    assert_eq!(state("2026-05-02T16:00:00"), DutyState::Open);
    assert_eq!(state("2026-05-02T16:00:01"), DutyState::Overdue);
}

#[test]
fn by_statute_closed_undone_is_never_even_before_the_limit() {
    let closed = Report { closed_at: Some(local("2026-05-01T18:00:00")), ..report(FRIDAY) };
    assert_eq!(statute(&closed), DutyState::Never);
    assert_eq!(by_statute(&closed, local("2026-05-01T17:59:59")), DutyState::Open);
    assert_eq!(by_statute(&closed, local("2026-05-01T18:00:00")), DutyState::Never);
}

#[test]
fn a_report_after_the_moment_asked_for_had_not_happened() {
    let late = told(FRIDAY, "2026-05-04T09:00:00");
    assert_eq!(by_statute(&late, local("2026-05-03T09:00:00")), DutyState::Overdue);
    assert_eq!(by_oig(&late, chicago(), local("2026-05-03T15:00:00")), Some(DutyState::Overdue));
}

#[test]
fn by_the_auditors_the_day_after_is_in_time_to_its_last_second() {
    assert_eq!(oig(&told("2026-05-01T00:00:00", "2026-05-02T23:59:59")), Some(DutyState::Timely));
    assert_eq!(oig(&told("2026-05-01T23:59:59", "2026-05-03T00:00:00")), Some(DutyState::Late));
}

#[test]
fn the_two_methods_differ_both_ways() {
    let forty_eight_hours = told("2026-05-01T00:00:00", "2026-05-02T23:59:59");
    assert_eq!((statute(&forty_eight_hours), oig(&forty_eight_hours)), (DutyState::Late, Some(DutyState::Timely)));
    let back_next_day = Report { ended_at: Some(local("2026-05-02T09:00:00")), ..report(FRIDAY) };
    assert_eq!((statute(&back_next_day), oig(&back_next_day)), (DutyState::Overdue, None));
}

#[test]
fn the_auditors_look_at_absences_of_two_calendar_days_or_more() {
    let back = |ended: &str| oig(&Report { ended_at: Some(local(ended)), ..report("2026-05-01T23:59:59") });
    assert_eq!(back("2026-05-02T23:59:59"), None);
    assert_eq!(back("2026-05-03T00:00:00"), Some(DutyState::Overdue));
}

#[test]
fn the_auditors_frame_counts_from_the_absence_and_lateness_from_the_receipt() {
    let earlier = Report { began_at: local("2026-04-29T12:00:00"), ..told(FRIDAY, "2026-05-02T09:00:00") };
    let back = Report { ended_at: Some(local("2026-05-02T10:00:00")), ..earlier };
    assert_eq!(oig(&back), Some(DutyState::Timely));
}

#[test]
fn who_is_still_missing_enters_the_auditors_frame_on_the_second_day() {
    let state = |as_of| by_oig(&report(FRIDAY), chicago(), local(as_of));
    assert_eq!(state("2026-05-02T23:59:59"), None);
    assert_eq!(state("2026-05-03T00:00:00"), Some(DutyState::Overdue));
}

#[test]
fn a_return_after_the_moment_asked_for_does_not_shorten_the_absence() {
    let back = Report { ended_at: Some(local("2026-05-09T09:00:00")), ..report(FRIDAY) };
    assert_eq!(by_oig(&back, chicago(), local("2026-05-02T12:00:00")), None);
    assert_eq!(by_oig(&back, chicago(), local("2026-05-03T12:00:00")), Some(DutyState::Overdue));
}

#[test]
fn the_auditors_days_are_the_agencys_not_greenwichs() {
    let evening = told("2026-05-01T23:30:00", "2026-05-02T00:30:00");
    assert_eq!(oig(&evening), Some(DutyState::Timely));
    let honolulu = Zone::parse("Pacific/Honolulu").unwrap();
    let one_day = Report { ended_at: Some(local("2026-05-03T00:30:00")), ..report("2026-05-01T23:30:00") };
    assert_eq!(by_oig(&one_day, honolulu, local(LONG_AFTER)), None);
    assert_eq!(oig(&one_day), Some(DutyState::Overdue));
}

#[test]
fn each_method_says_what_it_counts() {
    assert!(Method::Statute.definition().contains("24 elapsed hours of agency_information_received_at"));
    assert!(Method::Oig.definition().contains("2 or more agency-local calendar dates after receipt"));
}
