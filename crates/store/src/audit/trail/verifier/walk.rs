//! Along the chain of one agency, link by link.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::audit::TraceKind;
use crate::audit::trail::bytes::Hash;
use crate::audit::trail::checkpoint::Checkpoint;
use crate::audit::trail::finding::{Finding, Tampering};
use crate::audit::trail::record::{NOTHING, Place, Record, link};
use crate::audit::trail::tree::Tree;

/// What says that it is so much older than the checkpoint before it was written late, or bears a false time.
const BACKDATED: TimeDelta = TimeDelta::days(1);

/// One link as it was kept, and what it is made of.
pub(super) struct Link {
    pub(super) sequence: u64,
    pub(super) kind: TraceKind,
    pub(super) id: Uuid,
    pub(super) hash: Hash,
    pub(super) record: Option<Record>,
}

/// A link that does not fit: which half of it is wrong shows when the next one is known.
struct Held {
    sequence: u64,
    kept: Hash,
    computed: Hash,
}

/// What came of it.
pub(super) struct Ended {
    pub(super) links: u64,
    pub(super) findings: Vec<Finding>,
    pub(super) remark: Option<String>,
}

pub(super) struct Walk {
    agency: Uuid,
    /// By number, and so by size.
    claims: Vec<Checkpoint>,
    /// How many of them lie behind.
    passed: usize,
    tree: Tree,
    before: Hash,
    /// The links up to here are those that were signed.
    proven: u64,
    /// The tree cannot be computed any more.
    is_lost: bool,
    held: Option<Held>,
    links: u64,
    backdated: (u64, u64),
    findings: Vec<Finding>,
}

impl Walk {
    pub(super) fn new(agency: Uuid, claims: Vec<Checkpoint>, from: Option<(u64, Vec<Hash>)>) -> Self {
        let mut walk = Self {
            agency,
            claims,
            passed: 0,
            tree: Tree::default(),
            before: NOTHING,
            proven: 0,
            is_lost: false,
            held: None,
            links: 0,
            backdated: (0, 0),
            findings: Vec::new(),
        };
        if let Some((number, peaks)) = from {
            walk.begin_at(number, peaks);
        }
        walk.hold_against_claims();
        walk
    }

    pub(super) fn agency(&self) -> Uuid {
        self.agency
    }

    /// The peaks have to give the root that was signed.
    fn begin_at(&mut self, number: u64, peaks: Vec<Hash>) {
        let claim = self.claims.iter().find(|it| it.says.number == number).map(|it| it.says);
        let tree =
            claim.and_then(|it| Tree::of(it.size, peaks).filter(|tree| tree.root() == it.root).zip(Some(it.head)));
        if let Some((tree, head)) = tree {
            (self.proven, self.before, self.tree) = (tree.size(), head, tree);
        } else {
            self.is_lost = true;
            self.findings.push(Finding::new(self.agency, Tampering::CheckpointReplaced).checkpoint(number));
        }
    }

    /// Takes the next link.
    pub(super) fn link(&mut self, it: &Link) {
        self.settle(Some(it));
        self.links += 1;
        let expected = self.tree.size().saturating_add(1);
        if it.sequence != expected {
            self.skip(expected, it);
            return;
        }
        self.note_time(it);
        let computed = it.record.as_ref().map(|record| self.computed(&self.before, it, record));
        match computed {
            Some(computed) if computed == it.hash => self.advance(&it.hash),
            Some(computed) => self.held = Some(Held { sequence: it.sequence, kept: it.hash, computed }),
            None => {
                self.find(Tampering::Missing, it.sequence);
                self.advance(&it.hash);
            }
        }
    }

    /// What came before the link is unknown, and so is the tree from here on.
    fn skip(&mut self, expected: u64, it: &Link) {
        let is_told = self.is_lost && self.tree.size() == 0;
        if !is_told {
            let finding = Finding::new(self.agency, Tampering::Gap).at(expected);
            let last = it.sequence.saturating_sub(1);
            self.findings.push(if expected < last { finding.through(last) } else { finding });
        }
        self.is_lost = true;
        self.tree = Tree::of_unknown(it.sequence);
        self.before = it.hash;
    }

