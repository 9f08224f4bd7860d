//! What a person told that cannot be.

use chrono::{DateTime, Utc};

/// A field, and why it cannot be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Impossible {
    /// The field at fault, as the API names it.
    pub field: &'static str,
    /// What is wrong with it.
    pub why: &'static str,
}

impl Impossible {
    /// A fault of a field.
    pub const fn of(field: &'static str, why: &'static str) -> Self {
        Self { field, why }
    }
}

/// The fault of an instant that lies before the receipt of the information, or has not come yet.
pub fn untimely(
    field: &'static str,
    at: DateTime<Utc>,
    received_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<Impossible> {
    if now < at {
        return Some(Impossible::of(field, "is in the future"));
    }
    (at < received_at).then(|| Impossible::of(field, "is before the receipt of the information"))
}
