//! A process that works: three loops, and what they have on its way. It can die between any two steps.

use chrono::TimeDelta;
use homeward_domain::delivery::{After, Ending, Reply};

use super::faults::Fault;
use super::script::Event;
use super::{MINUTE, Millis, SECOND, World};
use crate::dice::Dice;
use crate::model::lease::LEASE;
use crate::model::tables::{At, To};
use crate::model::{Bug, Held, Leased, Mail};

/// As `server/src/reminders.rs` and `reminders/outbox.rs` have them.
const BATCH: usize = 50;
const IN_FLIGHT: usize = 16;
const TO_ONE_ENDPOINT: usize = 4;
const MARGIN: TimeDelta = TimeDelta::seconds(5);
const RETRY: Millis = 2 * SECOND;
/// A clock that shows so much less than before went back.
const BACK: TimeDelta = TimeDelta::minutes(1);

/// What a loop looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Rungs,
    Mail,
    Hooks,
}

#[derive(Clone, Debug)]
pub(super) enum Stage {
    Poll(Way),
    Deliver { leased: Vec<Leased>, next: usize, leased_at: At },
    Compose { way: Way, held: Vec<Held> },
    Send { way: Way, mail: Mail },
    Mark { way: Way, mail: Mail, next: usize, reply: Reply, took: usize },
}

#[derive(Clone, Debug)]
pub(super) struct Task {
    /// When its next step is; none for a loop that found nothing.
    at: Option<Millis>,
    /// Since when it has nothing to do.
    idle_since: Millis,
    stage: Stage,
}

pub(super) struct Process {
    is_up: bool,
    skew: TimeDelta,
    /// When in each second it looks.
    phase: Millis,
    last_now: Option<At>,
    tasks: Vec<Task>,
}

impl Process {
    pub(super) fn new(dice: &mut Dice) -> Self {
        let skew = TimeDelta::milliseconds(dice.between(-1500, 1500));
        let mut process = Self { is_up: true, skew, phase: dice.between(1, SECOND), last_now: None, tasks: Vec::new() };
        process.start(0);
        process
    }

    fn start(&mut self, now: Millis) {
        self.is_up = true;
        self.last_now = None;
        let task = |way| Task { at: Some(now + 1 + self.phase), idle_since: now, stage: Stage::Poll(way) };
        self.tasks = [Way::Rungs, Way::Mail, Way::Hooks].map(task).into();
    }

    /// Whoever found nothing looks again when there is something.
    fn next_at(&self, task: &Task, due: Option<Millis>) -> Millis {
        let due = || due.map_or(Millis::MAX, |due| task.idle_since.max(due) + self.phase);
        task.at.unwrap_or_else(due)
    }

    fn flights(&self, way: Way) -> impl Iterator<Item = &Stage> {
        self.tasks.iter().skip(3).map(|it| &it.stage).filter(move |it| match it {
            Stage::Compose { way: of, .. } | Stage::Send { way: of, .. } | Stage::Mark { way: of, .. } => *of == way,
            _ => false,
        })
    }
}

impl World {
    /// The next step of any process.
    pub(super) fn next_task(&self) -> (usize, usize, Millis) {
        let due = self.due();
        let up = self.processes.iter().enumerate().filter(|it| it.1.is_up);
        let tasks = up.flat_map(|(number, process)| {
            let places = process.tasks.iter().enumerate();
            places.map(move |(place, task)| (number, place, process.next_at(task, due[place.min(2)])))
        });
        tasks.min_by_key(|it| it.2).unwrap_or((0, 0, Millis::MAX))
    }

    /// When there is something to lease, for each way.
    fn due(&self) -> [Option<Millis>; 3] {
        let now = self.now();
        let rungs = self.model.open_rungs.iter().filter_map(|it| {
            let rung = &self.model.rungs[*it];
            let at = rung.follow_up_at.or(Some(rung.fire_at).filter(|_| rung.is_waiting()))?;
            Some(self.model.free_at(at, rung.leased_until, now))
        });
        let messages = |mail: bool| {
            let rows = self.model.open_messages.iter().map(|it| &self.model.deliveries[*it]);
            let rows = rows.filter(|row| row.ended.is_none() && row.is_mail() == mail);
            rows.map(|row| self.model.free_at(row.next_try_at, row.leased_until, now)).min()
        };
        [rungs.min(), messages(true), messages(false)].map(|it| it.map(|at| self.mono_of(at)))
    }

    pub(super) fn work(&mut self, number: usize, place: usize) {
        let stage = self.processes[number].tasks[place].stage.clone();
        let now = self.now() + self.processes[number].skew;
        match stage {
            Stage::Poll(Way::Rungs) => self.poll_rungs(number, now),
            Stage::Poll(way) => self.poll_messages(number, way, now),
            Stage::Deliver { leased, next, leased_at } => self.deliver(number, (leased, next, leased_at), now),
            Stage::Compose { way, held } => self.compose(number, place, (way, &held), now),
            Stage::Send { way, mail } => self.send(number, place, way, mail),
            Stage::Mark { way, mail, next, reply, took } => {
                self.mark(number, place, Stage::Mark { way, mail, next, reply, took }, now);
            }
        }
    }

