//! Holds the trail against its chain, and the chain against what was signed. It reads lines, wherever they come from.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::bytes::{Bytes, Hash};
use super::checkpoint::Checkpoint;
use super::claims::{Anchor, Claims, Settled, Trust};
use super::finding::{Finding, Report, Tampering};
use super::line::Line;

mod walk;

use walk::{Link, Walk};

/// So many findings are told one by one.
const TOLD: usize = 1000;

/// The lines end too early, or are in no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the export is cut off or out of order: it proves nothing")]
pub struct Unfinished;

/// Verifies the lines of one trail after the other.
pub struct Verifier {
    anchors: Vec<Anchor>,
    pinned: Vec<Bytes<32>>,
    is_copy: bool,
    seen: BTreeSet<Uuid>,
    stage: Stage,
    report: Report,
    signed_at: Vec<Option<DateTime<Utc>>>,
}

/// How far the lines of an agency have come.
enum Stage {
    Between,
    Claims(Opening),
    Links(Box<Walk>),
}

/// What comes before the links.
struct Opening {
    agency: Uuid,
    database: Vec<Checkpoint>,
    from: Option<(u64, Vec<Hash>)>,
}

impl Verifier {
    /// Of a database that goes on. The anchors have to be read before it.
    pub fn of_a_database(anchors: Vec<Anchor>, pinned: Vec<Bytes<32>>) -> Self {
        let (seen, stage, report) = (BTreeSet::new(), Stage::Between, Report::default());
        Self { anchors, pinned, is_copy: false, seen, stage, report, signed_at: Vec::new() }
    }

    /// Of a copy: the anchors may have gone on since.
    pub fn of_a_copy(anchors: Vec<Anchor>, pinned: Vec<Bytes<32>>) -> Self {
        Self { is_copy: true, ..Self::of_a_database(anchors, pinned) }
    }

    /// Takes the next line.
    pub fn take(&mut self, line: Line) -> Result<(), Unfinished> {
        self.stage = match (std::mem::replace(&mut self.stage, Stage::Between), line) {
            (Stage::Between, Line::Agency { agency }) => {
                self.seen.insert(agency);
                Stage::Claims(Opening { agency, database: Vec::new(), from: None })
            }
            (Stage::Between, _)
            | (_, Line::Agency { .. })
            | (Stage::Links(_), Line::Checkpoint(_) | Line::From { .. }) => return Err(Unfinished),
            (Stage::Claims(mut opening), Line::Checkpoint(checkpoint)) => {
                opening.database.push(checkpoint);
                Stage::Claims(opening)
            }
            (Stage::Claims(mut opening), Line::From { checkpoint, peaks }) => {
                opening.from = Some((checkpoint, peaks));
                Stage::Claims(opening)
            }
            (Stage::Claims(opening), line) => {
                let walk = self.open(opening);
                self.go_on(walk, line)
            }
            (Stage::Links(walk), line) => self.go_on(walk, line),
        };
        Ok(())
    }

    /// What was found, once the lines have ended where they should.
    pub fn finish(mut self) -> Result<Report, Unfinished> {
        if !matches!(self.stage, Stage::Between) {
            return Err(Unfinished);
        }
        if self.anchors.is_empty() {
            self.report.remarks.push("no anchor was read: this shows only that the database agrees with itself".into());
        }
        let known: BTreeSet<Uuid> = self.anchors.iter().flat_map(Anchor::agencies).collect();
        let gone: Vec<Finding> =
            known.difference(&self.seen).map(|it| Finding::new(*it, Tampering::AgencyGone)).collect();
        self.tell(gone);
        self.report.signed_at = self.signed_at.into_iter().min().flatten();
        Ok(self.report)
    }

    /// Whether so much as one thing is wrong so far.
    pub fn is_clean(&self) -> bool {
        self.report.is_clean()
    }

    fn open(&mut self, opening: Opening) -> Box<Walk> {
        let Opening { agency, database, from } = opening;
        let trust = Trust::of(&self.pinned, &self.anchors, agency, &database);
        let first = from.as_ref().map_or(1, |(number, _)| *number);
        let claims =
            Claims { agency, database: &database, anchors: &self.anchors, trust: &trust, first, is_copy: self.is_copy };
        let Settled { mut genuine, findings, remarks } = claims.settle();
        if self.is_copy {
            let last = database.iter().map(|it| it.says.number).max().unwrap_or(0);
            genuine.retain(|it| it.says.number <= last);
        }
        self.report.agencies += 1;
        self.report.checkpoints += u64::try_from(genuine.len()).unwrap_or(u64::MAX);
        self.report.remarks.extend(remarks);
        self.signed_at.push(genuine.last().map(|it| it.says.at));
        self.tell(findings);
        Box::new(Walk::new(agency, genuine, from))
    }

    fn go_on(&mut self, mut walk: Box<Walk>, line: Line) -> Stage {
        match line {
            Line::Link { sequence, kind, id, hash, record } => walk.link(&Link { sequence, kind, id, hash, record }),
            Line::Loose { id, .. } => walk.loose(id),
            Line::Waiting { count } if 0 < count => {
                self.report.remarks.push(format!("agency {}: {count} rows wait to be linked", walk.agency()));
            }
            Line::End => {
                let ended = walk.end();
                self.report.links += ended.links;
                self.report.remarks.extend(ended.remark);
                self.tell(ended.findings);
                return Stage::Between;
            }
            _ => {}
        }
        Stage::Links(walk)
    }

    fn tell(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            if self.report.findings.len() < TOLD {
                self.report.findings.push(finding);
            } else {
                self.report.more += 1;
            }
        }
    }
}
