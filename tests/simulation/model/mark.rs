//! What was sent is marked, under the fence of whoever sent it: `store/src/deliveries/mark.rs`.

use chrono::TimeDelta;
use homeward_domain::delivery::{After, Ending, Pressure, Reply, Tried, after};

use super::lease::Held;
use super::tables::{At, Delivery, To};
use super::{Bug, Model};

impl Model {
    /// Marks one message after a try; nothing where another worker holds it by now.
    pub fn mark_message(&mut self, held: &Held, reply: Reply, now: At) -> Option<After> {
        if !self.holds(held) {
            if !self.has(Bug::MarksWithoutFence) || self.deliveries[held.id].ended.is_some() {
                return None;
            }
            self.fault("a message was marked by a worker that had lost it");
        }
        self.acted(now);
        let after = self.after(held.id, reply, now);
        let row = &mut self.deliveries[held.id];
        row.tries += 1;
        row.leased_until = None;
        match after {
            After::End(ending) => {
                row.ended = Some((now, ending));
                if ending == Ending::Refused {
                    self.refused(held.id, now);
                }
            }
            After::TryAgain { at, pass_on } => {
                let first = row.passed_on_at.is_none();
                row.next_try_at = at;
                row.passed_on_at = row.passed_on_at.or(pass_on.then_some(now));
                if pass_on && first {
                    self.pass_on(held.id, now);
                }
            }
        }
        Some(after)
    }

    fn after(&mut self, id: usize, reply: Reply, now: At) -> After {
        let row = &self.deliveries[id];
        let tried = Tried {
            tries: row.tries + 1,
            pressure: row.pressure,
            first_due_at: row.leaves_at,
            next_rung_at: self.waiting(row.duty).map(|it| self.rungs[it].fire_at),
        };
        let after = after(&tried, reply, now);
        match after {
            After::TryAgain { at, .. } if self.has(Bug::PatienceNeverEnds) => {
                self.check_patience(&tried, false, now);
                After::TryAgain { at, pass_on: false }
            }
            After::TryAgain { pass_on, .. } if self.has(Bug::PauseWithoutCap) => {
                let at = now + TimeDelta::seconds(5 << tried.tries.min(20));
                self.check_pause(&tried, at, now);
                After::TryAgain { at, pass_on }
            }
            After::TryAgain { .. } if self.has(Bug::LaterIsForgotten) => After::End(Ending::Accepted),
            After::TryAgain { at, pass_on } => {
                self.check_pause(&tried, at, now);
                self.check_patience(&tried, pass_on, now);
                after
            }
            After::End(_) => after,
        }
    }

    /// DL-09, as it is written: at most ten minutes, and at most a quarter of the time to the next rung; but five seconds.
    fn check_pause(&mut self, tried: &Tried, at: At, now: At) {
        let quarter = tried.next_rung_at.map_or(TimeDelta::minutes(10), |next| (next - now) / 4);
        if TimeDelta::minutes(10).min(quarter).max(TimeDelta::seconds(5)) < at - now {
            self.fault(format!("a pause of {}", at - now));
        }
    }

    /// DL-08, as it is written: five minutes where it presses, else fifteen; then another address or person is turned to.
    fn check_patience(&mut self, tried: &Tried, pass_on: bool, now: At) {
        let minutes = if tried.pressure == Pressure::High { 5 } else { 15 };
        if tried.first_due_at + TimeDelta::minutes(minutes) <= now && !pass_on {
            self.fault("nobody else is turned to, though the patience is over");
        }
    }

    /// A report that a mail failed which was taken. Says whether that is new.
    pub fn bounce(&mut self, id: usize, now: At) -> bool {
        self.acted(now);
        let row = &mut self.deliveries[id];
        let taken = row.is_mail() && row.ended.is_some_and(|it| it.1 == Ending::Accepted);
        if taken {
            row.ended = Some((now, Ending::Refused));
            if !self.has(Bug::LateBounceIgnored) {
                self.refused(id, now);
            }
        }
        taken
    }

    fn refused(&mut self, id: usize, now: At) {
        let row = &self.deliveries[id];
        if let (To::Person(person), position) = (row.to, row.position) {
            let there = self.roster.people[person].positions().any(|it| it.0 == position);
            let place = usize::try_from(position).unwrap_or_default();
            if there && let Some(address) = self.roster.people[person].addresses.get_mut(place) {
                address.bounced = true;
            }
        }
        if !self.has(Bug::BounceGivesUp) {
            self.pass_on(id, now);
        }
    }

    /// To the person's next address; where there is none, the next person is looked for.
    fn pass_on(&mut self, id: usize, now: At) {
        let row = self.deliveries[id].clone();
        let To::Person(person) = row.to else { return };
        let next = self.roster.people[person].first_that_works(Some(row.position));
        let fresh = |position| Delivery {
            position,
            queued_at: now,
            leaves_at: now,
            next_try_at: now,
            tries: 0,
            leased_until: None,
            fence: 0,
            passed_on_at: None,
            ended: None,
            ..row.clone()
        };
        if next.is_some_and(|it| self.insert(fresh(it))) {
            return;
        }
        let newest = self.newest(row.duty) == Some(row.rung);
        let rung = &mut self.rungs[row.rung];
        if rung.sent_at.is_some() && rung.cancelled_at.is_none() && newest {
            rung.follow_up_at = Some(rung.follow_up_at.map_or(now, |at| at.min(now)));
            self.list(row.rung);
        }
    }
}
