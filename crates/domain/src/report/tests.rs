use std::collections::BTreeSet;

use super::*;
use crate::vocabulary::Vocabulary as _;

#[test]
fn no_item_is_asked_for_in_two_places() {
    let stated = ReportItem::ALL.iter().map(|it| it.code());
    let codes: BTreeSet<&str> = stated.chain(RecordItem::ALL.iter().map(|it| it.code())).collect();
    assert_eq!(codes.len(), ReportItem::ALL.len() + RecordItem::ALL.len());
}

#[test]
fn every_word_of_the_statute_has_its_item() {
    let citation = |code: &str| {
        let stated = ReportItem::parse(code).map(ReportItem::citation);
        stated.or_else(|_| RecordItem::parse(code).map(RecordItem::citation)).unwrap()
    };
    assert_eq!(citation("photo"), "42 U.S.C. 671(a)(35)(B)(i)");
    for item in ["height_inches", "weight_pounds", "sex", "ethnicity", "race", "hair_color", "eye_color"] {
        assert_eq!(citation(item), "42 U.S.C. 671(a)(35)(B)(ii)");
    }
    let dangers = [
        "pregnancy_status",
        "prescription_medications",
        "suicidal_tendencies",
        "vulnerability_to_being_sex_trafficked",
        "other_health_or_risk_factors",
    ];
    for item in dangers {
        assert_eq!(citation(item), "42 U.S.C. 671(a)(35)(B)(iii)");
    }
}

#[test]
fn what_was_provided_has_a_value_and_what_was_withheld_a_reason() {
    use ContentStatus::{NotKnownAfterAsking as Asked, Provided, WithheldWithReason as Withheld};
    let text = || Some("text".to_owned());
    assert_eq!(Said::new(Provided, text(), None), Ok(Said::Provided("text".to_owned())));
    assert_eq!(Said::new(Provided, None, None), Err(SaidFault::NoValue));
    assert_eq!(Said::new(Provided, text(), text()), Err(SaidFault::Reason));
    assert_eq!(Said::new(Asked, None, None), Ok(Said::NotKnownAfterAsking(None)));
    assert_eq!(Said::new(Asked, text(), None), Err(SaidFault::Value));
    assert_eq!(Said::new(Withheld, None, None), Err(SaidFault::NoReason));
    assert_eq!(Said::new(Withheld, None, text()), Ok(Said::Withheld("text".to_owned())));
}

#[test]
fn a_statement_can_be_taken_apart_again() {
    for said in [Said::Provided("a".into()), Said::NotKnownAfterAsking(None), Said::Withheld("b".into())] {
        let (value, reason) = (said.value().map(str::to_owned), said.reason().map(str::to_owned));
        assert_eq!(Said::new(said.status(), value, reason), Ok(said));
    }
}