    fn soon(&mut self) -> Millis {
        self.mono + self.dice.between(1, 25)
    }

    fn set(&mut self, number: usize, place: usize, stage: Stage, at: Millis) {
        let task = &mut self.processes[number].tasks[place];
        (task.stage, task.at) = (stage, Some(at));
    }

    fn rest(&mut self, number: usize, way: Way) {
        let task = &mut self.processes[number].tasks[way as usize];
        (task.stage, task.at, task.idle_since) = (Stage::Poll(way), None, self.mono);
    }

    fn strikes(&mut self, fault: Fault) -> bool {
        let Some(place) = self.armed.iter().position(|it| *it == fault) else { return false };
        self.armed.swap_remove(place);
        self.fire(fault);
        true
    }

    fn poll_rungs(&mut self, number: usize, now: At) {
        let process = &mut self.processes[number];
        let went_back = process.last_now.is_none_or(|last| now + BACK < last);
        process.last_now = Some(now);
        if went_back {
            self.model.clock_went_back(now);
        }
        if self.strikes(Fault::LeaseAborted) {
            let at = self.mono + RETRY;
            return self.set(number, 0, Stage::Poll(Way::Rungs), at);
        }
        let leased = self.model.lease(now, BATCH);
        if leased.is_empty() {
            return self.rest(number, Way::Rungs);
        }
        if self.strikes(Fault::CrashAfterLease) {
            return self.crash(number);
        }
        let at = self.soon();
        self.set(number, 0, Stage::Deliver { leased, next: 0, leased_at: now }, at);
    }

    fn deliver(&mut self, number: usize, (leased, next, leased_at): (Vec<Leased>, usize, At), now: At) {
        let at = self.soon();
        let Some(one) = leased.get(next).copied().filter(|_| now <= leased_at + LEASE - MARGIN || self.is_late())
        else {
            return self.set(number, 0, Stage::Poll(Way::Rungs), at);
        };
        if self.strikes(Fault::SlowDelivery) {
            let delay = self.delay();
            return self.set(number, 0, Stage::Deliver { leased, next, leased_at }, delay);
        }
        if self.model.has(Bug::InboxAndMarkApart) {
            self.model.give_without_mark(&one, now);
            if self.dice.percent(3) {
                return self.crash(number);
            }
        }
        if !self.strikes(Fault::DeliveryAborted) {
            let before = self.before(one.rung);
            let outcome = self.model.deliver(&one, now);
            self.check_delivery(one.rung, outcome, &before);
        }
        self.set(number, 0, Stage::Deliver { leased, next: next + 1, leased_at }, at);
    }

    /// Whether a worker forgets to look how long it has had a lease: it may, as long as there is a fence.
    fn is_late(&mut self) -> bool {
        self.dice.percent(50)
    }

    /// Long enough to lose a lease.
    fn delay(&mut self) -> Millis {
        let until = self.mono + 31 * SECOND + self.dice.skewed(6 * MINUTE);
        self.disturbed_until(until);
        until
    }

    fn poll_messages(&mut self, number: usize, way: Way, now: At) {
        let flights = self.processes[number].flights(way).count();
        if self.strikes(Fault::LeaseAborted) {
            let at = self.mono + RETRY;
            return self.set(number, way as usize, Stage::Poll(way), at);
        }
        let busy = self.busy(number);
        let room = IN_FLIGHT.saturating_sub(flights);
        let leased = self.model.lease_messages(way == Way::Mail, now, room, &busy);
        if leased.is_empty() {
            return self.rest(number, way);
        }
        if self.strikes(Fault::CrashBeforeCompose) {
            return self.crash(number);
        }
        for held in together(leased) {
            let at = Some(self.soon());
            let task = Task { at, idle_since: self.mono, stage: Stage::Compose { way, held } };
            self.processes[number].tasks.push(task);
        }
        let at = self.soon();
        self.set(number, way as usize, Stage::Poll(way), at);
    }

    fn busy(&self, number: usize) -> Vec<usize> {
        let process = &self.processes[number];
        let flights: Vec<usize> = process.flights(Way::Hooks).filter_map(|it| self.hook_of(it)).collect();
        let flying = |hook: usize| flights.iter().filter(|it| **it == hook).count();
        (0..self.model.hooks.len()).filter(|it| TO_ONE_ENDPOINT <= flying(*it)).collect()
    }

