//! The matrix of domain 9.2, as a table that a supervisor can read and sign.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use expect_test::expect;

use super::*;
use crate::vocabulary::Vocabulary as _;

const GROUNDS: [Ground; 5] =
    [Ground::Consent, Ground::Chosen, Ground::RecordedChoice, Ground::RecordedBasis, Ground::StateRule];

fn cells() -> impl Iterator<Item = (Datum, Destination)> {
    Datum::ALL.iter().flat_map(|datum| Destination::ALL.iter().map(|to| (*datum, *to)))
}

fn opens(datum: Datum, to: Destination) -> Vec<Ground> {
    GROUNDS.into_iter().filter(|ground| may_go(datum, to, &[*ground])).collect()
}

#[test]
fn what_may_go_to_whom() {
    let mut table = format!("{:25}", "");
    table.extend(Destination::ALL.iter().map(|it| format!("{:22}", it.code())));
    for datum in Datum::ALL {
        let cells: Vec<String> = Destination::ALL.iter().map(|to| format!("{:22}", rule(*datum, *to).code())).collect();
        let row = cells.concat();
        table = format!("{}\n{:25}{row}", table.trim_end(), datum.code());
    }
    expect![[r#"
                                 law_enforcement       ncmec                 poster                notice
        identity                 yes                   yes                   with consent          yes
        description              yes                   yes                   with consent          never
        photo                    yes                   yes                   with consent          never
        last_contact             yes                   yes                   limited               limited
        care_status              yes                   yes                   never                 per State rule
        health                   yes                   yes                   never                 minimum
        vulnerability_statement  yes                   yes                   never                 by recorded choice
        observations             chosen one by one     chosen one by one     never                 never
        determination            yes                   by recorded choice    never                 per State rule
        reporter_identity        with recorded basis   never                 never                 never
        part2_or_ferpa_origin    with recorded basis   with recorded basis   never                 never"#]]
    .assert_eq(table.trim_end());
}

#[test]
fn each_cell_is_opened_by_its_own_ground_and_by_no_other() {
    for (datum, to) in cells() {
        let expected = match rule(datum, to) {
            Rule::Yes | Rule::Limited | Rule::Minimum => GROUNDS.to_vec(),
            Rule::WithConsent => vec![Ground::Consent],
            Rule::ChosenOneByOne => vec![Ground::Chosen],
            Rule::ByRecordedChoice => vec![Ground::RecordedChoice],
            Rule::WithRecordedBasis => vec![Ground::RecordedBasis],
            Rule::PerStateRule => vec![Ground::StateRule],
            Rule::Never => vec![],
        };
        assert_eq!(opens(datum, to), expected, "{datum} {to}");
    }
}

#[test]
fn without_a_ground_only_what_is_open_goes() {
    for (datum, to) in cells() {
        let open = matches!(rule(datum, to), Rule::Yes | Rule::Limited | Rule::Minimum);
        assert_eq!(may_go(datum, to, &[]), open, "{datum} {to}");
    }
}

#[test]
fn t24_no_ground_whatever_puts_care_or_health_on_a_poster() {
    let never = [
        Datum::CareStatus,
        Datum::Health,
        Datum::VulnerabilityStatement,
        Datum::Observations,
        Datum::Determination,
        Datum::ReporterIdentity,
        Datum::ProtectedOrigin,
    ];
    for datum in never {
        assert!(!may_go(datum, Destination::Poster, &GROUNDS), "{datum}");
    }
}

#[test]
fn what_anyone_says_of_health_or_care_never_reaches_a_poster() {
    for item in ReportItem::ALL.iter().filter(|it| it.group() == crate::report::ReportGroup::Endangerment) {
        assert!(!may_go((*item).into(), Destination::Poster, &GROUNDS), "{item}");
    }
    assert!(!may_go(RecordItem::MissingFrom.into(), Destination::Poster, &GROUNDS));
}

#[test]
fn the_words_about_vulnerability_go_in_both_packets_as_the_statute_asks() {
    let item = ReportItem::VulnerabilityToBeingSexTrafficked.into();
    assert!(may_go(item, Destination::LawEnforcement, &[]) && may_go(item, Destination::Ncmec, &[]));
}

#[test]
fn a_law_of_a_state_and_any_other_basis_are_named() {
    for basis in LegalBasis::ALL {
        let named = !matches!(basis, LegalBasis::StateLaw | LegalBasis::Other);
        assert_eq!(basis.check(None).is_ok(), named, "{basis}");
        assert_eq!(basis.check(Some("22 M.R.S. 4008")), Ok(()));
    }
}
