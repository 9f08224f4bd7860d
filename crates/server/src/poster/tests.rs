//! T24: what has no place on a poster cannot get there.

use homeward_domain::child::{Ethnicity, Race, Sex};

use super::*;

/// Taken apart without `..`: a member more does not compile until someone has decided that the public may see it.
#[test]
fn t24_a_poster_has_these_members_and_no_other() {
    let Poster {
        format,
        version,
        made_at: _,
        given_name,
        family_name,
        age,
        sex: _,
        race: _,
        ethnicity: _,
        height_inches,
        weight_pounds,
        hair_color,
        eye_color,
        marks,
        clothing,
        photo: Some(PosterPhoto { id: _, taken_on: _ }),
        last_seen_on: _,
        last_seen_city,
        last_seen_state,
        call,
    } = poster()
    else {
        panic!("the photo is missing");
    };
    assert_eq!((format, version, age, height_inches, weight_pounds), (1, 1, Some(15), Some(64), Some(118)));
    let texts = [Some(given_name), Some(family_name), hair_color, eye_color, marks, clothing];
    assert!(texts.into_iter().chain([Some(last_seen_city), Some(last_seen_state)]).all(|it| it.is_some()));
    assert_eq!(call.len(), 2);
}

#[test]
fn t24_neither_its_json_nor_its_document_speaks_of_care_or_health() {
    let json = serde_json::to_string(&poster()).unwrap().to_lowercase();
    let document = format!("{:?}", sheet(&poster(), None)).to_lowercase();
    let never = [
        "care",
        "custody",
        "foster",
        "placement",
        "agency",
        "caseworker",
        "health",
        "medic",
        "pregnan",
        "suicid",
        "vulnerab",
        "traffick",
        "observ",
        "indicator",
        "determin",
        "victim",
        "risk",
        "runaway",
        "prior",
    ];
    for word in never {
        assert!(!json.contains(word), "{word}");
        assert!(!document.contains(word), "{word}");
    }
}

#[test]
fn it_says_whom_to_call() {
    let document = format!("{:?}", sheet(&poster(), None));
    assert!(document.contains("911") && document.contains("1-800-THE-LOST"));
}

#[test]
fn it_can_be_written() {
    assert!(crate::pdf::write(&sheet(&poster(), None)).is_ok());
}

fn poster() -> Poster {
    Poster {
        format: FORMAT,
        version: 1,
        made_at: DateTime::from_timestamp(1_777_622_400, 0).unwrap(),
        given_name: "Sample".to_owned(),
        family_name: "Child".to_owned(),
        age: Some(15),
        sex: Some(Code(Sex::Female)),
        race: vec![Code(Race::White)],
        ethnicity: Some(Code(Ethnicity::NotHispanic)),
        height_inches: Some(64),
        weight_pounds: Some(118),
        hair_color: Some("brown".to_owned()),
        eye_color: Some("green".to_owned()),
        marks: Some("Scar over the left brow".to_owned()),
        clothing: Some("Red jacket".to_owned()),
        photo: Some(PosterPhoto { id: Uuid::nil(), taken_on: "2026-04-01".parse().unwrap() }),
        last_seen_on: "2026-04-30".parse().unwrap(),
        last_seen_city: "Wichita".to_owned(),
        last_seen_state: "Kansas".to_owned(),
        call: CALL.map(|(who, number)| PosterCall { who, number }).to_vec(),
    }
}
