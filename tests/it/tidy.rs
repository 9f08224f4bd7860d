//! The ratchets: what the tree must look like, so that nobody has to remember it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::document;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file under these folders with one of these endings, and what is in it.
fn files(folders: &[&str], endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = folders.iter().map(|it| root().join(it)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(|it| path.to_string_lossy().ends_with(it)) {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn offenders(files: &[(String, String)], bad: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let lines = files.iter().flat_map(|(name, text)| text.lines().enumerate().map(move |(at, line)| (name, at, line)));
    lines
        .filter(|(name, _, line)| bad(name, line))
        .map(|(name, at, line)| format!("{name}:{}: {line}", at + 1))
        .collect()
}

/// Domain 10.5, and what would be a judgement by another name (NJ-1, NJ-2).
const BANNED: [&str; 17] = [
    "risk_score",
    "riskscore",
    "likelihood",
    "probability",
    "victim_flag",
    "is_victim",
    "is_trafficked",
    "suspected_trafficking",
    "severity",
    "rank",
    "threat_level",
    "red_flag_count",
    "prostitut",
    "indicator_count",
    "observation_count",
    "risk_level",
    "high_risk",
];

/// `rank` is a word of its own, and not a part of `frank`.
fn says(line: &str, word: &str) -> bool {
    let line = line.to_lowercase();
    let bytes = line.as_bytes();
    line.match_indices(word).any(|(at, _)| {
        let before = at.checked_sub(1).and_then(|it| bytes.get(it)).is_none_or(|it| !it.is_ascii_alphabetic());
        let after = bytes.get(at + word.len()).is_none_or(|it| !it.is_ascii_alphabetic());
        before && (after || word == "prostitut")
    })
}

#[test]
fn t30_the_banned_words_stand_nowhere_but_in_the_catalogue_and_this_list() {
    let all = files(&["crates", "migrations", "openapi", "rules", "tests/it"], &[".rs", ".sql", ".json", ".toml"]);
    let exempt = ["indicators.toml", "indicator.rs", "indicator/tests.rs", "tidy.rs"];
    let found = offenders(&all, |name, line| {
        !name.contains("/data/")
            && !exempt.iter().any(|it| name.ends_with(it))
            && BANNED.iter().any(|it| says(line, it))
    });
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_ban_would_catch_a_column_and_a_field() {
    assert!(says("    risk_score integer not null,", "risk_score"));
    assert!(says("pub is_victim: bool,", "is_victim"));
    assert!(says("order by rank desc", "rank"));
    assert!(!says("the clerk franked it", "rank"));
}

#[test]
fn the_domain_depends_on_nothing_that_does_anything() {
    let manifest: toml::Table = read("crates/domain/Cargo.toml").parse().unwrap();
    let names: Vec<&String> = manifest["dependencies"].as_table().unwrap().keys().collect();
    assert_eq!(names, ["chrono", "chrono-tz", "serde", "thiserror", "toml", "uuid"]);
}

#[test]
fn only_the_store_speaks_sql() {
    let manifest = read("crates/server/Cargo.toml");
    assert!(!manifest.contains("diesel") && !manifest.contains("tokio-postgres"));
}

#[test]
fn the_law_cannot_see_an_observation() {
    let mut law = files(&["crates/domain/src/law"], &[".rs"]);
    for name in ["law.rs", "reminder.rs", "duty.rs", "episode.rs", "compliance.rs", "counts.rs"] {
        law.push((name.to_owned(), read(&format!("crates/domain/src/{name}"))));
    }
    let found = offenders(&law, |_, line| {
        line.contains("observation::") || line.contains("indicator::") || line.contains("child::Sex")
    });
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn nothing_but_its_own_table_and_page_reads_observations() {
    let all = files(&["crates/store/src", "crates/server/src"], &[".rs", ".sql"]);
    // A packet holds those that a person named one by one.
    let packets = ["packet/observed.rs", "packet/compose.rs", "packets/kept.rs"];
    let own = [
        "observations.rs",
        "indicators.rs",
        "schema.rs",
        "/import",
        "seal/columns.rs",
        "seal/earlier/",
        "http.rs",
        "wire.rs",
        "lib.rs",
    ];
    let found = offenders(&all, |name, line| {
        let exempt = own.iter().chain(&packets).any(|it| name.contains(it));
        line.contains("observations") && !exempt && !line.trim_start().starts_with("//")
    });
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_operation_counts_sorts_filters_or_searches_observations() {
    for (path, item) in document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap();
                let about = name.contains("observ") || name.contains("indicator");
                let path_only = parameter["in"] == "path";
                assert!(!about || path_only, "{method} {path} takes {name}");
                let allowed = path_only || parameter["in"] == "header";
                assert!(!path.contains("observations") || allowed, "{method} {path} filters by {name}");
            }
        }
    }
    for (name, schema) in document()["components"]["schemas"].as_object().unwrap() {
        for property in schema["properties"].as_object().into_iter().flatten().map(|it| it.0) {
            let names_them = (name.as_str(), property.as_str()) == ("NewPacket", "observation_ids");
            assert!(!property.contains("observation") || names_them, "{name} says {property}");
        }
    }
}

#[test]
fn one_file_reads_the_clock() {
    let all = files(&["crates"], &[".rs"]);
    let found = offenders(&all, |name, line| {
        !name.ends_with("server/src/clock.rs") && (line.contains("Utc::now(") || line.contains("SystemTime::now("))
    });
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn sql_never_asks_the_time() {
    let all = files(&["crates", "migrations"], &[".sql"]);
    let found = offenders(&all, |_, line| line.contains("now()") && !line.trim_start().starts_with("--"));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn status_codes_stand_in_the_problem_and_the_replies() {
    let all = files(&["crates/server/src"], &[".rs"]);
    let found = offenders(&all, |name, line| {
        line.contains("StatusCode::") && !["problem.rs", "reply.rs"].iter().any(|it| name.ends_with(it))
    });
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_store_decides_nothing_about_roles() {
    let all = files(&["crates/store/src", "crates/server/src/http"], &[".rs"]);
    let found = offenders(&all, |_, line| line.contains("== Role::") || line.contains("matches!(role"));
    assert!(found.is_empty(), "{found:#?}");
}

/// The list may only shrink.
const LONG_FILES: [&str; 0] = [];

#[test]
fn no_file_is_longer_than_400_lines() {
    let all = files(&["crates", "tests/it"], &[".rs"]);
    let long: Vec<String> = all
        .iter()
        .filter(|(name, text)| {
            400 < text.lines().count() && !name.ends_with("schema.rs") && !LONG_FILES.contains(&name.as_str())
        })
        .map(|(name, text)| format!("{name}: {}", text.lines().count()))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn files_are_named_after_their_subject() {
    let all = files(&["crates"], &[".rs"]);
    let vague = ["utils.rs", "util.rs", "common.rs", "types.rs", "helpers.rs", "misc.rs"];
    let found: Vec<&String> =
        all.iter().map(|it| &it.0).filter(|name| vague.iter().any(|it| name.ends_with(&format!("/{it}")))).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn nothing_is_left_to_do() {
    let all = files(&["crates", "tests/it", "migrations"], &[".rs", ".sql"]);
    let words = ["todo!(", "unimplemented!(", "FIXME", "XXX", "#[ignore"];
    let found = offenders(&all, |name, line| !name.ends_with("tidy.rs") && words.iter().any(|it| line.contains(it)));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_dependency_has_its_reason() {
    let mut used = BTreeSet::new();
    for name in ["crates/domain", "crates/store", "crates/server"] {
        let manifest: toml::Table = read(&format!("{name}/Cargo.toml")).parse().unwrap();
        used.extend(manifest["dependencies"].as_table().unwrap().keys().cloned());
    }
    used.retain(|it| !it.starts_with("homeward-"));
    let reasons = read("docs/dependencies.md");
    let missing: Vec<&String> = used.iter().filter(|it| !reasons.contains(&format!("| `{it}` |"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn sp_01_what_is_linked_is_locked_and_from_one_registry() {
    let lock: toml::Table = read("Cargo.lock").parse().unwrap();
    let sources = lock["package"].as_array().unwrap().iter().filter_map(|it| it.get("source")?.as_str());
    let sources: BTreeSet<&str> = sources.collect();
    assert_eq!(sources, BTreeSet::from(["registry+https://github.com/rust-lang/crates.io-index"]));
    let unlocked = |line: &str| {
        ["cargo build", "cargo test", "cargo nextest", "cargo clippy", "cargo run", "cargo install"]
            .iter()
            .any(|it| line.contains(it) && !line.contains("--version"))
    };
    for file in ["Makefile", ".ci/run", "Dockerfile", "scripts/install-deps", "tests/bench/run"] {
        let text = read(file);
        let found =
            text.lines().find(|it| unlocked(it) && !it.contains("--locked") && !it.trim_start().starts_with('#'));
        assert_eq!(found, None, "{file}");
    }
}

/// What runs on the machine that builds: each was looked at before it was put on the list.
#[test]
fn sp_04_what_runs_while_building_is_on_the_list_and_our_own_code_is_safe() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    assert_eq!(manifest["workspace"]["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    let asked = std::process::Command::new("cargo")
        .args(["metadata", "--locked", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&asked.stdout).unwrap();
    let mut found = BTreeSet::new();
    for package in metadata["packages"].as_array().unwrap().iter().filter(|it| it["source"].is_string()) {
        for target in package["targets"].as_array().unwrap() {
            for kind in ["custom-build", "proc-macro"].into_iter().filter(|it| target["kind"][0] == *it) {
                found.insert(format!("{} {kind}", package["name"].as_str().unwrap()));
            }
        }
    }
    let found: String = found.into_iter().map(|it| it + "\n").collect();
    expect_test::expect_file!["../../docs/runs-while-building.txt"].assert_eq(&found);
}

#[test]
fn every_problem_has_its_page_and_every_page_its_problem() {
    let source = read("crates/server/src/problem.rs");
    let in_code: BTreeSet<&str> = source
        .split('"')
        .zip(source.split('"').skip(1))
        .filter(|(before, _)| {
            before.trim_end().ends_with("S::UNAUTHORIZED,")
                || before.contains("(S::")
                || before.contains("(StatusCode::")
        })
        .map(|it| it.1)
        .filter(|it| !it.is_empty() && it.chars().all(|it| it.is_ascii_lowercase() || it == '-'))
        .collect();
    let pages = read("docs/problems.md");
    let on_pages: BTreeSet<&str> = pages.lines().filter_map(|it| it.strip_prefix("## ")).collect();
    assert_eq!(in_code, on_pages);
}

#[test]
fn the_committed_description_is_the_served_one() {
    assert_eq!(read("openapi/homeward.json").trim(), homeward_server::openapi::json().trim(), "run `make openapi`");
}
