//! What has to hold: at each step, every few hours, and at the end. Written from the promises (DL-01 to DL-19) and not from
//! the store.

use chrono::TimeDelta;
use homeward_domain::delivery::{Ending, Pressure};
use homeward_domain::reminder::{self, Audience};

use super::{Millis, SECOND, World};
use crate::model::roster::height;
use crate::model::tables::{At, To};
use crate::model::{Mail, Outcome};

/// A rung or a message that is due leaves within this time once nothing is wrong (DL-03, DL-10).
const LATENESS: TimeDelta = TimeDelta::seconds(60);
/// Before the next person up hears, and a little.
const A_CLIMB: TimeDelta = TimeDelta::seconds(31 * 60);
/// By so much a clock may be ahead without anybody having to say a rung again: a minute by which clocks may differ, another
/// by which one may go back unnoticed, and what workers differ by.
const A_LITTLE: Millis = 124 * SECOND;
/// The longest pause, and a little: so long after the end of the last fault nothing waits for a reply any more.
const DRAINED: TimeDelta = TimeDelta::minutes(12);

/// How things stood before a delivery.
pub struct Before {
    was_sent: bool,
    was_handed_over: bool,
    /// How high the last pressing rung reached that nobody saw.
    unseen_up_to: Option<Audience>,
}

impl World {
    pub(super) fn before(&self, rung: usize) -> Before {
        let rung = &self.model.rungs[rung];
        let unseen_up_to = self.unseen(rung.duty).map(|it| it.1);
        Before { was_sent: rung.sent_at.is_some(), was_handed_over: rung.handed_over, unseen_up_to }
    }

    /// The newest pressing rung of a duty, if nobody saw it, and how high it reached.
    fn unseen(&self, duty: usize) -> Option<(usize, Audience)> {
        let owed = &self.model.owed[duty];
        let newest = self.model.newest(duty)?;
        let rung = &self.model.rungs[newest];
        let unseen = owed.seen_at.is_none_or(|seen| rung.sent_at.is_some_and(|sent| seen < sent));
        let reached = rung.reached.filter(|_| unseen && rung.pressure == Pressure::High)?;
        Some((newest, reached))
    }

    pub(super) fn check_delivery(&mut self, id: usize, outcome: Outcome, before: &Before) {
        self.check_waiting(self.model.rungs[id].duty);
        if matches!(outcome, Outcome::Lost | Outcome::NoLongerOwed) {
            return;
        }
        if before.was_handed_over {
            self.check_people(id);
            self.check_called_back(id);
        }
        if outcome == Outcome::Rested {
            return;
        }
        if outcome == Outcome::GivenAgain {
            self.watch.given_again.insert(id, self.mono);
        }
        self.check_inbox(id);
        if matches!(outcome, Outcome::Delivered | Outcome::WentUp | Outcome::Widened | Outcome::Nobody) {
            self.check_people(id);
            self.check_mail_of_law(id);
        }
        if !before.was_sent {
            self.check_first(id, before);
        }
    }

    /// DL-01: what is owed has one rung that waits, and nothing else has one.
    fn check_waiting(&mut self, duty: usize) {
        let owed = &self.model.owed[duty];
        let waiting = owed.rungs.iter().filter(|it| self.model.rungs[**it].is_waiting()).count();
        let followed = owed.rungs.iter().filter(|it| self.model.rungs[**it].follow_up_at.is_some()).count();
        if waiting != usize::from(owed.duty.is_outstanding()) {
            let what = format!("DL-01: {waiting} rungs wait for {:?}, outstanding: {}", owed.duty.key, waiting == 0);
            self.watch.report(what);
        }
        if 1 < followed {
            self.watch.report("two rungs of a duty are followed up");
        }
    }

    /// DL-04: one message to one person, and as many as the attempts say.
    fn check_inbox(&mut self, id: usize) {
        let rung = &self.model.rungs[id];
        let mut people: Vec<usize> = rung.told.iter().map(|it| it.0).collect();
        people.sort_unstable();
        people.dedup();
        if people.len() != rung.told.len() || rung.said_told != rung.told.len() {
            let what = format!("an inbox: {} people, {} told, said {}", people.len(), rung.told.len(), rung.said_told);
            self.watch.report(what);
        }
    }

