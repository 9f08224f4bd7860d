//! What was signed, as the anchors and the database have it: held against each other before the chain is held against it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::bytes::Bytes;
use super::checkpoint::Checkpoint;
use super::finding::{Finding, Tampering};

/// An anchor has what was signed so long before the newest, or it was cut.
const LAG: TimeDelta = TimeDelta::minutes(2);

/// A place outside the reach of whoever owns the database, and what was written there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anchor {
    /// What it is called in a finding.
    pub name: String,
    files: BTreeMap<Uuid, Vec<AnchorLine>>,
}

/// A line of an anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnchorLine {
    /// A checkpoint, signed or not.
    Whole(Box<Checkpoint>),
    /// It is none. Counted from 1.
    Damaged(usize),
}

impl Anchor {
    /// An anchor that holds nothing yet.
    pub fn new(name: String) -> Self {
        Self { name, files: BTreeMap::new() }
    }

    /// Adds the file of an agency.
    pub fn add(&mut self, agency: Uuid, text: &str) {
        self.files.entry(agency).or_default().extend(lines(text));
    }

    pub(super) fn agencies(&self) -> impl Iterator<Item = Uuid> {
        self.files.keys().copied()
    }

    fn lines(&self, agency: Uuid) -> &[AnchorLine] {
        self.files.get(&agency).map_or(&[], Vec::as_slice)
    }

    fn checkpoints(&self, agency: Uuid) -> impl Iterator<Item = Checkpoint> {
        self.lines(agency).iter().filter_map(|it| match it {
            AnchorLine::Whole(checkpoint) => Some(**checkpoint),
            AnchorLine::Damaged(_) => None,
        })
    }
}

/// A line with which the next one begins was torn by a crash and written again; so was a last one without an end.
fn lines(text: &str) -> Vec<AnchorLine> {
    let all: Vec<&str> = text.split('\n').collect();
    let torn = |at: usize, line: &str| all.get(at + 1).is_none_or(|next| next.starts_with(line));
    let read = |(at, line): (usize, &&str)| match serde_json::from_str(line) {
        Ok(checkpoint) => Some(AnchorLine::Whole(Box::new(checkpoint))),
        Err(_) if torn(at, line) => None,
        Err(_) => Some(AnchorLine::Damaged(at + 1)),
    };
    all.iter().enumerate().filter_map(read).collect()
}

/// Whose signatures count.
#[derive(Clone, Debug)]
pub(super) struct Trust {
    keys: BTreeSet<Bytes<32>>,
}

impl Trust {
    /// The keys that were given; else those in the anchors; else, where there are none, those in the database.
    pub(super) fn of(pinned: &[Bytes<32>], anchors: &[Anchor], agency: Uuid, database: &[Checkpoint]) -> Self {
        let anchored = || anchors.iter().flat_map(|it| it.checkpoints(agency)).map(|it| it.key);
        let keys: BTreeSet<Bytes<32>> = match (pinned, anchors) {
            ([], []) => database.iter().map(|it| it.key).collect(),
            ([], _) => anchored().collect(),
            _ => pinned.iter().copied().collect(),
        };
        Self { keys }
    }

    fn vouches_for(&self, agency: Uuid, checkpoint: &Checkpoint) -> bool {
        checkpoint.says.agency == agency && self.keys.contains(&checkpoint.key) && checkpoint.is_signed()
    }
}

/// Everything that is known of the checkpoints of one agency.
pub(super) struct Claims<'a> {
    pub(super) agency: Uuid,
    pub(super) database: &'a [Checkpoint],
    pub(super) anchors: &'a [Anchor],
    pub(super) trust: &'a Trust,
    /// Earlier ones are not looked at.
    pub(super) first: u64,
    /// The database is a copy: the anchors may go on after it.
    pub(super) is_copy: bool,
}

/// The checkpoints that count, and what is wrong with others.
#[derive(Default)]
pub(super) struct Settled {
    pub(super) genuine: Vec<Checkpoint>,
    pub(super) findings: Vec<Finding>,
    pub(super) remarks: Vec<String>,
}

/// One holder of checkpoints.
struct Holder<'a> {
    /// None is the database.
    anchor: Option<&'a str>,
    held: BTreeMap<u64, Checkpoint>,
    last: u64,
}

impl<'a> Holder<'a> {
    fn of(anchor: Option<&'a str>, checkpoints: impl Iterator<Item = Checkpoint>, first: u64) -> Self {
        let held: BTreeMap<u64, Checkpoint> =
            checkpoints.filter(|it| first <= it.says.number).map(|it| (it.says.number, it)).collect();
        let last = held.keys().next_back().copied().unwrap_or(0);
        Self { anchor, held, last }
    }
}

/// All holders beside each other.
struct Scene<'a> {
    holders: Vec<Holder<'a>>,
    numbers: BTreeSet<u64>,
    newest: Option<DateTime<Utc>>,
}

impl<'a> Scene<'a> {
    fn of(holders: Vec<Holder<'a>>) -> Self {
        let numbers = holders.iter().flat_map(|it| it.held.keys().copied()).collect();
        let newest = holders.iter().flat_map(|it| it.held.values()).map(|it| it.says.at).max();
        Self { holders, numbers, newest }
    }

