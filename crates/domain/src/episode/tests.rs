//! Where an episode stands, and what cannot have happened.

use super::*;
use crate::vocabulary::Vocabulary as _;

const NOON: &str = "2026-05-01T12:00:00Z";

/// So many minutes after noon, when the agency was told.
fn noon(minutes: i64) -> DateTime<Utc> {
    Facts::received(NOON).moments.received_at + TimeDelta::minutes(minutes)
}

fn after(recovery: Recovery) -> Facts {
    Facts { recovery, ..Facts::received(NOON) }
}

fn recovered(kind: RecoveryType) -> Facts {
    after(Recovery { recovered_at: Some(noon(60)), kind: Some(kind), ..Recovery::default() })
}

fn faults(moments: &Moments, recovery: &Recovery) -> Vec<String> {
    check_moments(moments, recovery, noon(60)).iter().map(ToString::to_string).collect()
}

#[test]
fn a_child_is_missing_from_the_receipt_on() {
    assert_eq!(state(&Facts::received(NOON), PostReturn::Done), EpisodeState::OpenMissing);
}

#[test]
fn what_is_only_suspected_is_no_less_an_episode() {
    let suspected = Facts::received(NOON).suspected(NOON);
    assert_eq!(state(&suspected, PostReturn::Done), EpisodeState::Suspected);
    assert_eq!(state(&suspected.determined(NOON), PostReturn::Done), EpisodeState::OpenMissing);
}

#[test]
fn located_recovered_and_returned_are_three_things() {
    let located = Recovery { located_at: Some(noon(60)), ..Recovery::default() };
    let recovered = Recovery { recovered_at: Some(noon(70)), ..located };
    let returned = Recovery { returned_to_care_at: Some(noon(80)), ..recovered };
    let states = [located, recovered, returned].map(|it| state(&after(it), PostReturn::Done).code());
    assert_eq!(states, ["located_not_recovered", "recovered", "returned_to_care"]);
    assert_eq!([located, recovered, returned].map(|it| it.ended_at()), [None, Some(noon(70)), Some(noon(70))]);
}

#[test]
fn a_child_can_be_back_elsewhere() {
    let elsewhere = Recovery { placed_elsewhere_at: Some(noon(60)), ..Recovery::default() };
    assert_eq!(state(&after(elsewhere), PostReturn::Done), EpisodeState::PlacedElsewhere);
    for kind in [RecoveryType::Detained, RecoveryType::LocatedAtHospitalOrShelter] {
        assert_eq!(state(&recovered(kind), PostReturn::Done), EpisodeState::DetainedOrHospitalized);
    }
    assert_eq!(state(&recovered(RecoveryType::ReturnedOnOwn), PostReturn::Done), EpisodeState::Recovered);
}

#[test]
fn a_child_who_is_back_has_open_tasks_until_they_are_done() {
    let back = recovered(RecoveryType::ReturnedOnOwn);
    assert_eq!(state(&back, PostReturn::TasksOpen), EpisodeState::PostReturnTasksOpen);
    assert_eq!(state(&Facts::received(NOON), PostReturn::TasksOpen), EpisodeState::OpenMissing);
}

#[test]
fn a_closed_episode_says_why() {
    let states = ClosureReason::ALL.iter().map(|reason| {
        let closed = recovered(RecoveryType::Unknown).closed(*reason, "2026-05-02T12:00:00Z");
        state(&closed, PostReturn::TasksOpen).code()
    });
    assert_eq!(
        states.collect::<Vec<_>>(),
        [
            "closed",
            "closed_not_missing",
            "closed_aged_out_still_missing",
            "closed_custody_ended_still_missing",
            "closed_deceased",
            "merged_duplicate",
        ]
    );
}

#[test]
fn moments_in_their_order_have_no_fault() {
    let facts = Facts::received(NOON)
        .absent_since("2026-05-01T08:00:00Z")
        .suspected("2026-05-01T09:00:00Z")
        .determined("2026-05-01T12:30:00Z")
        .recovered("2026-05-01T12:45:00Z");
    assert_eq!(faults(&facts.moments, &facts.recovery), Vec::<String>::new());
}

#[test]
fn ck_05_a_clock_may_run_five_minutes_ahead_and_no_more() {
    let recovered = |at| Recovery { recovered_at: Some(at), ..Recovery::default() };
    let moments = Facts::received(NOON).moments;
    assert_eq!(faults(&moments, &recovered(noon(65))), Vec::<String>::new());
    let ahead = recovered(noon(65) + TimeDelta::seconds(1));
    assert_eq!(faults(&moments, &ahead), ["recovered_at is in the future"]);
}

#[test]
fn every_fault_is_told_at_once() {
    let next_week = Some(noon(7 * 24 * 60));
    let moments = Moments {
        received_at: noon(120),
        absence_began_at: Some(noon(30)),
        caregiver_learned_at: next_week,
        first_suspected_at: next_week,
        determined_missing_at: next_week,
    };
    let recovery = Recovery { located_at: Some(noon(20)), recovered_at: Some(noon(10)), ..Recovery::default() };
    assert_eq!(
        faults(&moments, &recovery),
        [
            "agency_information_received_at is in the future",
            "caregiver_learned_at is in the future",
            "first_suspected_at is in the future",
            "determined_missing_at is in the future",
            "located_at is before absence_began_at",
            "recovered_at is before absence_began_at",
            "recovered_at is before located_at",
        ]
    );
}

#[test]
fn a_fault_names_the_field_as_the_api_does() {
    let recovery = Recovery { returned_to_care_at: Some(noon(0)), ..Recovery::default() };
    let moments = Facts::received(NOON).absent_since("2026-05-01T12:00:01Z").moments;
    let fields: Vec<_> = check_moments(&moments, &recovery, noon(60)).iter().map(MomentsError::field).collect();
    assert_eq!(fields, ["returned_to_care_at"]);
}

#[test]
fn back_at_the_moment_of_leaving_is_possible_and_before_it_is_not() {
    let leaving_at_noon = Facts::received(NOON).absent_since(NOON).moments;
    let back = |minutes| Recovery { recovered_at: Some(noon(minutes)), ..Recovery::default() };
    assert_eq!(faults(&leaving_at_noon, &back(0)), Vec::<String>::new());
    assert_eq!(faults(&leaving_at_noon, &back(-1)), ["recovered_at is before absence_began_at"]);
    let found_safe = Recovery { located_at: Some(noon(0)), ..back(0) };
    assert_eq!(faults(&leaving_at_noon, &found_safe), Vec::<String>::new());
}

#[test]
fn ck_04_a_receipt_moves_earlier_freely_and_later_only_with_a_reason() {
    assert_eq!(receipt_move(noon(0), noon(-1)), ReceiptMove::Earlier);
    assert_eq!(receipt_move(noon(0), noon(0)), ReceiptMove::Unchanged);
    assert_eq!(receipt_move(noon(0), noon(1)), ReceiptMove::Later);
}
