//! Text that people write, parsed once: trimmed, never empty, never endless.

use serde::{Deserialize, Serialize};

/// What is wrong with a piece of text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing is left after trimming.
    #[error("must not be empty")]
    Empty,
    /// Longer than the limit, in characters.
    #[error("must be at most {limit} characters long")]
    TooLong {
        /// The limit, in characters.
        limit: usize,
    },
    /// A control character that no person types.
    #[error("must not contain control characters")]
    Control,
}

/// Trimmed text of 1 to `LIMIT` characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const LIMIT: usize>(String);

/// A name of a person, a place or a body.
pub type Name = Text<200>;
/// A short code given by another system: a case number, a reference.
pub type Reference = Text<100>;
/// Why a person did something out of the ordinary.
pub type Reason = Text<2_000>;
/// What a person tells in their own words.
pub type Narrative = Text<20_000>;

impl<const LIMIT: usize> Text<LIMIT> {
    /// The longest text allowed, in characters.
    pub const LIMIT: usize = LIMIT;

    /// Trims and checks.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        if text.chars().count() > LIMIT {
            return Err(TextError::TooLong { limit: LIMIT });
        }
        if text.chars().any(|it| it.is_control() && !matches!(it, '\n' | '\r' | '\t')) {
            return Err(TextError::Control);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const LIMIT: usize> TryFrom<String> for Text<LIMIT> {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl<const LIMIT: usize> From<Text<LIMIT>> for String {
    fn from(text: Text<LIMIT>) -> Self {
        text.0
    }
}
