//! Where a duty stands, to the second.

use super::*;
use crate::child::UnderTwentySix;
use crate::episode::Facts;
use crate::law::{duties, library};

const NOON: &str = "2026-05-01T12:00:00Z";

/// The report to law enforcement, received at noon on Friday and due at noon on Saturday.
fn report() -> Duty {
    duties(&library().book("US").unwrap(), UnderTwentySix::NotElected, &Facts::received(NOON)).remove(0)
}

/// Seconds before or after the limit.
fn limit(seconds: i64) -> DateTime<Utc> {
    report().due_at.unwrap() + TimeDelta::seconds(seconds)
}

fn done(seconds: i64) -> Duty {
    Duty { done: Some(Done { at: limit(seconds), notification: None }), ..report() }
}

fn lapsed(lapse: Lapse) -> Duty {
    Duty { lapse: Some(lapse), ..report() }
}

const YEAR: i64 = 365 * 24 * 60 * 60;

#[test]
fn undone_it_is_open_at_its_limit_and_overdue_a_second_later() {
    assert_eq!(report().state_at(limit(0)), DutyState::Open);
    assert_eq!(report().state_at(limit(1)), DutyState::Overdue);
}

#[test]
fn done_at_its_limit_is_timely_and_a_second_later_late() {
    assert_eq!(done(0).state_at(limit(YEAR)), DutyState::Timely);
    assert_eq!(done(1).state_at(limit(YEAR)), DutyState::Late);
}

#[test]
fn a_past_moment_knows_nothing_of_what_came_after() {
    let late = done(3600);
    let states = [-1, 0, 1, 3599, 3600].map(|second| late.state_at(limit(second)).to_string());
    assert_eq!(states, ["open", "open", "overdue", "overdue", "late"]);
}

#[test]
fn without_a_limit_of_law_nothing_is_ever_late() {
    let (done, undone) = (Duty { due_at: None, ..done(YEAR) }, Duty { due_at: None, ..report() });
    assert_eq!([&done, &undone].map(|it| it.state_at(limit(YEAR))), [DutyState::Timely, DutyState::Open]);
    assert_eq!([&done, &undone].map(|it| it.late_by(limit(YEAR))), [None, None]);
}

#[test]
fn closed_undone_is_never_from_the_moment_of_closing() {
    let duty = lapsed(Lapse::ClosedUndone(limit(60)));
    let states = [0, 59, 60, YEAR].map(|second| duty.state_at(limit(second)).to_string());
    assert_eq!(states, ["open", "overdue", "never", "never"]);
}

#[test]
fn what_is_owed_no_more_stays_as_it_stood() {
    let states = |lapse_at| {
        let duty = lapsed(Lapse::Superseded(limit(lapse_at)));
        (duty.state_at(limit(YEAR)), duty.late_by(limit(YEAR)))
    };
    assert_eq!(states(-60), (DutyState::Open, None));
    assert_eq!(states(60), (DutyState::Overdue, Some(TimeDelta::seconds(60))));
}

#[test]
fn it_is_late_by_the_time_between_its_limit_and_the_act() {
    assert_eq!(done(-1).late_by(limit(YEAR)), None);
    assert_eq!(done(0).late_by(limit(YEAR)), None);
    assert_eq!(done(90).late_by(limit(YEAR)), Some(TimeDelta::seconds(90)));
}

#[test]
fn while_undone_it_grows_later_by_the_second() {
    assert_eq!(
        [0, 1, 90].map(|second| report().late_by(limit(second))),
        [None, Some(TimeDelta::seconds(1)), Some(TimeDelta::seconds(90)),]
    );
}

#[test]
fn someone_has_to_act_until_it_is_done_or_lapsed() {
    assert!(report().is_outstanding());
    for ended in [done(0), lapsed(Lapse::ClosedUndone(limit(0))), lapsed(Lapse::Superseded(limit(0)))] {
        assert!(!ended.is_outstanding());
    }
}

#[test]
fn worklists_order_by_the_law_and_without_it_by_the_agencys_aim() {
    let target_at = limit(-3600);
    assert_eq!(Duty { target_at, ..report() }.limit_at(), limit(0));
    assert_eq!(Duty { due_at: None, target_at, ..report() }.limit_at(), target_at);
}
