//! Chains that never were in a database, tampered with in every way that its owner has.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::record::{NOTHING, Place, link};
use super::tree::Tree;
use super::*;
use crate::audit::TraceKind;

mod ways;

use ways::WAYS;

/// How many chains each way is tried on (M-14).
const CHAINS: u64 = 100;

fn length(of: usize) -> u64 {
    of.try_into().unwrap()
}

/// The same numbers for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn id(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.roll(u64::MAX), self.roll(u64::MAX))
    }
}

fn at(minute: u64) -> DateTime<Utc> {
    let begun: DateTime<Utc> = "2026-05-01T08:00:00Z".parse().unwrap();
    begun + TimeDelta::minutes(minute.try_into().unwrap())
}

/// A link as it is kept.
#[derive(Clone)]
struct Kept {
    sequence: u64,
    kind: TraceKind,
    id: Uuid,
    hash: Hash,
    record: Option<Record>,
}

/// What the database has of one agency.
#[derive(Clone)]
struct Trail {
    agency: Uuid,
    links: Vec<Kept>,
    checkpoints: Vec<Checkpoint>,
    loose: Vec<Uuid>,
}

fn record(dice: &mut Dice, minute: u64) -> (TraceKind, Record) {
    let is_look = dice.roll(2) == 0;
    let kind = if is_look { TraceKind::Look } else { TraceKind::Change };
    let shown = if is_look { 1 + dice.roll(3) } else { 0 };
    let record = Record {
        at: at(minute),
        actor: dice.id(),
        action: ["episode_opened", "read_child", "child_changed"][usize::try_from(dice.roll(3)).unwrap()].to_owned(),
        child: (!is_look).then(|| dice.id()),
        detail: (!is_look).then(|| format!("{{\"number\": {}}}", dice.roll(9))),
        request_id: (dice.roll(2) == 0).then(|| format!("r-{minute}")),
        children: (0..shown).map(|_| dice.id()).collect(),
        role: (dice.roll(2) == 0).then(|| "caseworker".to_owned()),
        session: (dice.roll(2) == 0).then(|| dice.id()),
        source: (dice.roll(2) == 0).then(|| "192.0.2.1".to_owned()),
        operation: (dice.roll(2) == 0).then(|| "GET /v1/children".to_owned()),
        outcome: (!is_look && dice.roll(2) == 0).then(|| "done".to_owned()),
    };
    (kind, record)
}

impl Trail {
    /// Links of several minutes, with a checkpoint after each.
    fn of(dice: &mut Dice, agency: Uuid) -> Self {
        let mut trail = Self { agency, links: Vec::new(), checkpoints: Vec::new(), loose: Vec::new() };
        for minute in 0..5 {
            for _ in 0..2 + dice.roll(5) {
                let (kind, record) = record(dice, minute);
                let (sequence, id) = (length(trail.links.len()) + 1, dice.id());
                trail.links.push(Kept { sequence, kind, id, hash: NOTHING, record: Some(record) });
            }
            trail.rehash_from(0);
            trail.sign(&signer(), 5 * minute);
        }
        trail
    }

    /// Computes every hash again from this link on, as whoever has the program can.
    fn rehash_from(&mut self, first: usize) {
        let mut before = first.checked_sub(1).map_or(NOTHING, |it| self.links[it].hash);
        for it in &mut self.links[first..] {
            let place = Place { agency: self.agency, sequence: it.sequence, before };
            it.hash = link(place, (it.kind, it.id), it.record.as_ref().unwrap());
            before = it.hash;
        }
    }

    fn claim(&self, number: u64, size: usize, minute: u64) -> Unsigned {
        let mut tree = Tree::default();
        self.links[..size].iter().for_each(|it| tree.add(&it.hash));
        let head = size.checked_sub(1).map_or(NOTHING, |it| self.links[it].hash);
        Unsigned { agency: self.agency, number, size: length(size), root: tree.root(), head, at: at(minute) }
    }

    fn sign(&mut self, signer: &Signer, minute: u64) {
        let claim = self.claim(length(self.checkpoints.len()) + 1, self.links.len(), minute);
        self.checkpoints.push(signer.sign(claim).unwrap());
    }

    fn lines(&self) -> Vec<Line> {
        let mut lines = vec![Line::Agency { agency: self.agency }];
        lines.extend(self.checkpoints.iter().copied().map(Line::Checkpoint));
        lines.extend(self.links.iter().cloned().map(|it| {
            let Kept { sequence, kind, id, hash, record } = it;
            Line::Link { sequence, kind, id, hash, record }
        }));
        lines.extend(self.loose.iter().map(|id| Line::Loose { kind: TraceKind::Look, id: *id, at: at(0) }));
        lines.extend([Line::Waiting { count: 0 }, Line::End]);
        lines
    }