    fn hook_of(&self, stage: &Stage) -> Option<usize> {
        let held = match stage {
            Stage::Compose { held, .. } => held.first(),
            Stage::Send { mail, .. } | Stage::Mark { mail, .. } => mail.lines.first(),
            _ => None,
        };
        match self.model.deliveries[held?.id].to {
            To::Hook(hook) => Some(hook),
            To::Person(_) => None,
        }
    }

    fn compose(&mut self, number: usize, place: usize, (way, held): (Way, &[Held]), now: At) {
        if self.strikes(Fault::ComposeAborted) {
            return self.land(number, place);
        }
        let mail = match way {
            Way::Mail => self.model.mail_of(held, now),
            _ => held.first().and_then(|it| self.model.event_of(it, now)),
        };
        let Some(mail) = mail else { return self.land(number, place) };
        if self.strikes(Fault::CrashBeforeSend) {
            return self.crash(number);
        }
        self.composed(&mail);
        if self.model.has(Bug::MarksBeforeSending) {
            for line in &mail.lines {
                self.model.mark_message(line, Reply::Accepted, now);
                self.watch.believed.push(line.id);
            }
        }
        let at = self.soon();
        self.set(number, place, Stage::Send { way, mail }, at);
    }

    fn send(&mut self, number: usize, place: usize, way: Way, mail: Mail) {
        let heard = self.hand_over(&mail);
        self.sent(&mail, heard.took);
        let mut at = self.mono + heard.after;
        self.set(number, place, Stage::Mark { way, mail, next: 0, reply: heard.reply, took: heard.took }, at);
        if self.strikes(Fault::SlowSending) {
            at = self.delay();
            self.processes[number].tasks[place].at = Some(at);
        }
    }

    fn mark(&mut self, number: usize, place: usize, stage: Stage, now: At) {
        let Stage::Mark { way, mail, next, reply, took } = stage else { return };
        if next == 0 && 0 < took && self.strikes(Fault::CrashBetweenSendAndMark) {
            return self.crash(number);
        }
        if 0 < next && next < mail.lines.len() && self.strikes(Fault::CrashBetweenTwoMarks) {
            return self.crash(number);
        }
        if self.strikes(Fault::MarkAborted) {
            return self.land(number, place);
        }
        let Some(line) = mail.lines.get(next) else { return self.land(number, place) };
        let after = self.model.mark_message(line, reply, now);
        if after == Some(After::End(Ending::Accepted)) {
            self.watch.believed.push(line.id);
        } else if 0 < took {
            self.watch.excuse(line.id);
        }
        self.watch.landed(line.id);
        let at = self.soon();
        self.set(number, place, Stage::Mark { way, mail, next: next + 1, reply, took }, at);
    }

    /// A message is not on its way any more, however that came about.
    fn land(&mut self, number: usize, place: usize) {
        let task = self.processes[number].tasks.swap_remove(place);
        self.forget(&task);
    }

    fn forget(&mut self, task: &Task) {
        let (lines, took): (&[Held], usize) = match &task.stage {
            Stage::Send { mail, .. } => (&mail.lines, 0),
            Stage::Mark { mail, next, took, .. } => (&mail.lines[(*next).min(mail.lines.len())..], *took),
            _ => (&[], 0),
        };
        for line in lines {
            if 0 < took {
                self.watch.excuse(line.id);
            }
            self.watch.landed(line.id);
        }
    }

    pub(super) fn crash(&mut self, number: usize) {
        if !std::mem::replace(&mut self.processes[number].is_up, false) {
            return;
        }
        let tasks = std::mem::take(&mut self.processes[number].tasks);
        tasks.iter().for_each(|it| self.forget(it));
        let back_at = self.mono + SECOND + self.dice.skewed(10 * MINUTE);
        self.disturbed_until(back_at);
        if self.processes.iter().all(|it| !it.is_up) {
            self.coverage.count(Fault::EveryWorkerDown);
        }
        self.plan_event(back_at, Event::Restart(number));
    }

    pub(super) fn restart(&mut self, number: usize) {
        let now = self.mono;
        self.processes[number].start(now);
    }

    pub(super) fn crash_someone(&mut self) {
        let number = self.dice.below(self.processes.len());
        self.fire(Fault::CrashWhileIdle);
        self.crash(number);
    }

    /// Whoever has nothing to do looks at the clock once a second.
    pub(super) fn look_at_the_clock(&mut self) {
        for process in self.processes.iter_mut().filter(|it| it.is_up) {
            let task = &mut process.tasks[0];
            task.at = task.at.or(Some(self.mono + process.phase));
        }
    }
}

/// What leaves in one message.
fn together(leased: Vec<Held>) -> Vec<Vec<Held>> {
    let mut groups: Vec<Vec<Held>> = Vec::new();
    for held in leased {
        let same = |group: &&mut Vec<Held>| group.first().is_some_and(|it| it.message == held.message);
        match groups.iter_mut().find(same) {
            Some(group) => group.push(held),
            None => groups.push(vec![held]),
        }
    }
    groups
}
