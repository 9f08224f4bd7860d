//! Whole episodes, told as a lawyer would tell them.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use chrono::{DateTime, Utc};
use expect_test::expect;

use super::given::{NCMEC, POLICE, at, check, check_standing, duties, floor, of_kind};
use crate::duty::{Duty, DutyKind, DutyState, TaskKind};
use crate::episode::{ClosureReason, Facts, Moments, Recovery};
use crate::notification::NotificationKind::{NcicConfirmation, Record30DayUpdate, RecoveryNotice, UpdateShared};

const FRIDAY: &str = "2026-05-01T16:00:00-04:00";

/// Both recipients told within two hours.
fn reported() -> Facts {
    Facts::received(FRIDAY).reported(POLICE, "2026-05-01T17:00:00-04:00").reported(NCMEC, "2026-05-01T18:00:00-04:00")
}

fn contacts(facts: &Facts) -> Vec<Duty> {
    of_kind(&floor(), facts, DutyKind::RegularCommunication)
}

#[test]
fn the_night_the_clocks_go_back_has_24_hours_and_no_more() {
    check(
        &floor(),
        &Facts::received("2026-10-31T22:00:00-04:00"),
        &expect![[r#"
        Sat 2026-10-31 22:00 EDT  THE AGENCY IS TOLD
        Sun 2026-11-01 21:00 EST  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B)
        Sun 2026-11-01 21:00 EST  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
    "#]],
    );
}

#[test]
fn an_episode_from_the_call_to_the_return() {
    let facts = reported()
        .told(POLICE, NcicConfirmation, "2026-05-02T09:00:00-04:00")
        .told(POLICE, UpdateShared, "2026-05-08T10:00:00-04:00")
        .recovered("2026-05-12T08:00:00-04:00")
        .told(POLICE, RecoveryNotice, "2026-05-12T09:00:00-04:00")
        .told(NCMEC, RecoveryNotice, "2026-05-12T09:30:00-04:00")
        .completed(TaskKind::ReturnInterview, "2026-05-12T15:00:00-04:00")
        .completed(TaskKind::Screening, "2026-05-12T16:00:00-04:00");
    check(
        &floor(),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
        Fri 2026-05-01 17:00 EDT  told law_enforcement: initial_report
        Fri 2026-05-01 18:00 EDT  told ncmec: initial_report
        Sat 2026-05-02 09:00 EDT  told law_enforcement: ncic_confirmation
        Sat 2026-05-02 16:00 EDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B), done
        Sat 2026-05-02 16:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B), done
        Sat 2026-05-02 17:00 EDT  aim:   ncic_confirmation to law_enforcement, done
        Fri 2026-05-08 10:00 EDT  told law_enforcement: update_shared
        Fri 2026-05-08 17:00 EDT  aim:   regular_communication to law_enforcement, done
        Fri 2026-05-08 18:00 EDT  aim:   regular_communication to ncmec, owed no more
        Sat 2026-05-09 09:00 EDT  aim:   regular_communication to law_enforcement #2, done
        Tue 2026-05-12 08:00 EDT  the child is safe
        Tue 2026-05-12 09:00 EDT  told law_enforcement: recovery_notice
        Tue 2026-05-12 09:30 EDT  told ncmec: recovery_notice
        Tue 2026-05-12 15:00 EDT  held: return_interview
        Tue 2026-05-12 16:00 EDT  held: screening
        Wed 2026-05-13 08:00 EDT  aim:   recovery_notice to law_enforcement, done
        Wed 2026-05-13 08:00 EDT  aim:   recovery_notice to ncmec, done
        Fri 2026-05-15 08:00 EDT  aim:   return_interview, done
        Fri 2026-05-15 08:00 EDT  aim:   screening, done
        Fri 2026-05-15 10:00 EDT  aim:   regular_communication to law_enforcement #3, owed no more
        Tue 2026-05-26 17:00 EDT  aim:   record_update to law_enforcement, owed no more
        Sun 2026-05-31 17:00 EDT  limit: record_update to law_enforcement, 34 U.S.C. 41308(4)(A), owed no more
    "#]],
    );
}

