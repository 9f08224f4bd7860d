//! Rosters: fit for what, and where they gape.

use uuid::Uuid;

use super::*;
use crate::id::Id;

fn at(day: i64, hour: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(day) + TimeDelta::hours(hour)
}

fn span(from: (i64, i64), until: (i64, i64)) -> Span {
    Span::kept(at(from.0, from.1), at(until.0, until.1)).unwrap()
}

fn user(number: u128) -> UserId {
    Id::from_uuid(Uuid::from_u128(number))
}

fn colleague(number: u128, role: Role, reach: Reach) -> Colleague {
    Colleague { id: user(number), role, reach, is_disabled: false }
}

fn unit(number: u128) -> Reach {
    Reach::Units(vec![Id::from_uuid(Uuid::from_u128(number))])
}

fn away(user: UserId, substitute: Option<UserId>, span: Span) -> Away {
    Away { user, substitute, span, recorded_at: at(0, 0) }
}

fn watch(on_call: &[u128]) -> Watch {
    let on_call: Vec<UserId> = on_call.iter().map(|it| user(*it)).collect();
    Watch { on_call, active: (1..9).map(user).collect(), ..Watch::default() }
}

#[test]
fn whoever_stands_in_works_in_the_same_place_with_children_and_is_still_there() {
    let worker = colleague(1, Role::Caseworker, unit(1));
    let why = |other: &Colleague| unfit("back_up_id", other, &worker).map(|it| it.why);
    assert_eq!(why(&worker), Some("is the person themselves"));
    assert_eq!(why(&colleague(2, Role::Caseworker, unit(1))), None);
    assert_eq!(why(&colleague(2, Role::OnCall, Reach::WholeAgency)), None);
    assert_eq!(why(&colleague(2, Role::Caseworker, unit(2))), Some("does not work there"));
    assert_eq!(why(&colleague(2, Role::Auditor, Reach::WholeAgency)), Some("does not work with children"));
    let gone = Colleague { is_disabled: true, ..colleague(2, Role::Caseworker, unit(1)) };
    assert_eq!(why(&gone), Some("does not work here any more"));
}

#[test]
fn an_administrator_stands_in_for_an_administrator() {
    let one = colleague(1, Role::Administrator, Reach::WholeAgency);
    let other = colleague(2, Role::Administrator, Reach::WholeAgency);
    assert_eq!(unfit("substitute_id", &other, &one), None);
}

#[test]
fn a_span_begins_before_it_ends_and_is_not_over() {
    assert_eq!(Span::ahead(at(2, 0), at(2, 0), at(1, 0)).unwrap_err().why, "is not after the start");
    assert_eq!(Span::ahead(at(1, 0), at(2, 0), at(2, 0)).unwrap_err().why, "is over already");
    assert!(Span::ahead(at(1, 0), at(3, 0), at(2, 0)).is_ok());
}

#[test]
fn where_nobody_has_the_role_all_but_the_shifts_is_a_gap() {
    let watch = Watch { shifts: vec![(user(1), span((1, 8), (1, 20)))], ..watch(&[]) };
    let gaps = watch.gaps(span((1, 0), (2, 0)));
    assert_eq!(gaps, [span((1, 0), (1, 8)), span((1, 20), (2, 0))]);
}

#[test]
fn a_shift_whose_person_is_away_gapes_though_others_have_the_role() {
    let shifts = vec![(user(1), span((1, 8), (1, 20)))];
    let gone = away(user(1), None, span((1, 12), (3, 0)));
    let watch = Watch { shifts, away: vec![gone], ..watch(&[2]) };
    assert_eq!(watch.gaps(span((1, 0), (2, 0))), [span((1, 12), (1, 20))]);
}

#[test]
fn a_substitute_closes_the_gap_until_they_are_away_too() {
    let first = away(user(1), Some(user(2)), span((1, 0), (4, 0)));
    let second = away(user(2), Some(user(3)), span((2, 0), (3, 0)));
    let watch = Watch { away: vec![first, second], ..watch(&[1]) };
    assert_eq!(watch.gaps(span((0, 0), (5, 0))), [span((2, 0), (3, 0))]);
}

#[test]
fn gaps_that_touch_are_one() {
    let shifts = vec![(user(1), span((1, 0), (1, 6))), (user(1), span((1, 6), (1, 12)))];
    let watch = Watch { shifts, active: BTreeSet::new(), ..watch(&[]) };
    assert_eq!(watch.gaps(span((1, 0), (2, 0))), [span((1, 0), (2, 0))]);
}

#[test]
fn of_two_absences_the_one_that_was_recorded_later_counts() {
    let first = away(user(1), None, span((1, 0), (4, 0)));
    let later = Away { substitute: Some(user(2)), recorded_at: at(0, 1), ..first };
    let watch = Watch { away: vec![later, first], ..watch(&[1]) };
    assert!(watch.gaps(span((1, 0), (2, 0))).is_empty());
}
