//! One leased rung into the inboxes: `store/src/reminders/deliver.rs`.

use homeward_domain::delivery::{self, Ending, FollowUp, Pressure, Standing};
use homeward_domain::reminder::Audience;

use super::lease::Leased;
use super::tables::At;
use super::{Bug, Model};

/// What came of a try to deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Delivered,
    WentUp,
    GivenAgain,
    Nobody,
    NoLongerOwed,
    Widened,
    Unseen,
    Rested,
    Lost,
}

/// What is written on the rung when a worker is done with it.
struct Mark {
    reached: Option<Audience>,
    follow_up_at: Option<At>,
    went_up: Option<bool>,
}

impl Mark {
    /// Of a rung that was delivered before.
    fn again(reached: Audience, follow_up_at: Option<At>) -> Self {
        Self { reached: Some(reached), follow_up_at, went_up: None }
    }
}

impl Model {
    /// Delivers a leased rung and queues the next one; or follows up whether anyone saw it.
    pub fn deliver(&mut self, leased: &Leased, now: At) -> Outcome {
        let rung = &self.rungs[leased.rung];
        let is_theirs = rung.fence == leased.fence;
        let is_due = rung.sent_at.is_none() || rung.follow_up_at.is_some_and(|at| at <= now);
        if (!is_theirs && !self.has(Bug::DeliversWithoutFence)) || rung.cancelled_at.is_some() || !is_due {
            return Outcome::Lost;
        }
        if !is_theirs {
            self.fault("a rung was written by a worker that had lost it");
        }
        if !self.owed[self.rungs[leased.rung].duty].duty.is_outstanding() {
            self.mark(leased.rung, &Mark { reached: None, follow_up_at: None, went_up: None }, now);
            return Outcome::NoLongerOwed;
        }
        self.acted(now);
        match self.rungs[leased.rung].sent_at {
            Some(sent_at) => self.follow_up(leased.rung, sent_at, now),
            None => self.first(leased.rung, now),
        }
    }

    fn first(&mut self, id: usize, now: At) -> Outcome {
        let (own, duty) = (self.rungs[id].audience, self.rungs[id].duty);
        let unseen = self.unseen_up_to(duty).filter(|_| !self.has(Bug::BeginsLowAgain));
        let audience = unseen.map_or(own, |unseen| unseen.max(own));
        let (people, reached) = self.standing(duty, audience, now);
        let went_up = audience < reached;
        let outcome = match (people.is_empty(), went_up) {
            (true, _) => Outcome::Nobody,
            (false, true) => Outcome::WentUp,
            (false, false) => Outcome::Delivered,
        };
        if !people.is_empty() {
            self.give(id, people, now);
        }
        let follow_up_at = self.look_again(id, now);
        self.mark(id, &Mark { reached: Some(reached), follow_up_at, went_up: Some(went_up) }, now);
        self.take_over(id);
        if !self.has(Bug::NextRungNotQueued)
            && let Some(next) = self.next_rung(duty, Some(self.rungs[id].sent()), now)
        {
            self.queue(duty, &next);
        }
        outcome
    }

    fn standing(&self, duty: usize, audience: Audience, now: At) -> (Vec<usize>, Audience) {
        let worker = self.owed[duty].assigned_to;
        let (mut people, reached) = self.roster.standing(worker, audience, now);
        if self.has(Bug::SubstitutesForgotten) {
            let substitute = |it: &usize| self.roster.absences.iter().any(|away| away.substitute == Some(*it));
            people.retain(|it| !substitute(it));
        }
        (people, reached)
    }

    /// How high the rung before reached, where nobody saw it.
    fn unseen_up_to(&self, duty: usize) -> Option<Audience> {
        let owed = &self.owed[duty];
        let unseen = |it: &usize| {
            let rung = &self.rungs[*it];
            rung.pressure == Pressure::High
                && rung.cancelled_at.is_none()
                && rung.sent_at.is_some_and(|sent| owed.seen_at.is_none_or(|seen| seen < sent))
        };
        let rungs = owed.rungs.iter().copied().filter(unseen);
        rungs.max_by_key(|it| self.rungs[*it].ordinal).and_then(|it| self.rungs[it].reached)
    }

