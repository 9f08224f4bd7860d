//! The storage of the reminder engine in memory, with the semantics of its SQL: `store/src/{rungs,reminders,deliveries}`.
//!
//! Every call is one transaction. Every decision is asked of the domain, as the store asks it. Who changes
//! a statement there changes its function here.

pub mod bug;
mod clock;
mod compose;
mod deliver;
mod hand_over;
pub mod lease;
mod mark;
mod plan;
mod queue;
pub mod roster;
pub mod tables;

use homeward_domain::zone::Zone;

pub use bug::Bug;
pub use compose::Mail;
pub use deliver::Outcome;
pub use lease::{Held, Leased};
use roster::Roster;
use tables::{At, Delivery, Hook, Message, Owed, Rung};

/// One agency.
pub struct Model {
    pub zone: Zone,
    pub roster: Roster,
    pub hooks: Vec<Hook>,
    pub owed: Vec<Owed>,
    pub rungs: Vec<Rung>,
    pub deliveries: Vec<Delivery>,
    /// What is broken on purpose.
    pub bug: Option<Bug>,
    /// What no statement of the store may do, and one did.
    pub faults: Vec<String>,
    /// The rungs that wait or are followed up.
    pub open_rungs: Vec<usize>,
    /// The messages that have not ended.
    pub open_messages: Vec<usize>,
    /// The latest instant at which anything was done: ids begin with it.
    acted_at: At,
    mails_made: usize,
}

impl Model {
    pub fn new(zone: Zone, roster: Roster, bug: Option<Bug>) -> Self {
        Self {
            zone,
            roster,
            hooks: Vec::new(),
            owed: Vec::new(),
            rungs: Vec::new(),
            deliveries: Vec::new(),
            bug,
            faults: Vec::new(),
            open_rungs: Vec::new(),
            open_messages: Vec::new(),
            acted_at: At::MIN_UTC,
            mails_made: 0,
        }
    }

    pub fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// Something was done that leaves an id.
    pub fn acted(&mut self, now: At) {
        self.acted_at = self.acted_at.max(now);
    }

    fn fault(&mut self, what: impl Into<String>) {
        self.faults.push(what.into());
    }

    fn insert(&mut self, delivery: Delivery) -> bool {
        let once = |it: &usize| {
            let there = &self.deliveries[*it];
            there.to == delivery.to && there.position == delivery.position
        };
        if self.rungs[delivery.rung].messages.iter().any(once) {
            return false;
        }
        let id = self.deliveries.len();
        self.rungs[delivery.rung].messages.push(id);
        let message = if delivery.message == Message::Own { Message::One(id) } else { delivery.message };
        self.deliveries.push(Delivery { message, ..delivery });
        self.open_messages.push(id);
        true
    }
}
