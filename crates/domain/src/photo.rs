//! A photo of a child, and whether the public may be shown one.

use chrono::NaiveDate;

use crate::vocabulary::vocabulary;

/// A photo older than this, in days, is asked to be renewed (34 U.S.C. 41308(4)(A)). It may still be sent (T22).
pub const STALE_AFTER: i64 = 180;

/// How many photos of one child can be added within a day.
pub const PER_DAY: i64 = 20;

/// How many one person can add within a day, of whomever.
pub const PER_PERSON: i64 = 100;

/// How many there can be of one child: none is ever deleted.
pub const PER_CHILD: i64 = 500;

vocabulary! {
    /// Whether the public may be shown a child's name and photo. Nobody decides it but a named person.
    PublicationConsent {
        NotGiven = "not_given",
        Given = "given",
        Withdrawn = "withdrawn",
    }
}

/// How old a photo is on a day, in days.
pub fn age_in_days(taken_on: NaiveDate, today: NaiveDate) -> i64 {
    (today - taken_on).num_days()
}

/// Whether it should be renewed.
pub fn is_stale(taken_on: NaiveDate, today: NaiveDate) -> bool {
    STALE_AFTER < age_in_days(taken_on, today)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn t22_a_photo_is_stale_after_180_days() {
        assert!(!is_stale(day("2026-01-01"), day("2026-06-30")));
        assert!(is_stale(day("2026-01-01"), day("2026-07-01")));
        assert_eq!(age_in_days(day("2026-01-01"), day("2026-07-20")), 200);
    }
}
