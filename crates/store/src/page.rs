//! Keyset pages: where the last one ended, and whether there is more.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The place after which a page begins: an instant and the id that breaks ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After {
    /// The ordering instant of the last row shown.
    pub at: DateTime<Utc>,
    /// Its id.
    pub id: Uuid,
}

/// How much to show, and from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// At most so many rows.
    pub limit: i64,
    /// Begin after this place.
    pub after: Option<After>,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins; none where this is the last.
    pub next: Option<After>,
}

impl<T> Page<T> {
    /// Cuts a page from up to one row more than asked for: the extra row says that there is more.
    pub(crate) fn cut(mut rows: Vec<T>, window: &Window, place: impl Fn(&T) -> After) -> Self {
        let limit = usize::try_from(window.limit).unwrap_or(usize::MAX);
        let more = limit < rows.len();
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(place);
        Self { rows, next }
    }

    /// The same page, each row turned into something else.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page { rows: self.rows.into_iter().map(turn).collect(), next: self.next }
    }
}
