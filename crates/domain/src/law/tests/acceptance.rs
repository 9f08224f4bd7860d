//! The acceptance cases of the federal floor; those of the States are in `overlays.rs`.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use chrono::{DateTime, Utc};
use expect_test::expect;

use super::given::{NCMEC, POLICE, at, check, check_standing, duties, floor, of_kind};
use crate::child::{CareStatus, UnderTwentySix, eighteenth_birthday};
use crate::duty::{Duty, DutyKind, TaskKind};
use crate::episode::{
    Closure, ClosureReason, Completed, EpisodeState, Facts, MissingType, Moments, PostReturn, Recovery, RecoveryType,
    merged_receipt, state,
};
use crate::law::{self, library};
use crate::notification::{NotificationKind, Told};
use crate::vocabulary::Vocabulary;

const FRIDAY: &str = "2026-05-01T16:00:00-04:00";

#[test]
fn t01_the_night_the_clocks_go_forward_has_24_hours_too() {
    let facts = Facts::received("2026-03-07T22:00:00-05:00");
    check(
        &floor(),
        &facts,
        &expect![[r#"
        Sat 2026-03-07 22:00 EST  THE AGENCY IS TOLD
        Sun 2026-03-08 23:00 EDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B)
        Sun 2026-03-08 23:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
    "#]],
    );
    let due = duties(&floor(), &facts)[0].due_at.unwrap();
    assert_eq!(due.to_string(), "2026-03-09 03:00:00 UTC");
}

#[test]
fn t02_a_weekend_adds_nothing() {
    check(
        &floor(),
        &Facts::received(FRIDAY),
        &expect![[r#"
        Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
        Sat 2026-05-02 16:00 EDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
    "#]],
    );
}

#[test]
fn t03_telling_the_police_does_not_tell_ncmec() {
    let facts = Facts::received(FRIDAY).reported(POLICE, "2026-05-01T17:00:00-04:00");
    let reports = of_kind(&floor(), &facts, DutyKind::InitialReport);
    let states = |as_of| reports.iter().map(|it| it.state_at(at(as_of)).code()).collect::<Vec<_>>();
    assert_eq!(states("2026-05-02T16:00:00-04:00"), ["timely", "open"]);
    assert_eq!(states("2026-05-02T16:00:01-04:00"), ["timely", "overdue"]);
}

#[test]
fn t04_an_entry_in_ncic_is_no_report_to_ncmec() {
    let mut facts = Facts::received(FRIDAY).reported(POLICE, "2026-05-01T17:00:00-04:00");
    facts.told[0].ncic_confirmed_at = Some(at("2026-05-01T19:00:00-04:00"));
    check_standing(
        &floor(),
        &facts,
        "2026-05-01T20:00:00-04:00",
        &expect![[r#"
        initial_report to law_enforcement: timely
        initial_report to ncmec: open
        regular_communication to law_enforcement: open
        record_update to law_enforcement: open
        ncic_confirmation to law_enforcement: timely
    "#]],
    );
}

#[test]
fn t05_what_is_keyed_in_30_hours_after_receipt_shows_as_late_at_once() {
    let facts = Facts::received(FRIDAY);
    check_standing(
        &floor(),
        &facts,
        "2026-05-02T22:00:00-04:00",
        &expect![[r#"
        initial_report to law_enforcement: overdue by 6 h 00 min
        initial_report to ncmec: overdue by 6 h 00 min
    "#]],
    );
}

#[test]
fn t05_and_has_no_way_back_to_timely() {
    let told_at = "2026-05-02T22:00:00-04:00";
    let facts = Facts::received(FRIDAY).reported(POLICE, told_at).reported(NCMEC, told_at);
    let reports = of_kind(&floor(), &facts, DutyKind::InitialReport);
    let states: Vec<_> = reports.iter().map(|it| it.state_at(at("2027-01-01T00:00:00Z")).code()).collect();
    assert_eq!(states, ["late", "late"]);
}

#[test]
fn t06_a_child_back_before_the_report_leaves_the_report_owed() {
    let facts = Facts::received(FRIDAY).recovered("2026-05-01T19:00:00-04:00");
    check_standing(
        &floor(),
        &facts,
        "2026-05-01T20:00:00-04:00",
        &expect![[r#"
        initial_report to law_enforcement: open, the child was back before
        initial_report to ncmec: open, the child was back before
        recovery_notice to law_enforcement: open
        recovery_notice to ncmec: open
        return_interview: open
        screening: open
    "#]],
    );
    assert!(duties(&floor(), &facts).iter().all(Duty::is_outstanding));
    assert_eq!(state(&facts, PostReturn::TasksOpen), EpisodeState::PostReturnTasksOpen);
}

#[test]
fn t07_kansas_tells_the_police_within_2_hours() {
    check(
        &library().book("KS").unwrap(),
        &Facts::received(FRIDAY),
        &expect![[r#"
            Fri 2026-05-01 15:00 CDT  THE AGENCY IS TOLD
            Fri 2026-05-01 17:00 CDT  limit: initial_report to law_enforcement, Kansas PPS Policy and Procedure Manual 5245
            Fri 2026-05-01 17:00 CDT  limit: initial_report to missing_child_unit, Kansas PPS Policy and Procedure Manual 5245
            Sat 2026-05-02 15:00 CDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
            Sat 2026-05-02 15:00 CDT  limit: follow_up to law_enforcement, Kansas PPS Policy and Procedure Manual 5245
            Sat 2026-05-02 15:00 CDT  limit: follow_up to ncmec, Kansas PPS Policy and Procedure Manual 5245
            Sat 2026-05-02 15:00 CDT  limit: follow_up to missing_child_unit, Kansas PPS Policy and Procedure Manual 5245
        "#]],
    );
}

/// Everything the law can look at, by name and without `..`: a new fact does not compile until it stands here, and
/// whoever adds one has to see that it is no type, observation, determination, sex, age or moment of entry.
fn all_the_law_sees(facts: &Facts) {
    let Facts { care_status, moments, recovery, material_changes, birthday_at, told, completed, choices, closure } =
        facts;
    let _: (&CareStatus, &Vec<DateTime<Utc>>, &Option<DateTime<Utc>>, &Vec<String>) =
        (care_status, material_changes, birthday_at, choices);
    let Moments { received_at, absence_began_at, caregiver_learned_at, first_suspected_at, determined_missing_at } =
        moments;
    let _: &DateTime<Utc> = received_at;
    let _: [&Option<DateTime<Utc>>; 4] =
        [absence_began_at, caregiver_learned_at, first_suspected_at, determined_missing_at];
    let Recovery { located_at, recovered_at, returned_to_care_at, placed_elsewhere_at, kind } = recovery;
    let _: [&Option<DateTime<Utc>>; 4] = [located_at, recovered_at, returned_to_care_at, placed_elsewhere_at];
    let _: (&Option<RecoveryType>, &Vec<Completed>, &Option<Closure>) = (kind, completed, closure);
    for Told { id: _, recipient: _, kind: _, made_at: _, ncic_confirmed_at: _ } in told {}
}

#[test]
fn t14_the_type_is_not_among_the_facts_so_changing_it_moves_nothing() {
    let facts = Facts::received(FRIDAY);
    all_the_law_sees(&facts);
    let first = duties(&floor(), &facts);
    assert!(MissingType::ALL.iter().all(|_described_as| duties(&floor(), &facts) == first));
}

#[test]
fn t15_a_birthday_in_the_episode_ends_nothing_and_asks_a_person() {
    let before = Facts::received(FRIDAY).reported(POLICE, "2026-05-01T17:00:00-04:00");
    let after = Facts { birthday_at: Some(at("2026-05-02T00:00:00-04:00")), ..before.clone() };
    let kept = duties(&floor(), &before);
    let (review, others): (Vec<_>, Vec<_>) =
        duties(&floor(), &after).into_iter().partition(|it| it.key.kind == DutyKind::BirthdayReview);
    assert_eq!((others, review.len()), (kept, 1));
    assert!(review[0].is_outstanding() && review[0].due_at.is_none());
    assert_eq!(state(&after, PostReturn::Done), EpisodeState::OpenMissing);
}

#[test]
fn t15_a_birthday_after_the_episode_asks_for_nothing() {
    let birthday = "2026-06-01T00:00:00-04:00";
    let birthday_at = Some(at(birthday));
    let back = Facts { birthday_at, ..Facts::received(FRIDAY).recovered(birthday) };
    let left = ClosureReason::CustodyEndedStillMissing;
    let ended = Facts { birthday_at, ..Facts::received(FRIDAY).closed(left, "2026-05-20T12:00:00-04:00") };
    assert_eq!(of_kind(&floor(), &back, DutyKind::BirthdayReview), []);
    assert_eq!(of_kind(&floor(), &ended, DutyKind::BirthdayReview), []);
}

#[test]
fn t15_who_was_born_on_a_29th_of_february_turns_18_on_a_1st_of_march() {
    let turns_18 = |born: &str| eighteenth_birthday(born.parse().unwrap()).unwrap().to_string();
    assert_eq!(turns_18("2008-02-29"), "2026-03-01");
    assert_eq!(turns_18("2008-05-02"), "2026-05-02");
}

#[test]
fn t16_a_youth_with_chafee_services_is_reported_like_a_child_in_care() {
    let in_care = Facts::received(FRIDAY).reported(POLICE, "2026-05-01T17:00:00-04:00");
    let chafee = Facts { care_status: CareStatus::ChafeeServices, ..in_care.clone() };
    assert_eq!(duties(&floor(), &chafee), duties(&floor(), &in_care));
    assert_eq!(of_kind(&floor(), &chafee, DutyKind::InitialReport).len(), 2);
    assert_eq!(of_kind(&floor(), &chafee, DutyKind::NcicConfirmation).len(), 1);
}

#[test]
fn t17_under_26_counts_only_where_the_state_elected_it() {
    let facts = Facts { care_status: CareStatus::StateOptionUnder26, ..Facts::received(FRIDAY) };
    assert_eq!(law::duties(&floor(), UnderTwentySix::NotElected, &facts), []);
    assert_eq!(law::duties(&floor(), UnderTwentySix::Elected, &facts).len(), 2);
}

#[test]
fn t17_every_other_care_status_is_covered_by_federal_law_itself() {
    for care_status in CareStatus::ALL.iter().copied().filter(|it| *it != CareStatus::StateOptionUnder26) {
        let facts = Facts { care_status, ..Facts::received(FRIDAY) };
        assert_eq!(duties(&floor(), &facts), duties(&floor(), &Facts::received(FRIDAY)), "{care_status}");
    }
}

#[test]
fn t18_observations_are_not_among_the_facts_so_equal_episodes_are_equal_byte_for_byte() {
    let episode = || Facts::received(FRIDAY).reported(POLICE, "2026-05-01T17:00:00-04:00");
    all_the_law_sees(&episode());
    assert_eq!(format!("{:?}", duties(&floor(), &episode())), format!("{:?}", duties(&floor(), &episode())));
}

#[test]
fn t25_recovery_is_told_to_both_and_followed_by_interview_and_screening() {
    let facts = Facts::received(FRIDAY)
        .reported(POLICE, "2026-05-01T17:00:00-04:00")
        .reported(NCMEC, "2026-05-01T17:30:00-04:00")
        .recovered("2026-05-03T12:00:00-04:00");
    check(
        &floor(),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
        Fri 2026-05-01 17:00 EDT  told law_enforcement: initial_report
        Fri 2026-05-01 17:30 EDT  told ncmec: initial_report
        Sat 2026-05-02 16:00 EDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B), done
        Sat 2026-05-02 16:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B), done
        Sat 2026-05-02 17:00 EDT  aim:   ncic_confirmation to law_enforcement, owed no more
        Sun 2026-05-03 12:00 EDT  the child is safe
        Mon 2026-05-04 12:00 EDT  aim:   recovery_notice to law_enforcement
        Mon 2026-05-04 12:00 EDT  aim:   recovery_notice to ncmec
        Wed 2026-05-06 12:00 EDT  aim:   return_interview
        Wed 2026-05-06 12:00 EDT  aim:   screening
        Fri 2026-05-08 17:00 EDT  aim:   regular_communication to law_enforcement, owed no more
        Fri 2026-05-08 17:30 EDT  aim:   regular_communication to ncmec, owed no more
        Tue 2026-05-26 17:00 EDT  aim:   record_update to law_enforcement, owed no more
        Sun 2026-05-31 17:00 EDT  limit: record_update to law_enforcement, 34 U.S.C. 41308(4)(A), owed no more
    "#]],
    );
}

#[test]
fn t25_each_notice_and_each_task_ends_by_its_own_record_only() {
    let facts = Facts::received(FRIDAY)
        .recovered("2026-05-03T12:00:00-04:00")
        .told(POLICE, NotificationKind::RecoveryNotice, "2026-05-03T13:00:00-04:00")
        .completed(TaskKind::Screening, "2026-05-04T09:00:00-04:00");
    let open = duties(&floor(), &facts).into_iter().filter(Duty::is_outstanding);
    let open: Vec<_> = open.map(|it| (it.key.kind.code(), it.key.recipient.map(Vocabulary::code))).collect();
    let report = "initial_report";
    let (police, ncmec) = (Some("law_enforcement"), Some("ncmec"));
    let still = [(report, police), (report, ncmec), ("recovery_notice", ncmec), ("return_interview", None)];
    assert_eq!(open, still);
}

#[test]
fn t26_whoever_is_back_and_however_the_tasks_are_the_same() {
    let back = |kind| {
        let facts = Facts::received(FRIDAY).recovered("2026-05-03T12:00:00-04:00");
        let recovery = Recovery { kind, ..facts.recovery };
        duties(&floor(), &Facts { recovery, ..facts })
    };
    all_the_law_sees(&Facts::received(FRIDAY));
    let returns = |it: &&RecoveryType| !matches!(it, RecoveryType::Deceased | RecoveryType::NeverMissing);
    for kind in RecoveryType::ALL.iter().filter(returns) {
        assert_eq!(back(Some(*kind)), back(None), "{kind}");
    }
}

#[test]
fn nobody_is_asked_to_interview_a_child_who_died() {
    let facts = Facts::received(FRIDAY).recovered("2026-05-03T12:00:00-04:00");
    let recovery = Recovery { kind: Some(RecoveryType::Deceased), ..facts.recovery };
    let owed = duties(&floor(), &Facts { recovery, ..facts });
    assert!(owed.iter().all(|it| !matches!(it.key.kind, DutyKind::ReturnInterview | DutyKind::Screening)));
    assert!(owed.iter().any(|it| it.key.kind == DutyKind::RecoveryNotice));
}

#[test]
fn t28_a_merged_episode_keeps_the_earliest_receipt() {
    let (nine, two) = (at("2026-05-01T09:00:00-04:00"), at("2026-05-01T14:00:00-04:00"));
    assert_eq!([merged_receipt(nine, two), merged_receipt(two, nine)], [nine, nine]);
}
