//! A new child: what is told, and what makes it a record.

use chrono::NaiveDate;
use homeward_domain::child::Race;
use homeward_domain::id::Id;
use homeward_domain::policy::Caller;
use homeward_store::ReadTx;
use homeward_store::children::Profile;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::check::{self, Described};
use crate::problem::{Fault, Problem};
use crate::wire::codes::{CareStatusCode, EthnicityCode, RaceCode, SexCode};
use crate::wire::{self, Name, Reference};

/// What is told of a child.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewChild {
    /// The agency's own id of the person.
    agency_person_id: Reference,
    given_name: Name,
    family_name: Name,
    /// Not in the future.
    date_of_birth: NaiveDate,
    sex: Option<SexCode>,
    /// A child can have several, each once.
    race: Option<Vec<RaceCode>>,
    ethnicity: Option<EthnicityCode>,
    #[schema(minimum = 1, maximum = 120)]
    height_inches: Option<i32>,
    #[schema(minimum = 1, maximum = 1500)]
    weight_pounds: Option<i32>,
    hair_color: Option<Name>,
    eye_color: Option<Name>,
    /// A unit that the caller works for.
    unit_code: Reference,
    /// Someone of the agency; a caseworker who leaves it out names themselves.
    assigned_to: Option<Uuid>,
    /// Why the agency answers for the child. It alone decides whether reports are owed.
    care_status: CareStatusCode,
}

impl NewChild {
    /// The record, or every fault that keeps it from being one.
    pub(super) async fn profile(self, tx: &ReadTx, caller: &Caller) -> Result<Profile, Problem> {
        let unit_code = String::from(self.unit_code);
        let unit = check::unit_in_reach(tx, caller, &unit_code).await?;
        let assigned_to = self.assigned_to.map(Id::from_uuid);
        let (height_inches, weight_pounds) = (self.height_inches, self.weight_pounds);
        let race: Vec<Race> = self.race.into_iter().flatten().map(|it| it.0).collect();
        let described = Described { date_of_birth: self.date_of_birth, height_inches, weight_pounds, race: &race };
        let mut faults = described.faults(tx.agency().zone.local_date(tx.at()));
        faults.extend(unit.is_none().then(|| Fault::of("unit_code", "is no unit that you work for")));
        faults.extend(check::worker(tx, assigned_to).await?);
        let Some(unit) = unit.filter(|_| faults.is_empty()) else { return Err(Problem::Impossible(faults)) };
        Ok(Profile {
            agency_person_id: self.agency_person_id.into(),
            given_name: self.given_name.into(),
            family_name: self.family_name.into(),
            date_of_birth: self.date_of_birth,
            sex: wire::code(self.sex),
            race,
            ethnicity: wire::code(self.ethnicity),
            height_inches,
            weight_pounds,
            hair_color: wire::text(self.hair_color),
            eye_color: wire::text(self.eye_color),
            unit,
            unit_code,
            assigned_to,
            care_status: self.care_status.0,
        })
    }
}
