//! The yearly count of 42 U.S.C. 671(a)(34)(B): distinct children, by determinations and by nothing else.

use actix_web::get;
use chrono::NaiveDate;
use homeward_domain::policy::CountDeterminations;
use homeward_store::{Seen, determinations};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Within;
use crate::problem::Problem;
use crate::reply::Shown;
use crate::wire::Day;

/// The days of receipt to count, in the agency's own time; both are included.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct CountQuery {
    #[param(inline)]
    from: Day,
    #[param(inline)]
    to: Day,
}

/// How many children.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct DeterminationCount {
    from: NaiveDate,
    to: NaiveDate,
    /// Distinct children with a current determination `sex_trafficking_victim_identified` received in the period.
    /// One that was withdrawn, or that another took the place of, does not count.
    children: i64,
}

/// Count children for the yearly report
///
/// For the whole agency only (42 U.S.C. 671(a)(34)(B)). It follows the determinations as they stand now.
#[utoipa::path(tag = "determinations", operation_id = "count_determinations", params(CountQuery),
               responses((status = 200, body = DeterminationCount)))]
#[get("/v1/statistics/determinations")]
pub(in crate::http) async fn show(request: Within<CountDeterminations>) -> Result<Shown<DeterminationCount>, Problem> {
    let counted = request
        .list(async |tx, grant| {
            let CountQuery { from: Day(from), to: Day(to) } = request.query()?;
            if to < from {
                return Err(Problem::InvalidQuery("to: is before from".to_owned()));
            }
            let children = determinations::count(tx, grant, from, to).await?;
            Ok(Seen(DeterminationCount { from, to, children }, grant.saw(Vec::new())))
        })
        .await?;
    Ok(Shown(counted))
}
