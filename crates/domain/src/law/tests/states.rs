//! Every State that ships, told as one episode that its rules bite (domain 8.2). Wall times are the State's own.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod at_once;
mod equal;
mod notices;
mod shorter;
mod texas;

use std::collections::BTreeSet;

use expect_test::expect;

use super::given::{NCMEC, POLICE, duties, shipped};
use crate::episode::Facts;
use crate::law::{Overlay, RuleBook, library};

/// The States of domain 8.2, and the three of its last line.
const STATES: [&str; 24] = [
    "AR", "AZ", "CO", "FL", "GA", "ID", "IL", "IN", "KS", "KY", "MI", "MO", "NC", "NH", "NY", "OR", "TN", "TX", "UT",
    "VA", "WA", "WI", "WV", "WY",
];

#[test]
fn these_states_ship() {
    let states: Vec<_> = library().states().iter().map(Overlay::jurisdiction).collect();
    assert_eq!(states, STATES);
}

#[test]
fn every_code_begins_with_its_state_and_says_what_is_owed_to_whom() {
    let floor = shipped("US").rules().len();
    for place in STATES {
        for rule in &shipped(place).rules()[floor..] {
            let to = rule.recipient.map_or(String::new(), |to| format!("-{to}"));
            let code = format!("{}-{}{to}", place.to_lowercase(), rule.duty).replace('_', "-");
            assert!(rule.code.starts_with(&code), "{}", rule.code);
        }
    }
}

#[test]
fn only_three_conditions_wait_for_a_person() {
    let books = STATES.map(shipped);
    let choices: Vec<_> = books.iter().flat_map(RuleBook::choices).map(|it| it.name.as_str()).collect();
    assert_eq!(choices, ["exigent", "out_of_state", "indian_child"]);
    let rules = books.iter().flat_map(RuleBook::rules);
    let waiting: BTreeSet<_> = rules.filter(|it| it.when.is_some()).map(|it| it.code.as_str()).collect();
    let expected = [
        "fl-initial-report-law-enforcement-exigent",
        "nh-initial-report-icpc-icj-office",
        "wa-initial-report-tribal-law-enforcement",
    ];
    assert_eq!(waiting, BTreeSet::from(expected));
}

#[test]
fn no_rule_binds_before_the_date_of_the_copy_that_was_read() {
    let floor = shipped("US").rules().len();
    for place in STATES {
        let book = shipped(place);
        assert!(book.rules()[floor..].iter().all(|it| it.source_date <= it.effective_from), "{place}");
    }
}

/// Every rule that some duty names, in an episode where all that rules count from has happened.
fn named(book: &RuleBook) -> BTreeSet<String> {
    let missing = Facts::received("2026-05-01T16:00:00Z")
        .absent_since("2026-05-01T15:00:00Z")
        .suspected("2026-05-01T15:30:00Z")
        .determined("2026-05-01T16:30:00Z")
        .reported(POLICE, "2026-05-01T16:40:00Z")
        .reported(NCMEC, "2026-05-01T16:50:00Z")
        .changed("2026-05-03T12:00:00Z");
    let chosen = book.choices().iter().fold(missing.clone(), |facts, choice| facts.chosen(&choice.name));
    let back = missing.clone().recovered("2026-05-04T12:00:00Z");
    let owed = [missing, chosen, back].into_iter().flat_map(|facts| duties(book, &facts));
    owed.map(|it| it.rule.code.clone()).collect()
}

#[test]
fn these_rules_only_restate_the_floor_and_every_other_rule_adds_to_it() {
    let floor = shipped("US").rules().len();
    let of_state = |place: &&str| {
        let book = shipped(place);
        let named = named(&book);
        let codes = book.rules()[floor..].iter().map(|it| it.code.as_str()).filter(|it| !named.contains(*it));
        let codes: Vec<_> = codes.map(|it| it.split_once('-').unwrap().1).collect();
        (!codes.is_empty()).then(|| format!("{place}: {}\n", codes.join(", ")))
    };
    expect![[r#"
        AR: initial-report-ncmec
        AZ: initial-report-law-enforcement, initial-report-ncmec
        CO: initial-report-law-enforcement, initial-report-ncmec
        FL: initial-report-ncmec
        GA: initial-report-law-enforcement, initial-report-ncmec
        ID: initial-report-ncmec
        IL: initial-report-law-enforcement, initial-report-ncmec
        IN: initial-report-law-enforcement, initial-report-ncmec, ncic-confirmation-law-enforcement
        KS: initial-report-ncmec
        KY: initial-report-ncmec, ncic-confirmation-law-enforcement
        MO: initial-report-law-enforcement, initial-report-ncmec
        NC: initial-report-ncmec
        NH: initial-report-law-enforcement, initial-report-ncmec, ncic-confirmation-law-enforcement
        NY: initial-report-law-enforcement, initial-report-ncmec
        OR: initial-report-law-enforcement, initial-report-ncmec
        TX: initial-report-law-enforcement, initial-report-ncmec
        UT: initial-report-ncmec
        VA: initial-report-ncmec
        WA: initial-report-law-enforcement, initial-report-ncmec
        WI: initial-report-ncmec
        WV: initial-report-law-enforcement, initial-report-ncmec
        WY: initial-report-law-enforcement, initial-report-ncmec, screening, return-interview
    "#]]
    .assert_eq(&STATES.iter().filter_map(of_state).collect::<String>());
}
