//! Rows: what each file says, as facts.

use chrono::{DateTime, NaiveDate, Utc};
use homeward_domain::episode::{CLOCK_SKEW, MissingType, MomentsError, check_moments};
use homeward_domain::zone::Zone;
use homeward_store::import::{ChildFacts, EpisodeFacts, Known, NotificationFacts, ObservationFacts, PlacementFacts};

use super::fields::{code, codes, date, email, indicator, moment, number, text};
use super::reject::{Flaw, Reason};
use super::table::Row;

/// What it takes to read a row besides the row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader {
    pub(super) zone: Zone,
    pub(super) now: DateTime<Utc>,
}

const NAME: usize = 200;
const REFERENCE: usize = 100;
const NARRATIVE: usize = 20_000;

impl Reader {
    pub(super) fn child(self, row: &Row<'_>, known: &Known) -> Result<ChildFacts, Flaw> {
        row.complete()?;
        let unknown = |it: &str| Flaw::new(Reason::UnknownCode, format!("`{it}` is not a unit of the agency"));
        let facts = ChildFacts {
            agency_person_id: row.must("agency_person_id", text::<REFERENCE>)?,
            given_name: row.must("given_name", text::<NAME>)?,
            family_name: row.must("family_name", text::<NAME>)?,
            sex: row.may("sex", code)?,
            race: row.may("race", codes)?.unwrap_or_default(),
            ethnicity: row.may("ethnicity", code)?,
            height_inches: row.may("height_inches", |it| number(it, 120))?,
            weight_pounds: row.may("weight_pounds", |it| number(it, 1500))?,
            hair_color: row.may("hair_color", text::<REFERENCE>)?,
            eye_color: row.may("eye_color", text::<REFERENCE>)?,
            unit: row.must("unit_code", |it| known.units.get(it).copied().ok_or_else(|| unknown(it)))?,
            worker: row.may("worker_email", email)?,
            care_status: row.must("care_status", code)?,
            date_of_birth: row.must("date_of_birth", date)?,
        };
        self.not_after_today("date_of_birth", facts.date_of_birth)?;
        Ok(facts)
    }

    pub(super) fn placement(self, row: &Row<'_>) -> Result<PlacementFacts, Flaw> {
        row.complete()?;
        let facts = PlacementFacts {
            setting: row.must("setting", code)?,
            provider_name: row.may("provider_name", text::<NAME>)?,
            started_on: row.must("started_on", date)?,
            ended_on: row.may("ended_on", date)?,
            afcars_living_arrangement: row.may("afcars_living_arrangement", code)?,
        };
        self.not_after_today("started_on", facts.started_on)?;
        if facts.ended_on.is_some_and(|end| end < facts.started_on) {
            return Err(Flaw::new(Reason::ReturnedBeforeAbsenceBegan, "ended_on is before started_on"));
        }
        Ok(facts)
    }

    pub(super) fn episode(self, row: &Row<'_>) -> Result<EpisodeFacts, Flaw> {
        row.complete()?;
        let moment = |it: &str| moment(self.zone, it);
        let facts = EpisodeFacts {
            agency_episode_id: row.must("agency_episode_id", text::<REFERENCE>)?,
            missing_type: row.may("missing_type", code)?.unwrap_or(MissingType::Unknown),
            missing_from: row.may("missing_from", code)?,
            recovery_type: row.may("recovery_type", code)?,
            absence_began_at: row.may("absence_began_at", moment)?,
            received_at: row.must("agency_information_received_at", moment)?,
            located_at: row.may("located_at", moment)?,
            returned_to_care_at: row.may("returned_to_care_at", moment)?,
        };
        match check_moments(&facts.moments(), &facts.recovery(), self.now).first() {
            None => Ok(facts),
            Some(fault @ MomentsError::InTheFuture { .. }) => Err(Flaw::new(Reason::InTheFuture, fault)),
            Some(fault @ MomentsError::OutOfOrder { .. }) => Err(Flaw::new(Reason::ReturnedBeforeAbsenceBegan, fault)),
        }
    }

    pub(super) fn notification(self, row: &Row<'_>) -> Result<NotificationFacts, Flaw> {
        row.complete()?;
        let facts = NotificationFacts {
            agency_episode_id: row.must("agency_episode_id", text::<REFERENCE>)?,
            recipient: row.must("recipient", code)?,
            kind: row.must("kind", code)?,
            status: row.must("status", code)?,
            method: row.must("method", code)?,
            agency_name: row.may("agency_name", text::<NAME>)?,
            person_contacted: row.may("person_contacted", text::<NAME>)?,
            case_number: row.may("case_number", text::<REFERENCE>)?,
            ncic_number: row.may("ncic_number", text::<REFERENCE>)?,
            reference_number: row.may("reference_number", text::<REFERENCE>)?,
            made_at: row.must("made_at", |it| moment(self.zone, it))?,
        };
        self.not_in_the_future("made_at", facts.made_at)?;
        Ok(facts)
    }

    pub(super) fn observation(self, row: &Row<'_>) -> Result<ObservationFacts, Flaw> {
        row.complete()?;
        let facts = ObservationFacts {
            agency_episode_id: row.may("agency_episode_id", text::<REFERENCE>)?,
            indicator_code: row.must("indicator_code", indicator)?,
            observed_by_name: row.must("observed_by_name", text::<NAME>)?,
            observer_role: row.must("observer_role", text::<REFERENCE>)?,
            source: row.must("source", code)?,
            context: row.must("context", text::<NARRATIVE>)?,
            observed_at: row.may("observed_at", |it| moment(self.zone, it))?,
        };
        facts.observed_at.map_or(Ok(()), |at| self.not_in_the_future("observed_at", at))?;
        Ok(facts)
    }

    fn not_in_the_future(self, column: &str, at: DateTime<Utc>) -> Result<(), Flaw> {
        if self.now + CLOCK_SKEW < at {
            return Err(Flaw::new(Reason::InTheFuture, format!("{column} is in the future")));
        }
        Ok(())
    }

    fn not_after_today(self, column: &str, on: NaiveDate) -> Result<(), Flaw> {
        if self.zone.local_date(self.now) < on {
            return Err(Flaw::new(Reason::InTheFuture, format!("{column} is in the future")));
        }
        Ok(())
    }
}
