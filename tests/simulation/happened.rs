//! What happens to the children of an agency in a year, at the rates of domain 4.7, and when somebody recorded it.

use chrono::TimeDelta;
use homeward_domain::child::CareStatus;
use homeward_domain::duty::TaskKind;
use homeward_domain::episode::{Closure, ClosureReason, Completed, Facts, Moments, Recovery, RecoveryType};
use homeward_domain::id::Id;
use homeward_domain::notification::{NotificationKind, Recipient, Told};
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use crate::dice::Dice;
use crate::model::tables::At;
use crate::year::{YEAR, text};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// Episodes of a hundred children in a year: 110,446 in 915 days, of some 440,000 in care.
const OF_A_HUNDRED: u64 = 10;

#[derive(Clone, Copy, Debug)]
pub enum Fact {
    Received(At),
    Told(Recipient, NotificationKind, At),
    Recovered(At),
    Done(TaskKind, At),
    Closed(At),
}

/// A fact, and when it was recorded.
#[derive(Clone, Copy, Debug)]
pub struct Happened {
    pub recorded_at: At,
    fact: Fact,
}

impl Happened {
    /// As a line of the file that the oracle reads.
    pub fn row(&self) -> String {
        let (what, whom, kind, at) = match self.fact {
            Fact::Received(at) => ("received", "", "", at),
            Fact::Told(whom, kind, at) => ("told", whom.code(), kind.code(), at),
            Fact::Recovered(at) => ("recovered", "", "", at),
            Fact::Done(task, at) => ("done", "", task.code(), at),
            Fact::Closed(at) => ("closed", "", "", at),
        };
        format!("{},{what},{whom},{kind},{}", text(self.recorded_at), text(at))
    }

    /// What is known from these.
    pub fn facts(recorded: &[Self]) -> Facts {
        let mut facts = received(recorded[0].recorded_at);
        for (number, it) in recorded.iter().enumerate() {
            match it.fact {
                Fact::Received(at) => facts.moments.received_at = at,
                Fact::Told(recipient, kind, made_at) => {
                    let id = Id::from_uuid(Uuid::from_u128(u128::try_from(number).expect("a count")));
                    facts.told.push(Told { id, recipient, kind, made_at, ncic_confirmed_at: None });
                }
                Fact::Recovered(at) => {
                    facts.recovery.recovered_at = Some(at);
                    facts.recovery.kind = Some(RecoveryType::LocatedByLawEnforcement);
                }
                Fact::Done(task, at) => facts.completed.push(Completed { task, at }),
                Fact::Closed(closed_at) => {
                    facts.closure = Some(Closure { closed_at, reason: ClosureReason::CustodyEndedStillMissing });
                }
            }
        }
        facts
    }
}

/// What is known of an episode when nothing but the receipt is.
pub fn received(received_at: At) -> Facts {
    let moments = Moments {
        received_at,
        absence_began_at: None,
        caregiver_learned_at: None,
        first_suspected_at: None,
        determined_missing_at: None,
    };
    Facts {
        care_status: CareStatus::FosterCare,
        moments,
        recovery: Recovery::default(),
        material_changes: Vec::new(),
        birthday_at: None,
        told: Vec::new(),
        completed: Vec::new(),
        choices: Vec::new(),
        closure: None,
    }
}

/// The episodes of so many children, each in the order in which it was recorded; and the end of the year.
pub fn a_year_of(children: u64) -> (Vec<Vec<Happened>>, At) {
    let begins_at = "2026-01-01T06:00:00Z".parse::<At>().expect("an instant");
    let mut dice = Dice::new(2026);
    let episodes = (0..children).filter(|_| dice.percent(OF_A_HUNDRED)).collect::<Vec<_>>().len();
    let episode = |_| Telling::new(&mut dice, begins_at).tell();
    ((0..episodes).map(episode).collect(), begins_at + YEAR)
}

/// One episode while it is made up.
struct Telling<'a> {
    dice: &'a mut Dice,
    received_at: At,
    opened_at: At,
    recovered_at: Option<At>,
    happened: Vec<Happened>,
}

impl<'a> Telling<'a> {
    fn new(dice: &'a mut Dice, begins_at: At) -> Self {
        let received_at = begins_at + TimeDelta::seconds(dice.between(0, YEAR.num_seconds()));
        let late = if dice.percent(10) { dice.between(0, 60 * HOUR) } else { dice.between(0, 1_800) };
        let opened_at = received_at + TimeDelta::seconds(late);
        // 34 days on average, most much shorter, some beyond the year.
        let away = match dice.below(10) {
            0..=2 => dice.between(HOUR, 2 * DAY),
            3..=7 => dice.between(2 * DAY, 30 * DAY),
            8 => dice.between(30 * DAY, 120 * DAY),
            _ => dice.between(120 * DAY, 300 * DAY),
        };
        let recovered_at = dice.percent(95).then(|| received_at + TimeDelta::seconds(away));
        Self { dice, received_at, opened_at, recovered_at, happened: Vec::new() }
    }