#[test]
fn every_contact_starts_the_week_to_the_next_one() {
    let contacts_at = ["2026-05-06T12:00:00-04:00", "2026-05-20T12:00:00-04:00"];
    let facts = contacts_at.into_iter().fold(reported(), |facts, when| facts.told(NCMEC, UpdateShared, when));
    let to_ncmec = contacts(&facts).into_iter().filter(|it| it.key.recipient == Some(NCMEC));
    let line = |it: Duty| format!("{} {} {}\n", it.key.sequence, it.target_at, it.is_outstanding());
    expect![[r#"
        0 2026-05-08 22:00:00 UTC false
        1 2026-05-13 16:00:00 UTC false
        2 2026-05-27 16:00:00 UTC true
    "#]]
    .assert_eq(&to_ncmec.map(line).collect::<String>());
}

#[test]
fn nobody_is_owed_a_next_contact_before_the_first() {
    let facts = Facts::received(FRIDAY).reported(POLICE, "2026-05-01T17:00:00-04:00");
    let owed_to: Vec<_> = contacts(&facts).iter().map(|it| it.key.recipient).collect();
    assert_eq!(owed_to, [Some(POLICE)]);
}

#[test]
fn federal_law_sets_no_interval_so_a_contact_is_never_late() {
    let late = contacts(&reported()).iter().map(|it| it.state_at(at("2028-01-01T00:00:00Z"))).collect::<Vec<_>>();
    assert_eq!(late, [DutyState::Open, DutyState::Open]);
}

fn updates(facts: &Facts) -> Vec<Duty> {
    of_kind(&floor(), facts, DutyKind::ShareUpdate)
}

#[test]
fn a_changed_fact_is_to_be_shared_with_both_within_24_hours() {
    let facts = reported().changed("2026-05-03T12:00:00-04:00");
    check(
        &floor(),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
        Fri 2026-05-01 17:00 EDT  told law_enforcement: initial_report
        Fri 2026-05-01 18:00 EDT  told ncmec: initial_report
        Sat 2026-05-02 16:00 EDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B), done
        Sat 2026-05-02 16:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B), done
        Sat 2026-05-02 17:00 EDT  aim:   ncic_confirmation to law_enforcement
        Sun 2026-05-03 12:00 EDT  a fact changes
        Mon 2026-05-04 12:00 EDT  aim:   share_update to law_enforcement
        Mon 2026-05-04 12:00 EDT  aim:   share_update to ncmec
        Fri 2026-05-08 17:00 EDT  aim:   regular_communication to law_enforcement
        Fri 2026-05-08 18:00 EDT  aim:   regular_communication to ncmec
        Tue 2026-05-26 17:00 EDT  aim:   record_update to law_enforcement
        Sun 2026-05-31 17:00 EDT  limit: record_update to law_enforcement, 34 U.S.C. 41308(4)(A)
    "#]],
    );
}

#[test]
fn a_changed_fact_puts_no_contact_off() {
    let aims = |facts: &Facts| contacts(facts).iter().map(|it| it.target_at).collect::<Vec<_>>();
    assert_eq!(aims(&reported().changed("2026-05-03T12:00:00-04:00")), aims(&reported()));
}

#[test]
fn a_second_change_gives_no_more_time_for_the_first() {
    let facts = reported().changed("2026-05-03T12:00:00-04:00").changed("2026-05-04T11:00:00-04:00");
    let aims: Vec<_> = updates(&facts).iter().map(|it| it.target_at).collect();
    assert_eq!(aims, [at("2026-05-04T12:00:00-04:00"); 2]);
}

