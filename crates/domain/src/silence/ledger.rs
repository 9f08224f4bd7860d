//! The life of an alarm: raised, said at once, said again while it stands, and closed with a word.

use chrono::{DateTime, Utc};

use super::{AGAIN, Condition, Finding};

/// One alarm from when it was raised until its end was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What is wrong.
    pub condition: Condition,
    /// How much, as last seen.
    pub detail: String,
    /// Since when.
    pub raised_at: DateTime<Utc>,
    /// When it was last said.
    pub told_at: Option<DateTime<Utc>>,
    /// Since when it is right again.
    pub cleared_at: Option<DateTime<Utc>>,
}

/// What is to be said of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// For the first time.
    Raised,
    /// Again.
    Stands,
    /// It is over.
    Cleared,
}

/// An alarm and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saying {
    /// What is to be said.
    pub word: Word,
    /// Of what.
    pub alarm: Alarm,
}

/// Every alarm whose end has not been said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    alarms: Vec<Alarm>,
}

impl Ledger {
    /// Takes up what another run left standing.
    pub fn take_up(&mut self, left: Vec<Alarm>) {
        for alarm in left {
            if !self.standing().any(|it| it.condition == alarm.condition) {
                self.alarms.push(alarm);
            }
        }
    }

    /// Every alarm, also those whose end was not said yet.
    pub fn all(&self) -> &[Alarm] {
        &self.alarms
    }

    /// Whether anything is wrong.
    pub fn is_quiet(&self) -> bool {
        self.standing().next().is_none()
    }

    /// What is wrong now.
    pub fn standing(&self) -> impl Iterator<Item = &Alarm> {
        self.alarms.iter().filter(|it| it.cleared_at.is_none())
    }

    /// Brings the alarms up to what was found. What could not be judged stands as it stood.
    pub fn settle(&mut self, found: &[Finding], unjudged: &[Condition], now: DateTime<Utc>) {
        for alarm in self.alarms.iter_mut().filter(|it| it.cleared_at.is_none()) {
            match found.iter().find(|it| it.condition == alarm.condition) {
                Some(finding) => alarm.bring_up(finding),
                None if unjudged.contains(&alarm.condition) => {}
                None => alarm.cleared_at = Some(now),
            }
        }
        for finding in found {
            if !self.standing().any(|it| it.condition == finding.condition) {
                let Finding { condition, detail } = finding.clone();
                self.alarms.push(Alarm { condition, detail, raised_at: now, told_at: None, cleared_at: None });
            }
        }
    }

    /// What is to be said now. What could not be said is due again the next time.
    pub fn due(&self, now: DateTime<Utc>) -> Vec<Saying> {
        self.alarms.iter().filter_map(|alarm| Some(Saying { word: word(alarm, now)?, alarm: alarm.clone() })).collect()
    }

    /// Notes that something was said.
    pub fn said(&mut self, saying: &Saying, now: DateTime<Utc>) {
        let is_it = |it: &Alarm| it.condition == saying.alarm.condition && it.raised_at == saying.alarm.raised_at;
        if saying.word == Word::Cleared {
            self.alarms.retain(|it| !is_it(it));
        }
        for alarm in self.alarms.iter_mut().filter(|it| is_it(it)) {
            alarm.told_at = Some(now);
        }
    }
}

impl Alarm {
    /// It stands as it was found now. What is said by steps is said anew at each.
    fn bring_up(&mut self, finding: &Finding) {
        if self.condition.is_said_by_steps() && self.detail != finding.detail {
            self.told_at = None;
        }
        self.detail.clone_from(&finding.detail);
    }
}

fn word(alarm: &Alarm, now: DateTime<Utc>) -> Option<Word> {
    match (alarm.cleared_at, alarm.told_at) {
        (Some(_), _) => Some(Word::Cleared),
        (None, None) => Some(Word::Raised),
        (None, Some(_)) if alarm.condition.is_said_by_steps() => None,
        // A clock that was set back keeps nobody from hearing of it again.
        (None, Some(told)) if told + AGAIN <= now || now < told => Some(Word::Stands),
        (None, Some(_)) => None,
    }
}
