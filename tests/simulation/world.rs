//! An agency over a month: its workers, its people, what they do, and what goes wrong.

pub mod checks;
mod facts;
pub mod faults;
mod outside;
mod process;
mod roster;
mod script;
mod watch;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use chrono::TimeDelta;
use homeward_domain::zone::Zone;

use crate::dice::Dice;
use crate::model::tables::{At, Hook};
use crate::model::{Bug, Model};
use facts::Case;
use faults::{Coverage, Fault};
use outside::Outside;
use process::Process;
pub use script::DAYS;
use script::Event;
use watch::Watch;

/// Milliseconds since the beginning, which no clock can change.
pub type Millis = i64;

pub const SECOND: Millis = 1_000;
pub const MINUTE: Millis = 60 * SECOND;
pub const HOUR: Millis = 60 * MINUTE;
pub const DAY: Millis = 24 * HOUR;

const ZONES: [&str; 4] = ["America/New_York", "America/Chicago", "America/Phoenix", "Pacific/Honolulu"];

pub struct World {
    pub dice: Dice,
    pub mono: Millis,
    /// What the clocks show, less what they should.
    ahead: TimeDelta,
    began_at: At,
    pub model: Model,
    cases: Vec<Case>,
    processes: Vec<Process>,
    outside: Outside,
    agenda: BinaryHeap<Reverse<(Millis, usize, Event)>>,
    /// What will go wrong at the next step of its kind.
    armed: Vec<Fault>,
    pub coverage: Coverage,
    pub watch: Watch,
}

/// What a month came to.
pub struct Ran {
    pub coverage: Coverage,
    /// The first thing that should not be.
    pub violation: Option<String>,
    pub steps: usize,
    /// How late a rung was at most while nothing was wrong.
    pub worst: TimeDelta,
}

/// Lives through a month.
pub fn run(seed: u64, bug: Option<Bug>) -> Ran {
    let mut world = World::new(seed, bug);
    let mut steps = 0;
    while world.watch.violation.is_none() && world.step() {
        steps += 1;
    }
    world.last_check();
    Ran { coverage: world.coverage, violation: world.watch.violation, steps, worst: world.watch.worst }
}

impl World {
    fn new(seed: u64, bug: Option<Bug>) -> Self {
        let mut dice = Dice::new(seed);
        let zone = Zone::parse(dice.one_of(&ZONES)).expect("a zone");
        let roster = roster::any(&mut dice);
        let began_at = At::UNIX_EPOCH + TimeDelta::days(dice.between(20_454, 20_819)) + seconds(&mut dice);
        let mut model = Model::new(zone, roster, bug);
        model.hooks = (0..dice.below(3)).map(|_| Hook { is_paused: false, is_removed: false }).collect();
        let processes = (0..1 + dice.below(8)).map(|_| Process::new(&mut dice)).collect();
        let outside = Outside::new(&mut dice, &model);
        let mut world = Self {
            dice,
            mono: 0,
            ahead: TimeDelta::zero(),
            began_at,
            model,
            cases: Vec::new(),
            processes,
            outside,
            agenda: BinaryHeap::new(),
            armed: Vec::new(),
            coverage: Coverage::default(),
            watch: Watch::default(),
        };
        world.write_script();
        world
    }

    /// What the clocks on the walls show.
    pub fn now(&self) -> At {
        self.at(self.mono)
    }

    fn at(&self, mono: Millis) -> At {
        self.began_at + TimeDelta::milliseconds(mono) + self.ahead
    }

    fn mono_of(&self, at: At) -> Millis {
        (at - self.began_at - self.ahead).num_milliseconds()
    }

    /// The next thing that happens; nothing when the month is over.
    fn step(&mut self) -> bool {
        let (process, task, at) = self.next_task();
        let event_at = self.agenda.peek().map_or(i64::MAX, |Reverse((at, ..))| *at);
        if event_at == i64::MAX {
            return false;
        }
        if event_at <= at {
            let Some(Reverse((at, _, event))) = self.agenda.pop() else { return false };
            self.mono = self.mono.max(at);
            self.happen(event);
        } else {
            self.mono = self.mono.max(at);
            self.work(process, task);
        }
        if let Some(fault) = self.model.faults.pop() {
            self.watch.report(fault);
        }
        true
    }

    fn plan_event(&mut self, at: Millis, event: Event) {
        let number = self.watch.events;
        self.watch.events += 1;
        self.agenda.push(Reverse((at, number, event)));
    }

    /// Something went wrong, and its effects last until then.
    fn disturbed_until(&mut self, at: Millis) {
        self.watch.calm_since = self.watch.calm_since.max(at);
    }

    fn fire(&mut self, fault: Fault) {
        self.coverage.count(fault);
        self.disturbed_until(self.mono);
    }
}

fn seconds(dice: &mut Dice) -> TimeDelta {
    TimeDelta::seconds(dice.between(0, 86_400))
}