    fn computed(&self, before: &Hash, it: &Link, record: &Record) -> Hash {
        let place = Place { agency: self.agency, sequence: it.sequence, before: *before };
        link(place, (it.kind, it.id), record)
    }

    /// Decides which half of a link is wrong: what comes after it, and what was signed of it, stands on the right one.
    fn settle(&mut self, next: Option<&Link>) {
        let Some(held) = self.held.take() else { return };
        let signed = self.claims.iter().find(|it| it.says.size == held.sequence).map(|it| it.says.head);
        let fits = |hash: &Hash| {
            signed == Some(*hash)
                || next.is_some_and(|next| {
                    let record = next.record.as_ref();
                    record.is_some_and(|it| self.computed(hash, next, it) == next.hash)
                })
        };
        let is_known = signed.is_some() || next.is_some_and(|it| it.record.is_some());
        let (tampering, leaf) = if fits(&held.kept) || !is_known {
            (Tampering::Changed, held.kept)
        } else if fits(&held.computed) {
            (Tampering::HashChanged, held.computed)
        } else {
            (Tampering::Replaced, held.kept)
        };
        self.find(tampering, held.sequence);
        self.advance(&leaf);
    }

    fn advance(&mut self, leaf: &Hash) {
        self.tree.add(leaf);
        self.before = *leaf;
        self.hold_against_claims();
    }

    /// Every checkpoint of the size that the tree has now.
    fn hold_against_claims(&mut self) {
        while let Some(claim) = self.claims.get(self.passed).map(|it| it.says) {
            if self.tree.size() < claim.size {
                return;
            }
            self.passed += 1;
            if self.is_lost || claim.size < self.tree.size() {
                continue;
            }
            if claim.root == self.tree.root() && claim.head == self.before {
                self.proven = claim.size;
                continue;
            }
            self.is_lost = true;
            let first = self.proven + 1;
            if !self.findings.iter().any(|it| it.sequence.is_some_and(|it| first <= it && it <= claim.size)) {
                let finding = Finding::new(self.agency, Tampering::Rewritten).at(first.min(claim.size));
                self.findings.push(finding.through(claim.size).checkpoint(claim.number));
            }
        }
    }

    fn find(&mut self, tampering: Tampering, sequence: u64) {
        self.findings.push(Finding::new(self.agency, tampering).at(sequence));
    }

    pub(super) fn loose(&mut self, id: Uuid) {
        self.findings.push(Finding::new(self.agency, Tampering::Unlinked).of(id));
    }

    fn note_time(&mut self, it: &Link) {
        let signed_at = self.passed.checked_sub(1).and_then(|last| self.claims.get(last)).map(|it| it.says.at);
        let at: Option<DateTime<Utc>> = it.record.as_ref().map(|it| it.at);
        if signed_at.zip(at).is_some_and(|(signed_at, at)| at + BACKDATED < signed_at) {
            let (count, first) = self.backdated;
            self.backdated = (count + 1, if count == 0 { it.sequence } else { first });
        }
    }

    pub(super) fn end(mut self: Box<Self>) -> Ended {
        self.settle(None);
        let size = self.tree.size();
        let signed = self.claims.iter().map(|it| it.says.size).max().unwrap_or(0);
        if size < signed {
            let finding = Finding::new(self.agency, Tampering::Cut).at(size + 1);
            self.findings.push(if size + 1 < signed { finding.through(signed) } else { finding });
        } else if signed < size {
            self.findings.push(Finding::new(self.agency, Tampering::Unsigned).at(signed + 1).through(size));
        }
        let mut findings = self.findings;
        for finding in &mut findings {
            let touched = finding.sequence.and_then(|it| self.claims.iter().find(|claim| it <= claim.says.size));
            finding.checkpoint = finding.checkpoint.or(touched.map(|it| it.says.number));
        }
        findings.sort_by_key(|it| (it.sequence.unwrap_or(u64::MAX), it.checkpoint));
        let (count, first) = self.backdated;
        let late =
            format!("{count} rows say that they are a day older than what was signed before, first link {first}");
        let remark = (0 < count).then(|| format!("agency {}: {late}", self.agency));
        Ended { links: self.links, findings, remark }
    }
}
