//! What is linked, under which licences, and what lies about in the repository (SP, LG).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::program;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn list() -> Value {
    let made = Command::new("python3").arg(root().join("scripts/sbom")).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    serde_json::from_slice(&made.stdout).unwrap()
}

/// `name-version` of each crate whose source the program names, for its debugger.
fn named_in(program: &[u8]) -> BTreeSet<String> {
    const BEFORE: &[u8] = b"index.crates.io-";
    let places = program.windows(BEFORE.len()).enumerate().filter(|(_, it)| *it == BEFORE).map(|(at, _)| at);
    let segment = |at: usize| {
        let rest = program[at..].splitn(3, |it| *it == b'/').nth(1)?;
        (rest.len() < 100).then(|| String::from_utf8_lossy(rest).into_owned())
    };
    let fits = |it: &String| it.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.+".contains(&it));
    places.filter_map(segment).filter(fits).collect()
}

#[test]
fn sp_03_whatever_crate_the_program_names_is_on_the_list_of_what_is_linked() {
    let list = list();
    let listed: BTreeSet<String> = list["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{}-{}", it["name"].as_str().unwrap(), it["version"].as_str().unwrap()))
        .collect();
    let named = named_in(&std::fs::read(program()).unwrap());
    let unlisted: Vec<&String> = named.difference(&listed).collect();
    assert!(unlisted.is_empty(), "{unlisted:?}");
    assert!(100 < named.len() && named.len() <= listed.len(), "{} of {}", named.len(), listed.len());
    // The control: a crate that is linked and was left out is missed.
    let first = named.first().unwrap().clone();
    let others: BTreeSet<String> = listed.into_iter().filter(|it| *it != first).collect();
    assert_eq!(named.difference(&others).collect::<Vec<_>>(), [&first]);
}

#[test]
fn sp_03_the_list_says_of_each_crate_its_licence_its_digest_and_where_it_comes_from() {
    let list = list();
    assert_eq!((list["bomFormat"].as_str(), list["specVersion"].as_str()), (Some("CycloneDX"), Some("1.6")));
    assert_eq!(list["metadata"]["component"]["name"], "homeward-server");
    for it in list["components"].as_array().unwrap() {
        let (name, licence) = (it["name"].as_str().unwrap(), it["licenses"][0]["expression"].as_str().unwrap());
        assert_eq!(it["purl"], format!("pkg:cargo/{name}@{}", it["version"].as_str().unwrap()));
        assert!(!licence.is_empty() && licence != "NOASSERTION", "{name}");
        let digest = it["hashes"][0]["content"].as_str().map_or(0, str::len);
        assert!(digest == 64 || name.starts_with("homeward-"), "{name}");
    }
    assert_eq!(list, self::list());
}

/// The names under `allow` of a licence, as an expression says them: each choice, with all that it asks for.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" OR ").any(|it| it.split(" AND ").all(|it| allowed.contains(&it.trim())))
}

#[test]
fn sp_02_every_crate_that_is_linked_has_a_licence_that_was_agreed_to() {
    let rules: toml::Table = read("deny.toml").parse().unwrap();
    let allowed: Vec<&str> =
        rules["licenses"]["allow"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    let list = list();
    for it in list["components"].as_array().unwrap() {
        let licence = it["licenses"][0]["expression"].as_str().unwrap();
        assert!(is_allowed(licence, &allowed), "{}: {licence}", it["name"]);
    }
    assert!(!allowed.iter().any(|it| it.contains("GPL")));
    assert!(!is_allowed("GPL-3.0-or-later", &allowed) && !is_allowed("MIT AND AGPL-3.0-only", &allowed));
    let denied: BTreeSet<&str> =
        rules["bans"]["deny"].as_array().unwrap().iter().map(|it| it["crate"].as_str().unwrap()).collect();
    let linked = list["components"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap());
    assert_eq!(linked.filter(|it| denied.contains(it)).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn sp_02_lg_08_what_ci_runs_asks_for_licences_and_looks_for_secrets() {
    let run = read(".ci/run");
    for script in ["scripts/licences", "scripts/secrets"] {
        assert!(run.lines().any(|it| it.starts_with("step ") && it.ends_with(script)), "{script}");
    }
}