    fn anchor(&self) -> Anchor {
        let mut anchor = Anchor::new("anchor".to_owned());
        anchor.add(self.agency, &text(&self.checkpoints));
        anchor
    }

    fn verified(&self, anchors: &[Anchor]) -> Report {
        let mut verifier = Verifier::of_a_database(anchors.to_vec(), Vec::new());
        for line in self.lines() {
            // As an export would bring it.
            let line = serde_json::from_str(&serde_json::to_string(&line).unwrap()).unwrap();
            verifier.take(line).unwrap();
        }
        verifier.finish().unwrap()
    }

    /// Any link but the last.
    fn any(&self, dice: &mut Dice) -> usize {
        usize::try_from(dice.roll(length(self.links.len()) - 1)).unwrap()
    }

    fn record(&mut self, at: usize) -> &mut Record {
        self.links[at].record.as_mut().unwrap()
    }
}

fn text(checkpoints: &[Checkpoint]) -> String {
    checkpoints.iter().map(|it| serde_json::to_string(it).unwrap() + "\n").collect()
}

fn signer() -> Signer {
    Signer::of(&[7; 32]).unwrap()
}

fn others() -> Signer {
    Signer::of(&[8; 32]).unwrap()
}

#[test]
fn ad_09_every_way_to_tamper_is_found_and_placed_on_a_hundred_chains_each() {
    for seed in 0..CHAINS {
        for (name, tamper) in WAYS {
            let mut dice = Dice(seed);
            let mut trail = Trail::of(&mut dice, Uuid::from_u128(1));
            let anchors = [trail.anchor()];
            assert_eq!(trail.verified(&anchors).findings, [], "{seed}");
            let (tampering, first) = tamper(&mut trail, &mut dice);
            let report = trail.verified(&anchors);
            let found: BTreeSet<Tampering> = report.findings.iter().map(|it| it.tampering).collect();
            let placed = report.findings.iter().filter_map(|it| it.sequence).min();
            if tampering == Tampering::Rewritten {
                let stretch = report.findings.first().expect(name);
                let (from, through) = (stretch.sequence.unwrap(), stretch.through.unwrap());
                assert!((from..=through).contains(&first.unwrap()), "{name} {seed}: {report}");
            } else {
                assert_eq!(placed, first, "{name} {seed}: {report}");
            }
            // Where rows moved beside the end or a neighbour, one of these looks like the other.
            let alike = [Tampering::Changed, Tampering::Replaced];
            let near = alike.contains(&tampering) && alike.iter().any(|it| found.contains(it));
            assert!(found.contains(&tampering) || near, "{name} {seed}: {report}");
        }
    }
}

#[test]
fn ad_09_a_forger_with_another_key_is_found_though_all_of_the_database_agrees() {
    for seed in 0..CHAINS {
        let mut dice = Dice(seed);
        let mut trail = Trail::of(&mut dice, Uuid::from_u128(1));
        let anchors = [trail.anchor(), trail.anchor()];
        let it = trail.any(&mut dice);
        trail.record(it).action.push('x');
        trail.rehash_from(it);
        for index in 0..trail.checkpoints.len() {
            let says = trail.checkpoints[index].says;
            let claim = trail.claim(says.number, usize::try_from(says.size).unwrap(), length(index));
            trail.checkpoints[index] = others().sign(claim).unwrap();
        }
        let found: BTreeSet<Tampering> = trail.verified(&anchors).findings.iter().map(|it| it.tampering).collect();
        assert_eq!(found, BTreeSet::from([Tampering::Rewritten, Tampering::Forged]), "{seed}");
        assert!(trail.verified(&[]).is_clean(), "without anchors nothing shows it");
        let mut pinned = Verifier::of_a_database(Vec::new(), vec![signer().key()]);
        trail.lines().into_iter().for_each(|line| pinned.take(line).unwrap());
        assert!(!pinned.finish().unwrap().is_clean(), "but a key that somebody noted does");
    }
}

#[test]
fn ad_09_rows_of_another_agency_are_no_rows_of_this_one() {
    let mut dice = Dice(1);
    let (mine, other) = (Trail::of(&mut dice, Uuid::from_u128(1)), Trail::of(&mut dice, Uuid::from_u128(2)));
    let replayed = Trail { agency: mine.agency, ..other.clone() };
    let found: BTreeSet<Tampering> =
        replayed.verified(&[mine.anchor()]).findings.iter().map(|it| it.tampering).collect();
    assert!(found.contains(&Tampering::Forged) && found.contains(&Tampering::Replaced), "{found:?}");
    let gone = other.verified(&[mine.anchor(), other.anchor()]);
    assert!(gone.findings.iter().any(|it| it.tampering == Tampering::AgencyGone && it.agency == mine.agency));
}

