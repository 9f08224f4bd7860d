//! States that add whom to tell, and what to do while the child is missing.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use expect_test::expect;

use crate::duty::TaskKind;
use crate::episode::Facts;
use crate::law::tests::given::{NCMEC, POLICE, check, shipped};
use crate::notification::NotificationKind::UpdateShared;
use crate::notification::Recipient;

#[test]
fn georgia_goes_to_court_within_2_business_days_and_back_to_ncmec_once_the_police_report_exists() {
    let facts = Facts::received("2026-05-01T16:00:00-04:00")
        .reported(NCMEC, "2026-05-01T17:00:00-04:00")
        .reported(POLICE, "2026-05-01T18:00:00-04:00")
        .told(NCMEC, UpdateShared, "2026-05-01T18:30:00-04:00");
    check(
        &shipped("GA"),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
        Fri 2026-05-01 17:00 EDT  told ncmec: initial_report
        Fri 2026-05-01 18:00 EDT  told law_enforcement: initial_report
        Fri 2026-05-01 18:30 EDT  told ncmec: update_shared
        Sat 2026-05-02 16:00 EDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B), done
        Sat 2026-05-02 16:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B), done
        Sat 2026-05-02 16:00 EDT  limit: initial_report to missing_child_unit, Georgia DFCS Policy 19.22
        Sat 2026-05-02 18:00 EDT  limit: ncic_confirmation to law_enforcement, Georgia DFCS Policy 19.22
        Sat 2026-05-02 18:00 EDT  aim:   follow_up to ncmec, done
        Tue 2026-05-05 16:00 EDT  limit: initial_report to court, Georgia DFCS Policy 19.22
        Fri 2026-05-08 17:00 EDT  aim:   regular_communication to ncmec, done
        Fri 2026-05-08 18:00 EDT  aim:   regular_communication to law_enforcement
        Fri 2026-05-08 18:30 EDT  aim:   regular_communication to ncmec #2
        Tue 2026-05-26 18:00 EDT  aim:   record_update to law_enforcement
        Sun 2026-05-31 18:00 EDT  limit: record_update to law_enforcement, 34 U.S.C. 41308(4)(A)
    "#]],
    );
}

