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
use uuid::Uuid;

use super::{Confirmation, Confirmed, Episode};
use crate::convert::{code, optional};
use crate::error::{StoreError, StoreResult};

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
    last_contact_place: Option<String>,
    caregiver_learned_at: Option<DateTime<Utc>>,
    first_suspected_at: Option<DateTime<Utc>>,
    determined_missing_at: Option<DateTime<Utc>>,
    missing_type: String,
    missing_from: Option<String>,
    whereabouts_known: Option<String>,
    circumstances: Option<String>,
    located_at: Option<DateTime<Utc>>,
    recovered_at: Option<DateTime<Utc>>,
    returned_to_care_at: Option<DateTime<Utc>>,
    placed_elsewhere_at: Option<DateTime<Utc>>,
    recovery_type: Option<String>,
    recovery_place: Option<String>,
    recovery_circumstances: Option<String>,
    closed_at: Option<DateTime<Utc>>,
    closure_reason: Option<String>,
    closure_statement: Option<String>,
    merged_into: Option<Uuid>,
    is_history: bool,
    material_changes: Vec<DateTime<Utc>>,
    choices: Vec<String>,
    chosen_by_name: Option<String>,
    birthday_at: Option<DateTime<Utc>>,
    change_reason: Option<String>,
    version: i32,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    created_at: DateTime<Utc>,
    told_law_enforcement_by: Option<String>,
    told_law_enforcement_at: Option<DateTime<Utc>>,
    told_ncmec_by: Option<String>,
    told_ncmec_at: Option<DateTime<Utc>>,
}

impl Row {
    pub(crate) fn of(agency: AgencyId, it: &Episode) -> Self {
        Self {
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
            last_contact_place: it.last_contact_place.clone(),
            caregiver_learned_at: it.moments.caregiver_learned_at,
            first_suspected_at: it.moments.first_suspected_at,
            determined_missing_at: it.moments.determined_missing_at,
            missing_type: it.missing_type.code().to_owned(),
            missing_from: it.missing_from.map(|it| it.code().to_owned()),
            whereabouts_known: it.whereabouts_known.map(|it| it.code().to_owned()),
            circumstances: it.circumstances.clone(),
            located_at: it.recovery.located_at,
            recovered_at: it.recovery.recovered_at,
            returned_to_care_at: it.recovery.returned_to_care_at,
            placed_elsewhere_at: it.recovery.placed_elsewhere_at,
            recovery_type: it.recovery.kind.map(|it| it.code().to_owned()),
            recovery_place: it.recovery_place.clone(),
            recovery_circumstances: it.recovery_circumstances.clone(),
            closed_at: it.closure.map(|it| it.closed_at),
            closure_reason: it.closure.map(|it| it.reason.code().to_owned()),
            closure_statement: it.closure_statement.clone(),
            merged_into: it.merged_into.map(Id::uuid),
            is_history: it.is_history,
            material_changes: it.material_changes.clone(),
            choices: it.choices.clone(),
            chosen_by_name: it.chosen_by_name.clone(),
            birthday_at: it.birthday_at,
            change_reason: it.change_reason.clone(),
            version: it.version,
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
            created_at: it.created_at,
            told_law_enforcement_by: it.confirmed.law_enforcement.as_ref().map(|it| it.by_name.clone()),
            told_law_enforcement_at: it.confirmed.law_enforcement.as_ref().map(|it| it.at),
            told_ncmec_by: it.confirmed.ncmec.as_ref().map(|it| it.by_name.clone()),
            told_ncmec_at: it.confirmed.ncmec.as_ref().map(|it| it.at),
        }
    }

    pub(crate) fn json(&self) -> StoreResult<serde_json::Value> {
        serde_json::to_value(self).map_err(|_| StoreError::Corrupt("missing_episodes"))
    }

    pub(crate) fn episode(self) -> StoreResult<Episode> {
        let closure = self.closure()?;
        let moments = self.moments();
        let recovery = self.recovery()?;
        let confirmed = Confirmed {
            law_enforcement: Confirmation::of(self.told_law_enforcement_by, self.told_law_enforcement_at),
            ncmec: Confirmation::of(self.told_ncmec_by, self.told_ncmec_at),
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
            last_contact_place: self.last_contact_place,
            missing_type: code::<MissingType>(&self.missing_type, "missing_episodes.missing_type")?,
            missing_from: optional::<PlacementSetting>(self.missing_from, "missing_episodes.missing_from")?,
            whereabouts_known: optional::<WhereaboutsKnown>(
                self.whereabouts_known,
                "missing_episodes.whereabouts_known",
            )?,
            circumstances: self.circumstances,
            recovery,
            recovery_place: self.recovery_place,
            recovery_circumstances: self.recovery_circumstances,
            closure,
            closure_statement: self.closure_statement,
            merged_into: self.merged_into.map(Id::from_uuid),
            confirmed,
            is_history: self.is_history,
            material_changes: self.material_changes,
            choices: self.choices,
            chosen_by_name: self.chosen_by_name,
            birthday_at: self.birthday_at,
            change_reason: self.change_reason,
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
