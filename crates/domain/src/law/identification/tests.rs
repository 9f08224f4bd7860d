//! The report of an identified victim: one duty, to law enforcement, 24 hours.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::*;
use crate::id::{Id, NotificationId};
use crate::law::library;

const POLICE: Recipient = Recipient::LawEnforcement;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn identification(received: &str) -> Identification {
    let first = Id::from_uuid(Uuid::from_u128(1));
    Identification { first, rows: vec![first], received_at: at(received), ended_at: None }
}

fn told(recipient: Recipient, kind: NotificationKind, made: &str) -> Told {
    let id: NotificationId = Id::from_uuid(Uuid::from_u128(9));
    Told { id, recipient, kind, made_at: at(made), ncic_confirmed_at: None }
}

fn report(identification: &Identification, told: &[Told]) -> Option<Duty> {
    let facts = Identified { care_status: CareStatus::FosterCare, identification, told };
    identification_report(&library().book("US").unwrap(), UnderTwentySix::NotElected, facts)
}

#[test]
fn t20_an_identification_is_due_to_law_enforcement_24_hours_after_receipt() {
    let duty = report(&identification("2026-03-07T22:00:00-05:00"), &[]).unwrap();
    assert_eq!(duty.due_at, Some(at("2026-03-09T03:00:00Z")));
    assert_eq!((duty.key.kind, duty.key.recipient), (DutyKind::IdentificationReport, Some(POLICE)));
    assert_eq!(duty.rule.citation, "42 U.S.C. 671(a)(34)(A)");
}

#[test]
fn t20_no_rule_asks_for_a_report_of_it_to_anyone_else() {
    let recipients = library().book("US").unwrap().recipients(DutyKind::IdentificationReport);
    assert_eq!(recipients, [Some(POLICE)]);
}

#[test]
fn t21_a_withdrawal_before_the_report_ends_the_duty_and_after_it_changes_nothing() {
    let withdrawn_at = at("2026-05-01T12:00:00Z");
    let withdrawn = Identification { ended_at: Some(withdrawn_at), ..identification("2026-05-01T08:00:00Z") };
    let undone = report(&withdrawn, &[]).unwrap();
    assert_eq!(undone.lapse, Some(Lapse::Superseded(withdrawn_at)));
    let done = report(&withdrawn, &[told(POLICE, NotificationKind::InitialReport, "2026-05-01T09:00:00Z")]).unwrap();
    assert_eq!((done.done.map(|it| it.at), done.lapse), (Some(at("2026-05-01T09:00:00Z")), None));
}

#[test]
fn only_a_report_to_law_enforcement_discharges_the_identification() {
    let of = |told: Told| report(&identification("2026-05-01T08:00:00Z"), &[told]).unwrap().is_outstanding();
    assert!(of(told(Recipient::Ncmec, NotificationKind::InitialReport, "2026-05-01T09:00:00Z")));
    assert!(of(told(POLICE, NotificationKind::UpdateShared, "2026-05-01T09:00:00Z")));
    assert!(!of(told(POLICE, NotificationKind::InitialReport, "2026-05-01T09:00:00Z")));
}

#[test]
fn before_29_september_2016_nothing_was_owed() {
    assert_eq!(report(&identification("2016-09-28T23:00:00Z"), &[]), None);
    assert!(report(&identification("2016-09-29T00:00:00Z"), &[]).is_some());
}

#[test]
fn no_place_gives_more_than_24_hours_for_it() {
    for place in ["US", "KS"] {
        let received = identification("2026-05-01T08:00:00Z");
        let facts = Identified { care_status: CareStatus::OpenCaseInHome, identification: &received, told: &[] };
        let book = library().book(place).unwrap();
        let duty = identification_report(&book, UnderTwentySix::NotElected, facts).unwrap();
        assert!(duty.due_at.unwrap() <= received.received_at + TimeDelta::hours(24), "{place}");
    }
}