#[test]
fn arizona_gives_notice_to_everyone_in_the_case_within_24_hours() {
    check(
        &shipped("AZ"),
        &Facts::received("2026-05-01T16:00:00-07:00"),
        &expect![[r#"
        Fri 2026-05-01 16:00 MST  THE AGENCY IS TOLD
        Sat 2026-05-02 16:00 MST  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 MST  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 MST  limit: initial_report to court, Arizona DCS Policy, Ch. 4, Section 8
        Sat 2026-05-02 16:00 MST  limit: initial_report to parent_or_guardian, Arizona DCS Policy, Ch. 4, Section 8
        Sat 2026-05-02 16:00 MST  limit: initial_report to attorney_for_child, Arizona DCS Policy, Ch. 4, Section 8
        Sat 2026-05-02 16:00 MST  limit: initial_report to guardian_ad_litem, Arizona DCS Policy, Ch. 4, Section 8
        Sat 2026-05-02 16:00 MST  limit: initial_report to casa, Arizona DCS Policy, Ch. 4, Section 8
        Sat 2026-05-02 16:00 MST  limit: initial_report to tribe, Arizona DCS Policy, Ch. 4, Section 8
        Sat 2026-05-02 16:00 MST  aim:   initial_report to missing_child_unit
        Sat 2026-05-02 16:00 MST  limit: initial_report to caregiver, Arizona DCS Policy, Ch. 4, Section 8
    "#]],
    );
}

#[test]
fn washington_begins_to_search_within_24_hours_and_staffs_within_2_business_days() {
    let facts = Facts::received("2026-05-01T16:00:00-07:00")
        .chosen("indian_child")
        .completed(TaskKind::SearchEffort, "2026-05-01T20:00:00-07:00");
    check(
        &shipped("WA"),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 16:00 PDT  THE AGENCY IS TOLD
        Fri 2026-05-01 20:00 PDT  held: search_effort
        Sat 2026-05-02 16:00 PDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 PDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 PDT  limit: initial_report to tribal_law_enforcement, Washington DCYF Policy 4550
        Sat 2026-05-02 16:00 PDT  limit: search_effort, Washington DCYF Policy 4550, done
        Sun 2026-05-03 16:00 PDT  aim:   initial_report to attorney_for_child
        Tue 2026-05-05 16:00 PDT  limit: staffing, Washington DCYF Policy 4550
    "#]],
    );
}

#[test]
fn wyoming_tells_prosecutor_guardian_and_court_and_sees_to_an_examination() {
    let facts = Facts::received("2026-05-01T16:00:00-06:00").recovered("2026-05-03T12:00:00-06:00");
    check(
        &shipped("WY"),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 16:00 MDT  THE AGENCY IS TOLD
        Sat 2026-05-02 16:00 MDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 MDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 MDT  limit: initial_report to court, Wyoming DFS Policy 2.9(4)
        Sat 2026-05-02 16:00 MDT  limit: initial_report to guardian_ad_litem, Wyoming DFS Policy 2.9(4)
        Sat 2026-05-02 16:00 MDT  limit: initial_report to prosecutor_or_agency_counsel, Wyoming DFS Policy 2.9(4)
        Sun 2026-05-03 12:00 MDT  the child is safe
        Mon 2026-05-04 12:00 MDT  aim:   recovery_notice to law_enforcement
        Mon 2026-05-04 12:00 MDT  aim:   recovery_notice to ncmec
        Wed 2026-05-06 12:00 MDT  aim:   return_interview
        Wed 2026-05-06 12:00 MDT  aim:   screening
        Wed 2026-05-06 12:00 MDT  aim:   medical_examination
    "#]],
    );
}

#[test]
fn missouri_asks_its_informants_again_every_month() {
    let facts = Facts::received("2026-05-01T16:00:00-05:00")
        .reported(Recipient::ProbationOrParole, "2026-05-01T18:00:00-05:00")
        .completed(TaskKind::SearchEffort, "2026-05-20T12:00:00-05:00");
    check(
        &shipped("MO"),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 16:00 CDT  THE AGENCY IS TOLD
        Fri 2026-05-01 18:00 CDT  told probation_or_parole: initial_report
        Sat 2026-05-02 16:00 CDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 CDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 CDT  aim:   initial_report to parent_or_guardian
        Sat 2026-05-02 16:00 CDT  aim:   initial_report to guardian_ad_litem
        Sat 2026-05-02 16:00 CDT  aim:   initial_report to probation_or_parole, done
        Wed 2026-05-20 12:00 CDT  held: search_effort
        Mon 2026-06-01 16:00 CDT  limit: search_effort, Missouri Child Welfare Manual 4.8, 4.9, done
        Sat 2026-06-20 12:00 CDT  limit: search_effort #2, Missouri Child Welfare Manual 4.8, 4.9
    "#]],
    );
}

#[test]
fn new_hampshire_verifies_the_entry_and_decides_on_an_alert() {
    let facts = Facts::received("2026-05-01T16:00:00-04:00").reported(POLICE, "2026-05-01T17:00:00-04:00");
    check(
        &shipped("NH"),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
        Fri 2026-05-01 17:00 EDT  told law_enforcement: initial_report
        Fri 2026-05-01 18:00 EDT  aim:   amber_alert_decision
        Sat 2026-05-02 16:00 EDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B), done
        Sat 2026-05-02 16:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 17:00 EDT  aim:   ncic_confirmation to law_enforcement
        Fri 2026-05-08 17:00 EDT  aim:   regular_communication to law_enforcement
        Tue 2026-05-26 17:00 EDT  aim:   record_update to law_enforcement
        Sun 2026-05-31 17:00 EDT  limit: record_update to law_enforcement, 34 U.S.C. 41308(4)(A)
    "#]],
    );
}

#[test]
fn new_hampshire_tells_the_compact_office_where_a_person_says_the_child_is_out_of_state() {
    let facts = Facts::received("2026-05-01T16:00:00-04:00").chosen("out_of_state");
    check(
        &shipped("NH"),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
        Fri 2026-05-01 18:00 EDT  aim:   amber_alert_decision
        Sat 2026-05-02 16:00 EDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 EDT  aim:   initial_report to icpc_icj_office
    "#]],
    );
}

#[test]
fn indiana_tells_parents_and_court_and_verifies_the_entry() {
    let facts = Facts::received("2026-05-01T16:00:00-04:00").reported(POLICE, "2026-05-01T17:00:00-04:00");
    check(
        &shipped("IN"),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
        Fri 2026-05-01 17:00 EDT  told law_enforcement: initial_report
        Sat 2026-05-02 16:00 EDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B), done
        Sat 2026-05-02 16:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 EDT  aim:   initial_report to court
        Sat 2026-05-02 16:00 EDT  aim:   initial_report to parent_or_guardian
        Sat 2026-05-02 17:00 EDT  aim:   ncic_confirmation to law_enforcement
        Fri 2026-05-08 17:00 EDT  aim:   regular_communication to law_enforcement
        Tue 2026-05-26 17:00 EDT  aim:   record_update to law_enforcement
        Sun 2026-05-31 17:00 EDT  limit: record_update to law_enforcement, 34 U.S.C. 41308(4)(A)
    "#]],
    );
}

#[test]
fn new_york_passes_a_lead_on_to_the_police_within_24_hours() {
    let facts = Facts::received("2026-05-01T16:00:00-04:00")
        .reported(POLICE, "2026-05-01T17:00:00-04:00")
        .reported(NCMEC, "2026-05-01T17:10:00-04:00")
        .changed("2026-05-04T09:00:00-04:00");
    check(
        &shipped("NY"),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
        Fri 2026-05-01 17:00 EDT  told law_enforcement: initial_report
        Fri 2026-05-01 17:10 EDT  told ncmec: initial_report
        Sat 2026-05-02 16:00 EDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B), done
        Sat 2026-05-02 16:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B), done
        Sat 2026-05-02 17:00 EDT  aim:   ncic_confirmation to law_enforcement
        Mon 2026-05-04 09:00 EDT  a fact changes
        Tue 2026-05-05 09:00 EDT  limit: share_update to law_enforcement, 18 NYCRR 431.8
        Tue 2026-05-05 09:00 EDT  aim:   share_update to ncmec
        Fri 2026-05-08 17:00 EDT  aim:   regular_communication to law_enforcement
        Fri 2026-05-08 17:10 EDT  aim:   regular_communication to ncmec
        Tue 2026-05-26 17:00 EDT  aim:   record_update to law_enforcement
        Sun 2026-05-31 17:00 EDT  limit: record_update to law_enforcement, 34 U.S.C. 41308(4)(A)
    "#]],
    );
}
