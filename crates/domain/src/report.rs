//! What a report has to contain, where reasonably possible, and what a person states of it.
//!
//! Nothing here is owed, and nothing is inferred: a report goes out whatever is open (T23), and each statement is what a
//! named person wrote (NC-2, NC-3, NJ-4).

use crate::policy::{
    Action, ReadContacts, ReadDescription, ReadEndangerment, ReadParticulars, StateContacts, StateDescription,
    StateEndangerment, StateParticulars,
};
use crate::vocabulary::vocabulary;

mod item;
#[cfg(test)]
mod tests;

pub use item::{RecordItem, ReportItem};

vocabulary! {
    /// Items that are read and stated together, under one right.
    ReportGroup {
        /// What the child looks like and is called, beyond the record (42 U.S.C. 671(a)(35)(B)(ii)).
        Description = "description",
        /// Health and dangers (42 U.S.C. 671(a)(35)(B)(iii)).
        Endangerment = "endangerment",
        /// How the child can be reached.
        Contacts = "contacts",
        /// What is particular to one missing episode.
        Event = "event",
    }
}

vocabulary! {
    /// What a person states of an item (NC-2).
    ContentStatus {
        Provided = "provided",
        NotKnownAfterAsking = "not_known_after_asking",
        WithheldWithReason = "withheld_with_reason",
    }
}

vocabulary! {
    /// How an item stands: as a person stated it, or nobody has yet.
    ContentStanding {
        Provided = "provided",
        NotKnownAfterAsking = "not_known_after_asking",
        WithheldWithReason = "withheld_with_reason",
        Open = "open",
    }
}

vocabulary! {
    /// Records whose rules travel with what was taken from them: 42 CFR part 2, and 34 CFR part 99.
    ContentOrigin {
        None = "none",
        Part2 = "part2",
        Ferpa = "ferpa",
    }
}

impl From<ContentStatus> for ContentStanding {
    fn from(status: ContentStatus) -> Self {
        match status {
            ContentStatus::Provided => Self::Provided,
            ContentStatus::NotKnownAfterAsking => Self::NotKnownAfterAsking,
            ContentStatus::WithheldWithReason => Self::WithheldWithReason,
        }
    }
}

/// An act of reading or stating one group.
pub trait OfGroup: Action {
    /// The group.
    const GROUP: ReportGroup;
}

macro_rules! of_group {
    ($($act:ident: $group:ident,)+) => {
        $(impl OfGroup for $act {
            const GROUP: ReportGroup = ReportGroup::$group;
        })+
    };
}

of_group! {
    ReadDescription: Description, StateDescription: Description,
    ReadEndangerment: Endangerment, StateEndangerment: Endangerment,
    ReadContacts: Contacts, StateContacts: Contacts,
    ReadParticulars: Event, StateParticulars: Event,
}

/// What a person says of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// This.
    Provided(String),
    /// They asked and nobody knows; perhaps whom they asked.
    NotKnownAfterAsking(Option<String>),
    /// They know and do not say, for this reason.
    Withheld(String),
}

/// What does not go together in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SaidFault {
    /// Provided, and nothing there.
    #[error("`provided` needs a value")]
    NoValue,
    /// Not provided, and something there.
    #[error("only `provided` has a value")]
    Value,
    /// Withheld without saying why.
    #[error("`withheld_with_reason` needs a reason")]
    NoReason,
    /// Provided, and a reason for not providing it.
    #[error("`provided` has no reason")]
    Reason,
}

impl Said {
    /// Puts the parts together, if they go together.
    pub fn new(status: ContentStatus, value: Option<String>, reason: Option<String>) -> Result<Self, SaidFault> {
        match (status, value, reason) {
            (ContentStatus::Provided, None, _) => Err(SaidFault::NoValue),
            (ContentStatus::Provided, Some(_), Some(_)) => Err(SaidFault::Reason),
            (ContentStatus::Provided, Some(value), None) => Ok(Self::Provided(value)),
            (_, Some(_), _) => Err(SaidFault::Value),
            (ContentStatus::NotKnownAfterAsking, None, reason) => Ok(Self::NotKnownAfterAsking(reason)),
            (ContentStatus::WithheldWithReason, None, None) => Err(SaidFault::NoReason),
            (ContentStatus::WithheldWithReason, None, Some(reason)) => Ok(Self::Withheld(reason)),
        }
    }

    /// Which of the three.
    pub fn status(&self) -> ContentStatus {
        match self {
            Self::Provided(_) => ContentStatus::Provided,
            Self::NotKnownAfterAsking(_) => ContentStatus::NotKnownAfterAsking,
            Self::Withheld(_) => ContentStatus::WithheldWithReason,
        }
    }

    /// What was provided.
    pub fn value(&self) -> Option<&str> {
        if let Self::Provided(value) = self { Some(value) } else { None }
    }

    /// Why it was not.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Provided(_) => None,
            Self::NotKnownAfterAsking(reason) => reason.as_deref(),
            Self::Withheld(reason) => Some(reason),
        }
    }
}
