//! The store's engine and the model of it that is simulated (ADR 0026) live through the same histories, and have to say
//! the same after each step: what waits, what was sent, to whom, what leaves, how it ended.
//!
//! `HISTORIES=1000 make engine` lives through more; `SEED=17 make engine` through one again.

mod acts;
mod history;
mod memory;
mod people;
mod tables;
mod work;

#[path = "../simulation/dice.rs"]
mod dice;
#[path = "../simulation/model/mod.rs"]
#[expect(dead_code, reason = "the simulation asks more of it")]
mod model;

use std::collections::BTreeMap;

use crate::silence::computed;
use crate::support::setting;
use history::History;
use model::Bug;

/// Histories in each run of the tests.
const HISTORIES: u64 = 40;
const STEPS: usize = 30;
/// A broken model has to be told from the store within so many histories.
const TO_BE_FOUND: u64 = 25;

/// What one side says, by the name of what it says it of.
type Said = BTreeMap<String, String>;

/// Lives through one history on both sides. The first difference, and what led to it.
async fn play(seed: u64, bug: Option<Bug>) -> Result<BTreeMap<&'static str, usize>, String> {
    let mut history = History::begin(seed, bug).await;
    for _ in 0..STEPS {
        let ended = history.step().await;
        if let Err(difference) = ended {
            return Err(format!("SEED={seed}\n{}\n{difference}", history.log.join("\n")));
        }
    }
    computed::same(&history.app).await.map_err(|it| format!("SEED={seed}\n{}\n{it}", history.log.join("\n")))?;
    Ok(history.happened)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_and_its_model_say_the_same_after_each_step_of_any_history() {
    let (first, histories) = match setting("SEED") {
        Some(seed) => (seed, 1),
        None => (setting("FIRST").unwrap_or(0), setting("HISTORIES").unwrap_or(HISTORIES)),
    };
    let mut happened: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in first..first + histories {
        let counts = play(seed, None).await.unwrap_or_else(|difference| panic!("{difference}"));
        counts.into_iter().for_each(|(what, times)| *happened.entry(what).or_default() += times);
    }
    println!("{histories} histories of {STEPS} steps: {happened:#?}");
    let rare: Vec<_> = history::KINDS.iter().filter(|it| !happened.contains_key(**it)).collect();
    assert!(histories < HISTORIES || rare.is_empty(), "never happened: {rare:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_broken_is_told_from_the_store() {
    let mut seed = 0;
    for bug in [Bug::NextRungNotQueued, Bug::ClimbsThoughSeen, Bug::MarksWithoutFence, Bug::LadderByNumber] {
        let first = seed;
        while play(seed, Some(bug)).await.is_ok() {
            seed += 1;
            assert!(seed < first + TO_BE_FOUND, "{bug:?} was not found in {TO_BE_FOUND} histories");
        }
        println!("{bug:?} was found in history {}", seed - first);
        seed += 1;
    }
}

/// What one side says and the other does not.
fn difference(store: &Said, model: &Said) -> Option<String> {
    let names: std::collections::BTreeSet<&String> = store.keys().chain(model.keys()).collect();
    let differ = names.into_iter().filter(|it| store.get(*it) != model.get(*it));
    let none = || "(nothing)".to_owned();
    let lines = differ.map(|name| {
        let [store, model] = [store, model].map(|it| it.get(name).cloned().unwrap_or_else(none));
        format!("{name}\n  the store: {store}\n  the model: {model}")
    });
    let lines: Vec<String> = lines.collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}
