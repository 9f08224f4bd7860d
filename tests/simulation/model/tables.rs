//! The tables. An id is the place in its table.

use chrono::{DateTime, Utc};
use homeward_domain::delivery::{Ending, Pressure};
use homeward_domain::duty::Duty;
use homeward_domain::reminder::{Audience, Sent, Step};

pub type At = DateTime<Utc>;

/// A row of `duties`.
#[derive(Clone, Debug)]
pub struct Owed {
    pub episode: usize,
    pub assigned_to: Option<usize>,
    pub duty: Duty,
    /// Its rungs, in the order in which they were queued first.
    pub rungs: Vec<usize>,
    /// When someone last said that they saw a reminder of it.
    pub seen_at: Option<At>,
    /// Who has a reminder of it that they did not acknowledge.
    pub unseen: Vec<usize>,
}

/// A row of `rungs`, with the inboxes it is in.
#[derive(Clone, Debug)]
pub struct Rung {
    pub duty: usize,
    pub ordinal: i32,
    pub step: Step,
    pub audience: Audience,
    pub pressure: Pressure,
    pub fire_at: At,
    pub leased_until: Option<At>,
    pub fence: i64,
    pub sent_at: Option<At>,
    pub cancelled_at: Option<At>,
    pub reached: Option<Audience>,
    /// Nobody stood at its own height when it was delivered.
    pub went_up: Option<bool>,
    /// The duty has another worker since.
    pub handed_over: bool,
    pub follow_up_at: Option<At>,
    /// Who has it in their inbox, and since when.
    pub told: Vec<(usize, At)>,
    /// As many as the attempts say that were told.
    pub said_told: usize,
    /// How often the alarm was raised that everyone has it and nobody saw it.
    pub alarms: usize,
    /// What left for it.
    pub messages: Vec<usize>,
    /// Whether it stands in the list of the open ones.
    pub is_listed: bool,
}

impl Rung {
    pub fn is_waiting(&self) -> bool {
        self.sent_at.is_none() && self.cancelled_at.is_none()
    }

    pub fn sent(&self) -> Sent {
        Sent { ordinal: self.ordinal, fire_at: self.fire_at, audience: self.audience }
    }

    pub fn has(&self, person: usize) -> bool {
        self.told.iter().any(|it| it.0 == person)
    }
}

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum To {
    Person(usize),
    Hook(usize),
}

/// What a message is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// Of itself: it gets the id that the row gets.
    Own,
    /// Of this row.
    One(usize),
    /// Of what leaves for this person at this instant.
    Digest(usize, At),
}

/// A row of `deliveries`.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub rung: usize,
    pub duty: usize,
    pub to: To,
    pub position: i32,
    pub pressure: Pressure,
    pub message: Message,
    pub queued_at: At,
    pub leaves_at: At,
    pub next_try_at: At,
    pub tries: u32,
    pub leased_until: Option<At>,
    pub fence: i64,
    pub passed_on_at: Option<At>,
    pub ended: Option<(At, Ending)>,
}

impl Delivery {
    pub fn is_mail(&self) -> bool {
        matches!(self.to, To::Person(_))
    }
}

/// A row of `webhooks` that is in force.
#[derive(Clone, Copy, Debug)]
pub struct Hook {
    pub is_paused: bool,
    pub is_removed: bool,
}
