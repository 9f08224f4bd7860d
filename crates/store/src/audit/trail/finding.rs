//! What a verification found.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

/// How the trail was tampered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tampering {
    /// An entry, a look or the children of a look do not say what they said.
    Changed,
    /// The hash of a link is not what it was; the row says what it said.
    HashChanged,
    /// Neither this row nor the next fits its hash: rows were changed or moved.
    Replaced,
    /// An entry or a look is gone, and its link is there.
    Missing,
    /// Links are gone from the middle.
    Gap,
    /// Links are gone from the end.
    Cut,
    /// The links fit each other, and not what was signed.
    Rewritten,
    /// There are links that nobody signed.
    Unsigned,
    /// A row is in the trail and not in the chain.
    Unlinked,
    /// A checkpoint bears no signature of a known key.
    Forged,
    /// A checkpoint is signed, and not the one that was anchored.
    CheckpointReplaced,
    /// A checkpoint is gone from the database.
    CheckpointRemoved,
    /// The anchors go on where the database ends: it is older than it was.
    RolledBack,
    /// An anchor ends before the others.
    AnchorCut,
    /// An anchor holds something else than it was given.
    AnchorDamaged,
    /// The anchors know an agency that the database does not.
    AgencyGone,
}

impl Tampering {
    /// In plain words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Changed => "changed: an entry or a look does not say what it said",
            Self::HashChanged => "hash changed: the row is what it was, its hash is not",
            Self::Replaced => "replaced: neither this row nor the next fits its hash, rows were changed or moved",
            Self::Missing => "missing: the link is there, the entry or look is gone",
            Self::Gap => "gap: links are gone from the middle",
            Self::Cut => "cut: links are gone from the end",
            Self::Rewritten => "rewritten: the links fit each other, and not what was signed",
            Self::Unsigned => "unsigned: links that nobody signed",
            Self::Unlinked => "unlinked: a row in the trail that is not in the chain",
            Self::Forged => "forged: a checkpoint bears no signature of a known key",
            Self::CheckpointReplaced => "checkpoint replaced: it is not the one that was anchored",
            Self::CheckpointRemoved => "checkpoint removed: the database has it no more",
            Self::RolledBack => "rolled back: the anchors go on where the database ends",
            Self::AnchorCut => "anchor cut: it ends before the others",
            Self::AnchorDamaged => "anchor damaged: it holds something else than it was given",
            Self::AgencyGone => "agency gone: the anchors know it, the database does not",
        }
    }
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whose trail.
    pub agency: Uuid,
    /// How.
    pub tampering: Tampering,
    /// The first link concerned.
    pub sequence: Option<u64>,
    /// The last, where only a stretch is known.
    pub through: Option<u64>,
    /// The first checkpoint that it touches.
    pub checkpoint: Option<u64>,
    /// The anchor, or the id of the row.
    pub of: Option<String>,
}

impl Finding {
    pub(super) fn new(agency: Uuid, tampering: Tampering) -> Self {
        Self { agency, tampering, sequence: None, through: None, checkpoint: None, of: None }
    }

    pub(super) fn at(self, sequence: u64) -> Self {
        Self { sequence: Some(sequence), ..self }
    }

    pub(super) fn through(self, sequence: u64) -> Self {
        Self { through: Some(sequence), ..self }
    }

    pub(super) fn checkpoint(self, number: u64) -> Self {
        Self { checkpoint: Some(number), ..self }
    }

    pub(super) fn of(self, of: impl fmt::Display) -> Self {
        Self { of: Some(of.to_string()), ..self }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "agency {}: ", self.agency)?;
        match (self.sequence, self.through) {
            (Some(first), Some(last)) => write!(f, "links {first} to {last}: ")?,
            (Some(sequence), None) => write!(f, "link {sequence}: ")?,
            _ => {}
        }
        f.write_str(self.tampering.words())?;
        if let Some(of) = &self.of {
            write!(f, " ({of})")?;
        }
        self.checkpoint.map_or(Ok(()), |it| write!(f, "; checkpoint {it}"))
    }
}

/// What was verified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many agencies.
    pub agencies: u64,
    /// How many links were computed again.
    pub links: u64,
    /// How many different checkpoints were held against them.
    pub checkpoints: u64,
    /// What is wrong, by agency and place.
    pub findings: Vec<Finding>,
    /// How many more things are wrong.
    pub more: u64,
    /// When the agency was last signed for that waits longest; none where one never was.
    pub signed_at: Option<DateTime<Utc>>,
    /// What is worth knowing, and no proof of anything.
    pub remarks: Vec<String>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { agencies, links, checkpoints, findings, more, remarks, .. } = self;
        findings.iter().try_for_each(|it| writeln!(f, "{it}"))?;
        if 0 < *more {
            writeln!(f, "and {more} more")?;
        }
        remarks.iter().try_for_each(|it| writeln!(f, "note: {it}"))?;
        let verdict = if self.is_clean() { "nothing is wrong" } else { "the trail was tampered with" };
        write!(f, "{agencies} agencies, {links} links, {checkpoints} checkpoints: {verdict}")
    }
}
