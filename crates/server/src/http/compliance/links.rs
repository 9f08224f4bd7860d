//! From a figure to its rows: the same question, asked of the rows.

use crate::url::percent_encoded;
use chrono::{DateTime, Months, NaiveDate, SecondsFormat, Utc};
use homeward_domain::duty::{DutyKind, DutyState};
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_store::compliance::{Asked, AssignedTo, GroupBy};

use super::query::UNASSIGNED;

/// The question, narrowed to one group of its answer.
pub(super) fn narrowed(asked: &Asked, group_by: GroupBy, key: &str) -> Asked {
    let asked = asked.clone();
    match group_by {
        GroupBy::None => asked,
        GroupBy::Unit => Asked { unit_code: Some(key.to_owned()), ..asked },
        GroupBy::Worker => Asked { worker: Some(key.parse().map_or(AssignedTo::Nobody, AssignedTo::Worker)), ..asked },
        GroupBy::Month => {
            let first = format!("{key}-01").parse::<NaiveDate>().ok();
            let last = first.and_then(|day| day.checked_add_months(Months::new(1))?.pred_opt());
            let to = [asked.to, last].into_iter().flatten().min();
            Asked { from: asked.from.max(first), to, ..asked }
        }
    }
}

/// Where the rows in `state` are, or all of them. Both instants are said, so the link means the same tomorrow.
pub(super) fn rows(asked: &Asked, state: Option<DutyState>) -> String {
    let worker = asked.worker.map(|it| match it {
        AssignedTo::Worker(id) => id.to_string(),
        AssignedTo::Nobody => UNASSIGNED.to_owned(),
    });
    let parameters = [
        ("kind", Some(DutyKind::InitialReport.code().to_owned())),
        ("method", Some(asked.method.code().to_owned())),
        ("recipient", asked.recipient.map(|it| it.code().to_owned())),
        ("from", asked.from.map(|it| it.to_string())),
        ("to", asked.to.map(|it| it.to_string())),
        ("unit_code", asked.unit_code.as_deref().map(|it| percent_encoded(it.as_bytes()))),
        ("worker_id", worker),
        ("as_of", Some(instant(asked.as_of))),
        ("known_at", Some(instant(asked.known_at))),
        ("state", state.map(|it| it.code().to_owned())),
    ];
    let said = parameters.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
    format!("/v1/compliance/duties?{}", said.collect::<Vec<_>>().join("&"))
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
