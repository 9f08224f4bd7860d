//! Looks that somebody should ask about (AD-12). This is about the people who look, and says nothing of any child: what is
//! unusual may be quite right, and only a person can know.

use chrono::{DateTime, TimeDelta, Utc};

use crate::impossible::Impossible;
use crate::vocabulary::vocabulary;

/// Whoever opens the records of so many children within one hour of the clock is asked about it.
pub const MANY_CHILDREN: i32 = 30;
/// The night begins at this hour of the agency's day, and ends at that one.
pub const NIGHT: (i32, i32) = (22, 6);
/// So many children in one night, by somebody who is not on call.
pub const AT_NIGHT: i32 = 3;
/// So long after a hand-over whoever handed over has seen to what was left.
pub const HANDED_OVER: TimeDelta = TimeDelta::days(7);
/// So many refusals within one hour of the clock.
pub const REFUSALS: i32 = 5;
/// A review is of no longer time.
pub const SPAN_MAX: TimeDelta = TimeDelta::days(31);

vocabulary! {
    /// Why somebody should ask.
    UnusualRule {
        /// The records of very many children within an hour.
        ManyChildren = "many_children",
        /// Several children at night, by somebody who was not on call.
        OutOfHours = "out_of_hours",
        /// A child who was handed over to somebody else more than a week before.
        NoLongerTheirs = "no_longer_theirs",
        /// Refused again and again within an hour.
        RefusedAgain = "refused_again",
    }
}

vocabulary! {
    /// What came of a review.
    ReviewConclusion {
        /// Everything had its reason.
        AsExpected = "as_expected",
        /// Somebody is asked, or more than asked.
        FollowedUp = "followed_up",
    }
}

/// The time that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReviewSpan {
    /// From here on.
    pub from: DateTime<Utc>,
    /// Up to here, without it.
    pub to: DateTime<Utc>,
}

impl ReviewSpan {
    /// The week before.
    pub fn last_week(now: DateTime<Utc>) -> Self {
        Self { from: now - TimeDelta::days(7), to: now }
    }

    /// A time that is over and not too long, or every reason why it is none.
    pub fn over(from: DateTime<Utc>, to: DateTime<Utc>, now: DateTime<Utc>) -> Result<Self, Impossible> {
        if now < to {
            return Err(Impossible::of("to", "is not over yet"));
        }
        if to <= from {
            return Err(Impossible::of("to", "is not after `from`"));
        }
        if SPAN_MAX < to - from {
            return Err(Impossible::of("from", "is more than 31 days before `to`"));
        }
        Ok(Self { from, to })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_review_is_of_a_time_that_is_over_and_of_a_month_at_most() {
        let now = at("2026-05-31T08:00:00Z");
        let fits = |from, to| ReviewSpan::over(at(from), at(to), now).is_ok();
        assert!(fits("2026-05-24T08:00:00Z", "2026-05-31T08:00:00Z"));
        assert!(fits("2026-04-30T08:00:00Z", "2026-05-31T08:00:00Z"));
        assert!(!fits("2026-04-30T07:59:59Z", "2026-05-31T08:00:00Z"));
        assert!(!fits("2026-05-24T08:00:00Z", "2026-05-31T08:00:01Z"));
        assert!(!fits("2026-05-24T08:00:00Z", "2026-05-24T08:00:00Z"));
    }
}
