//! Many months: none may go wrong, every fault has to happen, and each broken build has to be found.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use chrono::TimeDelta;

use crate::model::Bug;
use crate::world::faults::{self, Coverage};
use crate::world::{DAYS, run};

/// In a run of the tests; `make simulate` asks for more.
const SEEDS: u64 = 400;
/// A broken build has to be found within so many.
const TO_BE_FOUND: u64 = 10_000;

#[expect(clippy::disallowed_methods, reason = "a length of a test, and no setting of the program")]
pub fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// What many months came to.
#[derive(Default)]
struct Sum {
    coverage: Coverage,
    steps: usize,
    worst: Option<TimeDelta>,
    failed: Vec<(u64, String)>,
}

fn run_many(first: u64, seeds: u64) -> Sum {
    let (next, sum) = (AtomicU64::new(first), Mutex::new(Sum::default()));
    thread::scope(|scope| {
        for _ in 0..workers() {
            scope.spawn(|| live(&next, first + seeds, &sum));
        }
    });
    sum.into_inner().expect("nobody panicked")
}

fn workers() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn live(next: &AtomicU64, end: u64, sum: &Mutex<Sum>) {
    let mut own = Sum::default();
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if end <= seed || 20 < own.failed.len() {
            break;
        }
        let ran = run(seed, None);
        own.coverage.add(&ran.coverage);
        own.steps += ran.steps;
        own.worst = own.worst.max(Some(ran.worst));
        own.failed.extend(ran.violation.map(|it| (seed, it)));
    }
    let mut sum = sum.lock().expect("nobody panicked");
    sum.coverage.add(&own.coverage);
    sum.steps += own.steps;
    sum.worst = sum.worst.max(own.worst);
    sum.failed.extend(own.failed);
}

fn commit() -> String {
    let asked = std::process::Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    asked.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned()).unwrap_or_default()
}

#[test]
fn dl_10_no_month_goes_wrong_whatever_happens_in_it() {
    if let Some(seed) = setting("SEED") {
        let ran = run(seed, None);
        println!("seed {seed}, {} steps: {:?}\n{:#?}", ran.steps, ran.violation, ran.coverage);
        assert_eq!(ran.violation, None);
        return;
    }
    let (first, seeds) = (setting("FIRST").unwrap_or(0), setting("SEEDS").unwrap_or(SEEDS));
    let (since, sum) = (Instant::now(), run_many(first, seeds));
    println!("seeds {first} to {} at {}, {DAYS} days each, {:?}", first + seeds - 1, commit(), since.elapsed());
    println!("{} steps; the worst lateness of a rung without a fault: {:?}", sum.steps, sum.worst);
    for fault in faults::ALL {
        println!("{:>10}  {fault:?}", sum.coverage.0.get(&fault).copied().unwrap_or_default());
    }
    let mut failed = sum.failed;
    failed.sort();
    failed.truncate(20);
    assert!(failed.is_empty(), "replay with SEED={} make simulate: {failed:#?}", failed[0].0);
    let rare = |it: &faults::Fault| sum.coverage.0.get(it).copied().unwrap_or_default() < seeds / 10;
    let rare: Vec<_> = faults::ALL.into_iter().filter(rare).collect();
    assert!(rare.is_empty(), "too seldom: {rare:?}");
}

#[test]
fn no_month_that_once_was_said_to_go_wrong_does_so_again() {
    for seed in [26_718, 27_876, 39_674, 55_265, 203_770, 254_322, 263_123] {
        assert_eq!(run(seed, None).violation, None, "replay with SEED={seed} make simulate");
    }
}

#[test]
fn every_broken_build_is_found() {
    let (since, next, missed) = (Instant::now(), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let look = || {
        while let Some(bug) = Bug::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            match (0..TO_BE_FOUND).find_map(|seed| Some((seed, run(seed, Some(*bug)).violation?))) {
                Some((seed, what)) => println!("{:>6}  {bug:?}: {what}", seed + 1),
                None => missed.lock().expect("nobody panicked").push(*bug),
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..workers() {
            scope.spawn(look);
        }
    });
    println!("{} broken builds, {:?}", Bug::ALL.len(), since.elapsed());
    let missed = missed.into_inner().expect("nobody panicked");
    assert!(missed.is_empty(), "not found in {TO_BE_FOUND} months: {missed:?}");
}

#[test]
fn a_month_is_the_same_whenever_it_is_lived() {
    for seed in 0..5 {
        let [one, two] = [run(seed, None), run(seed, None)];
        assert_eq!((one.steps, one.coverage.0), (two.steps, two.coverage.0));
    }
}
