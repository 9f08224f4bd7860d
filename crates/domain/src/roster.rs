//! Rosters: who can stand where somebody else stands, and when nobody does.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::id::UserId;
use crate::impossible::Impossible;
use crate::policy::{Reach, Role, works_with_children};

#[cfg(test)]
mod tests;

/// So far ahead a roster is looked over for gaps (H-14).
pub const AHEAD: TimeDelta = TimeDelta::days(14);

/// A stretch of time: from its start up to its end, and never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

/// Someone of the agency, as a roster sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colleague {
    /// Who.
    pub id: UserId,
    /// What they do.
    pub role: Role,
    /// Where.
    pub reach: Reach,
    /// Whether they work here no more.
    pub is_disabled: bool,
}

/// Someone who is not there for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away {
    /// Who.
    pub user: UserId,
    /// Who stands where they stood.
    pub substitute: Option<UserId>,
    /// How long.
    pub span: Span,
    /// When it was recorded: of two for one moment the later counts.
    pub recorded_at: DateTime<Utc>,
}

/// All that says who is on call for one unit.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// While one of these covers a moment, they say who is on call.
    pub shifts: Vec<(UserId, Span)>,
    /// Else whoever has the role.
    pub on_call: Vec<UserId>,
    /// Who is away.
    pub away: Vec<Away>,
    /// Who of all of them works here still.
    pub active: BTreeSet<UserId>,
}

impl Span {
    /// From `starts_at` up to `ends_at`. What is over already can no longer be arranged.
    pub fn ahead(starts_at: DateTime<Utc>, ends_at: DateTime<Utc>, now: DateTime<Utc>) -> Result<Self, Impossible> {
        if ends_at <= starts_at {
            return Err(Impossible::of("ends_at", "is not after the start"));
        }
        if ends_at <= now {
            return Err(Impossible::of("ends_at", "is over already"));
        }
        Ok(Self { starts_at, ends_at })
    }

    /// As it is kept; none where it is empty.
    pub fn kept(starts_at: DateTime<Utc>, ends_at: DateTime<Utc>) -> Option<Self> {
        (starts_at < ends_at).then_some(Self { starts_at, ends_at })
    }

    /// The time that is looked over for gaps.
    pub fn looked_over(now: DateTime<Utc>) -> Self {
        Self { starts_at: now, ends_at: now + AHEAD }
    }

    /// Its first moment.
    pub fn starts_at(&self) -> DateTime<Utc> {
        self.starts_at
    }

    /// The first moment that is no part of it.
    pub fn ends_at(&self) -> DateTime<Utc> {
        self.ends_at
    }

    fn holds(&self, at: DateTime<Utc>) -> bool {
        self.starts_at <= at && at < self.ends_at
    }
}

/// Why `other` cannot stand where `who` stands. Whoever cannot open the record of a child helps nobody.
pub fn unfit(field: &'static str, other: &Colleague, who: &Colleague) -> Option<Impossible> {
    if other.id == who.id {
        return Some(Impossible::of(field, "is the person themselves"));
    }
    unfit_for(field, other, &who.reach, works_with_children(who.role))
}

/// Why `other` cannot be on call where this reach is.
pub fn unfit_on_call(field: &'static str, other: &Colleague, reach: &Reach) -> Option<Impossible> {
    unfit_for(field, other, reach, true)
}

/// Why a child cannot be the work of `other`. Whose work a child is can open the record wherever the child's unit is.
pub fn unfit_worker(field: &'static str, other: &Colleague) -> Option<Impossible> {
    unfit_for(field, other, &other.reach, true)
}

fn unfit_for(field: &'static str, other: &Colleague, reach: &Reach, with_children: bool) -> Option<Impossible> {
    let why = if other.is_disabled {
        "does not work here any more"
    } else if with_children && !works_with_children(other.role) {
        "does not work with children"
    } else if !other.reach.meets(reach) {
        "does not work there"
    } else {
        return None;
    };
    Some(Impossible::of(field, why))
}

impl Watch {
    /// When nobody is on call within `over`, in order.
    pub fn gaps(&self, over: Span) -> Vec<Span> {
        let mut gaps: Vec<Span> = Vec::new();
        let turns = self.turns(over);
        for (starts_at, ends_at) in turns.iter().zip(turns.iter().skip(1)) {
            if self.is_covered(*starts_at) {
                continue;
            }
            match gaps.last_mut().filter(|last| last.ends_at == *starts_at) {
                Some(last) => last.ends_at = *ends_at,
                None => gaps.push(Span { starts_at: *starts_at, ends_at: *ends_at }),
            }
        }
        gaps
    }

    /// Every moment at which something can change.
    fn turns(&self, over: Span) -> Vec<DateTime<Utc>> {
        let spans = self.shifts.iter().map(|(_, span)| span).chain(self.away.iter().map(|it| &it.span));
        let turns = spans.flat_map(|span| [span.starts_at, span.ends_at]).filter(|at| over.holds(*at));
        let turns: BTreeSet<DateTime<Utc>> = turns.chain([over.starts_at, over.ends_at]).collect();
        turns.into_iter().collect()
    }

    fn is_covered(&self, at: DateTime<Utc>) -> bool {
        let mut on_shift = self.shifts.iter().filter(|(_, span)| span.holds(at)).map(|(user, _)| *user).peekable();
        if on_shift.peek().is_some() {
            on_shift.any(|user| self.stands(user, at))
        } else {
            self.on_call.iter().any(|user| self.stands(*user, at))
        }
    }

    /// Whether someone stands there at a moment, or who stands in for them does.
    fn stands(&self, user: UserId, at: DateTime<Utc>) -> bool {
        let away = |user: UserId| {
            let theirs = self.away.iter().filter(move |it| it.user == user && it.span.holds(at));
            theirs.max_by_key(|it| it.recorded_at)
        };
        match away(user) {
            None => self.active.contains(&user),
            Some(Away { substitute: Some(other), .. }) => self.active.contains(other) && away(*other).is_none(),
            Some(Away { substitute: None, .. }) => false,
        }
    }
}
