//! From what is owed to the rung that waits: `store/src/replan.rs`, `rungs.rs`.

use homeward_domain::delivery::Pressure;
use homeward_domain::duty::{Duty, Lapse};
use homeward_domain::reminder::{self, Rung as Wanted, Sent};

use super::tables::{At, Owed, Rung};
use super::{Bug, Model};

impl Model {
    /// Brings the duties of an episode, and the queue, in line with what is owed now.
    pub fn plan(&mut self, episode: usize, assigned_to: Option<usize>, wanted: Vec<Duty>, now: At) {
        self.acted(now);
        let mut kept = Vec::new();
        for duty in wanted {
            let same = |it: &Owed| it.episode == episode && it.duty.key == duty.key;
            match self.owed.iter().position(same) {
                Some(id) => {
                    self.owed[id].duty = duty;
                    self.owed[id].assigned_to = assigned_to;
                    kept.push(id);
                }
                None => {
                    kept.push(self.owed.len());
                    self.owed.push(Owed {
                        episode,
                        assigned_to,
                        duty,
                        rungs: Vec::new(),
                        seen_at: None,
                        unseen: Vec::new(),
                    });
                }
            }
        }
        for id in 0..self.owed.len() {
            if self.owed[id].episode != episode {
                continue;
            }
            if !kept.contains(&id) {
                let duty = &mut self.owed[id].duty;
                duty.done = None;
                duty.lapse = duty.lapse.or(Some(Lapse::Superseded(now)));
            }
            self.queue_of(id, now);
        }
    }

    /// A duty that is owed has its next rung waiting, another has none.
    pub(super) fn queue_of(&mut self, id: usize, now: At) {
        let waiting = self.waiting(id);
        let wanted = self.next_rung(id, self.last_sent(id), now);
        if let (Some(rung), Some(wanted)) = (waiting.map(|it| &self.rungs[it]), &wanted) {
            let pressure = Pressure::of(&self.owed[id].duty, wanted.audience);
            let same = (rung.ordinal, rung.fire_at) == (wanted.ordinal, wanted.fire_at);
            let weighs = (rung.audience, rung.pressure) == (wanted.audience, pressure);
            if same && (weighs || self.has(Bug::WeightIsKept)) {
                return;
            }
        }
        if wanted.is_none() && self.has(Bug::DoneKeepsItsRung) {
            return;
        }
        if let Some(waiting) = waiting {
            self.rungs[waiting].cancelled_at = Some(now);
            if self.has(Bug::PlanQueuesNothing) {
                return;
            }
        }
        if let Some(wanted) = wanted {
            self.acted(now);
            self.queue(id, &wanted);
        }
    }

    pub fn waiting(&self, duty: usize) -> Option<usize> {
        let waiting = self.owed[duty].rungs.iter().copied().filter(|it| self.rungs[*it].is_waiting());
        waiting.max_by_key(|it| self.rungs[*it].ordinal)
    }

    /// The highest rung of a duty that was sent.
    pub fn newest(&self, duty: usize) -> Option<usize> {
        let sent = self.owed[duty].rungs.iter().copied().filter(|it| self.rungs[*it].sent_at.is_some());
        sent.max_by_key(|it| self.rungs[*it].ordinal)
    }

    fn last_sent(&self, duty: usize) -> Option<Sent> {
        self.newest(duty).map(|it| self.rungs[it].sent())
    }

    pub(super) fn next_rung(&self, id: usize, sent: Option<Sent>, now: At) -> Option<Wanted> {
        let duty = &self.owed[id].duty;
        if self.has(Bug::LadderByNumber) && duty.is_outstanding() {
            let rest = reminder::ladder(duty).skip_while(|it| sent.is_some_and(|sent| it.ordinal <= sent.ordinal));
            let mut rest = rest.take(1000).peekable();
            let first = rest.next();
            return rest.take_while(|it| it.fire_at <= now).last().or(first);
        }
        if self.has(Bug::TellsEveryMissedRung) {
            return reminder::next_rung(duty, sent, duty.starts_at);
        }
        reminder::next_rung(duty, sent, now)
    }

    /// A rung that was cancelled and is wanted again takes its old place, with a new fence.
    pub(super) fn queue(&mut self, duty: usize, wanted: &Wanted) {
        let pressure = Pressure::of(&self.owed[duty].duty, wanted.audience);
        let there = self.owed[duty].rungs.iter().copied().find(|it| self.rungs[*it].ordinal == wanted.ordinal);
        let Some(id) = there else {
            let id = self.rungs.len();
            self.rungs.push(new_rung(duty, wanted, pressure));
            self.owed[duty].rungs.push(id);
            self.open_rungs.push(id);
            return;
        };
        let rung = &mut self.rungs[id];
        if rung.sent_at.is_some() {
            return;
        }
        rung.cancelled_at = None;
        (rung.fire_at, rung.step, rung.audience) = (wanted.fire_at, wanted.step, wanted.audience);
        rung.pressure = pressure;
        rung.fence += 1;
        rung.leased_until = None;
        self.list(id);
    }

    pub(super) fn list(&mut self, rung: usize) {
        if !std::mem::replace(&mut self.rungs[rung].is_listed, true) {
            self.open_rungs.push(rung);
        }
    }
}

fn new_rung(duty: usize, wanted: &Wanted, pressure: Pressure) -> Rung {
    Rung {
        duty,
        ordinal: wanted.ordinal,
        step: wanted.step,
        audience: wanted.audience,
        pressure,
        fire_at: wanted.fire_at,
        leased_until: None,
        fence: 0,
        sent_at: None,
        cancelled_at: None,
        reached: None,
        went_up: None,
        handed_over: false,
        follow_up_at: None,
        told: Vec::new(),
        said_told: 0,
        alarms: 0,
        messages: Vec::new(),
        is_listed: true,
    }
}
