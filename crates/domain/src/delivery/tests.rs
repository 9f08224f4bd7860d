//! Replies and what follows from them.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::vocabulary::Vocabulary as _;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn start() -> DateTime<Utc> {
    at("2026-05-01T20:00:00Z")
}

fn tried(tries: u32, pressure: Pressure) -> Tried {
    Tried { tries, pressure, first_due_at: start(), next_rung_at: Some(start() + TimeDelta::hours(3)) }
}

fn standing(reached: Audience) -> Standing {
    Standing {
        pressure: Pressure::High,
        sent_at: start(),
        reached,
        seen: false,
        undelivered: false,
        handed_over: false,
    }
}

#[test]
fn what_was_taken_is_delivered_and_what_was_refused_is_not_tried_again() {
    let one = tried(1, Pressure::High);
    assert_eq!(after(&one, Reply::Accepted, start()), After::End(Ending::Accepted));
    assert_eq!(after(&one, Reply::Refused, start()), After::End(Ending::Refused));
}

#[test]
fn a_pressing_message_that_is_not_taken_within_five_minutes_is_passed_on_and_another_within_fifteen() {
    let passed_on_after = |pressure| {
        (0..60).find(|minutes| {
            let now = start() + TimeDelta::minutes(*minutes);
            matches!(after(&tried(2, pressure), Reply::Later, now), After::TryAgain { pass_on: true, .. })
        })
    };
    assert_eq!(passed_on_after(Pressure::High), Some(5));
    assert_eq!(passed_on_after(Pressure::Low), Some(15));
}

#[test]
fn dl_09_pauses_double_up_to_ten_minutes() {
    let pauses: Vec<i64> = (1..=9).map(|tries| pause(&tried(tries, Pressure::Low), start()).num_seconds()).collect();
    assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 600, 600]);
}

#[test]
fn a_pressing_rung_that_nobody_saw_climbs_person_by_person_and_ends_in_an_alarm() {
    let mut reached = Audience::AssignedWorker;
    let mut heard = vec![reached];
    while let FollowUp::Widen(up) = follow_up(&standing(reached)) {
        reached = up;
        heard.push(up);
    }
    assert_eq!(heard, Audience::ALL);
    assert_eq!(follow_up(&standing(Audience::AgencyContact)), FollowUp::Alarm);
}

#[test]
fn what_was_seen_and_what_does_not_press_rests() {
    assert_eq!(follow_up(&Standing { seen: true, ..standing(Audience::Supervisor) }), FollowUp::Rest);
    let low = Standing { pressure: Pressure::Low, ..standing(Audience::AssignedWorker) };
    assert_eq!(follow_up(&low), FollowUp::Rest);
    assert_eq!(look_again_at(Pressure::Low, start()), None);
    let undelivered = Standing { undelivered: true, ..low };
    assert_eq!(follow_up(&undelivered), FollowUp::Widen(Audience::BackUp));
}

#[test]
fn what_was_handed_over_is_given_again_first_whether_it_was_seen_or_not() {
    let handed_over = Standing { handed_over: true, seen: true, ..standing(Audience::BackUp) };
    assert_eq!(follow_up(&handed_over), FollowUp::GiveAgain(Audience::BackUp));
}

#[test]
fn a_widening_that_reaches_nobody_new_goes_on_at_once() {
    assert_eq!(look_further_at(Pressure::Low, 0, start()), Some(start()));
    assert_eq!(look_further_at(Pressure::High, 0, start()), Some(start()));
    assert_eq!(look_further_at(Pressure::Low, 1, start()), None);
    assert_eq!(look_further_at(Pressure::High, 1, start()), Some(start() + UNSEEN_AFTER));
}

#[test]
fn a_digest_leaves_at_eight_on_the_agencys_own_clock_and_never_past_the_limit() {
    let zone = Zone::parse("America/Chicago").unwrap();
    let evening = at("2026-05-01T23:00:00Z");
    let leaves = |pressure, limit| leaves_at(pressure, at(limit), DIGEST_AT, zone, evening);
    assert_eq!(leaves(Pressure::Low, "2026-05-04T00:00:00Z"), at("2026-05-02T13:00:00Z"));
    assert_eq!(leaves(Pressure::Low, "2026-05-02T12:00:00Z"), evening);
    assert_eq!(leaves(Pressure::High, "2026-05-04T00:00:00Z"), evening);
}

proptest! {
    #[test]
    fn dl_09_a_pause_is_never_longer_than_a_quarter_of_the_way_to_the_next_rung(
        tries in 0..1_000_u32, seconds in 20..90_000_i64, pressure in select(vec![Pressure::Low, Pressure::High]),
    ) {
        let tried = Tried { next_rung_at: Some(start() + TimeDelta::seconds(seconds)), ..tried(tries, pressure) };
        let pause = pause(&tried, start());
        prop_assert!(SHORTEST_PAUSE <= pause && pause <= LONGEST_PAUSE);
        prop_assert!(pause <= TimeDelta::seconds(seconds) / 4);
    }

    #[test]
    fn a_message_that_was_not_taken_is_always_tried_again_later(tries in 0..50_u32, minutes in 0..60_i64) {
        let now = start() + TimeDelta::minutes(minutes);
        let after = after(&tried(tries, Pressure::High), Reply::Later, now);
        let again = matches!(after, After::TryAgain { at, .. } if now < at);
        prop_assert!(again);
    }
}
