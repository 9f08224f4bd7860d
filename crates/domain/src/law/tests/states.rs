//! Every State that ships, told as one episode that its rules bite (domain 8.2). Wall times are the State's own.

mod at_once;
mod equal;
mod notices;
mod shorter;
mod texas;

use std::collections::BTreeSet;

use super::given::shipped;
use crate::law::library;

/// The States of domain 8.2, and the three of its last line.
const STATES: [&str; 24] = [
    "AR", "AZ", "CO", "FL", "GA", "ID", "IL", "IN", "KS", "KY", "MI", "MO", "NC", "NH", "NY", "OR", "TN", "TX", "UT",
    "VA", "WA", "WI", "WV", "WY",
];

#[test]
fn these_states_ship() {
    let states: Vec<_> = library().states().iter().map(|it| it.jurisdiction()).collect();
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
    let choices: Vec<_> = books.iter().flat_map(|it| it.choices()).map(|it| it.name.as_str()).collect();
    assert_eq!(choices, ["exigent", "out_of_state", "indian_child"]);
    let rules = books.iter().flat_map(|it| it.rules());
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
