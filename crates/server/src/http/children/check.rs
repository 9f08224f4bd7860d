//! What can be impossible in a child's record.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use chrono::{Datelike as _, NaiveDate};
use homeward_domain::child::Race;
use homeward_domain::id::{UnitId, UserId};
use homeward_domain::policy::{self, Caller, Tie};
use homeward_store::{ReadTx, people};

use crate::problem::{Fault, Problem};

/// Years in which someone in care can be born, and a stay can lie.
const YEARS: RangeInclusive<i32> = 1900..=2200;
/// In inches.
const HEIGHTS: RangeInclusive<i32> = 1..=120;
/// In pounds.
const WEIGHTS: RangeInclusive<i32> = 1..=1500;

/// What is judged by itself, without the database.
pub(super) struct Described<'a> {
    pub(super) date_of_birth: NaiveDate,
    pub(super) height_inches: Option<i32>,
    pub(super) weight_pounds: Option<i32>,
    pub(super) race: &'a [Race],
}

impl Described<'_> {
    /// Every fault, as of `today` in the agency.
    pub(super) fn faults(&self, today: NaiveDate) -> Vec<Fault> {
        let mut faults: Vec<Fault> = year("date_of_birth", self.date_of_birth).into_iter().collect();
        if today < self.date_of_birth {
            faults.push(Fault::of("date_of_birth", "is in the future"));
        }
        faults.extend(within("height_inches", self.height_inches, &HEIGHTS));
        faults.extend(within("weight_pounds", self.weight_pounds, &WEIGHTS));
        if self.race.iter().collect::<HashSet<_>>().len() < self.race.len() {
            faults.push(Fault::of("race", "must not name the same twice"));
        }
        faults
    }
}

/// The fault of a day outside of every lifetime.
pub(in crate::http) fn year(field: &str, day: NaiveDate) -> Option<Fault> {
    let fault = || Fault::of(field, format!("must lie between the years {} and {}", YEARS.start(), YEARS.end()));
    (!YEARS.contains(&day.year())).then(fault)
}

fn within(field: &str, value: Option<i32>, range: &RangeInclusive<i32>) -> Option<Fault> {
    let fault = |_| Fault::of(field, format!("must be {} to {}", range.start(), range.end()));
    value.filter(|it| !range.contains(it)).map(fault)
}

/// The unit with this code, if the caller works for it.
pub(super) async fn unit_in_reach(tx: &ReadTx, caller: &Caller, code: &str) -> Result<Option<UnitId>, Problem> {
    let unit = people::unit_by_code(tx, code).await?;
    Ok(unit.filter(|it| policy::tie(caller, *it, None) != Tie::None))
}

/// The fault of naming someone who does not work for the agency.
pub(super) async fn worker(tx: &ReadTx, named: Option<UserId>) -> Result<Option<Fault>, Problem> {
    let Some(worker) = named else { return Ok(None) };
    let works_here = people::worker_exists(tx, worker).await?;
    Ok((!works_here).then(|| Fault::of("assigned_to", "is nobody who works for the agency")))
}
