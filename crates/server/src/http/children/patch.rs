//! A correction of a child's record.

use chrono::NaiveDate;
use homeward_domain::id::Id;
use homeward_store::children::{Child, Profile};
use homeward_store::{ReadTx, people};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::check::{self, Described};
use crate::problem::{Fault, Problem};
use crate::wire::codes::{CareStatusCode, EthnicityCode, RaceCode, SexCode};
use crate::wire::{Name, Reference};

/// The fields to change. What is left out stays; what was recorded cannot be emptied, only corrected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChildPatch {
    agency_person_id: Option<Reference>,
    given_name: Option<Name>,
    family_name: Option<Name>,
    date_of_birth: Option<NaiveDate>,
    sex: Option<SexCode>,
    /// The whole list; each once.
    race: Option<Vec<RaceCode>>,
    ethnicity: Option<EthnicityCode>,
    #[schema(minimum = 1, maximum = 120)]
    height_inches: Option<i32>,
    #[schema(minimum = 1, maximum = 1500)]
    weight_pounds: Option<i32>,
    hair_color: Option<Name>,
    eye_color: Option<Name>,
    /// Any unit of the agency: a child can be handed over.
    unit_code: Option<Reference>,
    /// Anyone of the agency.
    assigned_to: Option<Uuid>,
    care_status: Option<CareStatusCode>,
}

/// The changed child, and the names of the fields that changed.
pub(super) async fn apply(
    tx: &ReadTx,
    before: Child,
    mut patch: ChildPatch,
) -> Result<(Child, Vec<&'static str>), Problem> {
    let mut fields = Fields::default();
    let mut faults: Vec<Fault> = check::worker(tx, patch.assigned_to.map(Id::from_uuid)).await?.into_iter().collect();
    let mut child = before;
    if let Some(code) = patch.unit_code.take().map(String::from) {
        match people::unit_by_code(tx, &code).await? {
            Some(unit) => {
                fields.set("unit_code", &mut child.profile.unit, Some(unit));
                child.profile.unit_code = code;
            }
            None => faults.push(Fault::of("unit_code", "is no unit of the agency")),
        }
    }
    merge(&mut child.profile, patch, &mut fields);
    let Profile { date_of_birth, height_inches, weight_pounds, ref race, .. } = child.profile;
    let described = Described { date_of_birth, height_inches, weight_pounds, race };
    faults.extend(described.faults(tx.agency().zone.local_date(tx.at())));
    if faults.is_empty() { Ok((child, fields.names)) } else { Err(Problem::Impossible(faults)) }
}

/// Which fields changed.
#[derive(Default)]
struct Fields {
    names: Vec<&'static str>,
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
}

fn merge(it: &mut Profile, patch: ChildPatch, fields: &mut Fields) {
    let some = |name: Option<Name>| name.map(|it| Some(it.into()));
    fields.set("agency_person_id", &mut it.agency_person_id, patch.agency_person_id.map(String::from));
    fields.set("given_name", &mut it.given_name, patch.given_name.map(String::from));
    fields.set("family_name", &mut it.family_name, patch.family_name.map(String::from));
    fields.set("date_of_birth", &mut it.date_of_birth, patch.date_of_birth);
    fields.set("sex", &mut it.sex, patch.sex.map(|it| Some(it.0)));
    fields.set("race", &mut it.race, patch.race.map(|it| it.into_iter().map(|it| it.0).collect()));
    fields.set("ethnicity", &mut it.ethnicity, patch.ethnicity.map(|it| Some(it.0)));
    fields.set("height_inches", &mut it.height_inches, patch.height_inches.map(Some));
    fields.set("weight_pounds", &mut it.weight_pounds, patch.weight_pounds.map(Some));
    fields.set("hair_color", &mut it.hair_color, some(patch.hair_color));
    fields.set("eye_color", &mut it.eye_color, some(patch.eye_color));
    fields.set("assigned_to", &mut it.assigned_to, patch.assigned_to.map(|it| Some(Id::from_uuid(it))));
    fields.set("care_status", &mut it.care_status, patch.care_status.map(|it| it.0));
}
