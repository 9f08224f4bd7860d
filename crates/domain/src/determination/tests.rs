//! Chains of determinations, and what cannot be recorded.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::DeterminationType as T;
use super::*;
use crate::id::Id;

const IDENTIFIED: T = T::SexTraffickingVictimIdentified;

fn id(number: u128) -> DeterminationId {
    Id::from_uuid(Uuid::from_u128(number))
}

fn hour(hour: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_770_000_000 + hour * 3600, 0).unwrap()
}

/// Received and recorded at `received` hours.
fn row(number: u128, kind: T, received: i64, supersedes: Option<u128>) -> Recorded {
    Recorded {
        id: id(number),
        kind,
        received_at: hour(received),
        recorded_at: hour(received),
        supersedes: supersedes.map(id),
    }
}

fn claim(kind: T, supersedes: Option<u128>) -> Claim<'static> {
    Claim {
        kind,
        determined_at: hour(0),
        received_at: hour(0),
        basis: "Told to the worker by the child.",
        supersedes: supersedes.map(id),
        attestation: Attestation::Given,
    }
}

#[test]
fn two_identifications_that_do_not_name_each_other_are_two() {
    let all = identifications(&[row(1, IDENTIFIED, 0, None), row(2, IDENTIFIED, 5, None)]);
    assert_eq!(all.iter().map(|it| it.first).collect::<Vec<_>>(), [id(1), id(2)]);
}

#[test]
fn an_identification_that_restates_another_keeps_the_earliest_receipt() {
    let [one] =
        <[_; 1]>::try_from(identifications(&[row(1, IDENTIFIED, 0, None), row(2, IDENTIFIED, 5, Some(1))])).unwrap();
    assert_eq!((one.first, one.received_at, one.ended_at), (id(1), hour(0), None));
    assert_eq!(one.rows, [id(1), id(2)]);
    let earlier = identifications(&[row(1, IDENTIFIED, 5, None), row(2, IDENTIFIED, 0, Some(1))]);
    assert_eq!(earlier[0].received_at, hour(0));
}

#[test]
fn a_withdrawal_ends_the_identification_when_it_is_recorded() {
    let all = identifications(&[row(1, IDENTIFIED, 0, None), row(2, T::Withdrawn, 5, Some(1))]);
    assert_eq!(all[0].ended_at, Some(hour(5)));
}

#[test]
fn an_identification_after_another_conclusion_begins_anew() {
    let rows =
        [row(1, IDENTIFIED, 0, None), row(2, T::NotIdentifiedAtThisTime, 5, Some(1)), row(3, IDENTIFIED, 9, Some(2))];
    let all = identifications(&rows);
    assert_eq!(
        all.iter().map(|it| (it.first, it.received_at)).collect::<Vec<_>>(),
        [(id(1), hour(0)), (id(3), hour(9))]
    );
}

#[test]
fn nothing_but_a_persons_identification_is_one() {
    for kind in [T::LaborTraffickingVictimIdentified, T::AtRiskReasonableCause, T::NotIdentifiedAtThisTime] {
        assert_eq!(identifications(&[row(1, kind, 0, None)]), [], "{kind}");
    }
}

#[test]
fn every_fault_is_told_at_once() {
    let bad = Claim { basis: "Too short.", attestation: Attestation::Missing, ..claim(T::Withdrawn, None) };
    let fields: Vec<_> = check(&bad, &[], hour(-1)).iter().map(DeterminationError::field).collect();
    let all = ["determined_at", "agency_information_received_at", "basis", "attestation", "supersedes_id"];
    assert_eq!(fields, all);
    assert_eq!(check(&claim(IDENTIFIED, None), &[], hour(0)), []);
}

#[test]
fn what_is_superseded_is_known_and_was_not_withdrawn() {
    let before = [row(1, IDENTIFIED, 0, None), row(2, T::Withdrawn, 0, Some(1))];
    let fault = |supersedes| check(&claim(IDENTIFIED, Some(supersedes)), &before, hour(1));
    assert_eq!(fault(1), []);
    assert_eq!(fault(2), [DeterminationError::SupersedesWithdrawal]);
    assert_eq!(fault(3), [DeterminationError::SupersedesUnknown]);
}
