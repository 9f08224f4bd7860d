//! Dated facts, counted. Nothing here is a label.

use super::*;
use uuid::Uuid;

const TODAY: &str = "2026-05-01T12:00:00Z";

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// An absence without permission that began and, if it did, ended then.
fn absence(number: u128, began: &str, ended: Option<&str>) -> Absence {
    Absence {
        id: EpisodeId::from_uuid(Uuid::from_u128(number)),
        began_at: at(began),
        ended_at: ended.map(at),
        missing_type: MissingType::AbsentWithoutPermission,
        closure: None,
    }
}

/// 25, 20 and 3 months ago for a day and a half each, and today.
fn four() -> Vec<Absence> {
    vec![
        absence(1, "2024-04-01T00:00:00Z", Some("2024-04-02T12:00:00Z")),
        absence(2, "2024-09-01T00:00:00Z", Some("2024-09-02T12:00:00Z")),
        absence(3, "2026-02-01T00:00:00Z", Some("2026-02-02T12:00:00Z")),
        absence(4, "2026-05-01T08:00:00Z", None),
    ]
}

fn numbers(absences: &[Absence]) -> Vec<u128> {
    absences.iter().map(|it| it.id.uuid().as_u128()).collect()
}

#[test]
fn t29_of_reports_25_20_and_3_months_ago_two_lie_in_the_window_before_today() {
    let counts = count(&four(), at(TODAY));
    let two_years = counts.windows.iter().find(|it| it.days == 730).unwrap();
    let prior: Vec<_> = two_years.absences.iter().copied().filter(|it| Some(it.id) != counts.open).collect();
    assert_eq!(numbers(&prior), [2, 3]);
    assert_eq!(prior[0].began_at, at("2024-09-01T00:00:00Z"));
}

#[test]
fn t29_a_report_of_24_months_ago_is_among_the_prior_ones_and_an_older_one_is_not() {
    let reports = four().into_iter().map(|it| it.began_at);
    let prior = prior_reports(reports, at("2026-05-01T08:00:00Z"));
    assert_eq!(prior, [at("2024-09-01T00:00:00Z"), at("2026-02-01T00:00:00Z")]);
    assert_eq!(prior_reports([at("2024-05-01T12:00:00Z")], at(TODAY)).len(), 1);
    assert_eq!(prior_reports([at("2024-05-01T11:59:59Z"), at(TODAY)], at(TODAY)).len(), 0);
}

#[test]
fn each_window_counts_back_from_the_moment_asked_for() {
    let found = |as_of| count(&four(), at(as_of)).windows.into_iter().map(|it| (it.days, it.missing));
    assert_eq!(found(TODAY).collect::<Vec<_>>(), [(30, 1), (90, 2), (365, 2), (730, 3)]);
    assert_eq!(found("2024-10-01T00:00:00Z").collect::<Vec<_>>(), [(30, 1), (90, 1), (365, 2), (730, 2)]);
}

#[test]
fn a_window_holds_what_began_at_its_first_moment() {
    let in_30_days = |began| count(&[absence(1, began, None)], at(TODAY)).windows[0].missing;
    assert_eq!(in_30_days("2026-04-01T12:00:00Z"), 1);
    assert_eq!(in_30_days("2026-04-01T11:59:59Z"), 0);
}

#[test]
fn what_had_not_begun_by_then_does_not_count() {
    assert_eq!(count(&four(), at("2026-05-01T08:00:00Z")).missing, 4);
    assert_eq!(count(&four(), at("2026-05-01T07:59:59Z")).missing, 3);
}

#[test]
fn only_absence_without_permission_counts_as_running_away() {
    let missing_type = MissingType::AbductionFamily;
    let mut absences = four();
    absences[2] = Absence { missing_type, ..absences[2] };
    let counts = count(&absences, at(TODAY));
    assert_eq!((counts.missing, counts.runaway), (4, 3));
    assert_eq!(counts.windows.iter().map(|it| it.runaway).collect::<Vec<_>>(), [1, 1, 1, 2]);
}

#[test]
fn what_was_no_absence_or_a_duplicate_counts_nowhere() {
    for reason in [ClosureReason::NotMissing, ClosureReason::MergedDuplicate] {
        let mut absences = four();
        absences[3] = Absence { closure: Some(reason), ..absences[3] };
        assert_eq!(count(&absences, at(TODAY)), count(&absences[..3], at(TODAY)));
    }
}

#[test]
fn every_other_reason_to_close_leaves_the_absence_in_the_count() {
    let mut absences = four();
    absences[0] = Absence { closure: Some(ClosureReason::TasksDone), ..absences[0] };
    assert_eq!(count(&absences, at(TODAY)).missing, 4);
}

#[test]
fn days_missing_are_whole_days_added_up() {
    let counts = count(&four(), at("2026-05-11T08:00:00Z"));
    assert_eq!((counts.days_missing_total, counts.longest_days_missing), (13, 10));
}

#[test]
fn a_past_moment_counts_only_the_days_until_then() {
    let one = [absence(1, "2026-02-01T00:00:00Z", Some("2026-03-01T00:00:00Z"))];
    assert_eq!(count(&one, at("2026-02-11T00:00:00Z")).days_missing_total, 10);
    assert_eq!(count(&one, at(TODAY)).days_missing_total, 28);
}

#[test]
fn an_episode_is_open_until_the_child_is_safe() {
    let open = |as_of| count(&four(), at(as_of)).open.map(|it| it.uuid().as_u128());
    assert_eq!(open("2026-02-02T11:59:59Z"), Some(3));
    assert_eq!(open("2026-02-02T12:00:00Z"), None);
    assert_eq!(open(TODAY), Some(4));
}

#[test]
fn the_order_of_the_episodes_does_not_matter() {
    let mut backwards = four();
    backwards.reverse();
    assert_eq!(count(&backwards, at(TODAY)), count(&four(), at(TODAY)));
}

#[test]
fn a_child_who_never_went_missing_has_zeros() {
    let counts = count(&[], at(TODAY));
    assert_eq!((counts.missing, counts.days_missing_total, counts.longest_days_missing, counts.open), (0, 0, 0, None));
}
