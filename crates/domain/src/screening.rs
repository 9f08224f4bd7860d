//! That a screening was given. 42 U.S.C. 671(a)(35)(A)(iii).
//!
//! The fact alone: no answer, no total, no cut-off and no result of an instrument has a place here (domain 7.4, NJ-1).

use chrono::{DateTime, Utc};

use crate::impossible::{Impossible, untimely};

/// What a person tells of a screening that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screening {
    /// The name of the instrument, as its makers call it.
    pub instrument: String,
    /// Which version of it.
    pub version: Option<String>,
    /// Who gave it.
    pub given_by_name: String,
    /// When.
    pub given_at: DateTime<Utc>,
    /// Where the completed form is kept.
    pub place_form_is_kept: String,
    /// Who decided what follows.
    pub follow_up_decided_by_name: Option<String>,
    /// What they decided, in their words.
    pub follow_up: Option<String>,
}

impl Screening {
    /// Every fault, as of `now`. What follows is decided by a person, so it has one.
    pub fn faults(&self, received_at: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Impossible> {
        let undecided = self.follow_up.is_some() && self.follow_up_decided_by_name.is_none();
        let undecided = undecided.then(|| Impossible::of("follow_up_decided_by_name", "is required with a follow_up"));
        untimely("given_at", self.given_at, received_at, now).into_iter().chain(undecided).collect()
    }
}
