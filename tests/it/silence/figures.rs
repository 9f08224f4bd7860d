//! What is measured, what is said of it, and what is built on it, are held together here.

use std::collections::BTreeSet;
use std::path::Path;

use homeward_domain::silence::Condition;
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_server::figures::{self, FIGURES, Kind};
use homeward_server::pulse::Pulse;

use super::NOW;
use super::watched::Watched;
use crate::support::TestApp;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn known() -> BTreeSet<String> {
    FIGURES.iter().map(|(name, ..)| (*name).to_owned()).collect()
}

/// The name of the family that a sample of it bears.
fn family(sample: &str) -> String {
    let parts = ["_bucket", "_sum", "_count"];
    let base = parts.iter().find_map(|it| sample.strip_suffix(it)).unwrap_or(sample);
    let is_histogram = FIGURES.iter().any(|(name, kind, _)| *name == base && *kind == Kind::Histogram);
    if is_histogram { base } else { sample }.to_owned()
}

/// Words of PromQL that are followed by a figure or stand where one could.
const PROMQL: [&str; 28] = [
    "max",
    "min",
    "sum",
    "avg",
    "count",
    "rate",
    "increase",
    "changes",
    "absent",
    "up",
    "by",
    "on",
    "or",
    "and",
    "unless",
    "le",
    "without",
    "histogram_quantile",
    "clamp_min",
    "time",
    "job",
    "channel",
    "task",
    "of",
    "route",
    "status",
    "outcome",
    "vector",
];

/// Every word of an expression that is neither PromQL, nor a label, nor text, nor a span of time.
fn figures_in(expression: &str) -> BTreeSet<String> {
    let without_text: String = expression.split('"').step_by(2).collect();
    let words = without_text.split(|it: char| !it.is_ascii_alphanumeric() && it != '_');
    let is_name = |it: &&str| it.starts_with(|first: char| first.is_ascii_lowercase()) && 1 < it.len();
    words.filter(is_name).filter(|it| !PROMQL.contains(it)).map(family).collect()
}

#[test]
fn every_figure_is_described_and_every_description_is_of_a_figure() {
    let page = read("docs/metrics.md");
    let described: Vec<&str> = page.lines().filter_map(|it| it.strip_prefix("| `")?.split('`').next()).collect();
    let names: BTreeSet<String> = described.iter().map(|it| it.split('{').next().unwrap().to_owned()).collect();
    assert_eq!(names, known());
    assert_eq!(described.len(), FIGURES.len(), "one row each");
}

#[test]
fn nothing_is_measured_that_is_not_listed() {
    let mut measured = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/server/src")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(&folder).unwrap().flatten().map(|it| it.path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            for call in ["counter!(\"", "gauge!(\"", "histogram!(\""] {
                measured.extend(text.split(call).skip(1).map(|it| it.split('"').next().unwrap().to_owned()));
            }
        }
    }
    assert_eq!(measured, known());
}

#[tokio::test]
async fn what_metrics_shows_is_what_is_listed() {
    let app = TestApp::at(NOW).await;
    let metrics = Some(figures::keep().unwrap());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/metrics", listener.local_addr().unwrap());
    let pulse = Pulse { metrics, ..app.state.pulse.clone() };
    tokio::spawn(homeward_server::serve::beacon(pulse, listener).unwrap());
    app.given_case().await;
    app.settle().await;
    let mut watched = Watched::over(&app);
    watched.round().await;
    let shown = reqwest::get(&address).await.unwrap().text().await.unwrap();
    let samples = shown.lines().filter(|it| !it.starts_with('#') && !it.is_empty());
    let names: BTreeSet<String> = samples.map(|it| family(it.split(['{', ' ']).next().unwrap())).collect();
    assert_eq!(names.difference(&known()).collect::<Vec<_>>(), [""; 0]);
    for name in ["oldest_unsent_seconds", "rung_lateness_seconds", "duties_without_rung", "alarms_open", "roster_gaps"]
    {
        assert!(names.contains(name), "{name}: {shown}");
    }
}

#[test]
fn every_alert_and_every_panel_is_made_of_figures_that_exist() {
    let rules = read("deploy/prometheus/alerts.yml");
    let expressions: Vec<&str> = rules.lines().filter_map(|it| it.trim().strip_prefix("expr: ")).collect();
    assert!(12 <= expressions.len(), "{}", expressions.len());
    let panels: serde_json::Value = serde_json::from_str(&read("deploy/grafana/homeward.json")).unwrap();
    let panels = panels["panels"].as_array().unwrap().clone();
    let targets = panels.iter().flat_map(|it| it["targets"].as_array().cloned().unwrap_or_default());
    let asked: Vec<String> = targets.map(|it| it["expr"].as_str().unwrap().to_owned()).collect();
    assert!(10 <= asked.len(), "{}", asked.len());
    for expression in expressions.into_iter().map(str::to_owned).chain(asked) {
        let figures = figures_in(&expression);
        let unknown: Vec<String> = figures.iter().filter(|it| !known().contains(*it)).cloned().collect();
        assert!(unknown.is_empty(), "{expression}: {unknown:?}");
        assert!(!figures.is_empty() || expression.contains("up"), "{expression}");
    }
}

#[test]
fn a_rule_about_a_figure_that_does_not_exist_would_be_found() {
    let figures = figures_in("max by (task) (heartbeat_age_secs{task=\"rungs\"}) > 150");
    assert_eq!(figures.difference(&known()).collect::<Vec<_>>(), ["heartbeat_age_secs"]);
}

#[test]
fn every_alarm_has_its_section_in_the_runbook() {
    let runbook = read("docs/runbook.md");
    for condition in Condition::ALL {
        assert!(runbook.contains(&format!("\n### `{condition}`\n")), "{condition}");
    }
}
