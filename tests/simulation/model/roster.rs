//! Who stands on a rung: `people.sql`, `addresses_of`.

use chrono::NaiveTime;
use homeward_domain::delivery::DIGEST_AT;
use homeward_domain::reminder::Audience;
use homeward_domain::vocabulary::Vocabulary as _;

use super::tables::At;

#[derive(Clone, Debug, Default)]
pub struct Person {
    pub is_disabled: bool,
    /// In their order; the one they sign in with is the first.
    pub addresses: Vec<Address>,
    pub digest_at: Option<NaiveTime>,
    pub mail_for_aims: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Address {
    pub is_removed: bool,
    pub bounced: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct Absence {
    pub person: usize,
    pub substitute: Option<usize>,
    pub starts_at: At,
    pub ends_at: At,
    pub is_cancelled: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct Shift {
    pub person: usize,
    pub starts_at: At,
    pub ends_at: At,
}

/// One unit, and who answers for it.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    pub people: Vec<Person>,
    /// Who stands in for whom; the last choice stands.
    pub back_ups: Vec<(usize, Option<usize>)>,
    pub supervisors: Vec<usize>,
    pub on_call: Vec<usize>,
    pub contact: Option<usize>,
    /// In the order in which they were recorded.
    pub absences: Vec<Absence>,
    pub shifts: Vec<Shift>,
}

impl Person {
    pub fn digest_at(&self) -> NaiveTime {
        self.digest_at.unwrap_or(DIGEST_AT)
    }

    /// The positions of those addresses that are there.
    pub fn positions(&self) -> impl Iterator<Item = (i32, &Address)> {
        let there = |(_, it): &(i32, &Address)| !it.is_removed && !self.is_disabled;
        (0..).zip(&self.addresses).filter(there)
    }

    pub fn first_that_works(&self, after: Option<i32>) -> Option<i32> {
        let wanted = |(position, it): &(i32, &Address)| !it.bounced && after.is_none_or(|after| after < *position);
        self.positions().find(wanted).map(|it| it.0)
    }
}

impl Roster {
    /// Everyone up to this height; where nobody stands there, the next one up who exists.
    pub fn standing(&self, worker: Option<usize>, audience: Audience, now: At) -> (Vec<usize>, Audience) {
        let stands = |(id, height): (usize, Audience)| match self.away(id, now) {
            None => Some((id, height)),
            Some(away) => away.substitute.filter(|it| self.away(*it, now).is_none()).map(|it| (it, height)),
        };
        let active = |it: &(usize, Audience)| !self.people[it.0].is_disabled;
        let ladder: Vec<(usize, Audience)> =
            self.named(worker, now).into_iter().filter_map(stands).filter(active).collect();
        let reached = ladder.iter().map(|it| it.1).filter(|it| audience <= *it).min().unwrap_or(audience);
        let mut people: Vec<usize> = ladder.into_iter().filter(|it| it.1 <= reached).map(|it| it.0).collect();
        people.sort_unstable();
        people.dedup();
        (people, reached)
    }

    fn named(&self, worker: Option<usize>, now: At) -> Vec<(usize, Audience)> {
        let back_up = self.back_ups.iter().rev().find(|it| Some(it.0) == worker).and_then(|it| it.1);
        let shifts: Vec<usize> =
            self.shifts.iter().filter(|it| it.starts_at <= now && now < it.ends_at).map(|it| it.person).collect();
        let on_call = if shifts.is_empty() { self.on_call.clone() } else { shifts };
        let at = |height: Audience| move |id: usize| (id, height);
        worker
            .map(at(Audience::AssignedWorker))
            .into_iter()
            .chain(back_up.map(at(Audience::BackUp)))
            .chain(self.supervisors.iter().copied().map(at(Audience::Supervisor)))
            .chain(on_call.into_iter().map(at(Audience::OnCall)))
            .chain(self.contact.map(at(Audience::AgencyContact)))
            .collect()
    }

    pub fn away(&self, person: usize, now: At) -> Option<Absence> {
        let now_away =
            |it: &&Absence| it.person == person && !it.is_cancelled && it.starts_at <= now && now < it.ends_at;
        self.absences.iter().rev().find(now_away).copied()
    }
}

/// How many stand below.
pub fn height(audience: Audience) -> usize {
    Audience::ALL.iter().position(|it| *it == audience).unwrap_or_default()
}
