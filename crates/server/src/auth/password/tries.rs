//! Failed tries to sign in: how many for which e-mail, and when.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

/// So many failures within [`WINDOW`] are one too many.
const LIMIT: usize = 10;

const WINDOW: TimeDelta = TimeDelta::minutes(15);

/// A bound on memory. To push an e-mail out, an attacker has to fail with so many others first.
const EMAILS: usize = 10_000;

/// The last failures of each e-mail, oldest first.
#[derive(Default)]
pub(super) struct Tries {
    failed: HashMap<String, VecDeque<DateTime<Utc>>>,
}

impl Tries {
    /// How many seconds to wait before the next try; none if it can be now.
    pub(super) fn wait(&self, email: &str, now: DateTime<Utc>) -> Option<u64> {
        let failed = self.failed.get(email).filter(|it| LIMIT <= it.len())?;
        let until = *failed.front()? + WINDOW;
        let left = (until - now).num_milliseconds();
        let seconds = u64::try_from(left).unwrap_or(0).div_ceil(1_000);
        (0 < seconds).then_some(seconds)
    }

    /// Counts a failure.
    pub(super) fn count(&mut self, email: &str, now: DateTime<Utc>) {
        if !self.failed.contains_key(email) && EMAILS <= self.failed.len() {
            self.make_room(now);
        }
        let failed = self.failed.entry(email.to_owned()).or_default();
        failed.push_back(now);
        if LIMIT < failed.len() {
            failed.pop_front();
        }
    }

    /// Forgets the failures of an e-mail.
    pub(super) fn forget(&mut self, email: &str) {
        self.failed.remove(email);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.failed.len()
    }

    /// Drops what no longer counts, else whoever failed last the longest ago.
    fn make_room(&mut self, now: DateTime<Utc>) {
        self.failed.retain(|_, failed| failed.back().is_some_and(|last| now < *last + WINDOW));
        if self.failed.len() < EMAILS {
            return;
        }
        let stalest = self.failed.iter().min_by_key(|(_, failed)| failed.back().copied());
        if let Some(email) = stalest.map(|(email, _)| email.clone()) {
            self.failed.remove(&email);
        }
    }
}