    /// DL-13: everyone who stands up to where the rung got has it, or who stands in for them.
    fn check_people(&mut self, id: usize) {
        let rung = &self.model.rungs[id];
        let (Some(reached), now) = (rung.reached, self.now()) else { return };
        let roster = &self.model.roster;
        let worker = self.model.owed[rung.duty].assigned_to;
        let mut wanted: Vec<usize> = worker.into_iter().collect();
        if Audience::Supervisor <= reached {
            wanted.extend(&roster.supervisors);
        }
        if Audience::OnCall <= reached && roster.shifts.iter().all(|it| now < it.starts_at || it.ends_at <= now) {
            wanted.extend(&roster.on_call);
        }
        if Audience::AgencyContact <= reached {
            wanted.extend(roster.contact);
        }
        if self.at_an_edge() {
            return;
        }
        let in_place = |it: usize| match roster.away(it, now) {
            None => Some(it),
            Some(away) => away.substitute.filter(|it| roster.away(*it, now).is_none()),
        };
        let missed =
            wanted.into_iter().filter_map(in_place).find(|it| !roster.people[*it].is_disabled && !rung.has(*it));
        if let Some(missed) = missed {
            self.watch.report(format!("person {missed} stands on a rung that reached {reached:?}, and was not told"));
        }
    }

    /// At the edge of an absence or a shift the worker's clock decides.
    fn at_an_edge(&self) -> bool {
        let (roster, now) = (&self.model.roster, self.now());
        let absences = roster.absences.iter().flat_map(|it| [it.starts_at, it.ends_at]);
        let mut edges = absences.chain(roster.shifts.iter().flat_map(|it| [it.starts_at, it.ends_at]));
        edges.any(|edge| (edge - now).abs() < TimeDelta::seconds(3))
    }

    /// DL-17, DL-19: what presses, and what the law asks, leaves by mail, whatever a person chose.
    fn check_mail_of_law(&mut self, id: usize) {
        let rung = &self.model.rungs[id];
        let always = rung.pressure == Pressure::High || self.model.owed[rung.duty].duty.due_at.is_some();
        let mailed = |person: usize| rung.messages.iter().any(|it| self.model.deliveries[*it].to == To::Person(person));
        // Whoever was told before may have been told of an aim.
        let told_at = rung.told.iter().map(|it| it.1).max();
        if always && rung.told.iter().any(|it| Some(it.1) == told_at && !mailed(it.0)) {
            self.watch.report("a limit of law, and no mail to somebody on it");
        }
    }

    /// Who was the worker and stands on the rung by another name gets what was called back; nobody else does.
    fn check_called_back(&mut self, id: usize) {
        let rung = &self.model.rungs[id];
        let Some(reached) = rung.reached.filter(|_| !self.at_an_edge()) else { return };
        let worker = self.model.owed[rung.duty].assigned_to;
        let (people, _) = self.model.roster.standing(worker, reached, self.now());
        for message in &rung.messages {
            let row = &self.model.deliveries[*message];
            let To::Person(person) = row.to else { continue };
            let is_ended = row.ended.is_some_and(|it| it.1 == Ending::HandedOver);
            if people.contains(&person) && is_ended {
                self.watch.report("a mail was called back from somebody who stands on the rung");
                return;
            }
            if people.contains(&person) {
                self.watch.called_back.remove(message);
            }
        }
    }

    fn check_first(&mut self, id: usize, before: &Before) {
        let rung = &self.model.rungs[id];
        let (duty, sent_at, fire_at) = (rung.duty, rung.sent_at.unwrap_or(At::MIN_UTC), rung.fire_at);
        self.watch.said.insert(id, self.mono);
        let rung = &self.model.rungs[id];
        if before.unseen_up_to.is_some_and(|unseen| rung.reached < Some(unseen)) {
            self.watch.report("a rung began lower than the one before it got, which nobody saw");
        }
        let calm = self.at(self.watch.calm_since);
        if calm.max(self.at(self.watch.planned_at)) <= fire_at {
            self.watch.worst = self.watch.worst.max(sent_at - fire_at);
        }
        if sent_at - fire_at < TimeDelta::minutes(5) {
            return;
        }
        // What was missed: the rung that waited, and the latest of the others.
        let recent = self.watch.recent.entry(duty).or_default();
        recent.retain(|it| (sent_at - *it).abs() < TimeDelta::minutes(5));
        recent.push(sent_at);
        let told = recent.len();
        if 2 < told {
            self.watch.report(format!("{told} rungs that were missed were told one by one"));
        }
    }

