//! What is due and free is leased: `store/src/reminders.rs`, `deliveries.rs`.

use chrono::TimeDelta;
use homeward_domain::delivery::Pressure;

use super::tables::{At, Message, To};
use super::{Bug, Model};

/// How long a worker may hold what it leased (DL-03).
pub const LEASE: TimeDelta = TimeDelta::seconds(30);
/// A lease that ends later than this from now was taken by a clock that was ahead.
pub const STRAY: TimeDelta = TimeDelta::seconds(60);

/// A rung in the hands of a worker.
#[derive(Clone, Copy, Debug)]
pub struct Leased {
    pub rung: usize,
    pub fence: i64,
}

/// A message in the hands of a worker.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub id: usize,
    pub fence: i64,
    pub message: Message,
}

fn is_free(leased_until: Option<At>, now: At) -> bool {
    leased_until.is_none_or(|until| until <= now || now + STRAY < until)
}

impl Model {
    /// When a row that is due then can be leased.
    pub fn free_at(&self, due_at: At, leased_until: Option<At>, now: At) -> At {
        match leased_until.filter(|it| !is_free(Some(*it), now)) {
            Some(until) => due_at.max(until),
            None => due_at,
        }
    }

    fn may_take(&mut self, leased_until: Option<At>, now: At) -> bool {
        let free = match self.bug {
            Some(Bug::LeasesWhatIsHeld) => true,
            Some(Bug::StrayLeaseHolds) => leased_until.is_none_or(|until| until <= now),
            Some(Bug::LeaseNeverEnds) => leased_until.is_none(),
            _ => is_free(leased_until, now),
        };
        if free && !is_free(leased_until, now) {
            self.fault("what somebody holds was leased");
        }
        free
    }

    /// Up to `limit` rungs of each sort: those that press, those that somebody has to have seen, the rest.
    pub fn lease(&mut self, now: At, limit: usize) -> Vec<Leased> {
        let (rungs, list) = (&mut self.rungs, &mut self.open_rungs);
        list.retain(|it| {
            let rung = &mut rungs[*it];
            rung.is_listed = rung.is_waiting() || rung.follow_up_at.is_some();
            rung.is_listed
        });
        let mut leased = Vec::new();
        for sort in [Some(Pressure::High), None, Some(Pressure::Low)] {
            let mut due = self.due(sort, now);
            due.truncate(limit);
            leased.extend(due.into_iter().map(|(_, rung)| self.take(rung, now)));
        }
        leased
    }

    /// Those of one sort that are due and free, in order; those to follow up where there is none.
    fn due(&mut self, sort: Option<Pressure>, now: At) -> Vec<(At, usize)> {
        let mut due = Vec::new();
        for id in 0..self.open_rungs.len() {
            let id = self.open_rungs[id];
            let rung = &self.rungs[id];
            let waits = rung.is_waiting() && sort == Some(rung.pressure);
            let at = if sort.is_some() { Some(rung.fire_at).filter(|_| waits) } else { rung.follow_up_at };
            let leased_until = rung.leased_until;
            if let Some(at) = at.filter(|at| *at <= now && self.may_take(leased_until, now)) {
                due.push((at, id));
            }
        }
        due.sort_unstable();
        due
    }

    fn take(&mut self, id: usize, now: At) -> Leased {
        let rung = &mut self.rungs[id];
        rung.leased_until = Some(now + LEASE);
        rung.fence += 1;
        Leased { rung: id, fence: rung.fence }
    }

    /// Up to `limit` messages of one way, those that press first, none for an endpoint that is busy.
    pub fn lease_messages(&mut self, mail: bool, now: At, limit: usize, busy: &[usize]) -> Vec<Held> {
        let rows = &self.deliveries;
        self.open_messages.retain(|it| rows[*it].ended.is_none());
        let mut due: Vec<(bool, At, usize)> = Vec::new();
        for id in 0..self.open_messages.len() {
            let id = self.open_messages[id];
            let row = &self.deliveries[id];
            let is_busy = matches!(row.to, To::Hook(hook) if busy.contains(&hook));
            let (leased_until, at, low) = (row.leased_until, row.next_try_at, row.pressure == Pressure::Low);
            if row.is_mail() == mail && at <= now && !is_busy && self.may_take(leased_until, now) {
                due.push((low, at, id));
            }
        }
        due.sort_unstable();
        due.truncate(limit);
        due.into_iter().map(|it| self.hold(it.2, now)).collect()
    }

    pub(super) fn hold(&mut self, id: usize, now: At) -> Held {
        let row = &mut self.deliveries[id];
        row.leased_until = Some(now + LEASE);
        row.fence += 1;
        Held { id, fence: row.fence, message: row.message }
    }

    /// What this worker holds, and all that leaves with it and that nobody holds.
    pub(super) fn together(&mut self, held: &[Held], now: At) -> Vec<Held> {
        let mine: Vec<Held> = held.iter().copied().filter(|it| self.holds(it)).collect();
        let mut taken = Vec::new();
        for id in 0..self.open_messages.len() {
            let id = self.open_messages[id];
            let row = &self.deliveries[id];
            let leaves = |it: &Held| row.message == it.message;
            if row.ended.is_some() || now < row.next_try_at || !mine.iter().any(leaves) {
                continue;
            }
            let is_free = row.leased_until.is_none_or(|until| until <= now);
            if mine.iter().any(|it| it.id == id) || is_free {
                taken.push(id);
            }
        }
        let limit = |it: &usize| (self.owed[self.deliveries[*it].duty].duty.limit_at(), *it);
        taken.sort_by_key(limit);
        taken.into_iter().map(|it| self.hold(it, now)).collect()
    }

    /// Whether it is still this worker's to write.
    pub(super) fn holds(&self, held: &Held) -> bool {
        let row = &self.deliveries[held.id];
        row.fence == held.fence && row.ended.is_none()
    }
}
