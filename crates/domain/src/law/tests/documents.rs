//! The embedded rules and `docs/law.md` say the same, and the tests that the document names exist.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::law::{Overlay, Rule, library};

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

/// The rule files as they lie on disk: one for each State.
fn states() -> Vec<String> {
    let files = fs::read_dir(Path::new(CRATE).join("../../rules/states")).unwrap();
    let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_uppercase();
    files.map(|file| stem(&file.unwrap().path())).collect()
}

/// Every embedded rule, once.
fn every_rule() -> Vec<Arc<Rule>> {
    let floor = library().book("US").unwrap();
    let added = |place: &String| library().book(place).unwrap().rules()[floor.rules().len()..].to_vec();
    floor.rules().iter().cloned().chain(states().iter().flat_map(added)).collect()
}

fn document(name: &str) -> String {
    fs::read_to_string(Path::new(CRATE).join("../../docs").join(name)).unwrap()
}

fn law_md() -> String {
    document("law.md")
}

/// The names between backticks in the last column of every table: the tests.
fn named_tests() -> Vec<String> {
    let text = law_md();
    let rows = text.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    let cells = rows.filter_map(|row| row.rsplit('|').next());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// All the source of the crate.
fn source(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.extension() {
            None => text.push_str(&source(&path)),
            Some(kind) if kind == "rs" => text.push_str(&fs::read_to_string(&path).unwrap()),
            Some(_) => {}
        }
    }
    text
}

#[test]
fn every_state_file_is_embedded_under_its_postal_code() {
    assert_eq!(states().iter().filter(|it| library().book(it).is_none()).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_rule_has_a_citation_and_a_text() {
    for rule in every_rule() {
        assert!(rule.citation.chars().any(|it| it.is_ascii_digit()), "{}", rule.code);
        assert!(rule.text.ends_with('.'), "{}", rule.code);
    }
}

#[test]
fn a_code_names_one_rule_in_the_whole_library() {
    let rules = every_rule();
    assert_eq!(rules.iter().map(|it| &it.code).collect::<HashSet<_>>().len(), rules.len());
}

#[test]
fn every_rule_stands_in_the_document_with_its_citation() {
    let text = law_md();
    for rule in every_rule() {
        let row = format!("| `{}` | {} |", rule.code, rule.citation);
        assert!(text.contains(&row), "docs/law.md lacks: {row}");
    }
}

#[test]
fn every_test_that_the_document_names_exists() {
    let source = source(&Path::new(CRATE).join("src"));
    for name in named_tests() {
        assert!(source.contains(&format!("fn {name}(")), "docs/law.md names a test that is not there: {name}");
    }
}

#[test]
fn the_pack_that_authors_are_shown_is_taken() {
    let text = document("rule-packs.md");
    let example = text.split("```toml\n").nth(1).and_then(|it| it.split("```").next()).unwrap();
    assert_eq!(Overlay::parse(example).map(|it| (it.rules().len(), it.choices().len())), Ok((6, 1)));
}
