//! Texas: the same people hear of the absence and of the return.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use expect_test::expect;

use crate::duty::TaskKind;
use crate::episode::Facts;
use crate::law::tests::given::{NCMEC, POLICE, check, shipped};
use crate::notification::NotificationKind::UpdateShared;

#[test]
fn texas_tells_court_lawyers_and_parent_and_searches_every_month() {
    let facts = Facts::received("2026-05-01T16:00:00-05:00")
        .reported(POLICE, "2026-05-01T17:00:00-05:00")
        .reported(NCMEC, "2026-05-01T17:20:00-05:00")
        .told(POLICE, UpdateShared, "2026-05-07T12:00:00-05:00")
        .completed(TaskKind::SearchEffort, "2026-05-29T12:00:00-05:00");
    check(
        &shipped("TX"),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 16:00 CDT  THE AGENCY IS TOLD
        Fri 2026-05-01 17:00 CDT  told law_enforcement: initial_report
        Fri 2026-05-01 17:20 CDT  told ncmec: initial_report
        Sat 2026-05-02 16:00 CDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B), done
        Sat 2026-05-02 16:00 CDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B), done
        Sat 2026-05-02 16:00 CDT  limit: initial_report to supervisor, Texas DFPS Handbook 6461.1, 6461.2
        Sat 2026-05-02 16:00 CDT  limit: initial_report to court, Tex. Fam. Code 264.123(b)
        Sat 2026-05-02 16:00 CDT  limit: initial_report to parent_or_guardian, Tex. Fam. Code 264.123(b)
        Sat 2026-05-02 16:00 CDT  limit: initial_report to attorney_for_child, Tex. Fam. Code 264.123(b)
        Sat 2026-05-02 16:00 CDT  limit: initial_report to guardian_ad_litem, Tex. Fam. Code 264.123(b)
        Sat 2026-05-02 16:00 CDT  limit: initial_report to missing_child_unit, Texas DFPS Handbook 6461.1, 6461.2
        Sat 2026-05-02 17:00 CDT  aim:   ncic_confirmation to law_enforcement
        Thu 2026-05-07 12:00 CDT  told law_enforcement: update_shared
        Fri 2026-05-08 17:00 CDT  aim:   regular_communication to law_enforcement, done
        Fri 2026-05-08 17:20 CDT  aim:   regular_communication to ncmec
        Thu 2026-05-14 12:00 CDT  aim:   regular_communication to law_enforcement #2
        Tue 2026-05-26 17:00 CDT  aim:   record_update to law_enforcement
        Fri 2026-05-29 12:00 CDT  held: search_effort
        Sun 2026-05-31 17:00 CDT  limit: record_update to law_enforcement, 34 U.S.C. 41308(4)(A)
        Mon 2026-06-01 16:00 CDT  limit: search_effort, Tex. Fam. Code 264.123(d), done
        Mon 2026-06-01 17:00 CDT  limit: regular_communication to law_enforcement, Tex. Fam. Code 264.123(d), done
        Sun 2026-06-07 12:00 CDT  limit: regular_communication to law_enforcement #2, Tex. Fam. Code 264.123(d)
        Mon 2026-06-29 12:00 CDT  limit: search_effort #2, Tex. Fam. Code 264.123(d)
        Sat 2026-08-01 16:00 CDT  limit: supervisory_review, Tex. Fam. Code 264.123(d)
    "#]],
    );
}

#[test]
fn t25_texas_tells_court_lawyers_and_parent_of_the_return_within_24_hours() {
    let facts = Facts::received("2026-05-01T16:00:00-05:00").recovered("2026-05-03T12:00:00-05:00");
    check(
        &shipped("TX"),
        &facts,
        &expect![[r#"
        Fri 2026-05-01 16:00 CDT  THE AGENCY IS TOLD
        Sat 2026-05-02 16:00 CDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 CDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 CDT  limit: initial_report to supervisor, Texas DFPS Handbook 6461.1, 6461.2
        Sat 2026-05-02 16:00 CDT  limit: initial_report to court, Tex. Fam. Code 264.123(b)
        Sat 2026-05-02 16:00 CDT  limit: initial_report to parent_or_guardian, Tex. Fam. Code 264.123(b)
        Sat 2026-05-02 16:00 CDT  limit: initial_report to attorney_for_child, Tex. Fam. Code 264.123(b)
        Sat 2026-05-02 16:00 CDT  limit: initial_report to guardian_ad_litem, Tex. Fam. Code 264.123(b)
        Sat 2026-05-02 16:00 CDT  limit: initial_report to missing_child_unit, Texas DFPS Handbook 6461.1, 6461.2
        Sun 2026-05-03 12:00 CDT  the child is safe
        Mon 2026-05-04 12:00 CDT  limit: recovery_notice to law_enforcement, Tex. Fam. Code 264.123(c)
        Mon 2026-05-04 12:00 CDT  aim:   recovery_notice to ncmec
        Mon 2026-05-04 12:00 CDT  limit: recovery_notice to court, Tex. Fam. Code 264.123(c)
        Mon 2026-05-04 12:00 CDT  limit: recovery_notice to parent_or_guardian, Tex. Fam. Code 264.123(c)
        Mon 2026-05-04 12:00 CDT  limit: recovery_notice to attorney_for_child, Tex. Fam. Code 264.123(c)
        Mon 2026-05-04 12:00 CDT  limit: recovery_notice to guardian_ad_litem, Tex. Fam. Code 264.123(c)
        Wed 2026-05-06 12:00 CDT  aim:   return_interview
        Wed 2026-05-06 12:00 CDT  aim:   screening
        Mon 2026-06-01 16:00 CDT  limit: search_effort, Tex. Fam. Code 264.123(d), owed no more
        Sat 2026-08-01 16:00 CDT  limit: supervisory_review, Tex. Fam. Code 264.123(d), owed no more
    "#]],
    );
}
