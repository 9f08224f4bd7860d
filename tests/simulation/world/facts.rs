//! Children who are missing, and what people record about them.

use std::sync::LazyLock;

use chrono::TimeDelta;
use homeward_domain::child::UnderTwentySix;
use homeward_domain::duty::{DutyKey, DutyKind, TaskKind};
use homeward_domain::episode::{Closure, ClosureReason, Completed, Facts, RecoveryType};
use homeward_domain::id::Id;
use homeward_domain::law::{self, RuleBook};
use homeward_domain::notification::{NotificationKind, Recipient, Told};
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use super::World;
use super::faults::Fault;
use crate::happened::received;
use crate::model::roster::Roster;
use crate::model::tables::At;

static BOOKS: LazyLock<Vec<RuleBook>> = LazyLock::new(|| {
    let book = |it| law::library().book(it).expect("a book that ships");
    ["US", "KS", "TX", "MI", "FL", "WI"].map(book).into()
});

pub struct Case {
    facts: Facts,
    book: usize,
    worker: Option<usize>,
}

impl World {
    pub(super) fn open_case(&mut self) {
        let now = self.now();
        // Some are keyed in late.
        let late = if self.dice.percent(30) { self.dice.skewed(90 * 3600) } else { self.dice.between(0, 600) };
        let received_at = now - TimeDelta::seconds(late);
        let book = if self.dice.percent(60) { 0 } else { self.dice.below(BOOKS.len()) };
        let worker = self.dice.percent(85).then_some(0);
        self.cases.push(Case { facts: received(received_at), book, worker });
        self.plan(self.cases.len() - 1);
    }

    fn plan(&mut self, number: usize) {
        let case = &self.cases[number];
        let owed = law::duties(&BOOKS[case.book], UnderTwentySix::NotElected, &case.facts);
        let (worker, now) = (case.worker, self.now());
        self.model.plan(number, worker, owed, now);
        self.watch.recent.clear();
        self.watch.planned_at = self.mono;
        self.check_plan();
    }

    pub(super) fn act(&mut self) {
        if self.cases.is_empty() {
            return;
        }
        let (number, now) = (self.dice.below(self.cases.len()), self.now());
        match self.dice.below(20) {
            0..=9 => self.discharge(number, now),
            10 => self.cases[number].facts.material_changes.push(now),
            11 => self.recover(number, now),
            12..=14 => self.move_receipt(number, now),
            15 | 16 => self.change_rules(number),
            17 => self.take_back(number),
            18 => self.hand_case_over(number),
            _ => self.close(number, now),
        }
        self.plan(number);
    }

    /// Somebody does one thing that is owed.
    fn discharge(&mut self, number: usize, now: At) {
        let owed: Vec<DutyKey> = self
            .model
            .owed
            .iter()
            .filter(|it| it.episode == number && it.duty.is_outstanding())
            .map(|it| it.duty.key)
            .collect();
        if owed.is_empty() {
            return;
        }
        let key = self.dice.one_of(&owed);
        let task = TaskKind::ALL.iter().copied().find(|it| it.duty() == key.kind);
        let id = self.dice.next();
        let facts = &mut self.cases[number].facts;
        match (task, key.recipient) {
            (Some(task), _) => facts.completed.push(Completed { task, at: now }),
            (None, Some(recipient)) => facts.told.push(told(id, recipient, contact(key.kind), now)),
            (None, None) => {}
        }
    }

    fn recover(&mut self, number: usize, now: At) {
        let facts = &mut self.cases[number].facts;
        if facts.recovery.ended_at().is_none() {
            facts.recovery.recovered_at = Some(now);
            facts.recovery.kind = Some(RecoveryType::ReturnedOnOwn);
            self.coverage.count(Fault::Recovered);
        }
    }

    fn move_receipt(&mut self, number: usize, now: At) {
        let by = TimeDelta::seconds(self.dice.skewed(3 * 86_400));
        let later = self.dice.percent(50);
        let received_at = &mut self.cases[number].facts.moments.received_at;
        let to = if later { (*received_at + by).min(now) } else { *received_at - by };
        if to != *received_at {
            self.coverage.count(if *received_at < to { Fault::LimitMovedLater } else { Fault::LimitMovedEarlier });
            *received_at = to;
        }
    }

    fn change_rules(&mut self, number: usize) {
        let book = self.dice.below(BOOKS.len());
        if std::mem::replace(&mut self.cases[number].book, book) != book {
            self.coverage.count(Fault::RulesChanged);
        }
    }

    fn take_back(&mut self, number: usize) {
        let told = self.cases[number].facts.told.len();
        if 0 < told {
            let place = self.dice.below(told);
            self.cases[number].facts.told.remove(place);
            self.coverage.count(Fault::ReportTakenBack);
        }
    }

    fn hand_case_over(&mut self, number: usize) {
        let people = self.model.roster.people.len();
        let worker = Some(self.dice.below(people)).filter(|_| self.dice.percent(80));
        let before = std::mem::replace(&mut self.cases[number].worker, worker);
        if before == worker {
            return;
        }
        self.coverage.count(Fault::HandedOver);
        // By a hand-over from one worker to another, or by a change of the child's record.
        let from = before.filter(|_| worker.is_some() && self.dice.percent(50));
        if let Some(from) = from {
            self.watch.called_back(&self.model, number, from);
        }
        let now = self.now();
        self.model.hand_over(number, from, worker, now);
    }

    fn close(&mut self, number: usize, closed_at: At) {
        if self.dice.percent(50) {
            return;
        }
        let reason = ClosureReason::CustodyEndedStillMissing;
        let closed = self.cases[number].facts.closure.replace(Closure { closed_at, reason });
        if closed.is_none() {
            self.coverage.count(Fault::ClosedUndone);
        } else {
            self.cases[number].facts.closure = None;
        }
    }

    /// Somebody looks through their inbox.
    pub(super) fn acknowledge(&mut self) {
        let Roster { people, .. } = &self.model.roster;
        let (person, now) = (self.dice.below(people.len()), self.now());
        for duty in 0..self.model.owed.len() {
            self.model.acknowledge(duty, person, now);
        }
    }
}

/// The contact that discharges a duty of this kind.
fn contact(kind: DutyKind) -> NotificationKind {
    match kind {
        DutyKind::InitialReport => NotificationKind::InitialReport,
        DutyKind::RecoveryNotice => NotificationKind::RecoveryNotice,
        DutyKind::RecordUpdate => NotificationKind::Record30DayUpdate,
        DutyKind::NcicConfirmation => NotificationKind::NcicConfirmation,
        DutyKind::FollowUp => NotificationKind::WrittenFollowup,
        _ => NotificationKind::UpdateShared,
    }
}

fn told(id: u64, recipient: Recipient, kind: NotificationKind, made_at: At) -> Told {
    let id = Id::from_uuid(Uuid::from_u64_pair(id, 0));
    Told { id, recipient, kind, made_at, ncic_confirmed_at: None }
}
