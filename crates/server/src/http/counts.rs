//! Runaway counts: plain dated facts, by when things happened.

use actix_web::get;
use chrono::{DateTime, Utc};
use homeward_domain::counts::{self, Absence, Counts, Window};
use homeward_domain::id::Id;
use homeward_domain::policy::ReadChild;
use homeward_store::Seen;
use homeward_store::episodes::{self, Episode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::auth::OfChild;
use crate::problem::Problem;
use crate::reply::Shown;
use crate::wire::{self, Instant};

/// The moment to count back from.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CountsQuery {
    /// Now where left out.
    #[param(inline)]
    as_of: Option<Instant>,
}

/// How often and how long a child has been missing. No label, level or threshold.
#[derive(Serialize, ToSchema)]
pub(super) struct RunawayCounts {
    as_of: DateTime<Utc>,
    missing_count: usize,
    /// Those described as `absent_without_permission`.
    runaway_count: usize,
    windows: Vec<CountWindow>,
    /// Whole days, all episodes added.
    days_missing_total: i64,
    /// Whole days of the longest episode.
    longest_days_missing: i64,
    open_episode_id: Option<Uuid>,
}

/// The same, for absences that began within so many days.
#[derive(Serialize, ToSchema)]
pub(super) struct CountWindow {
    days: i64,
    missing_count: usize,
    runaway_count: usize,
    /// Oldest first.
    episodes: Vec<CountedEpisode>,
}

/// An episode that was counted.
#[derive(Serialize, ToSchema)]
pub(super) struct CountedEpisode {
    id: Uuid,
    /// The receipt, where it is not known when the absence began.
    absence_began_at: DateTime<Utc>,
}

impl RunawayCounts {
    fn of(counts: Counts, as_of: DateTime<Utc>) -> Self {
        Self {
            as_of,
            missing_count: counts.missing,
            runaway_count: counts.runaway,
            windows: counts.windows.into_iter().map(CountWindow::of).collect(),
            days_missing_total: counts.days_missing_total,
            longest_days_missing: counts.longest_days_missing,
            open_episode_id: counts.open.map(Id::uuid),
        }
    }
}

impl CountWindow {
    fn of(it: Window) -> Self {
        let counted = |it: Absence| CountedEpisode { id: it.id.uuid(), absence_began_at: it.began_at };
        Self {
            days: it.days,
            missing_count: it.missing,
            runaway_count: it.runaway,
            episodes: it.absences.into_iter().map(counted).collect(),
        }
    }
}

/// What the count knows of each episode.
pub(super) fn absences(episodes: &[Episode]) -> Vec<Absence> {
    let absence = |it: &Episode| Absence {
        id: it.id,
        began_at: it.began_at(),
        ended_at: it.ended_at(),
        missing_type: it.missing_type,
        closure: it.closure.map(|it| it.reason),
    };
    episodes.iter().map(absence).collect()
}

/// How often and how long a child has been missing
///
/// Counted by when absences began, back from `as_of`. What turned out not to be an absence, or to be a duplicate,
/// does not count.
#[utoipa::path(tag = "children", operation_id = "get_runaway_counts",
               params(("child_id" = Uuid, Path), CountsQuery), responses((status = 200, body = RunawayCounts)))]
#[get("/v1/children/{child_id}/runaway-counts")]
pub(super) async fn show(request: OfChild<ReadChild>) -> Result<Shown<RunawayCounts>, Problem> {
    let query: CountsQuery = request.query()?;
    let counts = request
        .read(async |tx, permit| {
            let as_of = wire::at(query.as_of).unwrap_or(tx.at());
            let episodes = episodes::of_child(tx, permit).await?;
            let counts = counts::count(&absences(&episodes), as_of);
            Ok(Seen(RunawayCounts::of(counts, as_of), permit.saw()))
        })
        .await?;
    Ok(Shown(counts))
}
