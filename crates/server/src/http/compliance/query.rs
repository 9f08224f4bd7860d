//! What can be asked, of the figures and of their rows in the same words.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use homeward_domain::compliance::Method;
use homeward_domain::duty::{DutyKind, DutyState};
use homeward_domain::episode::CLOCK_SKEW;
use homeward_domain::law::FEDERAL_RECIPIENTS;
use homeward_domain::notification::Recipient;
use homeward_domain::vocabulary::Vocabulary;
use homeward_store::compliance::{Asked, AssignedTo, GroupBy};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{Object, ObjectBuilder};

use crate::problem::Problem;
use crate::wire::codes::{DutyKindCode, GroupByCode, MethodCode, RecipientCode};
use crate::wire::{self, Instant};

/// In place of the id of a worker.
pub(super) const UNASSIGNED: &str = "unassigned";

/// Days on which something can have been received; also what the database can count with.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2200;

/// The filters stand in both queries word for word: serde cannot refuse what is unknown through a flattened struct.
macro_rules! query {
    ($(#[$doc:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$doc])*
        #[derive(Deserialize, IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub(in crate::http) struct $name {
            /// First day of receipt, in the agency's civil time.
            from: Option<NaiveDate>,
            /// Last day of receipt, inclusive.
            to: Option<NaiveDate>,
            /// Only `initial_report` is counted.
            #[param(schema_with = kinds)]
            kind: Option<DutyKindCode>,
            /// Both recipients where left out.
            #[param(schema_with = recipients)]
            recipient: Option<RecipientCode>,
            /// The unit that answered for the child at receipt.
            unit_code: Option<String>,
            /// The worker the child was assigned to at receipt: an id, or `unassigned`.
            worker_id: Option<String>,
            /// `statute` where left out: 24 elapsed hours. `oig`: the auditors' calendar days.
            #[param(inline)]
            method: Option<MethodCode>,
            /// The moment whose states are shown; now where left out.
            #[param(inline)]
            as_of: Option<Instant>,
            /// Leave out what was recorded later; now where left out.
            #[param(inline)]
            known_at: Option<Instant>,
            $($own)*
        }

        impl $name {
            /// The question, every part of it said.
            pub(super) fn asked(&self, now: DateTime<Utc>) -> Result<Asked, Problem> {
                only_initial_reports(self.kind)?;
                in_order(self.from, self.to)?;
                Ok(Asked {
                    method: wire::code(self.method).unwrap_or(Method::Statute),
                    recipient: self.recipient.map(federal).transpose()?,
                    from: self.from,
                    to: self.to,
                    unit_code: self.unit_code.clone(),
                    worker: self.worker_id.as_deref().map(worker).transpose()?,
                    as_of: past("as_of", self.as_of, now)?,
                    known_at: past("known_at", self.known_at, now)?,
                })
            }
        }
    };
}

query! {
    /// Which initial reports to count, and how.
    SummaryQuery {
        /// `none` where left out.
        #[param(inline)]
        group_by: Option<GroupByCode>,
    }
}

query! {
    /// Which initial reports to show.
    RowsQuery {
        /// One or more of `open`, `overdue`, `timely`, `late`, `never`, with commas between.
        state: Option<String>,
        #[param(minimum = 1, maximum = 200)]
        pub(super) limit: Option<u8>,
        pub(super) cursor: Option<String>,
    }
}

impl SummaryQuery {
    pub(super) fn group_by(&self) -> GroupBy {
        wire::code(self.group_by).unwrap_or(GroupBy::None)
    }
}

impl RowsQuery {
    /// All of them where none is named.
    pub(super) fn states(&self) -> Result<Vec<DutyState>, Problem> {
        let Some(states) = &self.state else { return Ok(DutyState::ALL.to_vec()) };
        let parse = |it| DutyState::parse(it).map_err(|error| invalid("state", &error.to_string()));
        states.split(',').map(parse).collect()
    }
}

fn invalid(parameter: &str, detail: &str) -> Problem {
    Problem::InvalidQuery(format!("{parameter}: {detail}"))
}

fn only_initial_reports(kind: Option<DutyKindCode>) -> Result<(), Problem> {
    match wire::code(kind) {
        None | Some(DutyKind::InitialReport) => Ok(()),
        Some(_) => Err(invalid("kind", "must be initial_report")),
    }
}

fn federal(recipient: RecipientCode) -> Result<Recipient, Problem> {
    let known = FEDERAL_RECIPIENTS.contains(&recipient.0).then_some(recipient.0);
    known.ok_or_else(|| invalid("recipient", "must be law_enforcement or ncmec"))
}

fn in_order(from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<(), Problem> {
    for (name, day) in [("from", from), ("to", to)] {
        if day.is_some_and(|it| !YEARS.contains(&it.year())) {
            return Err(invalid(name, &format!("must lie between the years {} and {}", YEARS.start(), YEARS.end())));
        }
    }
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        return Err(invalid("to", "is before from"));
    }
    Ok(())
}

fn worker(text: &str) -> Result<AssignedTo, Problem> {
    if text == UNASSIGNED {
        return Ok(AssignedTo::Nobody);
    }
    text.parse().map(AssignedTo::Worker).map_err(|_| invalid("worker_id", "must be an id or `unassigned`"))
}

/// Nobody can say what will have happened.
fn past(parameter: &str, at: Option<Instant>, now: DateTime<Utc>) -> Result<DateTime<Utc>, Problem> {
    let at = wire::at(at).unwrap_or(now);
    if now + CLOCK_SKEW < at { Err(invalid(parameter, "is in the future")) } else { Ok(at) }
}

fn kinds() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some([DutyKind::InitialReport.code()])).into()
}

fn recipients() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(FEDERAL_RECIPIENTS.map(Vocabulary::code))).into()
}
