//! `homeward rules`: what a policy author asks, without a database.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use expect_test::expect;
use serde_json::Value;

use crate::import::program;

fn ask(arguments: &[&str]) -> Output {
    Command::new(program()).arg("rules").args(arguments).env_clear().output().unwrap()
}

fn said(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

#[test]
fn a_case_is_explained_with_limits_and_citations() {
    let told = ask(&[
        "explain",
        "--state",
        "MI",
        "--received",
        "2026-05-01T16:00:00-04:00",
        "--absence-began",
        "2026-05-01T06:00:00-04:00",
    ]);
    assert!(told.status.success());
    expect![[r#"
        due Fri 2026-05-01 16:00 EDT  initial report to law enforcement                    Mich. FOM 722-03A
        due Sat 2026-05-02 06:00 EDT  initial report to NCMEC                              Mich. FOM 722-03A
        due Sat 2026-05-02 06:00 EDT  initial report to the court                          Mich. FOM 722-03A
        due Sat 2026-05-02 06:00 EDT  initial report to the parents or guardians           Mich. FOM 722-03A
        due Sat 2026-05-02 06:00 EDT  initial report to the guardian ad litem              Mich. FOM 722-03A
    "#]]
    .assert_eq(&said(&told.stdout));
}

#[test]
fn a_case_is_explained_to_a_program_too() {
    let told =
        ask(&["explain", "--state", "FL", "--received", "2026-05-01T16:00:00-04:00", "--choice", "exigent", "--json"]);
    let duties: Value = serde_json::from_slice(&told.stdout).unwrap();
    let police = duties.as_array().unwrap().iter().find(|it| it["recipient"] == "law_enforcement").unwrap();
    assert_eq!((&police["kind"], &police["due_at"]), (&"initial_report".into(), &"2026-05-01T20:00:00Z".into()));
    assert_eq!(police["rule"]["jurisdiction"], "FL");
}

#[test]
fn every_pack_that_ships_passes_the_check_that_an_author_runs() {
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/states")).unwrap() {
        let file = file.unwrap().path();
        let checked = ask(&["check", file.to_str().unwrap()]);
        assert!(checked.status.success(), "{}", said(&checked.stderr));
    }
}

#[test]
fn a_pack_that_loosens_is_refused_in_plain_language_by_its_lines() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("loose.toml");
    let kansas = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/states/ks.toml")).unwrap();
    let loose = kansas.replacen("hours = 24", "hours = 36", 1).replacen(
        "anchor = \"agency_information_received_at\"",
        "anchor = \"record_created_at\"",
        1,
    );
    fs::write(&file, loose).unwrap();
    let checked = ask(&["check", file.to_str().unwrap()]);
    assert_eq!(checked.status.code(), Some(1));
    let why = said(&checked.stderr).replace(file.to_str().unwrap(), "loose.toml");
    expect![""].assert_eq(&why);
}

#[test]
fn a_place_or_a_condition_that_is_not_there_is_told_what_is() {
    let nowhere = ask(&["explain", "--state", "ZZ", "--received", "2026-05-01T16:00:00-04:00"]);
    assert!(said(&nowhere.stderr).contains("no rules of `ZZ` ship; there are US and AR,"));
    let stormy = ask(&["explain", "--state", "FL", "--received", "2026-05-01T16:00:00-04:00", "--choice", "stormy"]);
    assert!(said(&stormy.stderr).contains("have no condition `stormy`; they have exigent"));
}
