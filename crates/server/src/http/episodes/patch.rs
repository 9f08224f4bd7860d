//! A correction of an episode: what changes, and what it takes.

use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::episode::{Moments, ReceiptMove, ReceiptMovesLater, check_moments, is_long_ago, receipt_move};
use homeward_domain::policy::MoveReceiptLater;
use homeward_store::WriteTx;
use homeward_store::episodes::Episode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::problem::{Fault, Problem, refuse_impossible};
use crate::wire::codes::{MissingTypeCode, PlacementSettingCode, WhereaboutsKnownCode};
use crate::wire::{Instant, Name, Narrative, Reason};

/// The fields to change. What is left out stays; what was recorded cannot be emptied, only corrected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EpisodePatch {
    agency_information_received_at: Option<Instant>,
    absence_began_at: Option<Instant>,
    last_contact_at: Option<Instant>,
    last_contact_place: Option<Name>,
    caregiver_learned_at: Option<Instant>,
    first_suspected_at: Option<Instant>,
    determined_missing_at: Option<Instant>,
    missing_type: Option<MissingTypeCode>,
    missing_from: Option<PlacementSettingCode>,
    whereabouts_known: Option<WhereaboutsKnownCode>,
    circumstances: Option<Narrative>,
    /// That the receipt is right though it is more than 72 hours ago; without it none is moved to there.
    receipt_is_confirmed: Option<bool>,
    /// Why; required where a limit of law moves later by it.
    reason: Option<Reason>,
}

impl EpisodePatch {
    pub(super) fn is_reasoned(&self) -> bool {
        self.reason.is_some()
    }
}

/// What is due later than before says why (CK-04).
pub(super) fn refuse_without_reason(is_reasoned: bool) -> Result<(), Problem> {
    let missing = || Problem::Impossible(vec![Fault::of("reason", "is required where a limit moves later")]);
    is_reasoned.then_some(()).ok_or_else(missing)
}

/// The changed episode, and the entry that explains the change.
pub(super) fn apply(tx: &WriteTx, before: Episode, patch: EpisodePatch) -> Result<(Episode, Change), Problem> {
    let id = before.id;
    let (from, to) = (before.moments.received_at, patch.agency_information_received_at.map(|it| it.0));
    let moved = to.map_or(ReceiptMove::Unchanged, |to| receipt_move(from, to));
    if moved == ReceiptMove::Later {
        allow_later(tx, patch.reason.as_ref())?;
    }
    if moved == ReceiptMove::Earlier && to.is_some_and(|to| is_long_ago(to, tx.at())) {
        patch.receipt_is_confirmed.filter(|it| *it).ok_or(Problem::ReceiptToConfirm)?;
    }
    let mut fields = Fields::default();
    let changed = merge(before, patch, &mut fields, tx.at());
    refuse_impossible(&check_moments(&changed.moments, &changed.recovery, tx.at()))?;
    let fields = fields.names;
    let change = match (moved, to) {
        (ReceiptMove::Earlier | ReceiptMove::Later, Some(to)) => {
            Change::ReceiptMoved { episode_id: id, from, to, fields }
        }
        _ => Change::EpisodeChanged { episode_id: id, fields },
    };
    Ok((changed, change))
}

fn allow_later(tx: &WriteTx, reason: Option<&Reason>) -> Result<(), Problem> {
    tx.also::<MoveReceiptLater>().map_err(|_| ReceiptMovesLater)?;
    refuse_without_reason(reason.is_some())
}

/// Which fields changed, and whether one of them is worth telling the recipients (CLK-10).
#[derive(Default)]
struct Fields {
    names: Vec<&'static str>,
    material: bool,
}

impl Fields {
    fn set<T: PartialEq>(&mut self, name: &'static str, field: &mut T, value: Option<T>) {
        if let Some(value) = value
            && *field != value
        {
            *field = value;
            self.names.push(name);
        }
    }

    fn set_material<T: PartialEq>(&mut self, name: &'static str, field: &mut T, value: Option<T>) {
        let before = self.names.len();
        self.set(name, field, value);
        self.material |= before < self.names.len();
    }
}

fn merge(mut it: Episode, patch: EpisodePatch, fields: &mut Fields, now: DateTime<Utc>) -> Episode {
    let some = |at: Option<Instant>| at.map(|it| Some(it.0));
    let m: &mut Moments = &mut it.moments;
    let received = patch.agency_information_received_at.map(|it| it.0);
    fields.set("agency_information_received_at", &mut m.received_at, received);
    fields.set_material("absence_began_at", &mut m.absence_began_at, some(patch.absence_began_at));
    fields.set("caregiver_learned_at", &mut m.caregiver_learned_at, some(patch.caregiver_learned_at));
    fields.set("first_suspected_at", &mut m.first_suspected_at, some(patch.first_suspected_at));
    fields.set("determined_missing_at", &mut m.determined_missing_at, some(patch.determined_missing_at));
    fields.set_material("last_contact_at", &mut it.last_contact_at, some(patch.last_contact_at));
    let place = patch.last_contact_place.map(|it| Some(it.into()));
    fields.set_material("last_contact_place", &mut it.last_contact_place, place);
    fields.set_material("missing_type", &mut it.missing_type, patch.missing_type.map(|it| it.0));
    fields.set_material("missing_from", &mut it.missing_from, patch.missing_from.map(|it| Some(it.0)));
    let known = patch.whereabouts_known.map(|it| Some(it.0));
    fields.set_material("whereabouts_known", &mut it.whereabouts_known, known);
    let circumstances = patch.circumstances.map(|it| Some(it.into()));
    fields.set_material("circumstances", &mut it.circumstances, circumstances);
    it.change_reason = patch.reason.map(String::from);
    if fields.material { it.with_material_change(now) } else { it }
}
