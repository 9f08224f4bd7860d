//! What the States add: shapes of real rules, and the loosenings that are refused.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use expect_test::expect;

use super::given::{NCMEC, POLICE, at, check, check_standing, duties, of_kind, overlay, rule, shipped, state};
use crate::compliance::{Report, by_statute};
use crate::duty::{Duty, DutyKind, DutyState};
use crate::episode::{Facts, Moments};
use crate::law::{Anchor, library};
use crate::notification::Recipient;
use crate::vocabulary::Vocabulary as _;

const FRIDAY: &str = "2026-05-01T16:00:00-04:00";

fn both(anchor: &str, hours: u16) -> [String; 2] {
    ["law_enforcement", "ncmec"].map(|to| rule("initial_report", to, anchor, hours))
}

#[test]
fn t08_determining_late_buys_no_time_in_wisconsin() {
    check(
        &shipped("WI"),
        &Facts::received(FRIDAY).determined("2026-05-02T12:00:00-04:00"),
        &expect![[r#"
            Fri 2026-05-01 15:00 CDT  THE AGENCY IS TOLD
            Sat 2026-05-02 11:00 CDT  the agency determines it
            Sat 2026-05-02 15:00 CDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B)
            Sat 2026-05-02 15:00 CDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
        "#]],
    );
}

#[test]
fn t08_determining_soon_gives_less_time_in_wisconsin() {
    check(
        &shipped("WI"),
        &Facts::received(FRIDAY).determined("2026-05-01T17:00:00-04:00"),
        &expect![[r#"
            Fri 2026-05-01 15:00 CDT  THE AGENCY IS TOLD
            Fri 2026-05-01 16:00 CDT  the agency determines it
            Sat 2026-05-02 00:00 CDT  limit: initial_report to law_enforcement, Wis. Stat. 48.78(2m)
            Sat 2026-05-02 15:00 CDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
        "#]],
    );
}

#[test]
fn t09_in_michigan_the_hours_before_the_receipt_count() {
    check(
        &shipped("MI"),
        &Facts::received(FRIDAY).absent_since("2026-05-01T06:00:00-04:00"),
        &expect![[r#"
            Fri 2026-05-01 06:00 EDT  the absence begins
            Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
            Fri 2026-05-01 16:00 EDT  limit: initial_report to law_enforcement, Mich. FOM 722-03A
            Sat 2026-05-02 06:00 EDT  limit: initial_report to ncmec, Mich. FOM 722-03A
            Sat 2026-05-02 06:00 EDT  limit: initial_report to court, Mich. FOM 722-03A
            Sat 2026-05-02 06:00 EDT  limit: initial_report to parent_or_guardian, Mich. FOM 722-03A
            Sat 2026-05-02 06:00 EDT  limit: initial_report to guardian_ad_litem, Mich. FOM 722-03A
        "#]],
    );
}

#[test]
fn t10_in_michigan_an_absence_30_hours_old_is_overdue_at_receipt() {
    let facts = Facts::received(FRIDAY).absent_since("2026-04-30T10:00:00-04:00");
    check_standing(
        &shipped("MI"),
        &facts,
        "2026-05-01T16:00:01-04:00",
        &expect![[r#"
            initial_report to law_enforcement: overdue by 0 h 00 min
            initial_report to ncmec: overdue by 6 h 00 min
            initial_report to court: overdue by 6 h 00 min
            initial_report to parent_or_guardian: overdue by 6 h 00 min
            initial_report to guardian_ad_litem: overdue by 6 h 00 min
        "#]],
    );
}

#[test]
fn t10_and_the_federal_clock_still_runs_from_the_receipt() {
    let facts = Facts::received(FRIDAY).absent_since("2026-04-30T10:00:00-04:00");
    let Moments { received_at, absence_began_at, .. } = facts.moments;
    let began_at = absence_began_at.unwrap();
    let report = Report { received_at, began_at, ended_at: None, closed_at: None, reported_at: None };
    assert_eq!(by_statute(&report, at("2026-05-02T16:00:00-04:00")), DutyState::Open);
    assert_eq!(by_statute(&report, at("2026-05-02T16:00:01-04:00")), DutyState::Overdue);
}

#[test]
fn t12_waiting_a_day_before_ncmec_as_in_maine_is_cut_to_the_federal_limit() {
    let maine = overlay(&both("determined_missing_at", 0));
    let facts = Facts::received(FRIDAY).determined("2026-05-02T20:00:00-04:00");
    check(
        &state(&maine),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
        Sat 2026-05-02 16:00 EDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 20:00 EDT  the agency determines it
    "#]],
    );
}

#[test]
fn t13_florida_searches_for_four_hours_from_suspicion_within_the_federal_limit() {
    let due = |when: &str| duties(&shipped("FL"), &Facts::received(FRIDAY).suspected(when))[0].due_at.unwrap();
    assert_eq!(due("2026-05-01T15:00:00-04:00"), at("2026-05-01T19:00:00-04:00"));
    assert_eq!(due("2026-05-02T15:00:00-04:00"), at("2026-05-02T16:00:00-04:00"));
}

#[test]
fn t13_where_a_person_chose_that_a_case_in_florida_is_exigent_the_police_are_due_at_once() {
    let facts = Facts::received(FRIDAY).suspected("2026-05-01T15:00:00-04:00").chosen("exigent");
    check(
        &shipped("FL"),
        &facts,
        &expect![[r#"
            Fri 2026-05-01 15:00 EDT  someone suspects it
            Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
            Fri 2026-05-01 16:00 EDT  limit: initial_report to law_enforcement, Fla. Admin. Code 65C-30.019
            Sat 2026-05-02 16:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
            Sat 2026-05-02 16:00 EDT  limit: initial_report to missing_child_unit, Fla. Admin. Code 65C-30.019
            Fri 2026-05-08 16:00 EDT  limit: search_effort, Fla. Admin. Code 65C-30.019 (2017 notice)
        "#]],
    );
}

#[test]
fn what_a_person_chose_means_nothing_where_no_rule_waits_for_it() {
    let facts = Facts::received(FRIDAY);
    assert_eq!(duties(&shipped("GA"), &facts.clone().chosen("exigent")), duties(&shipped("GA"), &facts));
}

#[test]
fn an_anchor_that_is_not_known_leaves_the_federal_limit() {
    for book in [shipped("WI"), shipped("MI")] {
        let ncmec = of_kind(&book, &Facts::received(FRIDAY), DutyKind::InitialReport)
            .into_iter()
            .find(|it| it.key.recipient == Some(NCMEC));
        let ncmec = ncmec.unwrap();
        assert_eq!(ncmec.due_at, Some(at("2026-05-02T16:00:00-04:00")));
        assert_eq!(ncmec.rule.jurisdiction, "US");
    }
}

#[test]
fn ck_02_every_anchor_of_a_later_moment_is_cut_to_the_federal_limit() {
    let facts = Facts::received(FRIDAY)
        .determined("2026-06-01T00:00:00Z")
        .reported(POLICE, "2026-06-01T00:00:00Z")
        .reported(NCMEC, "2026-06-01T00:00:00Z")
        .recovered("2026-06-01T00:00:00Z");
    for anchor in Anchor::ALL {
        let book = state(&overlay(&both(anchor.code(), 24)));
        for report in of_kind(&book, &facts, DutyKind::InitialReport) {
            assert_eq!(report.due_at, Some(at("2026-05-02T16:00:00-04:00")), "{anchor}");
        }
    }
}

#[test]
fn a_limit_can_run_from_either_report() {
    let facts = Facts::received(FRIDAY).reported(POLICE, "2026-05-01T17:00:00-04:00");
    let facts = facts.reported(NCMEC, "2026-05-01T20:00:00-04:00");
    let due = |anchor| {
        let court = state(&overlay(&[rule("recovery_notice", "court", anchor, 1)]));
        let facts = facts.clone().recovered("2026-05-01T16:30:00-04:00");
        of_kind(&court, &facts, DutyKind::RecoveryNotice).pop().unwrap().due_at
    };
    assert_eq!(due("le_report_filed_at"), Some(at("2026-05-01T18:00:00-04:00")));
    assert_eq!(due("ncmec_report_filed_at"), Some(at("2026-05-01T21:00:00-04:00")));
}

#[test]
fn a_state_rule_is_named_only_where_it_is_stricter() {
    let kansas = of_kind(&shipped("KS"), &Facts::received(FRIDAY), DutyKind::InitialReport);
    let codes: Vec<_> = kansas.iter().map(|it| it.rule.code.as_str()).collect();
    assert_eq!(
        codes,
        ["ks-initial-report-law-enforcement", "us-initial-report-ncmec", "ks-initial-report-missing-child-unit"]
    );
}

#[test]
fn a_state_rule_binds_from_its_first_day() {
    let due = |received: &str| {
        let duty = duties(&shipped("KS"), &Facts::received(received)).remove(0);
        (duty.due_at.unwrap() - duty.starts_at).num_hours()
    };
    assert_eq!(due("2023-08-31T23:59:59Z"), 24);
    assert_eq!(due("2023-09-01T00:00:00Z"), 2);
}

#[test]
fn a_state_rule_binds_no_more_on_the_day_it_ends() {
    let [police, ncmec] = both("agency_information_received_at", 2);
    let ended = state(&overlay(&[format!("{police}effective_to = \"2026-05-01\"\n"), ncmec]));
    let hours = |it: &Duty| (it.due_at.unwrap() - it.starts_at).num_hours();
    assert_eq!(duties(&ended, &Facts::received(FRIDAY)).iter().map(hours).collect::<Vec<_>>(), [24, 2]);
    let before = Facts::received("2026-04-30T12:00:00Z");
    assert_eq!(duties(&ended, &before).iter().map(hours).collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn a_state_may_add_whom_to_tell_and_takes_nobody_away() {
    let [police, ncmec] = both("agency_information_received_at", 24);
    let tribe = state(&overlay(&[police, ncmec, rule("initial_report", "tribe", "determined_missing_at", 48)]));
    let told = duties(&tribe, &Facts::received(FRIDAY)).into_iter().filter_map(|it| it.key.recipient);
    assert_eq!(told.collect::<Vec<_>>(), [POLICE, NCMEC, Recipient::Tribe]);
}

#[test]
fn a_place_without_rules_has_no_book() {
    assert!(library().book("ZZ").is_none());
}