    fn follow_up(&mut self, id: usize, sent_at: At, now: At) -> Outcome {
        let rung = &self.rungs[id];
        let owed = &self.owed[rung.duty];
        let seen = owed.seen_at.is_some_and(|seen| sent_at <= seen);
        let reached = rung.reached.unwrap_or(rung.audience);
        let undelivered = self.undelivered(id);
        let standing = Standing {
            pressure: rung.pressure,
            sent_at,
            reached,
            seen: seen && !self.has(Bug::ClimbsThoughSeen),
            undelivered,
            handed_over: rung.handed_over && !self.has(Bug::HandOverUnheard),
        };
        let what = match delivery::follow_up(&standing) {
            FollowUp::Widen(up) if self.has(Bug::ClimbStopsAtSupervisor) && Audience::Supervisor < up => FollowUp::Rest,
            what => what,
        };
        match what {
            FollowUp::Rest => {
                self.mark(id, &Mark::again(reached, None), now);
                Outcome::Rested
            }
            FollowUp::GiveAgain(up) => {
                let (people, reached) = self.standing(self.rungs[id].duty, up, now);
                self.give(id, people.clone(), now);
                self.resume(id, &people);
                let follow_up_at = self.look_again(id, now);
                self.mark(id, &Mark::again(reached, follow_up_at), now);
                Outcome::GivenAgain
            }
            FollowUp::Widen(up) => {
                if seen {
                    self.fault("a rung that was seen went on climbing");
                }
                self.widen(id, up, now);
                Outcome::Widened
            }
            FollowUp::Alarm => {
                self.mark(id, &Mark::again(reached, None), now);
                self.rungs[id].alarms += usize::from(!self.has(Bug::NoAlarm));
                Outcome::Unseen
            }
        }
    }

    /// Whether mail left for a rung and none was taken.
    pub fn undelivered(&self, id: usize) -> bool {
        let rows = || self.rungs[id].messages.iter().map(|it| &self.deliveries[*it]);
        let failed = |ending: Option<Ending>| ending == Some(Ending::Refused);
        let ending = |it: &super::tables::Delivery| it.ended.map(|it| it.1);
        let any_way = self.has(Bug::EndpointCountsAsMail);
        rows().any(|it| it.is_mail() && (it.passed_on_at.is_some() || failed(ending(it))))
            && !rows().any(|it| (it.is_mail() || any_way) && ending(it) == Some(Ending::Accepted))
    }

    fn widen(&mut self, id: usize, up: Audience, now: At) {
        let (reached, told) = self.give_up_to(id, up, now);
        let pressure = self.rungs[id].pressure;
        let told = if self.has(Bug::WideningStops) { 1 } else { told };
        let further = delivery::look_further_at(pressure, told, now);
        self.mark(id, &Mark::again(reached, further), now);
    }

    /// Gives the rung to everyone who stands up to here now and has not had it. How high that reached, and how many.
    fn give_up_to(&mut self, id: usize, up: Audience, now: At) -> (Audience, i32) {
        let (people, reached) = self.standing(self.rungs[id].duty, up, now);
        (reached, self.give(id, people, now))
    }

    fn look_again(&self, id: usize, now: At) -> Option<At> {
        let forgotten = self.has(Bug::FollowUpForgotten);
        delivery::look_again_at(self.rungs[id].pressure, now).filter(|_| !forgotten)
    }

    fn mark(&mut self, id: usize, mark: &Mark, now: At) {
        let rung = &mut self.rungs[id];
        rung.sent_at = rung.sent_at.or(Some(now));
        rung.reached = mark.reached;
        rung.follow_up_at = mark.follow_up_at;
        rung.went_up = rung.went_up.or(mark.went_up);
        rung.handed_over = false;
        rung.leased_until = None;
        self.list(id);
    }

    /// The newest rung of a duty is the one that is followed up.
    fn take_over(&mut self, id: usize) {
        if self.has(Bug::OldRungFollowedUp) {
            return;
        }
        let duty = self.rungs[id].duty;
        for place in 0..self.owed[duty].rungs.len() {
            let other = self.owed[duty].rungs[place];
            if other != id {
                self.rungs[other].follow_up_at = None;
            }
        }
    }

    /// Gives the rung to these people, each once. Says how many had not had it.
    fn give(&mut self, id: usize, people: Vec<usize>, now: At) -> i32 {
        let twice = self.has(Bug::InboxTakesTwice);
        let new: Vec<usize> = people.into_iter().filter(|it| twice || !self.rungs[id].has(*it)).collect();
        self.rungs[id].told.extend(new.iter().map(|it| (*it, now)));
        self.owed[self.rungs[id].duty].unseen.extend(&new);
        self.rungs[id].said_told += new.len();
        self.queue_messages(id, &new, now);
        i32::try_from(new.len()).expect("a few people")
    }

    /// The first half of a delivery whose second half never comes: only a build that is broken has one.
    pub fn give_without_mark(&mut self, leased: &Leased, now: At) {
        let rung = &self.rungs[leased.rung];
        if rung.sent_at.is_none() && rung.cancelled_at.is_none() && rung.fence == leased.fence {
            let (people, _) = self.standing(rung.duty, rung.audience, now);
            let new: Vec<(usize, At)> = people.into_iter().filter(|it| !rung.has(*it)).map(|it| (it, now)).collect();
            self.rungs[leased.rung].told.extend(new);
        }
    }

    /// Somebody says that they saw all they have of a duty. The first time stands.
    pub fn acknowledge(&mut self, duty: usize, person: usize, now: At) -> bool {
        let owed = &mut self.owed[duty];
        let before = owed.unseen.len();
        owed.unseen.retain(|it| *it != person);
        let saw = owed.unseen.len() < before;
        if saw {
            owed.seen_at = owed.seen_at.max(Some(now));
            self.acted(now);
        }
        saw
    }
}
