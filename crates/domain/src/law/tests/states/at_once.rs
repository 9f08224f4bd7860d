//! States that tell law enforcement at once.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use expect_test::expect;

use crate::duty::TaskKind;
use crate::episode::Facts;
use crate::law::tests::given::{NCMEC, POLICE, check, shipped};
use crate::notification::NotificationKind::{NcicConfirmation, UpdateShared, WrittenFollowup};
use crate::notification::Recipient;

#[test]
fn michigan_counts_from_the_absence_itself() {
    let facts = Facts::received("2026-05-01T16:00:00-04:00")
        .absent_since("2026-05-01T06:00:00-04:00")
        .reported(POLICE, "2026-05-01T16:10:00-04:00");
    check(
        &shipped("MI"),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 06:00 EDT  the absence begins
        Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
        Fri 2026-05-01 16:00 EDT  limit: initial_report to law_enforcement, Mich. FOM 722-03A, done
        Fri 2026-05-01 16:10 EDT  told law_enforcement: initial_report
        Sat 2026-05-02 06:00 EDT  limit: initial_report to ncmec, Mich. FOM 722-03A
        Sat 2026-05-02 06:00 EDT  limit: initial_report to court, Mich. FOM 722-03A
        Sat 2026-05-02 06:00 EDT  limit: initial_report to parent_or_guardian, Mich. FOM 722-03A
        Sat 2026-05-02 06:00 EDT  limit: initial_report to guardian_ad_litem, Mich. FOM 722-03A
        Sat 2026-05-02 16:10 EDT  aim:   ncic_confirmation to law_enforcement
        Mon 2026-05-04 06:00 EDT  limit: ncic_confirmation to law_enforcement, Mich. FOM 722-03A
        Fri 2026-05-08 16:10 EDT  aim:   regular_communication to law_enforcement
        Tue 2026-05-26 16:10 EDT  aim:   record_update to law_enforcement
        Sun 2026-05-31 16:10 EDT  limit: record_update to law_enforcement, 34 U.S.C. 41308(4)(A)
    "#]],
    );
}

