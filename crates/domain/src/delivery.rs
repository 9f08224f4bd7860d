//! Delivery: how a reminder gets from the inbox to a person, and what follows when it does not.
//!
//! A rung is in the inbox when it fires. Everything here is about what leaves the program: when to try again, when to turn
//! to another address, when to turn to the next person up. It depends on the duty's limit, the rung and the clock, and on
//! nothing about a child.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use crate::duty::Duty;
use crate::reminder::Audience;
use crate::vocabulary::vocabulary;
use crate::zone::Zone;

#[cfg(test)]
mod tests;

vocabulary! {
    /// The way a message takes.
    Channel {
        Inbox = "inbox",
        Email = "email",
        Webhook = "webhook",
    }
}

vocabulary! {
    /// What became of one message that left the program. Until then it waits.
    Ending {
        /// The relay or the endpoint took it: delivered at most, seen by nobody yet (DL-07).
        Accepted = "accepted",
        /// The address does not exist or will not have it.
        Refused = "refused",
        /// The next rung of the duty goes to the same person.
        Superseded = "superseded",
        /// The duty was done before it was sent.
        NoLongerOwed = "no_longer_owed",
        /// The duty went to another worker before it was sent.
        HandedOver = "handed_over",
    }
}

vocabulary! {
    /// How a message stands, as whoever looks after an endpoint asks.
    MessageState {
        /// Not tried yet.
        Waiting = "waiting",
        /// Tried and not taken; it is tried again.
        Failing = "failing",
        /// The other side said that it is gone. It is tried again only if a person says so.
        Refused = "refused",
        Accepted = "accepted",
        /// It was not sent: a later one took its place, or nothing was owed any more.
        Dropped = "dropped",
    }
}

impl MessageState {
    /// How a message stands that ended so, or was tried so often and has not.
    pub fn of(ending: Option<Ending>, tries: i32) -> Self {
        match ending {
            None if tries == 0 => Self::Waiting,
            None => Self::Failing,
            Some(Ending::Accepted) => Self::Accepted,
            Some(Ending::Refused) => Self::Refused,
            Some(Ending::Superseded | Ending::NoLongerOwed | Ending::HandedOver) => Self::Dropped,
        }
    }
}

/// How much a rung presses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pressure {
    /// May wait for the person's digest.
    Low,
    /// Goes at once, alone, at any hour.
    High,
}

/// What the other side said to one try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    /// It took the message.
    Accepted,
    /// It will never take it: no such address, or gone.
    Refused,
    /// Nothing was heard, or it asked to come back later.
    Later,
}

/// What to do after one try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// The message is done with.
    End(Ending),
    /// Try again at this instant, for as long as it takes.
    TryAgain {
        /// When.
        at: DateTime<Utc>,
        /// The patience is over: turn to another address or person as well.
        pass_on: bool,
    },
}

/// What is known of a message when a try has ended.
#[derive(Clone, Copy, Debug)]
pub struct Tried {
    /// Tries so far, this one included.
    pub tries: u32,
    /// How much its rung presses.
    pub pressure: Pressure,
    /// When it was first due to leave.
    pub first_due_at: DateTime<Utc>,
    /// When the next rung of the duty fires.
    pub next_rung_at: Option<DateTime<Utc>>,
}

/// A rung that was delivered into inboxes, and how far it got.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// How much it presses.
    pub pressure: Pressure,
    /// When it was delivered.
    pub sent_at: DateTime<Utc>,
    /// The highest person it was given to so far.
    pub reached: Audience,
    /// Whether anyone said that they saw a reminder of the duty since.
    pub seen: bool,
    /// Whether messages left for it and none was taken.
    pub undelivered: bool,
    /// Whether the duty went to another worker since.
    pub handed_over: bool,
}