    /// After a change of the plan: what waits is what the ladder says now, and weighs what it says now.
    pub(super) fn check_plan(&mut self) {
        for duty in 0..self.model.owed.len() {
            self.check_waiting(duty);
            let Some(waiting) = self.model.waiting(duty) else { continue };
            let (rung, owed) = (&self.model.rungs[waiting], &self.model.owed[duty].duty);
            let mut ladder = reminder::ladder(owed).take_while(|it| it.fire_at <= rung.fire_at);
            let stands = ladder.any(|it| it.fire_at == rung.fire_at && it.audience == rung.audience);
            if owed.is_outstanding() && (!stands || rung.pressure != Pressure::of(owed, rung.audience)) {
                self.watch.report(format!("{:?} waits for a rung of an older plan", owed.key));
            }
        }
    }

    /// DL-13: nothing leaves for a duty that was done before it was composed. Two workers that send the same are excused
    /// where the first has lost it.
    pub(super) fn composed(&mut self, mail: &Mail) {
        for line in &mail.lines {
            let row = &self.model.deliveries[line.id];
            if self.watch.called_back.contains(&line.id) {
                self.watch.report("a message left for a worker that the child was taken from");
            }
            if !self.model.owed[row.duty].duty.is_outstanding() {
                self.watch.report("DL-13: a message was composed for what is owed no more");
            }
            let flying = self.watch.on_the_way.get(&line.id).copied().unwrap_or_default();
            *self.watch.excused.entry(line.id).or_default() += flying;
            self.watch.on_the_way.insert(line.id, flying + 1);
            if let Some((to, position)) = mail.to
                && (row.to, row.position) != (to, position)
            {
                self.watch.report("a mail to one address has what is for another");
            }
        }
    }

    /// DL-04: the same under the same id, and not more often than somebody died with it.
    pub(super) fn sent(&mut self, mail: &Mail, took: usize) {
        let lines: Vec<usize> = mail.lines.iter().map(|it| it.id).collect();
        let id = self.watch.ids.entry(lines).or_insert_with(|| mail.id.clone());
        if *id != mail.id {
            self.watch.report("the same mail left under another id");
        }
        for line in mail.lines.iter().filter(|_| 0 < took) {
            let arrived = self.watch.arrived.entry(line.id).or_default();
            *arrived += 1;
            let excused = self.watch.excused.get(&line.id).copied().unwrap_or_default();
            if 1 + excused < *arrived {
                self.watch.violation = Some(format!("a message arrived {arrived} times, excused: {excused}"));
            }
        }
    }

    pub(super) fn check(&mut self) {
        self.check_believed();
        for duty in 0..self.model.owed.len() {
            if !self.model.owed[duty].duty.is_outstanding() {
                continue;
            }
            self.check_waiting(duty);
            self.check_said(duty);
            self.check_climb(duty);
            self.check_stuck(duty);
        }
        self.check_late();
    }

    /// What the store believes was taken has arrived.
    fn check_believed(&mut self) {
        let watch = &mut self.watch;
        let lost = |it: &usize| {
            let flying = watch.on_the_way.get(it).is_some_and(|it| 0 < *it);
            !flying && watch.arrived.get(it).is_none_or(|it| *it == 0)
        };
        if watch.believed.iter().any(lost) {
            watch.violation = Some("a message is marked as taken, and never arrived".to_owned());
        }
        let flying = |it: &usize| watch.on_the_way.get(it).is_some_and(|it| 0 < *it);
        watch.believed.retain(flying);
    }

    /// How long something that was due at `at` has been due without a fault.
    fn calm_for(&self, at: At) -> TimeDelta {
        self.now() - at.max(self.at(self.watch.calm_since))
    }

    /// DL-10: nothing that is due waits, once nothing is wrong.
    fn check_late(&mut self) {
        let (now, owed_at, mut late) = (self.now(), self.at(self.watch.planned_at), Vec::new());
        for rung in self.model.open_rungs.iter().map(|it| &self.model.rungs[*it]) {
            let due = rung.follow_up_at.or(Some(rung.fire_at).filter(|_| rung.is_waiting()));
            late.extend(
                due.filter(|due| LATENESS < self.calm_for(owed_at.max(*due))).map(|due| format!("a rung of {due}")),
            );
        }
        for id in &self.model.open_messages {
            let row = &self.model.deliveries[*id];
            if row.ended.is_some() {
                continue;
            }
            if LATENESS < self.calm_for(row.next_try_at) {
                late.push(format!("a message to be tried at {}", row.next_try_at));
            }
            if DRAINED < self.calm_for(row.leaves_at) {
                late.push(format!("a message of {}, tried {} times", row.leaves_at, row.tries));
            }
        }
        if let Some(late) = late.pop() {
            self.watch.report(format!("{late} waits still at {now}"));
        }
    }

