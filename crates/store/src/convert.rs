//! From text in a row to a member of the vocabulary, or an alarm.

use homeward_domain::duty::Cause;
use homeward_domain::id::Id;
use homeward_domain::vocabulary::Vocabulary;
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};

/// The member with this code; `column` names the place in the alarm.
pub(crate) fn code<T: Vocabulary>(text: &str, column: &'static str) -> StoreResult<T> {
    T::parse(text).map_err(|_| StoreError::Corrupt(column))
}

/// The same for a column that may be empty.
pub(crate) fn optional<T: Vocabulary>(text: Option<String>, column: &'static str) -> StoreResult<Option<T>> {
    text.map(|it| code(&it, column)).transpose()
}

/// What a row hangs on: an episode or a determination.
pub(crate) fn cause(episode: Option<Uuid>, determination: Option<Uuid>, table: &'static str) -> StoreResult<Cause> {
    Cause::of(episode.map(Id::from_uuid), determination.map(Id::from_uuid)).ok_or(StoreError::Corrupt(table))
}
