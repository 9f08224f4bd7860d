//! The row of an episode: written and read whole.

use chrono::{DateTime, Utc};
use diesel::{Queryable, QueryableByName, Selectable};
use homeward_domain::child::{CareStatus, PlacementSetting};
use homeward_domain::episode::{
    Closure, ClosureReason, MissingType, Moments, Recovery, RecoveryType, WhereaboutsKnown,
};
use homeward_domain::id::{AgencyId, Id};
use homeward_domain::vocabulary::Vocabulary as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Confirmation, Confirmed, Episode};
use crate::convert::{code, optional};
use crate::error::{StoreError, StoreResult};
use crate::seal::{EPISODE_TOLD, Safe, Sealed, versioned};

/// Column for column, so that one JSON value can fill it.
#[derive(Queryable, QueryableByName, Selectable, Serialize, Deserialize)]
#[diesel(table_name = crate::schema::missing_episodes)]
pub(crate) struct Row {
    agency_id: Uuid,
    id: Uuid,
    child_id: Uuid,
    number: i32,
    agency_episode_id: Option<String>,
    unit_id: Uuid,
    worker_id: Option<Uuid>,
    care_status: String,
    agency_information_received_at: DateTime<Utc>,
    absence_began_at: Option<DateTime<Utc>>,
    last_contact_at: Option<DateTime<Utc>>,
    caregiver_learned_at: Option<DateTime<Utc>>,
    first_suspected_at: Option<DateTime<Utc>>,
    determined_missing_at: Option<DateTime<Utc>>,
    missing_type: String,
    missing_from: Option<String>,
    whereabouts_known: Option<String>,
    located_at: Option<DateTime<Utc>>,
    recovered_at: Option<DateTime<Utc>>,
    returned_to_care_at: Option<DateTime<Utc>>,
    placed_elsewhere_at: Option<DateTime<Utc>>,
    recovery_type: Option<String>,
    closed_at: Option<DateTime<Utc>>,
    closure_reason: Option<String>,
    merged_into: Option<Uuid>,
    is_history: bool,
    material_changes: Vec<DateTime<Utc>>,
    choices: Vec<String>,
    version: i32,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    created_at: DateTime<Utc>,
    told_law_enforcement_at: Option<DateTime<Utc>>,
    told_ncmec_at: Option<DateTime<Utc>>,
    told: Sealed,
}

/// What people tell of an episode, sealed as one value.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Words {
    #[serde(skip_serializing_if = "Option::is_none")]
    last_contact_place: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    circumstances: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_place: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_circumstances: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closure_statement: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chosen_by_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    told_law_enforcement_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    told_ncmec_by: Option<String>,
}

impl Words {
    fn of(it: &Episode) -> Self {
        let by_name = |it: &Option<Confirmation>| it.as_ref().map(|it| it.by_name.clone());
        Self {
            last_contact_place: it.last_contact_place.clone(),
            circumstances: it.circumstances.clone(),
            recovery_place: it.recovery_place.clone(),
            recovery_circumstances: it.recovery_circumstances.clone(),
            closure_statement: it.closure_statement.clone(),
            chosen_by_name: it.chosen_by_name.clone(),
            change_reason: it.change_reason.clone(),
            told_law_enforcement_by: by_name(&it.confirmed.law_enforcement),
            told_ncmec_by: by_name(&it.confirmed.ncmec),
        }
    }

    fn each(&self) -> [(&'static str, &Option<String>); 9] {
        [
            ("last_contact_place", &self.last_contact_place),
            ("circumstances", &self.circumstances),
            ("recovery_place", &self.recovery_place),
            ("recovery_circumstances", &self.recovery_circumstances),
            ("closure_statement", &self.closure_statement),
            ("chosen_by_name", &self.chosen_by_name),
            ("change_reason", &self.change_reason),
            ("told_law_enforcement_by", &self.told_law_enforcement_by),
            ("told_ncmec_by", &self.told_ncmec_by),
        ]
    }
}

/// All that an episode says, by the names of the table, for comparing one version with another.
pub(crate) fn facts(episode: &Episode) -> StoreResult<Map<String, Value>> {
    // The agency is the same in all versions, so which one stands here makes no difference.
    let row = Row::of(Id::from_uuid(Uuid::nil()), episode, Sealed(Vec::new())).json()?;
    let mut facts = if let Value::Object(facts) = row { facts } else { Map::new() };
    facts.remove("told");
    facts.extend(Words::of(episode).each().map(|(name, it)| (name.to_owned(), it.clone().into())));
    Ok(facts)
}

impl Row {
    /// The row, with what people told sealed for this version of it.
    pub(crate) fn seal(safe: Safe<'_>, agency: AgencyId, it: &Episode) -> StoreResult<Self> {
        let told = safe.seal_told(EPISODE_TOLD, versioned(it.id, it.version), &Words::of(it))?;
        Ok(Self::of(agency, it, told))
    }