#[test]
fn ad_07_an_anchor_that_was_cut_or_changed_is_found_by_the_other() {
    let mut dice = Dice(1);
    let trail = Trail::of(&mut dice, Uuid::from_u128(1));
    let whole = text(&trail.checkpoints);
    let lines: Vec<&str> = whole.lines().collect();
    let with = |text: &str| {
        let mut anchor = Anchor::new("second".to_owned());
        anchor.add(trail.agency, text);
        trail.verified(&[trail.anchor(), anchor])
    };
    let found = |text: &str| {
        let findings = with(text).findings;
        findings.iter().map(|it| (it.tampering, it.checkpoint)).collect::<Vec<_>>()
    };
    assert_eq!(found(&whole), []);
    assert_eq!(found(&lines[..2].join("\n")), [(Tampering::AnchorCut, Some(3))]);
    assert_eq!(found(&[lines[0], lines[2], lines[3], lines[4]].join("\n")), [(Tampering::AnchorDamaged, Some(2))]);
    assert_eq!(found(&whole.replacen("\"size\":", "\"size\":1", 1)), [(Tampering::Forged, Some(1))]);
    assert_eq!(found(&format!("nonsense\n{whole}")), [(Tampering::AnchorDamaged, None)]);
    assert_eq!(found(""), [(Tampering::AnchorCut, Some(1))]);
}

#[test]
fn a_line_that_a_crash_has_torn_and_the_newest_that_an_anchor_lacks_are_no_alarm() {
    let mut dice = Dice(1);
    let mut trail = Trail::of(&mut dice, Uuid::from_u128(1));
    let whole = text(&trail.checkpoints);
    let (first, rest) = whole.split_once('\n').unwrap();
    let torn = format!("{}\n{first}\n{rest}{}", &first[..40], &first[..20]);
    let mut anchor = Anchor::new("torn".to_owned());
    anchor.add(trail.agency, &torn);
    trail.sign(&signer(), 25);
    assert_eq!(trail.verified(&[anchor]).findings, []);
}

#[test]
fn a_copy_that_was_cut_off_proves_nothing_and_an_older_one_is_no_alarm() {
    let mut dice = Dice(1);
    let mut trail = Trail::of(&mut dice, Uuid::from_u128(1));
    let copy = trail.clone();
    trail.sign(&signer(), 30);
    let anchors = vec![trail.anchor()];
    let verify = |lines: &[Line]| {
        let mut verifier = Verifier::of_a_copy(anchors.clone(), Vec::new());
        lines.iter().try_for_each(|line| verifier.take(line.clone())).and_then(|()| verifier.finish())
    };
    let lines = copy.lines();
    let report = verify(&lines).unwrap();
    assert!(report.is_clean() && report.remarks.len() == 1, "{report}");
    assert_eq!(verify(&lines[..lines.len() - 1]), Err(Unfinished));
    assert_eq!(verify(&lines[1..]), Err(Unfinished));
}

#[test]
fn ad_06_no_two_records_give_the_same_bytes() {
    let mut dice = Dice(1);
    let (kind, record) = record(&mut dice, 0);
    let (id, place) = (dice.id(), Place { agency: dice.id(), sequence: 1, before: NOTHING });
    let hash = |record: &Record| link(place, (kind, id), record);
    let split = |action: &str, detail: &str, request_id: Option<&str>| Record {
        action: action.to_owned(),
        detail: Some(detail.to_owned()),
        request_id: request_id.map(str::to_owned),
        ..record.clone()
    };
    let all = [split("ab", "c", None), split("a", "bc", None), split("a", "b", Some("c")), split("a", "b", None)];
    let hashes: BTreeSet<Hash> = all.iter().map(hash).collect();
    assert_eq!(hashes.len(), all.len());
    let elsewhere = [
        link(Place { sequence: 2, ..place }, (kind, id), &record),
        link(Place { agency: dice.id(), ..place }, (kind, id), &record),
        link(Place { before: hash(&record), ..place }, (kind, id), &record),
        link(place, (kind, dice.id()), &record),
        hash(&record),
    ];
    assert_eq!(elsewhere.into_iter().collect::<BTreeSet<_>>().len(), 5);
}
