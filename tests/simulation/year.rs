//! A year of an agency, rung by rung, held against an oracle that shares no line with it (`oracle.py`).
//!
//! `make year` (CHILDREN=50000).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{SecondsFormat, TimeDelta};
use homeward_domain::child::UnderTwentySix;
use homeward_domain::delivery::{DIGEST_AT, Pressure, leaves_at};
use homeward_domain::duty::{Duty, DutyKey};
use homeward_domain::law::{self, RuleBook};
use homeward_domain::reminder::{Rung, Sent, next_rung};
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_domain::zone::Zone;

use crate::happened::{Happened, a_year_of};
use crate::model::tables::At;
use crate::months::setting;

const ZONE: &str = "America/Chicago";
/// In a run of the tests.
const CHILDREN: u64 = 1_000;

/// One duty, as it stands.
struct Standing {
    duty: Duty,
    sent: Option<Sent>,
    waits: Option<Rung>,
}

/// One episode, and the lines of what was sent for it.
struct Course<'a> {
    book: &'a RuleBook,
    zone: Zone,
    number: usize,
    duties: BTreeMap<DutyKey, Standing>,
    lines: String,
}

impl Course<'_> {
    /// The plan as of now, from what was recorded by now.
    fn plan(&mut self, facts: &[Happened], now: At) {
        let known = Happened::facts(facts);
        let wanted = law::duties(self.book, UnderTwentySix::NotElected, &known);
        for gone in self.duties.values_mut().filter(|it| wanted.iter().all(|duty| duty.key != it.duty.key)) {
            gone.waits = None;
        }
        for duty in wanted {
            let stands = self.duties.entry(duty.key);
            let stands = stands.or_insert_with(|| Standing { duty: duty.clone(), sent: None, waits: None });
            stands.waits = next_rung(&duty, stands.sent, now);
            stands.duty = duty;
        }
    }

    /// Everything that fires before `end`, by a worker that is never late.
    fn live(&mut self, mut now: At, end: At) {
        loop {
            let next = self.duties.values_mut().filter(|it| it.waits.is_some_and(|rung| rung.fire_at.max(now) < end));
            let Some(next) = next.min_by_key(|it| (it.waits.map(|rung| rung.fire_at), it.duty.key)) else { return };
            let Some(rung) = next.waits.take() else { return };
            now = now.max(rung.fire_at);
            next.sent = Some(Sent::from(rung));
            next.waits = next_rung(&next.duty, next.sent, now);
            let line = line(self.number, &next.duty, &rung, now, self.zone);
            self.lines.push_str(&line);
        }
    }
}

fn line(number: usize, duty: &Duty, rung: &Rung, now: At, zone: Zone) -> String {
    let pressure = Pressure::of(duty, rung.audience);
    let leaves_at = leaves_at(pressure, duty.limit_at(), DIGEST_AT, zone, now);
    let (kind, sequence) = (duty.key.kind.code(), duty.key.sequence);
    let recipient = duty.key.recipient.map_or("", |it| it.code());
    let presses = if pressure == Pressure::High { "high" } else { "low" };
    let (step, audience) = (rung.step, rung.audience.code());
    let [at, leaves] = [now, leaves_at].map(text);
    format!("{number},{kind},{recipient},{sequence},{step},{at},{audience},{presses},{leaves}\n")
}

pub fn text(at: At) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// What the engine sends in the year, and the facts that it was told.
fn live_through(children: u64, folder: &Path) -> (String, usize) {
    let book = law::library().book("US").expect("the floor");
    let zone = Zone::parse(ZONE).expect("a zone");
    let (episodes, end) = a_year_of(children);
    let (mut facts, mut sent) = (String::new(), String::new());
    for (number, happened) in episodes.iter().enumerate() {
        let mut course = Course { book: &book, zone, number, duties: BTreeMap::new(), lines: String::new() };
        for (place, fact) in happened.iter().enumerate() {
            writeln!(facts, "{number},{}", fact.row()).expect("a string takes it");
            let until = happened.get(place + 1).map_or(end, |it| it.recorded_at.min(end));
            course.plan(&happened[..=place], fact.recorded_at);
            course.live(fact.recorded_at, until);
        }
        sent.push_str(&course.lines);
    }
    fs::write(folder.join("facts.csv"), facts).expect("the facts are written");
    fs::write(folder.join("sent.csv"), &sent).expect("what was sent is written");
    (sent, episodes.len())
}

fn oracle(folder: &Path, broken: Option<&str>) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("oracle.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(folder.join("facts.csv")).args(broken);
    let said = command.output().expect("python3 is there");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).expect("text")
}

/// The lines of one that the other does not have.
fn differences(one: &str, other: &str) -> Vec<String> {
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    };
    let (one, other) = (sorted(one), sorted(other));
    let only = |sign: char, these: &[String], those: &[String]| {
        let missing = these.iter().filter(|it| those.binary_search(it).is_err());
        missing.map(|it| format!("{sign}{it}")).collect::<Vec<_>>()
    };
    let count = (one.len() != other.len()).then(|| format!("{} lines and {}", one.len(), other.len()));
    [only('-', &one, &other), only('+', &other, &one), count.into_iter().collect()].concat()
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("homeward-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

#[test]
fn a_year_of_rungs_is_what_the_oracle_says() {
    let folder = folder("year");
    let children = setting("CHILDREN").unwrap_or(CHILDREN);
    let (sent, episodes) = live_through(children, &folder);
    let expected = oracle(&folder, None);
    let found = differences(&sent, &expected);
    let rungs = sent.lines().count();
    println!("{children} children, {episodes} episodes, {rungs} rungs, {} differences", found.len());
    assert!(found.is_empty(), "{:#?}", &found[..found.len().min(20)]);
    assert!(episodes * 10 < rungs, "too few to say anything");
    fs::remove_dir_all(folder).expect("the folder goes");
}

#[test]
fn an_oracle_with_one_rule_moved_differs() {
    let folder = folder("controls");
    let (sent, _) = live_through(300, &folder);
    for broken in ["eighteenth_hour", "digest", "fold", "aim", "contact", "climb"] {
        assert_ne!(differences(&sent, &oracle(&folder, Some(broken))).len(), 0, "{broken}");
    }
    fs::remove_dir_all(folder).expect("the folder goes");
}

/// The span that a year has here.
pub const YEAR: TimeDelta = TimeDelta::days(365);
