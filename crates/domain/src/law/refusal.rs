//! Why a rule pack is refused: each fault with its line, in words for whoever wrote it.

use std::fmt;

use crate::notification::Recipient;

/// Everything that is wrong with a pack, in the order of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub Vec<Refusal>);

/// One fault, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with a pack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No TOML at all.
    #[error("this is not TOML: {0}")]
    Syntax(String),
    /// A field that is not there.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A field that a pack does not have.
    #[error("a pack has no field `{0}`")]
    UnknownField(String),
    /// A value that the field cannot hold.
    #[error("`{field}` {why}")]
    Unfit {
        /// The field.
        field: String,
        /// What it has to be.
        why: String,
    },
    /// More time than the floor gives.
    #[error("this gives {gives} hours or more, and {citation} gives at most {most}")]
    MoreTime {
        /// The least that the rule gives, in elapsed hours.
        gives: i64,
        /// What the floor gives.
        most: i64,
        /// Where.
        citation: String,
    },
    /// A federal recipient is left out of the report.
    #[error("the pack names no initial report to {missing}; both law_enforcement and ncmec have to be told")]
    MissingRecipient {
        /// Who is left out.
        missing: Recipient,
    },
    /// The clock would start when somebody typed something in.
    #[error("no clock starts at `{0}`: it starts with what happened, not with the entry of it (CLK-6)")]
    ForbiddenAnchor(String),
    /// The duty would be owed for some children and not for others.
    #[error("`{0}` would leave some children out: nothing gates the report (COV-1)")]
    GatedPopulation(String),
    /// A code that is used before.
    #[error("the code `{0}` is used before, here or in the rules below this pack")]
    SameCode(String),
    /// A condition that the pack does not declare.
    #[error("no [[choice]] is called `{0}`")]
    UnknownChoice(String),
    /// Only a person's determination raises it.
    #[error("only a person's determination raises this duty, never a pack")]
    Reserved,
}

impl Fault {
    /// A stable name of the kind of fault.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "syntax",
            Self::Missing(_) => "missing_field",
            Self::UnknownField(_) => "unknown_field",
            Self::Unfit { .. } => "unfit_value",
            Self::MoreTime { .. } => "more_time",
            Self::MissingRecipient { .. } => "missing_recipient",
            Self::ForbiddenAnchor(_) => "forbidden_anchor",
            Self::GatedPopulation(_) => "gated_population",
            Self::SameCode(_) => "same_code",
            Self::UnknownChoice(_) => "unknown_choice",
            Self::Reserved => "reserved_duty",
        }
    }

    pub(super) fn unfit(field: &str, why: impl Into<String>) -> Self {
        Self::Unfit { field: field.to_owned(), why: why.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.fault)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, refusal) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{refusal}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}
