//! What is to leave, queued in the transaction that puts the rung into inboxes: `store/src/deliveries/queue.rs`.

use chrono::NaiveTime;
use homeward_domain::delivery::{Ending, Pressure, leaves_at};

use super::tables::{At, Delivery, Message, To};
use super::{Bug, Model};

impl Model {
    /// Queues the rung for everyone who was given it now, and for the agency's endpoints.
    pub(super) fn queue_messages(&mut self, rung: usize, people: &[usize], now: At) {
        self.supersede(rung, people, now);
        let by_law = self.owed[self.rungs[rung].duty].duty.due_at.is_some() && !self.has(Bug::ChoiceSilencesLaw);
        let always = by_law || self.rungs[rung].pressure == Pressure::High;
        for person in people {
            if always || self.roster.people[*person].mail_for_aims.unwrap_or(true) {
                self.mail(rung, *person, now);
            }
        }
        for hook in 0..self.hooks.len() {
            if !self.hooks[hook].is_paused && !self.hooks[hook].is_removed {
                self.insert(self.message(rung, To::Hook(hook), now));
            }
        }
    }

    /// The last word on a duty is enough for one person. A word that came before it never takes its place.
    fn supersede(&mut self, rung: usize, people: &[usize], now: At) {
        let (duty, ordinal) = (self.rungs[rung].duty, self.rungs[rung].ordinal);
        let others = self.has(Bug::SupersedesOthers);
        for place in 0..self.open_messages.len() {
            let id = self.open_messages[place];
            let row = &self.deliveries[id];
            let older = self.rungs[row.rung].ordinal < ordinal;
            let theirs = match row.to {
                To::Hook(_) => true,
                To::Person(person) => others || people.contains(&person),
            };
            if row.duty == duty && row.ended.is_none() && older && theirs {
                self.check_superseded(id, rung, people);
                self.deliveries[id].ended = Some((now, Ending::Superseded));
            }
        }
    }

    /// What takes the place of a message has to be newer, and go to the same place.
    fn check_superseded(&mut self, id: usize, rung: usize, people: &[usize]) {
        let row = &self.deliveries[id];
        let newer = self.rungs[row.rung].ordinal < self.rungs[rung].ordinal;
        let same = match row.to {
            To::Person(person) => people.contains(&person),
            To::Hook(_) => true,
        };
        if !newer || !same {
            self.fault("a message was superseded by one that is older or goes to somebody else");
        }
    }

    /// What was called back from a worker who stands on the rung by another name leaves after all.
    pub(super) fn resume(&mut self, rung: usize, people: &[usize]) {
        if self.has(Bug::CalledBackForGood) {
            return;
        }
        for id in self.rungs[rung].messages.clone() {
            let row = &mut self.deliveries[id];
            let stands = matches!(row.to, To::Person(person) if people.contains(&person));
            if stands && row.ended.is_some_and(|it| it.1 == Ending::HandedOver) {
                row.ended = None;
                self.open_messages.retain(|it| *it != id);
                self.open_messages.push(id);
            }
        }
    }

    fn message(&self, rung: usize, to: To, now: At) -> Delivery {
        let (duty, pressure) = (self.rungs[rung].duty, self.rungs[rung].pressure);
        Delivery {
            rung,
            duty,
            to,
            position: 0,
            pressure,
            message: Message::Own,
            queued_at: now,
            leaves_at: now,
            next_try_at: now,
            tries: 0,
            leased_until: None,
            fence: 0,
            passed_on_at: None,
            ended: None,
        }
    }

    fn mail(&mut self, rung: usize, person: usize, now: At) {
        let one = self.message(rung, To::Person(person), now);
        let limit_at = self.owed[one.duty].duty.limit_at();
        let digest_at: NaiveTime = self.roster.people[person].digest_at();
        let limit = if self.has(Bug::DigestPastTheLimit) { At::MAX_UTC } else { limit_at };
        let leaves_at = leaves_at(one.pressure, limit, digest_at, self.zone, now);
        if now < leaves_at && limit_at <= leaves_at {
            self.fault("a message waits for a digest past the limit");
        }
        let message = if leaves_at == now { Message::Own } else { Message::Digest(person, leaves_at) };
        let position = self.roster.people[person].first_that_works(None).unwrap_or(0);
        self.insert(Delivery { position, message, leaves_at, next_try_at: leaves_at, ..one });
    }
}