    fn of(agency: AgencyId, it: &Episode, told: Sealed) -> Self {
        Self {
            told,
            agency_id: agency.uuid(),
            id: it.id.uuid(),
            child_id: it.child.uuid(),
            number: it.number,
            agency_episode_id: it.agency_episode_id.clone(),
            unit_id: it.unit.uuid(),
            worker_id: it.worker.map(Id::uuid),
            care_status: it.care_status.code().to_owned(),
            agency_information_received_at: it.moments.received_at,
            absence_began_at: it.moments.absence_began_at,
            last_contact_at: it.last_contact_at,
            caregiver_learned_at: it.moments.caregiver_learned_at,
            first_suspected_at: it.moments.first_suspected_at,
            determined_missing_at: it.moments.determined_missing_at,
            missing_type: it.missing_type.code().to_owned(),
            missing_from: it.missing_from.map(|it| it.code().to_owned()),
            whereabouts_known: it.whereabouts_known.map(|it| it.code().to_owned()),
            located_at: it.recovery.located_at,
            recovered_at: it.recovery.recovered_at,
            returned_to_care_at: it.recovery.returned_to_care_at,
            placed_elsewhere_at: it.recovery.placed_elsewhere_at,
            recovery_type: it.recovery.kind.map(|it| it.code().to_owned()),
            closed_at: it.closure.map(|it| it.closed_at),
            closure_reason: it.closure.map(|it| it.reason.code().to_owned()),
            merged_into: it.merged_into.map(Id::uuid),
            is_history: it.is_history,
            material_changes: it.material_changes.clone(),
            choices: it.choices.clone(),
            version: it.version,
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
            created_at: it.created_at,
            told_law_enforcement_at: it.confirmed.law_enforcement.as_ref().map(|it| it.at),
            told_ncmec_at: it.confirmed.ncmec.as_ref().map(|it| it.at),
        }
    }

    pub(crate) fn json(&self) -> StoreResult<serde_json::Value> {
        serde_json::to_value(self).map_err(|_| StoreError::Corrupt("missing_episodes"))
    }

    pub(crate) fn episode(self, safe: Safe<'_>) -> StoreResult<Episode> {
        let words: Words = safe.open_told(EPISODE_TOLD, versioned(self.id, self.version), &self.told)?;
        self.saying(words)
    }

    /// The same without its words, for those who plan: the law asks for none, and nothing is opened.
    pub(crate) fn unopened(self) -> StoreResult<Episode> {
        self.saying(Words::default())
    }

    fn saying(self, words: Words) -> StoreResult<Episode> {
        let closure = self.closure()?;
        let moments = self.moments();
        let recovery = self.recovery()?;
        let confirmed = Confirmed {
            law_enforcement: Confirmation::of(words.told_law_enforcement_by, self.told_law_enforcement_at),
            ncmec: Confirmation::of(words.told_ncmec_by, self.told_ncmec_at),
        };
        Ok(Episode {
            id: Id::from_uuid(self.id),
            child: Id::from_uuid(self.child_id),
            number: self.number,
            agency_episode_id: self.agency_episode_id,
            unit: Id::from_uuid(self.unit_id),
            worker: self.worker_id.map(Id::from_uuid),
            care_status: code::<CareStatus>(&self.care_status, "missing_episodes.care_status")?,
            moments,
            last_contact_at: self.last_contact_at,
            last_contact_place: words.last_contact_place,
            missing_type: code::<MissingType>(&self.missing_type, "missing_episodes.missing_type")?,
            missing_from: optional::<PlacementSetting>(self.missing_from, "missing_episodes.missing_from")?,
            whereabouts_known: optional::<WhereaboutsKnown>(
                self.whereabouts_known,
                "missing_episodes.whereabouts_known",
            )?,
            circumstances: words.circumstances,
            recovery,
            recovery_place: words.recovery_place,
            recovery_circumstances: words.recovery_circumstances,
            closure,
            closure_statement: words.closure_statement,
            merged_into: self.merged_into.map(Id::from_uuid),
            confirmed,
            is_history: self.is_history,
            material_changes: self.material_changes,
            choices: self.choices,
            chosen_by_name: words.chosen_by_name,
            change_reason: words.change_reason,
            version: self.version,
            recorded_at: self.recorded_at,
            recorded_by: Id::from_uuid(self.recorded_by),
            created_at: self.created_at,
        })
    }

    fn moments(&self) -> Moments {
        Moments {
            received_at: self.agency_information_received_at,
            absence_began_at: self.absence_began_at,
            caregiver_learned_at: self.caregiver_learned_at,
            first_suspected_at: self.first_suspected_at,
            determined_missing_at: self.determined_missing_at,
        }
    }

    fn recovery(&self) -> StoreResult<Recovery> {
        Ok(Recovery {
            located_at: self.located_at,
            recovered_at: self.recovered_at,
            returned_to_care_at: self.returned_to_care_at,
            placed_elsewhere_at: self.placed_elsewhere_at,
            kind: optional::<RecoveryType>(self.recovery_type.clone(), "missing_episodes.recovery_type")?,
        })
    }

    fn closure(&self) -> StoreResult<Option<Closure>> {
        let reason = optional::<ClosureReason>(self.closure_reason.clone(), "missing_episodes.closure_reason")?;
        Ok(self.closed_at.zip(reason).map(|(closed_at, reason)| Closure { closed_at, reason }))
    }
}
