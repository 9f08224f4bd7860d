//! What whoever owns the database can do to a trail.

use super::*;

/// Tampers with a trail, and says what has to be found first, and at which link.
pub(super) type Tamper = fn(&mut Trail, &mut Dice) -> (Tampering, Option<u64>);

pub(super) const WAYS: [(&str, Tamper); 18] = [
    ("another action", |trail, dice| {
        let it = trail.any(dice);
        trail.record(it).action.push('x');
        (Tampering::Changed, Some(length(it) + 1))
    }),
    ("another time", |trail, dice| {
        let it = trail.any(dice);
        trail.record(it).at += TimeDelta::microseconds(1);
        (Tampering::Changed, Some(length(it) + 1))
    }),
    ("another actor", |trail, dice| {
        let it = trail.any(dice);
        trail.record(it).actor = dice.id();
        (Tampering::Changed, Some(length(it) + 1))
    }),
    ("a child more", |trail, dice| {
        let it = trail.any(dice);
        let child = dice.id();
        trail.record(it).children.push(child);
        (Tampering::Changed, Some(length(it) + 1))
    }),
    ("the last row is changed", |trail, _| {
        let it = trail.links.len() - 1;
        trail.record(it).action.push('x');
        (Tampering::Changed, Some(length(it) + 1))
    }),
    ("a row is gone", |trail, dice| {
        let it = trail.any(dice);
        trail.links[it].record = None;
        (Tampering::Missing, Some(length(it) + 1))
    }),
    ("a row and its link are gone", |trail, dice| {
        let it = trail.any(dice);
        trail.links.remove(it);
        (Tampering::Gap, Some(length(it) + 1))
    }),
    ("the last rows and links are gone", |trail, dice| {
        let left = trail.any(dice);
        trail.links.truncate(left);
        (Tampering::Cut, Some(length(left) + 1))
    }),
    ("an older copy", |trail, _| {
        trail.checkpoints.truncate(2);
        let left = trail.checkpoints[1].says.size;
        trail.links.truncate(usize::try_from(left).unwrap());
        (Tampering::RolledBack, Some(left + 1))
    }),
    ("two rows change places", |trail, dice| {
        let (one, other) = (trail.any(dice), trail.links.len() - 1);
        let (first, last) = (trail.links[one].clone(), trail.links[other].clone());
        trail.links[one] = Kept { sequence: first.sequence, hash: first.hash, ..last.clone() };
        trail.links[other] = Kept { sequence: last.sequence, hash: last.hash, ..first };
        (Tampering::Changed, Some(length(one) + 1))
    }),
    ("two links change places", |trail, dice| {
        let (one, other) = (trail.any(dice), trail.links.len() - 1);
        trail.links.swap(one, other);
        let sequences = [trail.links[other].sequence, trail.links[one].sequence];
        (trail.links[one].sequence, trail.links[other].sequence) = (sequences[0], sequences[1]);
        (Tampering::Replaced, Some(length(one) + 1))
    }),
    ("another hash", |trail, dice| {
        let it = trail.any(dice);
        trail.links[it].hash = NOTHING;
        (Tampering::HashChanged, Some(length(it) + 1))
    }),
    ("gone, and the rest numbered anew", |trail, dice| {
        let it = trail.any(dice);
        trail.links.remove(it);
        trail.links[it..].iter_mut().for_each(|it| it.sequence -= 1);
        (Tampering::Replaced, Some(length(it) + 1))
    }),
    ("changed, and every later hash computed anew", |trail, dice| {
        let it = trail.any(dice);
        trail.record(it).action.push('x');
        trail.rehash_from(it);
        (Tampering::Rewritten, Some(length(it) + 1))
    }),
    ("a row without a link", |trail, dice| {
        trail.loose.push(dice.id());
        (Tampering::Unlinked, None)
    }),
    ("a link that nobody signed", |trail, dice| {
        let (kind, record) = record(dice, 9);
        let sequence = length(trail.links.len()) + 1;
        trail.links.push(Kept { sequence, kind, id: dice.id(), hash: NOTHING, record: Some(record) });
        trail.rehash_from(trail.links.len() - 1);
        (Tampering::Unsigned, Some(sequence))
    }),
    ("a checkpoint is gone", |trail, dice| {
        trail.checkpoints.remove(usize::try_from(dice.roll(4)).unwrap());
        (Tampering::CheckpointRemoved, None)
    }),
    ("a checkpoint of an earlier time in the place of a later", |trail, _| {
        trail.checkpoints[3].says.size = trail.checkpoints[2].says.size;
        trail.checkpoints[3].says.root = trail.checkpoints[2].says.root;
        (Tampering::Forged, None)
    }),
];