    /// What was signed a moment ago may be on its way to an anchor.
    fn is_on_its_way(&self, number: u64) -> bool {
        let at = self.holders.iter().find_map(|it| it.held.get(&number)).map(|it| it.says.at);
        self.newest.zip(at).is_some_and(|(newest, at)| newest - at <= LAG)
    }

    /// The first that a holder lacks at its end.
    fn first_after(&self, last: u64) -> Option<u64> {
        self.numbers.range(last.saturating_add(1)..).next().copied()
    }
}

impl Claims<'_> {
    pub(super) fn settle(&self) -> Settled {
        let mut settled = Settled::default();
        let scene = Scene::of(self.holders());
        self.damages(&mut settled);
        for number in scene.numbers.iter().copied() {
            let genuine = self.genuine(&scene.holders, number);
            let wrong = scene.holders.iter().filter_map(|holder| match holder.held.get(&number) {
                Some(held) => self.hold(held, genuine.as_ref(), holder.anchor),
                None => self.lack(&scene, holder, number),
            });
            settled.findings.extend(wrong.map(|it| it.checkpoint(number)));
            settled.genuine.extend(genuine);
        }
        self.remark(&scene.holders, &mut settled);
        settled
    }

    /// What it means that a holder lacks a checkpoint which another has.
    fn lack(&self, scene: &Scene<'_>, holder: &Holder<'_>, number: u64) -> Option<Finding> {
        if number < holder.last {
            return Some(self.gone(holder.anchor));
        }
        let may_end = match holder.anchor {
            Some(_) => scene.is_on_its_way(number),
            None => self.is_copy,
        };
        let is_told = scene.first_after(holder.last) != Some(number);
        (!may_end && !is_told).then(|| self.ended(holder.anchor))
    }

    /// The anchors first: what they hold counts before what the database holds.
    fn holders(&self) -> Vec<Holder<'_>> {
        let anchors = self.anchors.iter().map(|it| Holder::of(Some(&it.name), it.checkpoints(self.agency), self.first));
        anchors.chain([Holder::of(None, self.database.iter().copied(), self.first)]).collect()
    }

    fn damages(&self, settled: &mut Settled) {
        for anchor in self.anchors {
            let damaged = anchor.lines(self.agency).iter().filter_map(|line| match line {
                AnchorLine::Damaged(at) => Some(format!("{}, line {at}", anchor.name)),
                AnchorLine::Whole(_) => None,
            });
            let found = damaged.map(|it| Finding::new(self.agency, Tampering::AnchorDamaged).of(it));
            settled.findings.extend(found);
        }
    }

    fn genuine(&self, holders: &[Holder<'_>], number: u64) -> Option<Checkpoint> {
        let mut refused: Option<Checkpoint> = None;
        for held in holders.iter().filter_map(|it| it.held.get(&number)) {
            if refused.as_ref() == Some(held) {
                continue;
            }
            if self.trust.vouches_for(self.agency, held) {
                return Some(*held);
            }
            refused = Some(*held);
        }
        None
    }

    fn hold(&self, held: &Checkpoint, genuine: Option<&Checkpoint>, anchor: Option<&str>) -> Option<Finding> {
        if genuine == Some(held) {
            return None;
        }
        let tampering = match (self.trust.vouches_for(self.agency, held), anchor) {
            (false, _) => Tampering::Forged,
            (true, Some(_)) => Tampering::AnchorDamaged,
            (true, None) => Tampering::CheckpointReplaced,
        };
        Some(self.about(tampering, anchor))
    }

    fn gone(&self, anchor: Option<&str>) -> Finding {
        let tampering = anchor.map_or(Tampering::CheckpointRemoved, |_| Tampering::AnchorDamaged);
        self.about(tampering, anchor)
    }

    fn ended(&self, anchor: Option<&str>) -> Finding {
        let tampering = anchor.map_or(Tampering::RolledBack, |_| Tampering::AnchorCut);
        self.about(tampering, anchor)
    }

    fn about(&self, tampering: Tampering, anchor: Option<&str>) -> Finding {
        let finding = Finding::new(self.agency, tampering);
        match anchor {
            Some(name) => finding.of(name),
            None => finding,
        }
    }

    fn remark(&self, holders: &[Holder<'_>], settled: &mut Settled) {
        let mut before: Option<&Checkpoint> = None;
        for checkpoint in &settled.genuine {
            if before.is_some_and(|it| it.key != checkpoint.key) {
                let (number, key) = (checkpoint.says.number, checkpoint.key);
                settled.remarks.push(format!("agency {}: from checkpoint {number} on the key is {key}", self.agency));
            }
            before = Some(checkpoint);
        }
        let database = holders.last().map_or(0, |it| it.last);
        let anchored = holders.iter().map(|it| it.last).max().unwrap_or(0);
        if self.is_copy && database < anchored {
            let ends = format!("the copy ends at checkpoint {database}, the anchors at {anchored}");
            settled.remarks.push(format!("agency {}: {ends}", self.agency));
        }
    }
}