    fn tell(mut self) -> Vec<Happened> {
        self.record(Fact::Received(self.received_at), self.received_at);
        self.happened[0].recorded_at = self.opened_at;
        self.report(Recipient::LawEnforcement, 6, 8);
        self.report(Recipient::Ncmec, 45, 22);
        self.confirm();
        self.come_back();
        self.move_receipt();
        self.close();
        self.happened.sort_by_key(|it| it.recorded_at);
        // Two at one instant are one act for a reader: a second apart they are two.
        for place in 1..self.happened.len() {
            let before = self.happened[place - 1].recorded_at;
            let it = &mut self.happened[place];
            it.recorded_at = it.recorded_at.max(before + TimeDelta::seconds(1));
        }
        self.happened
    }

    /// Most is recorded at once, some hours later; nothing before the episode was opened.
    fn record(&mut self, fact: Fact, at: At) {
        let late = if self.dice.percent(20) { self.dice.between(0, 10 * HOUR) } else { self.dice.between(0, 300) };
        let recorded_at = (at + TimeDelta::seconds(late)).max(self.opened_at + TimeDelta::seconds(1));
        self.happened.push(Happened { recorded_at, fact });
    }

    fn tell_of(&mut self, whom: Recipient, kind: NotificationKind, at: At) {
        self.record(Fact::Told(whom, kind, at), at);
    }

    fn after(&mut self, at: At, from: i64, to: i64) -> At {
        at + TimeDelta::seconds(self.dice.between(from, to))
    }

    /// The report, and being in touch while the child is missing.
    fn report(&mut self, whom: Recipient, never: u64, late: u64) {
        let chance = self.dice.next() % 100;
        if chance < never {
            return;
        }
        let (from, to) = if chance < never + late { (DAY, 20 * DAY) } else { (0, DAY) };
        let mut at = self.after(self.received_at, from, to);
        self.tell_of(whom, NotificationKind::InitialReport, at);
        let until = self.recovered_at.unwrap_or(self.received_at + TimeDelta::days(150));
        while self.dice.percent(85) {
            at = self.after(at, DAY, 14 * DAY);
            if until <= at {
                break;
            }
            self.tell_of(whom, NotificationKind::UpdateShared, at);
        }
        if let Some(back) = self.recovered_at.filter(|_| self.dice.percent(80)) {
            let at = self.after(back, 0, 4 * DAY);
            self.tell_of(whom, NotificationKind::RecoveryNotice, at);
        }
    }

    fn confirm(&mut self) {
        let report = self.happened.iter().find_map(|it| match it.fact {
            Fact::Told(Recipient::LawEnforcement, NotificationKind::InitialReport, at) => Some(at),
            _ => None,
        });
        let Some(report) = report else { return };
        for (chance, kind, from, to) in [
            (70, NotificationKind::NcicConfirmation, 0, 3 * DAY),
            (50, NotificationKind::Record30DayUpdate, 20 * DAY, 35 * DAY),
        ] {
            if self.dice.percent(chance) {
                let at = self.after(report, from, to);
                self.tell_of(Recipient::LawEnforcement, kind, at);
            }
        }
    }

    fn come_back(&mut self) {
        let Some(back) = self.recovered_at else { return };
        self.record(Fact::Recovered(back), back);
        for (chance, task) in [(60, TaskKind::ReturnInterview), (35, TaskKind::Screening)] {
            if self.dice.percent(chance) {
                let at = self.after(back, HOUR, 6 * DAY);
                self.record(Fact::Done(task, at), at);
            }
        }
    }

    /// Somebody finds that the agency knew earlier; or, with a supervisor, later.
    fn move_receipt(&mut self) {
        if self.dice.percent(6) {
            let at = self.after(self.opened_at, HOUR, 5 * DAY);
            let to = self.received_at + TimeDelta::seconds(self.dice.between(-2 * DAY, 2 * DAY));
            self.record(Fact::Received(to.min(at)), at);
        }
    }

    fn close(&mut self) {
        if self.recovered_at.is_none() && self.dice.percent(50) {
            let at = self.after(self.opened_at, 10 * DAY, 100 * DAY);
            self.record(Fact::Closed(at), at);
        }
    }
}
