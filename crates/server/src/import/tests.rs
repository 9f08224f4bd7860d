use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use homeward_domain::id::Id;
use homeward_domain::zone::Zone;
use homeward_store::import::{Arrival, Known};
use uuid::Uuid;

use super::reject::Reject;
use super::rows::Reader;
use super::sift::Sift;
use super::table::Table;
use super::{Kind, Tally, asked, read};

const EXTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/it/data/extract");
const CHILD: &str = "agency_person_id,given_name,family_name,date_of_birth,sex,race,ethnicity,height_inches,\
    weight_pounds,hair_color,eye_color,unit_code,worker_email,care_status";
const EPISODE: &str = "agency_episode_id,agency_person_id,absence_began_at,agency_information_received_at,located_at,\
    returned_to_care_at,missing_type,missing_from,recovery_type";
const ANN: &str = "K1,Ann,Lee,2008-02-29,female,white;asian,,60,,,,metro,Jo.Doe@Example.test,foster_care";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// An agency with these units and nothing else.
fn empty() -> Sift {
    let codes = ["metro", "north-county", "south-county", "east-county", "west-county"];
    let units = codes.map(|code| (code.to_owned(), Id::from_uuid(Uuid::new_v4()))).into();
    let reader = Reader { zone: Zone::parse("America/Chicago").unwrap(), now: at("2026-05-01T12:00:00Z") };
    Sift::new(Id::from_uuid(Uuid::nil()), reader, Known { units, ..Known::default() })
}

fn table(kind: Kind, bytes: &[u8]) -> Table {
    Table::parse(kind, Path::new(kind.file()), bytes).unwrap()
}

fn lines(kind: Kind, header: &str, rows: &[&str]) -> Table {
    table(kind, [&[header], rows].concat().join("\n").as_bytes())
}

fn told(rejects: &[Reject]) -> Vec<(usize, &'static str)> {
    rejects.iter().map(|it| (it.line, it.code.code())).collect()
}

#[test]
fn of_the_extract_forty_rows_are_refused_and_all_others_land() {
    let mut sift = empty();
    let tables = read(Path::new(EXTRACT)).unwrap();
    assert_eq!(asked(&tables).agency_episode_ids.len(), 11_084);
    for table in &tables {
        sift.table(table);
    }
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    for it in &sift.rejects {
        assert!(it.file == "episodes.csv" && it.text.starts_with("X01800"), "{it:?}");
        *codes.entry(it.code.code()).or_default() += 1;
    }
    assert_eq!((codes.len(), codes.values().all(|count| *count == 5)), (8, true), "{codes:?}");
    let landed: Vec<usize> = sift.tallies.values().map(|it| it.landed).collect();
    assert_eq!(landed, [4_400, 10_937, 11_044, 25_346, 1_760]);
    assert_eq!(sift.arrivals.values().map(Arrival::rows).sum::<usize>(), landed.iter().sum::<usize>());
}

#[test]
fn a_line_is_the_one_an_editor_shows() {
    let rows = "\r\n\r\nL1,\"A\r\nB\",C,2008-01-01,,,,,,,,metro,,foster_care\r\n\r\nL2\r\n\n\nL3,\u{0}\r\n\
        ,A,B,2008-01-01,,,,,,,,metro,,foster_care";
    let mut bytes = [b"\xEF\xBB\xBF", CHILD.as_bytes(), rows.as_bytes()].concat();
    for byte in &mut bytes {
        *byte = if *byte == 0 { 0xFF } else { *byte };
    }
    let mut sift = empty();
    sift.table(&table(Kind::Children, &bytes));
    let expected = [(6, "missing_required_field"), (9, "unknown_code"), (10, "missing_required_field")];
    assert_eq!(told(&sift.rejects), expected);
    assert_eq!(sift.tallies.get(&Kind::Children).map(|it| it.landed), Some(1));
}

#[test]
fn a_child_told_twice_is_one_child_and_told_otherwise_a_conflict() {
    let mut sift = empty();
    let other = ANN.replace("Lee", "Leo");
    sift.table(&lines(Kind::Children, CHILD, &[ANN, ANN, &other]));
    assert_eq!(told(&sift.rejects), [(4, "conflicts_with_existing")]);
    let expected = Tally { landed: 1, already_there: 1, refused: 1 };
    assert_eq!(sift.tallies.get(&Kind::Children), Some(&expected));
    assert_eq!(sift.workers().iter().map(|it| it.email.as_str()).collect::<Vec<_>>(), ["jo.doe@example.test"]);
}

#[test]
fn an_absence_may_begin_when_the_last_one_ends_and_not_before() {
    let mut sift = empty();
    sift.table(&lines(Kind::Children, CHILD, &[ANN]));
    let rows = [
        "E1,K1,2020-01-01T10:00:00,2020-01-01T12:00:00-06:00,,2020-01-02T10:00:00-06:00,,,",
        "E1,K1,2020-01-01T16:00:00Z,2020-01-01T12:00:00-06:00,,2020-01-02T16:00:00Z,unknown,,",
        "E2,K1,2020-01-02T10:00:00-06:00,2020-01-02T12:00:00-06:00,,,,,",
        "E3,K1,2020-03-01T10:00:00-06:00,2020-03-01T12:00:00-06:00,,,,,",
        "E4,K1,,2019-03-01T12:00:00-06:00,,2019-03-01T10:00:00-06:00,,,",
        "E5,K1,2019-01-01T00:00,2019-01-01T00:00Z,2018-12-31T00:00:00Z,,,,",
        "E6,K1,,2026-05-01T12:05:00Z,,2026-05-01T12:05:01Z,,,",
        "E7,K2,,,,,,,",
        "E8,,,,,,,,",
        "E9,K1,,2020-03-08T02:30:00,,,,,",
    ];
    sift.table(&lines(Kind::Episodes, EPISODE, &rows));
    let expected = [
        (5, "overlaps_another_episode"),
        (7, "impossible_local_time"),
        (8, "in_the_future"),
        (9, "unknown_child"),
        (10, "missing_required_field"),
        (11, "impossible_local_time"),
    ];
    assert_eq!(told(&sift.rejects), expected, "{:?}", sift.rejects);
    let expected = Tally { landed: 3, already_there: 1, refused: 6 };
    assert_eq!(sift.tallies.get(&Kind::Episodes), Some(&expected));
}

#[test]
fn a_file_with_other_columns_is_refused_whole() {
    let header = EPISODE.replace("located_at", "missing_type").replace("recovery_type", "mood");
    let error = Table::parse(Kind::Episodes, Path::new("d/episodes.csv"), header.as_bytes()).unwrap_err();
    let expected = "d/episodes.csv: the columns are not the expected ones (missing: `located_at`, `recovery_type`; \
        given twice: `missing_type`; unknown: `mood`)";
    assert_eq!(error.to_string(), expected);
}
