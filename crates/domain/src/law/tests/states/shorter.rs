//! States that give fewer hours than the floor.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use expect_test::expect;

use crate::duty::TaskKind;
use crate::episode::Facts;
use crate::law::tests::given::{NCMEC, POLICE, check, shipped};
use crate::notification::NotificationKind::WrittenFollowup;
use crate::notification::Recipient;

#[test]
fn kansas_tells_the_police_and_its_team_within_2_hours_and_all_three_everything_within_24() {
    let facts = Facts::received("2026-05-01T16:00:00-05:00")
        .reported(POLICE, "2026-05-01T17:30:00-05:00")
        .reported(Recipient::MissingChildUnit, "2026-05-01T17:45:00-05:00")
        .told(POLICE, WrittenFollowup, "2026-05-02T09:00:00-05:00");
    check(
        &shipped("KS"),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 16:00 CDT  THE AGENCY IS TOLD
        Fri 2026-05-01 17:30 CDT  told law_enforcement: initial_report
        Fri 2026-05-01 17:45 CDT  told missing_child_unit: initial_report
        Fri 2026-05-01 18:00 CDT  limit: initial_report to law_enforcement, Kansas PPS Policy and Procedure Manual 5245, done
        Fri 2026-05-01 18:00 CDT  limit: initial_report to missing_child_unit, Kansas PPS Policy and Procedure Manual 5245, done
        Sat 2026-05-02 09:00 CDT  told law_enforcement: written_followup
        Sat 2026-05-02 16:00 CDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 CDT  limit: follow_up to law_enforcement, Kansas PPS Policy and Procedure Manual 5245, done
        Sat 2026-05-02 16:00 CDT  limit: follow_up to ncmec, Kansas PPS Policy and Procedure Manual 5245
        Sat 2026-05-02 16:00 CDT  limit: follow_up to missing_child_unit, Kansas PPS Policy and Procedure Manual 5245
        Sat 2026-05-02 17:30 CDT  aim:   ncic_confirmation to law_enforcement
        Fri 2026-05-08 17:30 CDT  aim:   regular_communication to law_enforcement, done
        Sat 2026-05-09 09:00 CDT  aim:   regular_communication to law_enforcement #2
        Tue 2026-05-26 17:30 CDT  aim:   record_update to law_enforcement
        Sun 2026-05-31 17:30 CDT  limit: record_update to law_enforcement, 34 U.S.C. 41308(4)(A)
    "#]],
    );
}

