//! Whether someone knows where the child is: told again and again, never replaced.
//!
//! A child whose place is known may still be missing from care, so nothing that is told here ends a duty or a
//! reminder (domain 6.5).

use chrono::{DateTime, Utc};

use crate::episode::WhereaboutsKnown;
use crate::impossible::Impossible;

/// What a person tells of where the child is known to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    /// Whether someone knows.
    pub known: WhereaboutsKnown,
    /// Who saw to it that it is so.
    pub verified_by_name: Option<String>,
    /// When they did.
    pub verified_at: Option<DateTime<Utc>>,
    /// How it is known, in a person's words.
    pub how: Option<String>,
}

impl Whereabouts {
    /// What an episode says without saying who saw to it.
    pub fn unexplained(known: WhereaboutsKnown) -> Self {
        Self { known, verified_by_name: None, verified_at: None, how: None }
    }

    /// Every fault, as of `now`. To be verified takes a person and an instant; nothing else has them.
    pub fn faults(&self, now: DateTime<Utc>) -> Vec<Impossible> {
        let given =
            [("verified_by_name", self.verified_by_name.is_some()), ("verified_at", self.verified_at.is_some())];
        let is_verified = self.known == WhereaboutsKnown::YesVerified;
        let why = if is_verified { "is required for yes_verified" } else { "is for yes_verified only" };
        let amiss = given.into_iter().filter(|(_, is_given)| *is_given != is_verified);
        let future = self.verified_at.filter(|at| now < *at).map(|_| Impossible::of("verified_at", "is in the future"));
        amiss.map(|(field, _)| Impossible::of(field, why)).chain(future).collect()
    }
}