#[test]
fn what_changes_after_an_update_was_shared_is_to_be_shared_again() {
    let facts = reported().told(POLICE, UpdateShared, "2026-05-03T13:00:00-04:00");
    let facts = facts.changed("2026-05-03T12:00:00-04:00").changed("2026-05-05T12:00:00-04:00");
    let to_police: Vec<_> = updates(&facts).into_iter().filter(|it| it.key.recipient == Some(POLICE)).collect();
    assert_eq!(to_police.iter().map(|it| it.key.sequence).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(to_police.iter().map(Duty::is_outstanding).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn who_was_told_after_the_change_is_owed_no_update() {
    let facts = reported().told(POLICE, UpdateShared, "2026-05-03T13:00:00-04:00");
    let facts = facts.changed("2026-05-03T12:00:00-04:00");
    let open: Vec<_> = updates(&facts).into_iter().filter(Duty::is_outstanding).map(|it| it.key.recipient).collect();
    assert_eq!(open, [Some(NCMEC)]);
}

#[test]
fn what_was_known_before_the_report_is_part_of_it() {
    assert_eq!(updates(&reported().changed("2026-05-01T16:30:00-04:00")), []);
}

#[test]
fn a_fact_that_changes_in_the_moment_of_a_contact_is_shared_in_another() {
    let aims: Vec<_> =
        updates(&reported().changed("2026-05-01T18:00:00-04:00")).iter().map(|it| it.target_at).collect();
    assert_eq!(aims, [at("2026-05-02T18:00:00-04:00"); 2]);
}

#[test]
fn who_is_told_in_the_moment_of_safety_hears_of_the_recovery() {
    let safe = "2026-05-03T12:00:00-04:00";
    let facts = reported().recovered(safe).told(NCMEC, RecoveryNotice, safe);
    let to_ncmec = contacts(&facts).into_iter().filter(|it| it.key.recipient == Some(NCMEC));
    assert_eq!(to_ncmec.map(|it| (it.key.sequence, it.done)).collect::<Vec<_>>(), [(0, None)]);
}

#[test]
fn back_at_the_limit_is_not_back_before_it() {
    let before = |when: &str| duties(&floor(), &Facts::received(FRIDAY).recovered(when))[0].returned_before_due;
    assert!(before("2026-05-02T15:59:59-04:00"));
    assert!(!before("2026-05-02T16:00:00-04:00"));
}

#[test]
fn a_child_who_is_located_is_not_yet_safe() {
    let recovery = Recovery { located_at: Some(at("2026-05-02T12:00:00-04:00")), ..Recovery::default() };
    let facts = Facts { recovery, ..reported() };
    assert_eq!(of_kind(&floor(), &facts, DutyKind::RecoveryNotice), []);
    assert!(contacts(&facts).iter().all(Duty::is_outstanding));
}

#[test]
fn the_first_moment_of_safety_counts() {
    let recovery = Recovery {
        recovered_at: Some(at("2026-05-03T12:00:00-04:00")),
        returned_to_care_at: Some(at("2026-05-05T12:00:00-04:00")),
        ..Recovery::default()
    };
    let notices = of_kind(&floor(), &Facts { recovery, ..reported() }, DutyKind::RecoveryNotice);
    assert!(notices.iter().all(|it| it.starts_at == at("2026-05-03T12:00:00-04:00")));
}

#[test]
fn a_call_to_the_police_is_no_proof_of_an_entry() {
    let facts = reported().told(POLICE, UpdateShared, "2026-05-01T19:00:00-04:00");
    assert!(of_kind(&floor(), &facts, DutyKind::NcicConfirmation)[0].is_outstanding());
}

#[test]
fn the_entry_is_confirmed_at_the_moment_the_police_say_so() {
    let mut facts = reported();
    facts.told[0].ncic_confirmed_at = Some(at("2026-05-01T19:00:00-04:00"));
    let done = of_kind(&floor(), &facts, DutyKind::NcicConfirmation)[0].done.unwrap();
    assert_eq!(done.at, at("2026-05-01T19:00:00-04:00"));
}

#[test]
fn the_record_is_due_an_update_by_day_30_and_aimed_at_day_25() {
    let update = of_kind(&floor(), &reported(), DutyKind::RecordUpdate).remove(0);
    let days = |at: DateTime<Utc>| (at - update.starts_at).num_days();
    assert_eq!((days(update.target_at), update.due_at.map(days)), (25, Some(30)));
}

#[test]
fn confirming_the_entry_late_moves_no_limit() {
    let due = |facts: &Facts| of_kind(&floor(), facts, DutyKind::RecordUpdate)[0].due_at;
    let confirmed = reported().told(POLICE, NcicConfirmation, "2026-05-11T09:00:00-04:00");
    assert_eq!(due(&confirmed), due(&reported()));
}

#[test]
fn an_update_of_the_record_is_timely_or_late_like_any_duty_of_law() {
    let state = |when: &str| {
        let facts = reported().told(POLICE, Record30DayUpdate, when);
        of_kind(&floor(), &facts, DutyKind::RecordUpdate)[0].state_at(at("2027-01-01T00:00:00Z"))
    };
    assert_eq!(state("2026-05-31T17:00:00-04:00"), DutyState::Timely);
    assert_eq!(state("2026-05-31T17:00:01-04:00"), DutyState::Late);
}

#[test]
fn closing_an_episode_leaves_what_was_undone_in_sight() {
    let facts = Facts::received(FRIDAY)
        .reported(POLICE, "2026-05-01T17:00:00-04:00")
        .closed(ClosureReason::AgedOutStillMissing, "2026-06-01T12:00:00-04:00");
    check_standing(
        &floor(),
        &facts,
        "2026-06-02T12:00:00-04:00",
        &expect![[r#"
        initial_report to law_enforcement: timely
        initial_report to ncmec: never by 740 h 00 min
        regular_communication to law_enforcement: never
        record_update to law_enforcement: never by 43 h 00 min
        ncic_confirmation to law_enforcement: never
    "#]],
    );
}

#[test]
fn a_child_who_never_was_missing_is_owed_no_more() {
    let facts = Facts::received(FRIDAY).closed(ClosureReason::NotMissing, "2026-05-01T20:00:00-04:00");
    check_standing(
        &floor(),
        &facts,
        "2026-06-02T12:00:00-04:00",
        &expect![[r#"
        initial_report to law_enforcement: open, owed no more
        initial_report to ncmec: open, owed no more
    "#]],
    );
}

#[test]
fn the_first_report_counts_and_a_second_changes_nothing() {
    let once = reported();
    let twice = once.clone().reported(NCMEC, "2026-05-09T12:00:00-04:00");
    let done = |facts: &Facts| of_kind(&floor(), facts, DutyKind::InitialReport).into_iter().map(|it| it.done);
    assert!(done(&once).eq(done(&twice)));
}

#[test]
fn an_episode_of_2018_owes_the_report_and_no_recovery_notice() {
    let facts = Facts::received("2018-06-01T12:00:00Z")
        .reported(POLICE, "2018-06-01T13:00:00Z")
        .recovered("2018-06-05T12:00:00Z");
    check(
        &floor(),
        &facts,
        &expect![[r#"
        Fri 2018-06-01 08:00 EDT  THE AGENCY IS TOLD
        Fri 2018-06-01 09:00 EDT  told law_enforcement: initial_report
        Sat 2018-06-02 08:00 EDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B), done
        Sat 2018-06-02 08:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
        Sat 2018-06-02 09:00 EDT  aim:   ncic_confirmation to law_enforcement, owed no more
        Tue 2018-06-05 08:00 EDT  the child is safe
        Fri 2018-06-08 08:00 EDT  aim:   return_interview
        Fri 2018-06-08 08:00 EDT  aim:   screening
        Tue 2018-06-26 09:00 EDT  aim:   record_update to law_enforcement, owed no more
        Sun 2018-07-01 09:00 EDT  limit: record_update to law_enforcement, 34 U.S.C. 41308(4)(A), owed no more
    "#]],
    );
}

#[test]
fn the_report_is_owed_since_29_september_2016_and_the_notice_since_5_january_2023() {
    let owed = |received: &str, kind| {
        let facts = Facts::received(received).recovered(received);
        of_kind(&floor(), &facts, kind).len()
    };
    assert_eq!(owed("2016-09-28T23:59:59Z", DutyKind::InitialReport), 0);
    assert_eq!(owed("2016-09-29T00:00:00Z", DutyKind::InitialReport), 2);
    assert_eq!(owed("2023-01-04T23:59:59Z", DutyKind::RecoveryNotice), 0);
    assert_eq!(owed("2023-01-05T00:00:00Z", DutyKind::RecoveryNotice), 2);
}

#[test]
fn what_the_caregiver_knew_before_starts_no_clock() {
    let told = Facts::received(FRIDAY);
    let caregiver_learned_at = Some(at("2026-04-30T08:00:00-04:00"));
    let known = Facts { moments: Moments { caregiver_learned_at, ..told.moments }, ..told.clone() };
    assert_eq!(duties(&floor(), &known), duties(&floor(), &told));
}
