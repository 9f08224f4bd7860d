//! Machine keys: what a program may do in the name of whoever made its key, and for how long.

use chrono::TimeDelta;

use crate::vocabulary::{Vocabulary as _, vocabulary};

vocabulary! {
    /// What a key is for.
    Scope {
        /// Counts without names.
        StatisticsRead = "statistics:read",
        /// The compliance figures and the rows behind them.
        ComplianceRead = "compliance:read",
        /// Adding and correcting children and their placements.
        ChildrenWrite = "children:write",
        /// Opening and correcting missing episodes.
        EpisodesWrite = "episodes:write",
        /// What has changed, without what it says.
        EventsRead = "events:read",
    }
}

/// How many days a key works where nobody says otherwise (KY-03).
pub const USUAL_DAYS: i64 = 90;
/// How many days it works at most.
pub const MOST_DAYS: i64 = 365;
/// The secret before works for so long beside a new one, at most (KY-05).
pub const OVERLAP: TimeDelta = TimeDelta::days(7);
/// A key that nobody has used for so long is shown as unused (KY-07).
pub const UNUSED: TimeDelta = TimeDelta::days(60);
/// After so long it works no more.
pub const TOO_LONG_UNUSED: TimeDelta = TimeDelta::days(90);
/// So many days before the end its people are told, each time once.
pub const WARNINGS: [i64; 4] = [30, 14, 7, 1];

/// The nearest of the warnings whose time has come where so much is left; [`MOST_DAYS`] where none has.
pub fn warning(left: TimeDelta) -> i64 {
    WARNINGS.iter().copied().filter(|days| left <= TimeDelta::days(*days)).min().unwrap_or(MOST_DAYS)
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

fn bit(scope: Scope) -> u8 {
    match scope {
        Scope::StatisticsRead => 1,
        Scope::ComplianceRead => 2,
        Scope::ChildrenWrite => 4,
        Scope::EpisodesWrite => 8,
        Scope::EventsRead => 16,
    }
}

impl Scopes {
    /// Those that it holds.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |it| self.0 & bit(*it) != 0)
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |all, it| all | bit(it)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_into_it_once_and_nothing_else() {
        let scopes: Scopes = [Scope::EventsRead, Scope::ChildrenWrite, Scope::EventsRead].into_iter().collect();
        assert_eq!(scopes.iter().collect::<Vec<_>>(), [Scope::ChildrenWrite, Scope::EventsRead]);
        let all: Scopes = Scope::ALL.iter().copied().collect();
        assert_eq!(all.iter().collect::<Vec<_>>(), Scope::ALL);
        assert_eq!(Scopes::default().iter().count(), 0);
    }

    #[test]
    fn ky_03_the_warning_that_stands_is_the_nearest_whose_time_has_come() {
        let due = |days, minutes| warning(TimeDelta::days(days) + TimeDelta::minutes(minutes));
        assert_eq!([due(90, 0), due(30, 1)], [MOST_DAYS; 2]);
        assert_eq!([due(30, 0), due(14, 1), due(14, 0), due(7, 0), due(1, 1), due(1, 0)], [30, 30, 14, 7, 7, 1]);
    }
}