#[test]
fn where_the_absence_is_not_known_michigan_counts_from_the_receipt() {
    check(
        &shipped("MI"),
        &Facts::received("2026-05-01T16:00:00-04:00"),
        &expect![[r#"
        Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
        Fri 2026-05-01 16:00 EDT  limit: initial_report to law_enforcement, Mich. FOM 722-03A
        Sat 2026-05-02 16:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 EDT  limit: initial_report to court, Mich. FOM 722-03A
        Sat 2026-05-02 16:00 EDT  limit: initial_report to parent_or_guardian, Mich. FOM 722-03A
        Sat 2026-05-02 16:00 EDT  limit: initial_report to guardian_ad_litem, Mich. FOM 722-03A
    "#]],
    );
}

#[test]
fn tennessee_takes_its_steps_at_once_and_goes_to_court_within_24_hours_of_the_absence() {
    let facts = Facts::received("2026-05-01T16:00:00-05:00")
        .absent_since("2026-05-01T14:00:00-05:00")
        .reported(POLICE, "2026-05-01T16:05:00-05:00")
        .reported(Recipient::MissingChildUnit, "2026-05-01T16:20:00-05:00")
        .reported(NCMEC, "2026-05-01T16:40:00-05:00");
    check(
        &shipped("TN"),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 14:00 CDT  the absence begins
        Fri 2026-05-01 16:00 CDT  THE AGENCY IS TOLD
        Fri 2026-05-01 16:00 CDT  limit: initial_report to law_enforcement, Tennessee DCS Supplement to Policy 31.2, done
        Fri 2026-05-01 16:00 CDT  limit: initial_report to ncmec, Tennessee DCS Supplement to Policy 31.2, done
        Fri 2026-05-01 16:00 CDT  limit: initial_report to missing_child_unit, Tennessee DCS Supplement to Policy 31.2, done
        Fri 2026-05-01 16:05 CDT  told law_enforcement: initial_report
        Fri 2026-05-01 16:20 CDT  told missing_child_unit: initial_report
        Fri 2026-05-01 16:40 CDT  told ncmec: initial_report
        Sat 2026-05-02 14:00 CDT  limit: initial_report to court, Tennessee DCS Supplement to Policy 31.2
        Sat 2026-05-02 16:05 CDT  aim:   ncic_confirmation to law_enforcement
        Mon 2026-05-04 16:05 CDT  limit: ncic_confirmation to law_enforcement, Tennessee DCS Supplement to Policy 31.2
        Wed 2026-05-06 16:00 CDT  limit: follow_up to missing_child_unit, Tennessee DCS Supplement to Policy 31.2
        Fri 2026-05-08 16:05 CDT  aim:   regular_communication to law_enforcement
        Fri 2026-05-08 16:40 CDT  aim:   regular_communication to ncmec
        Tue 2026-05-26 16:05 CDT  aim:   record_update to law_enforcement
        Sun 2026-05-31 16:05 CDT  limit: record_update to law_enforcement, 34 U.S.C. 41308(4)(A)
    "#]],
    );
}

#[test]
fn utah_staffs_within_2_hours_and_asks_for_the_entry_within_2_hours_of_the_report() {
    let facts = Facts::received("2026-05-01T16:00:00-06:00")
        .reported(POLICE, "2026-05-01T16:15:00-06:00")
        .completed(TaskKind::Staffing, "2026-05-01T17:30:00-06:00")
        .completed(TaskKind::AmberAlertDecision, "2026-05-01T17:40:00-06:00")
        .told(POLICE, NcicConfirmation, "2026-05-01T18:00:00-06:00");
    check(
        &shipped("UT"),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 16:00 MDT  THE AGENCY IS TOLD
        Fri 2026-05-01 16:00 MDT  limit: initial_report to law_enforcement, Utah DCFS Practice Guidelines 300.8, done
        Fri 2026-05-01 16:15 MDT  told law_enforcement: initial_report
        Fri 2026-05-01 17:30 MDT  held: staffing
        Fri 2026-05-01 17:40 MDT  held: amber_alert_decision
        Fri 2026-05-01 18:00 MDT  told law_enforcement: ncic_confirmation
        Fri 2026-05-01 18:00 MDT  limit: staffing, Utah DCFS Practice Guidelines 300.8, done
        Fri 2026-05-01 18:00 MDT  aim:   amber_alert_decision, done
        Fri 2026-05-01 18:15 MDT  limit: ncic_confirmation to law_enforcement, Utah DCFS Practice Guidelines 300.8, done
        Sat 2026-05-02 16:00 MDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
        Fri 2026-05-08 16:15 MDT  aim:   regular_communication to law_enforcement, done
        Fri 2026-05-08 18:00 MDT  aim:   regular_communication to law_enforcement #2
        Tue 2026-05-26 16:15 MDT  aim:   record_update to law_enforcement
        Sun 2026-05-31 16:15 MDT  limit: record_update to law_enforcement, 34 U.S.C. 41308(4)(A)
    "#]],
    );
}

#[test]
fn north_carolina_writes_to_the_police_within_48_hours() {
    let facts = Facts::received("2026-05-01T16:00:00-04:00").reported(POLICE, "2026-05-01T16:10:00-04:00").told(
        POLICE,
        WrittenFollowup,
        "2026-05-03T15:00:00-04:00",
    );
    check(
        &shipped("NC"),
        &facts,
        &expect![[r#"
            Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
            Fri 2026-05-01 16:00 EDT  limit: initial_report to law_enforcement, N.C. Agency Plan for Runaway Children (2020), done
            Fri 2026-05-01 16:10 EDT  told law_enforcement: initial_report
            Sat 2026-05-02 16:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
            Sat 2026-05-02 16:10 EDT  aim:   ncic_confirmation to law_enforcement
            Sun 2026-05-03 15:00 EDT  told law_enforcement: written_followup
            Sun 2026-05-03 16:00 EDT  limit: follow_up to law_enforcement, N.C. Agency Plan for Runaway Children (2020), done
            Fri 2026-05-08 16:10 EDT  aim:   regular_communication to law_enforcement, done
            Sun 2026-05-10 15:00 EDT  aim:   regular_communication to law_enforcement #2
            Tue 2026-05-26 16:10 EDT  aim:   record_update to law_enforcement
            Sun 2026-05-31 16:10 EDT  limit: record_update to law_enforcement, 34 U.S.C. 41308(4)(A)
        "#]],
    );
}

#[test]
fn virginia_writes_to_the_police_within_48_hours() {
    check(
        &shipped("VA"),
        &Facts::received("2026-05-01T16:00:00-04:00"),
        &expect![[r#"
        Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
        Fri 2026-05-01 16:00 EDT  limit: initial_report to law_enforcement, Virginia Child and Family Services Manual E 17.13
        Sat 2026-05-02 16:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
        Sun 2026-05-03 16:00 EDT  limit: follow_up to law_enforcement, Virginia Child and Family Services Manual E 17.13
    "#]],
    );
}

#[test]
fn idaho_tells_the_parents_at_once_and_calls_every_week() {
    let facts = Facts::received("2026-05-01T16:00:00-06:00")
        .reported(POLICE, "2026-05-01T16:10:00-06:00")
        .reported(NCMEC, "2026-05-01T17:00:00-06:00")
        .told(NCMEC, UpdateShared, "2026-05-04T10:00:00-06:00");
    check(
        &shipped("ID"),
        &facts,
        &expect![[r#"
            Fri 2026-05-01 16:00 MDT  THE AGENCY IS TOLD
            Fri 2026-05-01 16:00 MDT  limit: initial_report to law_enforcement, Idaho Standard on Runaway Youth (2020), done
            Fri 2026-05-01 16:00 MDT  limit: initial_report to parent_or_guardian, Idaho Standard on Runaway Youth (2020)
            Fri 2026-05-01 16:10 MDT  told law_enforcement: initial_report
            Fri 2026-05-01 17:00 MDT  told ncmec: initial_report
            Sat 2026-05-02 16:00 MDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B), done
            Sat 2026-05-02 16:00 MDT  limit: initial_report to attorney_for_child, Idaho Standard on Runaway Youth (2020)
            Sat 2026-05-02 16:00 MDT  limit: initial_report to guardian_ad_litem, Idaho Standard on Runaway Youth (2020)
            Sat 2026-05-02 16:00 MDT  limit: initial_report to probation_or_parole, Idaho Standard on Runaway Youth (2020)
            Sat 2026-05-02 16:10 MDT  aim:   ncic_confirmation to law_enforcement
            Mon 2026-05-04 10:00 MDT  told ncmec: update_shared
            Mon 2026-05-04 16:10 MDT  limit: follow_up to ncmec, Idaho Standard on Runaway Youth (2020), done
            Fri 2026-05-08 16:10 MDT  limit: regular_communication to law_enforcement, Idaho Standard on Runaway Youth (2020)
            Fri 2026-05-08 17:00 MDT  limit: regular_communication to ncmec, Idaho Standard on Runaway Youth (2020), done
            Mon 2026-05-11 10:00 MDT  limit: regular_communication to ncmec #2, Idaho Standard on Runaway Youth (2020)
            Tue 2026-05-26 16:10 MDT  aim:   record_update to law_enforcement
            Sun 2026-05-31 16:10 MDT  limit: record_update to law_enforcement, 34 U.S.C. 41308(4)(A)
        "#]],
    );
}
