//! The relay and the endpoints: what they take, what they answer, and when.

use homeward_domain::delivery::{Ending, Reply};

use super::faults::Fault;
use super::{HOUR, MINUTE, Millis, SECOND, World};
use crate::dice::Dice;
use crate::model::tables::{Delivery, To};
use crate::model::{Mail, Model};

/// How long a worker waits for an answer: `PATIENCE` in `server/src/mail.rs` and `webhook.rs`.
const PATIENCE: Millis = 15 * SECOND;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mood {
    Taking,
    /// Asks to come back later.
    Busy,
    /// Nothing is heard, and nothing is taken.
    Silent,
    /// Takes it, and nothing is heard.
    Forgetful,
    /// Never takes it.
    Refusing,
}

pub struct Outside {
    /// Until when the relay as a whole is in a mood.
    relay: (Millis, Mood),
    /// By person and address.
    addresses: Vec<Vec<(Millis, Mood)>>,
    hooks: Vec<(Millis, Mood)>,
    /// The next message arrives twice.
    doubles: bool,
}

/// What one try came to.
pub struct Heard {
    pub reply: Reply,
    /// How often it arrived.
    pub took: usize,
    pub after: Millis,
}

const ALWAYS: Millis = Millis::MAX;

impl Outside {
    pub fn new(dice: &mut Dice, model: &Model) -> Self {
        let mut mood = || if dice.percent(12) { (ALWAYS, Mood::Refusing) } else { (0, Mood::Taking) };
        let people = &model.roster.people;
        let addresses = people.iter().map(|it| it.addresses.iter().map(|_| mood()).collect()).collect();
        let hooks = model.hooks.iter().map(|_| mood()).collect();
        Self { relay: (0, Mood::Taking), addresses, hooks, doubles: false }
    }

    fn mood(&self, to: (To, i32), now: Millis) -> Mood {
        let lasting = |(until, mood): (Millis, Mood)| if now < until { mood } else { Mood::Taking };
        let own = match to {
            (To::Hook(hook), _) => return lasting(self.hooks[hook]),
            (To::Person(person), position) => {
                let place = usize::try_from(position).expect("a position counts up");
                lasting(self.addresses[person][place])
            }
        };
        match lasting(self.relay) {
            Mood::Taking => own,
            relay => relay,
        }
    }

    pub fn calm_down(&mut self) {
        self.relay = (0, Mood::Taking);
        self.doubles = false;
        for it in self.addresses.iter_mut().flatten().chain(&mut self.hooks) {
            if it.1 != Mood::Refusing {
                *it = (0, Mood::Taking);
            }
        }
    }
}

impl World {
    pub(super) fn hand_over(&mut self, mail: &Mail) -> Heard {
        let quick = self.dice.between(5, 900);
        let Some(to) = mail.to else { return Heard { reply: Reply::Refused, took: 0, after: 1 } };
        let is_mail = matches!(to.0, To::Person(_));
        match self.outside.mood(to, self.mono) {
            Mood::Taking => {
                let twice = std::mem::replace(&mut self.outside.doubles, false);
                if twice {
                    self.fire(Fault::MessageDoubledOnTheWay);
                }
                Heard { reply: Reply::Accepted, took: 1 + usize::from(twice), after: quick }
            }
            Mood::Busy => {
                self.coverage.count(if is_mail { Fault::RelayAsksToComeBack } else { Fault::EndpointAsksToComeBack });
                Heard { reply: Reply::Later, took: 0, after: quick }
            }
            Mood::Silent => {
                self.coverage.count(if is_mail { Fault::RelayTakesNothing } else { Fault::EndpointTakesNothing });
                Heard { reply: Reply::Later, took: 0, after: PATIENCE }
            }
            Mood::Forgetful => {
                self.coverage.count(Fault::ReplyLost);
                Heard { reply: Reply::Later, took: 1, after: PATIENCE }
            }
            Mood::Refusing => {
                self.coverage.count(if is_mail { Fault::AddressRefuses } else { Fault::EndpointGone });
                Heard { reply: Reply::Refused, took: 0, after: quick }
            }
        }
    }

    /// The relay, an address or an endpoint falls into a mood for a while.
    pub(super) fn turn(&mut self) {
        let mood = self.dice.one_of(&[Mood::Busy, Mood::Busy, Mood::Silent, Mood::Forgetful, Mood::Refusing]);
        let lasts = MINUTE + self.dice.skewed(8 * HOUR);
        let until = self.mono + lasts;
        self.outside.doubles |= self.dice.percent(30);
        let person = self.dice.below(self.outside.addresses.len());
        let address = self.dice.below(self.outside.addresses[person].len());
        match self.dice.below(5) {
            0 if mood != Mood::Refusing => self.outside.relay = (until, mood),
            1 | 2 if !self.outside.hooks.is_empty() => {
                let hook = self.dice.below(self.outside.hooks.len());
                self.outside.hooks[hook] = (until, mood);
            }
            _ if mood == Mood::Refusing => self.outside.addresses[person][address] = (ALWAYS, mood),
            _ => self.outside.addresses[person][address] = (until, mood),
        }
        self.disturbed_until(until);
    }

    /// A report comes that a mail of the last rung of a duty, which the relay took, never arrived.
    pub(super) fn bounce(&mut self) {
        let newest = (0..self.model.owed.len()).filter(|it| self.model.owed[*it].duty.is_outstanding());
        let newest = newest.filter_map(|it| self.model.newest(it));
        let sent = newest.flat_map(|it| self.model.rungs[it].messages.clone());
        let is_taken = |row: &Delivery| row.is_mail() && row.ended.is_some_and(|it| it.1 == Ending::Accepted);
        let taken: Vec<usize> = sent.filter(|it| is_taken(&self.model.deliveries[*it])).collect();
        if taken.is_empty() {
            return;
        }
        let (id, now) = (self.dice.one_of(&taken), self.now());
        if self.model.bounce(id, now) {
            self.coverage.count(Fault::LateBounce);
        }
    }

    /// A person has an address mended, and says so.
    pub(super) fn mend(&mut self) {
        let people = &self.model.roster.people;
        let any = self.dice.below(people.len());
        let person = people.iter().position(|it| it.addresses.iter().any(|it| it.bounced)).unwrap_or(any);
        for (place, address) in self.model.roster.people[person].addresses.iter_mut().enumerate() {
            self.outside.addresses[person][place] = (0, Mood::Taking);
            if std::mem::replace(&mut address.bounced, false) {
                self.coverage.count(Fault::BounceCleared);
            }
        }
    }
}