#[test]
fn arkansas_tells_the_police_within_2_hours() {
    check(
        &shipped("AR"),
        &Facts::received("2026-05-01T16:00:00-05:00"),
        &expect![[r#"
        Fri 2026-05-01 16:00 CDT  THE AGENCY IS TOLD
        Fri 2026-05-01 18:00 CDT  limit: initial_report to law_enforcement, Arkansas DCFS Policy VII-N1
        Sat 2026-05-02 16:00 CDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
    "#]],
    );
}

#[test]
fn wisconsin_counts_from_the_determination() {
    let facts = Facts::received("2026-05-01T16:00:00-05:00").determined("2026-05-01T18:00:00-05:00");
    check(
        &shipped("WI"),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 16:00 CDT  THE AGENCY IS TOLD
        Fri 2026-05-01 18:00 CDT  the agency determines it
        Sat 2026-05-02 02:00 CDT  limit: initial_report to law_enforcement, Wis. Stat. 48.78(2m)
        Sat 2026-05-02 16:00 CDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
    "#]],
    );
}

#[test]
fn kentucky_files_with_the_police_within_12_hours() {
    let facts = Facts::received("2026-05-01T16:00:00-04:00").reported(POLICE, "2026-05-01T20:00:00-04:00");
    check(
        &shipped("KY"),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
        Fri 2026-05-01 20:00 EDT  told law_enforcement: initial_report
        Sat 2026-05-02 04:00 EDT  limit: initial_report to law_enforcement, Kentucky DCBS manual 4.67, done
        Sat 2026-05-02 16:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 20:00 EDT  aim:   ncic_confirmation to law_enforcement
        Fri 2026-05-08 20:00 EDT  aim:   regular_communication to law_enforcement
        Tue 2026-05-26 20:00 EDT  aim:   record_update to law_enforcement
        Sun 2026-05-31 20:00 EDT  limit: record_update to law_enforcement, 34 U.S.C. 41308(4)(A)
    "#]],
    );
}

#[test]
fn florida_searches_for_4_hours_from_the_suspicion_and_then_every_week() {
    let facts = Facts::received("2026-05-01T16:00:00-04:00")
        .suspected("2026-05-01T15:00:00-04:00")
        .reported(POLICE, "2026-05-01T18:00:00-04:00")
        .completed(TaskKind::SearchEffort, "2026-05-07T12:00:00-04:00");
    check(
        &shipped("FL"),
        &facts,
        &expect![[r#"
            Fri 2026-05-01 15:00 EDT  someone suspects it
            Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
            Fri 2026-05-01 18:00 EDT  told law_enforcement: initial_report
            Fri 2026-05-01 19:00 EDT  limit: initial_report to law_enforcement, Fla. Admin. Code 65C-30.019, done
            Sat 2026-05-02 16:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
            Sat 2026-05-02 16:00 EDT  limit: initial_report to missing_child_unit, Fla. Admin. Code 65C-30.019
            Sat 2026-05-02 18:00 EDT  aim:   ncic_confirmation to law_enforcement
            Thu 2026-05-07 12:00 EDT  held: search_effort
            Fri 2026-05-08 16:00 EDT  limit: search_effort, Fla. Admin. Code 65C-30.019 (2017 notice), done
            Fri 2026-05-08 18:00 EDT  aim:   regular_communication to law_enforcement
            Thu 2026-05-14 12:00 EDT  limit: search_effort #2, Fla. Admin. Code 65C-30.019 (2017 notice)
            Tue 2026-05-26 18:00 EDT  aim:   record_update to law_enforcement
            Sun 2026-05-31 18:00 EDT  limit: record_update to law_enforcement, 34 U.S.C. 41308(4)(A)
            Mon 2026-06-01 18:00 EDT  aim:   follow_up to missing_child_unit
        "#]],
    );
}

#[test]
fn florida_ends_the_weekly_search_after_30_days() {
    let weekly = ["05-07", "05-14", "05-21", "05-28", "06-02"];
    let facts = weekly.iter().fold(Facts::received("2026-05-01T16:00:00-04:00"), |facts, day| {
        facts.completed(TaskKind::SearchEffort, &format!("2026-{day}T12:00:00-04:00"))
    });
    check(
        &shipped("FL"),
        &facts,
        &expect![[r#"
            Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
            Sat 2026-05-02 16:00 EDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B)
            Sat 2026-05-02 16:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
            Sat 2026-05-02 16:00 EDT  limit: initial_report to missing_child_unit, Fla. Admin. Code 65C-30.019
            Thu 2026-05-07 12:00 EDT  held: search_effort
            Fri 2026-05-08 16:00 EDT  limit: search_effort, Fla. Admin. Code 65C-30.019 (2017 notice), done
            Thu 2026-05-14 12:00 EDT  held: search_effort
            Thu 2026-05-14 12:00 EDT  limit: search_effort #2, Fla. Admin. Code 65C-30.019 (2017 notice), done
            Thu 2026-05-21 12:00 EDT  held: search_effort
            Thu 2026-05-21 12:00 EDT  limit: search_effort #3, Fla. Admin. Code 65C-30.019 (2017 notice), done
            Thu 2026-05-28 12:00 EDT  held: search_effort
            Thu 2026-05-28 12:00 EDT  limit: search_effort #4, Fla. Admin. Code 65C-30.019 (2017 notice), done
            Tue 2026-06-02 12:00 EDT  held: search_effort
            Thu 2026-06-04 12:00 EDT  limit: search_effort #5, Fla. Admin. Code 65C-30.019 (2017 notice), done
        "#]],
    );
}

#[test]
fn florida_staffs_the_case_of_every_child_who_is_recovered() {
    let facts = Facts::received("2026-05-01T16:00:00-04:00")
        .chosen("exigent")
        .reported(POLICE, "2026-05-01T16:00:00-04:00")
        .reported(NCMEC, "2026-05-01T16:30:00-04:00")
        .recovered("2026-05-01T20:00:00-04:00");
    check(
        &shipped("FL"),
        &facts,
        &expect![[r#"
            Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
            Fri 2026-05-01 16:00 EDT  told law_enforcement: initial_report
            Fri 2026-05-01 16:00 EDT  limit: initial_report to law_enforcement, Fla. Admin. Code 65C-30.019, done
            Fri 2026-05-01 16:30 EDT  told ncmec: initial_report
            Fri 2026-05-01 20:00 EDT  the child is safe
            Sat 2026-05-02 16:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B), done
            Sat 2026-05-02 16:00 EDT  limit: initial_report to missing_child_unit, Fla. Admin. Code 65C-30.019
            Sat 2026-05-02 16:00 EDT  aim:   ncic_confirmation to law_enforcement, owed no more
            Sat 2026-05-02 20:00 EDT  aim:   recovery_notice to law_enforcement
            Sat 2026-05-02 20:00 EDT  aim:   recovery_notice to ncmec
            Mon 2026-05-04 20:00 EDT  aim:   return_interview
            Mon 2026-05-04 20:00 EDT  aim:   screening
            Mon 2026-05-04 20:00 EDT  aim:   staffing #2
            Fri 2026-05-08 16:00 EDT  aim:   regular_communication to law_enforcement, owed no more
            Fri 2026-05-08 16:00 EDT  limit: search_effort, Fla. Admin. Code 65C-30.019 (2017 notice), owed no more
            Fri 2026-05-08 16:30 EDT  aim:   regular_communication to ncmec, owed no more
            Tue 2026-05-26 16:00 EDT  aim:   record_update to law_enforcement, owed no more
            Sun 2026-05-31 16:00 EDT  limit: record_update to law_enforcement, 34 U.S.C. 41308(4)(A), owed no more
            Mon 2026-06-01 16:00 EDT  aim:   follow_up to missing_child_unit, owed no more
        "#]],
    );
}
