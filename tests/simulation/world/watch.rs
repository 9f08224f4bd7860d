//! What the checkers remember.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;

use super::Millis;
use crate::model::Model;
use crate::model::tables::{At, To};

/// What the checkers remember.
#[derive(Default)]
pub struct Watch {
    pub violation: Option<String>,
    /// Since when nothing has been wrong.
    pub calm_since: Millis,
    /// When a plan changed last.
    pub planned_at: Millis,
    pub events: usize,
    /// By message: how often it arrived, how often it may have arrived once more than once, and how often it is on its way.
    pub(super) arrived: HashMap<usize, usize>,
    pub(super) excused: HashMap<usize, usize>,
    pub(super) on_the_way: HashMap<usize, usize>,
    /// Under which id what was in a mail left first.
    pub(super) ids: HashMap<Vec<usize>, Vec<usize>>,
    /// What the store believes was taken, since the last check.
    pub believed: Vec<usize>,
    /// When the last rungs of each duty were sent.
    pub recent: HashMap<usize, Vec<At>>,
    /// When each rung was sent, whatever the clocks showed.
    pub(super) said: HashMap<usize, Millis>,
    /// When each rung was given to a new worker last.
    pub(super) given_again: HashMap<usize, Millis>,
    /// What no worker may send any more: it waited for who is not on the duty now.
    pub(super) called_back: HashSet<usize>,
    pub worst: TimeDelta,
}

impl Watch {
    pub fn report(&mut self, what: impl Into<String>) {
        if self.violation.is_none() {
            self.violation = Some(what.into());
        }
    }

    /// A worker sent a message and could not say so: it may be sent once more.
    pub fn excuse(&mut self, message: usize) {
        *self.excused.entry(message).or_default() += 1;
    }

    /// A child goes from one worker to another: what waits for the first leaves for them no more.
    pub fn called_back(&mut self, model: &Model, episode: usize, from: usize) {
        let waits = |it: &usize| {
            let row = &model.deliveries[*it];
            row.to == To::Person(from) && row.ended.is_none() && model.owed[row.duty].episode == episode
        };
        self.called_back.extend(model.open_messages.iter().copied().filter(waits));
    }

    pub fn landed(&mut self, message: usize) {
        self.on_the_way.entry(message).and_modify(|it| *it = it.saturating_sub(1));
    }
}