/// What to do about a rung that was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowUp {
    /// The duty has another worker: give it to whoever stands up to here now and has not had it.
    GiveAgain(Audience),
    /// Someone has seen it, or it was delivered and does not press: the ladder goes on by itself.
    Rest,
    /// Give it to everyone up to here too, and look again.
    Widen(Audience),
    /// Everyone has it and nobody has seen it: the alarm is raised, and the next rung begins where this one got to.
    Alarm,
}

/// The longest pause between two tries (DL-09).
pub const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(10);
/// The shortest: a relay that is asked more often helps nobody.
const SHORTEST_PAUSE: TimeDelta = TimeDelta::seconds(5);
/// How long a pressing rung waits to be seen before the next person up hears of it (DL-08).
pub const UNSEEN_AFTER: TimeDelta = TimeDelta::minutes(30);
/// When a digest leaves, on the agency's own clock, where a person chose no other hour.
pub const DIGEST_AT: NaiveTime = NaiveTime::from_hms_opt(8, 0, 0).unwrap();

impl Pressure {
    /// How much a rung of this duty presses: every rung of a limit of law within a day, what has reached the supervisor
    /// on any limit of law, and the top two of every ladder (DL-17).
    pub fn of(duty: &Duty, audience: Audience) -> Self {
        let within_a_day = |due| due - duty.starts_at <= TimeDelta::days(1);
        let by_law = duty.due_at.is_some_and(|due| within_a_day(due) || Audience::Supervisor <= audience);
        if by_law || Audience::OnCall <= audience { Self::High } else { Self::Low }
    }

    /// How long a message may stay undelivered before another address or person is turned to (DL-08).
    pub fn patience(self) -> TimeDelta {
        match self {
            Self::High => TimeDelta::minutes(5),
            Self::Low => TimeDelta::minutes(15),
        }
    }
}

/// What follows from the reply to one try.
pub fn after(tried: &Tried, reply: Reply, now: DateTime<Utc>) -> After {
    match reply {
        Reply::Accepted => After::End(Ending::Accepted),
        Reply::Refused => After::End(Ending::Refused),
        Reply::Later => After::TryAgain {
            at: now + pause(tried, now),
            pass_on: tried.first_due_at + tried.pressure.patience() <= now,
        },
    }
}

/// Doubles from the shortest, and stays under ten minutes and under a quarter of the time to the next rung (DL-09).
pub fn pause(tried: &Tried, now: DateTime<Utc>) -> TimeDelta {
    let doublings = tried.tries.saturating_sub(1).min(7);
    let doubled = SHORTEST_PAUSE * 2_i32.pow(doublings);
    let quarter = tried.next_rung_at.map_or(LONGEST_PAUSE, |at| (at - now) / 4);
    doubled.min(LONGEST_PAUSE).min(quarter).max(SHORTEST_PAUSE)
}

/// What to do about a delivered rung when its time to be seen is up.
pub fn follow_up(standing: &Standing) -> FollowUp {
    if standing.handed_over {
        return FollowUp::GiveAgain(standing.reached);
    }
    if standing.seen || (standing.pressure == Pressure::Low && !standing.undelivered) {
        return FollowUp::Rest;
    }
    standing.reached.next_up().map_or(FollowUp::Alarm, FollowUp::Widen)
}

/// When to look at a rung again that was delivered now; never for one that does not press.
pub fn look_again_at(pressure: Pressure, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (pressure == Pressure::High).then(|| now + UNSEEN_AFTER)
}

/// The same for one that was widened now: where that reached nobody who had not had it, the next person up is looked for
/// at once.
pub fn look_further_at(pressure: Pressure, told: i32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if told == 0 { Some(now) } else { look_again_at(pressure, now) }
}

/// When the message may leave: at once, or with the person's next digest if that comes before the limit.
pub fn leaves_at(
    pressure: Pressure,
    limit_at: DateTime<Utc>,
    digest_at: NaiveTime,
    zone: Zone,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let digest = zone.next_at(digest_at, now);
    if pressure == Pressure::Low && digest < limit_at { digest } else { now }
}
