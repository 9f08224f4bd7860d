//! How many children somebody opens before they are slowed down, and before they are stopped (LM-06). It is about whoever
//! reads, and says nothing of any child.

use crate::policy::Role;

/// So many times a budget ends the reading.
const END: u32 = 2;

/// How many children are opened in an hour and in a day as part of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadingBudget {
    /// Within any hour.
    pub an_hour: u32,
    /// Within any 24 hours.
    pub a_day: u32,
}

/// How many children somebody opened, with the one they ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// In the hour before.
    pub in_an_hour: u32,
    /// In the 24 hours before.
    pub in_a_day: u32,
}

/// What follows for another child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It is opened; so many more can be before it has to be asked again.
    Open {
        /// How many.
        more: u32,
    },
    /// It is opened slowly, and somebody is told.
    Slow,
    /// It is not opened until an hour ago is longer ago.
    EndOfHour,
    /// It is not opened until a day ago is longer ago.
    EndOfDay,
}

impl ReadingBudget {
    /// Where the agency has chosen nothing: a caseload twice over, and more for those who stand in for others or look over
    /// many.
    pub fn usual(role: Role) -> Self {
        match role {
            Role::Caseworker | Role::Administrator => Self { an_hour: 60, a_day: 200 },
            Role::Supervisor | Role::OnCall => Self { an_hour: 120, a_day: 400 },
            Role::Auditor | Role::PrivacyOfficer => Self { an_hour: 200, a_day: 1_000 },
        }
    }

    /// What follows from what was opened.
    pub fn judge(self, opened: Opened) -> Reading {
        let end = |budget: u32| budget.saturating_mul(END);
        if end(self.a_day) < opened.in_a_day {
            return Reading::EndOfDay;
        }
        if end(self.an_hour) < opened.in_an_hour {
            return Reading::EndOfHour;
        }
        match (self.an_hour.checked_sub(opened.in_an_hour), self.a_day.checked_sub(opened.in_a_day)) {
            (Some(hour), Some(day)) => Reading::Open { more: hour.min(day) },
            _ => Reading::Slow,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::Vocabulary as _;

    const BUDGET: ReadingBudget = ReadingBudget { an_hour: 10, a_day: 15 };

    fn judged(in_an_hour: u32, in_a_day: u32) -> Reading {
        BUDGET.judge(Opened { in_an_hour, in_a_day })
    }

    #[test]
    fn lm_06_over_the_budget_it_is_slow_and_over_twice_of_it_it_ends() {
        assert_eq!(judged(1, 1), Reading::Open { more: 9 });
        assert_eq!(judged(1, 15), Reading::Open { more: 0 });
        assert_eq!(judged(10, 10), Reading::Open { more: 0 });
        assert_eq!(judged(11, 11), Reading::Slow);
        assert_eq!(judged(1, 16), Reading::Slow);
        assert_eq!(judged(20, 20), Reading::Slow);
        assert_eq!(judged(21, 21), Reading::EndOfHour);
        assert_eq!(judged(1, 31), Reading::EndOfDay);
    }

    #[test]
    fn lm_06_a_day_takes_no_less_than_an_hour_in_any_role() {
        for role in Role::ALL {
            let ReadingBudget { an_hour, a_day } = ReadingBudget::usual(*role);
            assert!(0 < an_hour && an_hour <= a_day);
        }
    }
}
