//! States equal to the floor in time, and texts that would be looser or narrower (domain 8.3).
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use chrono::{DateTime, Utc};
use expect_test::expect;

use crate::child::CareStatus;
use crate::episode::Facts;
use crate::law::tests::given::{at, check, duties, floor, overlay, rule, shipped, state};
use crate::law::{RuleBook, library};
use crate::vocabulary::Vocabulary as _;

const FRIDAY: &str = "2026-05-01T16:00:00-04:00";

#[test]
fn illinois_covers_children_at_home_and_youth_in_transition_within_the_federal_time() {
    for care_status in CareStatus::ALL.iter().copied().filter(|it| *it != CareStatus::StateOptionUnder26) {
        let facts = Facts { care_status, ..Facts::received(FRIDAY) };
        assert_eq!(duties(&shipped("IL"), &facts), duties(&floor(), &facts), "{care_status}");
    }
    check(
        &shipped("IL"),
        &Facts::received("2026-05-01T16:00:00-05:00"),
        &expect![[r#"
        Fri 2026-05-01 16:00 CDT  THE AGENCY IS TOLD
        Sat 2026-05-02 16:00 CDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 CDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
    "#]],
    );
}

#[test]
fn oregon_is_equal_to_the_floor_and_tells_the_court() {
    check(
        &shipped("OR"),
        &Facts::received("2026-05-01T16:00:00-07:00"),
        &expect![[r#"
        Fri 2026-05-01 16:00 PDT  THE AGENCY IS TOLD
        Sat 2026-05-02 16:00 PDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 PDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 PDT  aim:   initial_report to court
    "#]],
    );
}

#[test]
fn colorado_is_equal_to_the_floor() {
    check(
        &shipped("CO"),
        &Facts::received("2026-05-01T16:00:00-06:00"),
        &expect![[r#"
        Fri 2026-05-01 16:00 MDT  THE AGENCY IS TOLD
        Sat 2026-05-02 16:00 MDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 MDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
    "#]],
    );
    assert_eq!(duties(&shipped("CO"), &Facts::received(FRIDAY)), duties(&floor(), &Facts::received(FRIDAY)));
}

#[test]
fn west_virginia_is_equal_to_the_floor() {
    check(
        &shipped("WV"),
        &Facts::received("2026-05-01T16:00:00-04:00"),
        &expect![[r#"
        Fri 2026-05-01 16:00 EDT  THE AGENCY IS TOLD
        Sat 2026-05-02 16:00 EDT  limit: initial_report to law_enforcement, 42 U.S.C. 671(a)(35)(B)
        Sat 2026-05-02 16:00 EDT  limit: initial_report to ncmec, 42 U.S.C. 671(a)(35)(B)
    "#]],
    );
    assert_eq!(duties(&shipped("WV"), &Facts::received(FRIDAY)), duties(&floor(), &Facts::received(FRIDAY)));
}

/// Both reports within one business day, as a guide of Minnesota and an older text of Arizona say.
fn next_business_day() -> RuleBook {
    let to_each =
        |to| rule("initial_report", to, "agency_information_received_at", 1).replace("hours", "business_days");
    state(&overlay(&["law_enforcement", "ncmec"].map(to_each)))
}

fn limits(book: &RuleBook, facts: &Facts) -> Vec<Option<DateTime<Utc>>> {
    duties(book, facts).iter().map(|it| it.due_at).collect()
}

#[test]
fn the_next_business_day_of_minnesota_and_arizona_stretches_no_weekend() {
    assert_eq!(limits(&next_business_day(), &Facts::received(FRIDAY)), [Some(at("2026-05-02T16:00:00-04:00")); 2]);
}

#[test]
fn the_next_business_day_of_minnesota_and_arizona_gives_no_hour_when_the_clocks_go_back() {
    let facts = Facts::received("2026-10-31T16:00:00-04:00");
    assert_eq!(limits(&next_business_day(), &facts), [Some(at("2026-11-01T15:00:00-05:00")); 2]);
}

#[test]
fn knowing_where_the_child_is_as_maine_words_it_moves_no_deadline() {
    // Maine and Illinois use one word for opposite things. The law sees neither, so no pack can.
    let unknown = Facts::received(FRIDAY);
    let mut known = unknown.clone();
    known.recovery.located_at = Some(at("2026-05-01T18:00:00-04:00"));
    for place in library().states() {
        let book = shipped(place.jurisdiction());
        assert_eq!(limits(&book, &known), limits(&book, &unknown), "{}", place.name());
    }
}
