//! What a pack cannot say, told with its line (domain 8.3, T11).
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use expect_test::{Expect, expect};

use super::given::{overlay, rule};
use crate::law::{Overlay, Refusal, RuleBook, library};

/// Both reports, each within so many hours.
fn both(anchor: &str, hours: u16) -> [String; 2] {
    ["law_enforcement", "ncmec"].map(|to| rule("initial_report", to, anchor, hours))
}

fn refused(rules: &[String], expected: &Expect) {
    expected.assert_eq(&Overlay::parse(&overlay(rules)).unwrap_err().to_string());
}

/// Both reports in time, and one more line in the second.
fn with(line: &str) -> [String; 2] {
    let [police, ncmec] = both("agency_information_received_at", 24);
    [police, format!("{ncmec}{line}\n")]
}

#[test]
fn t11_a_limit_of_36_hours_is_refused() {
    let police = rule("initial_report", "law_enforcement", "agency_information_received_at", 36);
    let ncmec = rule("initial_report", "ncmec", "agency_information_received_at", 24);
    refused(
        &[police, ncmec],
        &expect!["line 11: this gives 36 hours or more, and 42 U.S.C. 671(a)(35)(B) gives at most 24"],
    );
}

#[test]
fn t11_the_moment_of_entry_is_no_anchor() {
    refused(
        &both("record_created_at", 24),
        &expect![[r#"
        line 10: no clock starts at `record_created_at`: it starts with what happened, not with the entry of it (CLK-6)
        line 19: no clock starts at `record_created_at`: it starts with what happened, not with the entry of it (CLK-6)"#]],
    );
}

#[test]
fn t11_what_the_caregiver_knew_is_no_anchor() {
    refused(
        &both("caregiver_learned_at", 24),
        &expect![[r#"
        line 10: `anchor` is `caregiver_learned_at`, and has to be one of: agency_information_received_at, determined_missing_at, absence_began_at, first_suspected_at, le_report_filed_at, ncmec_report_filed_at, return_learned_at, last_contact_at, material_change_at, child_age
        line 19: `anchor` is `caregiver_learned_at`, and has to be one of: agency_information_received_at, determined_missing_at, absence_began_at, first_suspected_at, le_report_filed_at, ncmec_report_filed_at, return_learned_at, last_contact_at, material_change_at, child_age"#]],
    );
}

#[test]
fn t11_a_pack_that_reports_to_the_police_alone_is_refused() {
    refused(
        &[rule("initial_report", "law_enforcement", "agency_information_received_at", 2)],
        &expect!["line 6: the pack names no initial report to ncmec; both law_enforcement and ncmec have to be told"],
    );
}

#[test]
fn t11_a_pack_that_reports_to_ncmec_alone_is_refused() {
    refused(
        &[rule("initial_report", "ncmec", "agency_information_received_at", 2)],
        &expect![
            "line 6: the pack names no initial report to law_enforcement; both law_enforcement and ncmec have to be told"
        ],
    );
}

#[test]
fn a_report_that_waits_for_a_choice_is_no_report() {
    let [police, ncmec] = both("agency_information_received_at", 24);
    let choice = "[[choice]]\nname = \"exigent\"\ntext = \"A person says so.\"\n".to_owned();
    refused(
        &[choice, police, format!("{ncmec}when = \"exigent\"\n")],
        &expect!["line 9: the pack names no initial report to ncmec; both law_enforcement and ncmec have to be told"],
    );
}

#[test]
fn the_report_of_some_children_only_as_in_california_is_refused() {
    for gate in ["population = \"victims\"", "only_if = \"at_risk\"", "max_age = 17", "missing_type = \"disaster\""] {
        let faults = Overlay::parse(&overlay(&with(gate))).unwrap_err().0;
        assert_eq!(faults.iter().map(|it| it.fault.code()).collect::<Vec<_>>(), ["gated_population"], "{gate}");
    }
    refused(
        &with("population = \"victims\""),
        &expect!["line 24: `population` would leave some children out: nothing gates the report (COV-1)"],
    );
}

#[test]
fn two_days_or_two_business_days_are_more_than_the_floor_gives() {
    for span in ["calendar_days", "business_days"] {
        let rules = both("agency_information_received_at", 2).map(|it| it.replace("hours =", &format!("{span} =")));
        let faults = Overlay::parse(&overlay(&rules)).unwrap_err().0;
        assert_eq!(faults.iter().map(|it| it.fault.code()).collect::<Vec<_>>(), ["more_time"; 2], "{span}");
    }
}

#[test]
fn every_fault_is_told_at_once_in_the_order_of_the_lines() {
    let text = "jurisdiction = \"ZZ\"\nname = \"Z\"\nsource = \"Z\"\nsource_date = \"yesterday\"\nmood = \"good\"\n\
        time_zone = \"CST\"\n[[rule]]\ncode = \"a\"\nduty = \"inital_report\"\nrecipient = \"fbi\"\n\
        anchor = \"record_created_at\"\nhours = -2\ntext = \"\"\neffective_from = \"2020-01-01\"\n";
    expect![[r#"
        line 4: `source_date` has to be a day such as "2023-09-01"
        line 5: a pack has no field `mood`
        line 6: `time_zone` has to be a name such as "America/Chicago"
        line 7: `citation` is missing
        line 9: `duty` is `inital_report`, and has to be one of: initial_report, recovery_notice, regular_communication, record_update, ncic_confirmation, return_interview, screening, birthday_review, follow_up, share_update, search_effort, staffing, supervisory_review, amber_alert_decision, medical_examination, identification_report
        line 10: `recipient` is `fbi`, and has to be one of: law_enforcement, ncmec, supervisor, court, parent_or_guardian, attorney_for_child, guardian_ad_litem, casa, tribe, tribal_law_enforcement, state_clearinghouse, missing_child_unit, probation_or_parole, prosecutor_or_agency_counsel, caregiver, school, icpc_icj_office, licensing, other
        line 11: no clock starts at `record_created_at`: it starts with what happened, not with the entry of it (CLK-6)
        line 12: `hours` has to be a whole number from 0 to 65535
        line 13: `text` has to be a text"#]].assert_eq(&Overlay::parse(text).unwrap_err().to_string());
}

#[test]
fn a_file_that_is_no_toml_is_told_its_line() {
    expect!["line 2: this is not TOML: unclosed array table, expected `]]`"]
        .assert_eq(&Overlay::parse("name = \"Z\"\n[[rule\n").unwrap_err().to_string());
}

#[test]
fn a_rule_has_one_limit_or_one_cadence() {
    refused(
        &with("business_days = 1"),
        &expect!["line 24: `business_days` stands beside `hours`: a rule has one limit"],
    );
    refused(
        &with("every = \"week\""),
        &expect![[r#"
        line 24: `every` has no place here: `initial_report` does not recur
        line 24: `every` stands beside a limit: a rule has one of the two"#]],
    );
}

#[test]
fn who_is_told_stands_with_a_contact_and_never_with_a_task() {
    let review = rule("supervisory_review", "", "agency_information_received_at", 24);
    refused(
        &[format!("{review}recipient = \"court\"\n")],
        &expect!["line 14: `recipient` has no place here: nobody outside is told"],
    );
    let notice = rule("recovery_notice", "court", "return_learned_at", 24).replace("recipient = \"court\"\n", "");
    refused(&[notice], &expect!["line 8: `recipient` is missing"]);
}

#[test]
fn a_pack_cannot_raise_what_only_a_determination_raises() {
    refused(
        &[rule("identification_report", "law_enforcement", "agency_information_received_at", 24)],
        &expect!["line 6: only a person's determination raises this duty, never a pack"],
    );
}

#[test]
fn a_code_is_used_once_here_and_below() {
    let [police, ncmec] = both("agency_information_received_at", 2);
    let taken = ncmec.replace("initial_report-ncmec-2", "us-screening");
    refused(
        &[police, ncmec.clone(), ncmec, taken],
        &expect![[r#"
        line 24: the code `initial_report-ncmec-2` is used before, here or in the rules below this pack
        line 33: the code `us-screening` is used before, here or in the rules below this pack"#]],
    );
}

#[test]
fn a_condition_has_to_be_declared() {
    let court = rule("initial_report", "court", "agency_information_received_at", 2);
    let [police, ncmec] = both("agency_information_received_at", 24);
    refused(
        &[police, ncmec, format!("{court}when = \"exigent\"\n")],
        &expect!["line 24: no [[choice]] is called `exigent`"],
    );
}

#[test]
fn an_agencys_own_pack_tightens_its_state_and_loosens_nothing() {
    let kansas = library().book("KS").unwrap();
    let police = |hours| rule("initial_report", "law_enforcement", "agency_information_received_at", hours);
    let ncmec = rule("initial_report", "ncmec", "agency_information_received_at", 24);
    let own = |hours| Overlay::over(&overlay(&[police(hours), ncmec.clone()]), &kansas);
    assert!(own(1).is_ok());
    let lines: Vec<Refusal> = own(3).unwrap_err().0;
    assert_eq!(lines.iter().map(|it| (it.line, it.fault.code())).collect::<Vec<_>>(), [(11, "more_time")]);
    let book: RuleBook = kansas.clone().and(&own(1).unwrap());
    assert_eq!(book.rules().len(), kansas.rules().len() + 2);
}
