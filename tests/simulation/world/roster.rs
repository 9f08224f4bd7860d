//! The people of the agency, and how they come and go.

use chrono::{NaiveTime, TimeDelta};

use super::World;
use super::faults::Fault;
use crate::dice::Dice;
use crate::model::roster::{Absence, Address, Person, Roster, Shift};

const PEOPLE: usize = 8;

/// Two workers, one or two supervisors, who is on call, and the contact; some of them missing, some the same person.
pub fn any(dice: &mut Dice) -> Roster {
    let people = (0..PEOPLE).map(|_| person(dice)).collect();
    let some = |dice: &mut Dice, id: usize, chance: u64| dice.percent(chance).then_some(id);
    let back_up = some(dice, 1, 60);
    let supervisors = [some(dice, 2, 90), some(dice, 3, 40), some(dice, 0, 8)].into_iter().flatten().collect();
    let on_call = [some(dice, 4, 80), some(dice, 5, 30)].into_iter().flatten().collect();
    let contact = if dice.percent(90) { Some(6) } else { some(dice, 2, 50) };
    Roster { people, back_ups: vec![(0, back_up)], supervisors, on_call, contact, ..Roster::default() }
}

fn person(dice: &mut Dice) -> Person {
    let addresses = vec![Address::default(); 1 + dice.below(3)];
    let hour = u32::try_from(dice.below(24)).expect("an hour");
    let digest_at = dice.percent(30).then(|| NaiveTime::from_hms_opt(hour, 30, 0).expect("a time"));
    let mail_for_aims = dice.percent(30).then(|| dice.percent(50));
    Person { is_disabled: false, addresses, digest_at, mail_for_aims }
}

impl World {
    /// Somebody goes away, comes back, leaves, or takes over.
    pub(super) fn change_roster(&mut self) {
        let person = self.dice.below(PEOPLE);
        let other = Some(self.dice.below(PEOPLE)).filter(|it| *it != person);
        match self.dice.below(10) {
            0..=3 => {
                let substitute = other.filter(|_| self.dice.percent(60));
                self.away(person, substitute);
            }
            4 => {
                let everyone = self.model.roster.people.iter().all(|it| it.is_disabled);
                if !everyone && self.dice.percent(60) {
                    self.model.roster.people[person].is_disabled = true;
                    self.coverage.count(Fault::PersonLeaves);
                }
            }
            5 => self.model.roster.people.iter_mut().for_each(|it| it.is_disabled = false),
            6 => self.model.roster.back_ups.push((0, other)),
            7 => self.shift(person),
            8 => self.everyone_away(),
            _ => self.take_address_back(person),
        }
    }

    fn away(&mut self, person: usize, substitute: Option<usize>) {
        self.coverage.count(if substitute.is_some() { Fault::Absence } else { Fault::AbsenceWithoutSubstitute });
        let starts_at = self.now();
        let ends_at = starts_at + TimeDelta::hours(1 + self.dice.skewed(200));
        let absence = Absence { person, substitute, starts_at, ends_at, is_cancelled: false };
        self.model.roster.absences.push(absence);
    }

    fn everyone_away(&mut self) {
        self.coverage.count(Fault::NobodyAtAll);
        let starts_at = self.now();
        let ends_at = starts_at + TimeDelta::minutes(20 + self.dice.skewed(600));
        let away = |person| Absence { person, substitute: None, starts_at, ends_at, is_cancelled: false };
        self.model.roster.absences.extend((0..PEOPLE).map(away));
    }

    fn shift(&mut self, person: usize) {
        let starts_at = self.now();
        let ends_at = starts_at + TimeDelta::hours(1 + self.dice.skewed(72));
        self.model.roster.shifts.push(Shift { person, starts_at, ends_at });
    }

    fn take_address_back(&mut self, person: usize) {
        let addresses = &mut self.model.roster.people[person].addresses;
        if 1 < addresses.len()
            && let Some(last) = addresses.last_mut()
        {
            last.is_removed = !last.is_removed;
            self.coverage.count(Fault::AddressTakenBack);
        }
    }
}