    /// Every rung that came due was said, or a later one was in its place.
    fn check_said(&mut self, duty: usize) {
        let (now, owed) = (self.now(), &self.model.owed[duty]);
        let due = reminder::ladder(&owed.duty).take_while(|it| it.fire_at <= now);
        let owed_at = self.at(self.watch.planned_at);
        let Some(last) = due.filter(|it| LATENESS < self.calm_for(it.fire_at.max(owed_at))).last() else { return };
        let due = self.mono_of(last.fire_at);
        // What a clock that was ahead said before its time counts only while that clock was believed, and for what was not
        // owed at its time; and for a little longer, because clocks may differ by so much.
        let was_believed = due < self.watch.planned_at.max(self.watch.calm_since) + A_LITTLE;
        let said = |it: &usize| {
            let said = self.watch.said.get(it).is_some_and(|said| due <= said + A_LITTLE);
            said || was_believed
                && self.model.rungs[*it].sent_at.is_some()
                && last.fire_at <= self.model.rungs[*it].fire_at
        };
        if !owed.rungs.iter().any(said) {
            let what = format!("{:?}: the rung {} of {} was never said", owed.duty.key, last.step, last.fire_at);
            self.watch.report(what);
        }
    }

    /// DL-08: a pressing rung that nobody sees climbs every half hour, up to the agency's contact, and raises the alarm.
    fn check_climb(&mut self, duty: usize) {
        let Some((rung, reached)) = self.unseen(duty) else { return };
        // As time went, whatever the clock showed when it was sent. Whoever takes a child over has half an hour of their own.
        let said = self.watch.given_again.get(&rung).or(self.watch.said.get(&rung));
        let since = said.map_or(self.mono, |said| self.watch.calm_since.max(*said));
        let (rung, calm) = (&self.model.rungs[rung], TimeDelta::milliseconds(self.mono - since) - LATENESS);
        let climbs = usize::try_from(calm.num_seconds() / A_CLIMB.num_seconds()).unwrap_or(0);
        let top = height(Audience::AgencyContact);
        if rung.alarms == 0 && (height(reached) < climbs.min(top) || top < climbs) {
            let what = format!("DL-08: unseen for {calm}, reached {reached:?}, no alarm");
            self.watch.report(what);
        }
    }

    /// DL-14: where no address took a mail, another address is tried, or the next person is looked for, up to the alarm.
    fn check_stuck(&mut self, duty: usize) {
        let Some(newest) = self.model.newest(duty) else { return };
        let (rung, owed) = (&self.model.rungs[newest], &self.model.owed[duty]);
        let rows = || rung.messages.iter().map(|it| &self.model.deliveries[*it]).filter(|it| it.is_mail());
        let failed = rows().any(|it| it.passed_on_at.is_some() || it.ended.is_some_and(|it| it.1 == Ending::Refused));
        let taken = rows().any(|it| it.ended.is_some_and(|it| it.1 == Ending::Accepted));
        let patient = rows().any(|it| it.ended.is_none() && it.passed_on_at.is_none());
        let seen = rung.sent_at <= owed.seen_at;
        let by_choice = rung.told.iter().any(|it| rows().all(|row| row.to != To::Person(it.0)));
        // What was done before its mail left is spoken of by its next rung, should it be owed again.
        let was_done = rows().any(|it| it.ended.is_some_and(|it| it.1 == Ending::NoLongerOwed));
        let goes_on = rung.follow_up_at.is_some() || 0 < rung.alarms || patient || seen || by_choice || was_done;
        if failed && !taken && !goes_on {
            let what = format!("DL-14: {:?} reached nobody by mail, and nobody is looked for", owed.duty.key);
            self.watch.report(what);
        }
    }

    pub(super) fn last_check(&mut self) {
        if self.watch.violation.is_none() {
            self.check();
        }
    }
}
