//! A message as it is to leave: `store/src/deliveries/{mail,hook}.rs`.

use homeward_domain::delivery::Ending;

use super::lease::Held;
use super::tables::{At, To};
use super::{Bug, Model};

/// One mail to one address, or one event to one endpoint.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Where to; none where the address is gone, or the person is.
    pub to: Option<(To, i32)>,
    /// The same over every try.
    pub id: Vec<usize>,
    /// What is due; never empty.
    pub lines: Vec<Held>,
}

impl Model {
    /// The mail of these messages, with everything else that leaves with them.
    pub fn mail_of(&mut self, held: &[Held], now: At) -> Option<Mail> {
        let taken = self.together(held, now);
        let first = taken.first().copied();
        let to = first.and_then(|it| self.address(it.id));
        // What goes to another of the person's addresses is another mail: it is leased again when its lease ends.
        let mixes = self.has(Bug::MixesAddresses);
        let same: Vec<Held> = taken.into_iter().filter(|it| mixes || self.address(it.id) == to).collect();
        let lines: Vec<Held> = same.into_iter().filter(|it| self.is_owed(it, now)).collect();
        self.mail_to(to, lines)
    }

    /// The event that this message is.
    pub fn event_of(&mut self, held: &Held, now: At) -> Option<Mail> {
        let row = &self.deliveries[held.id];
        let To::Hook(hook) = row.to else { return None };
        if !self.holds(held) {
            return None;
        }
        if self.hooks[hook].is_removed {
            self.deliveries[held.id].ended = Some((now, Ending::NoLongerOwed));
            self.deliveries[held.id].leased_until = None;
            return None;
        }
        let to = Some((row.to, 0));
        let lines = Some(*held).filter(|it| self.is_owed(it, now)).into_iter().collect();
        self.mail_to(to, lines)
    }

    fn mail_to(&mut self, to: Option<(To, i32)>, lines: Vec<Held>) -> Option<Mail> {
        if lines.is_empty() {
            return None;
        }
        let mut id: Vec<usize> = lines.iter().map(|it| it.id).collect();
        if self.has(Bug::NewMessageIdEachTry) {
            self.mails_made += 1;
            id.push(usize::MAX - self.mails_made);
        }
        Some(Mail { to, id, lines })
    }

    fn address(&self, id: usize) -> Option<(To, i32)> {
        let row = &self.deliveries[id];
        let To::Person(person) = row.to else { return None };
        let there = self.roster.people[person].positions().any(|it| it.0 == row.position);
        there.then_some((row.to, row.position))
    }

    /// Whether its duty is still owed. A message whose duty is not ends here.
    fn is_owed(&mut self, held: &Held, now: At) -> bool {
        let duty = self.deliveries[held.id].duty;
        if self.owed[duty].duty.is_outstanding() || self.has(Bug::SendsWhatIsDone) {
            return true;
        }
        self.deliveries[held.id].ended = Some((now, Ending::NoLongerOwed));
        self.deliveries[held.id].leased_until = None;
        false
    }
}
