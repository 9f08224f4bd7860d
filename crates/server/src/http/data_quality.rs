//! What two records of one child tell differently. A list for people; nothing is made or changed from it.

use actix_web::get;
use chrono::NaiveDate;
use homeward_domain::id::Id;
use homeward_domain::policy::ReadDataQuality;
use homeward_store::Seen;
use homeward_store::data_quality::{self, Alone, Difference};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::auth::Within;
use crate::paging::{self, List};
use crate::problem::Problem;
use crate::reply::Shown;
use crate::wire::codes::LivingArrangementCode;
use crate::wire::{Code, Reference};

/// What to show.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DifferencesQuery {
    #[param(inline)]
    unit_code: Option<Reference>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u8>,
    cursor: Option<String>,
}

/// What stands without its counterpart.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum DifferenceKind {
    /// On the first day of the placement no episode was open.
    PlacementWithoutEpisode,
    /// An episode is open, and no placement tells today that the child is away.
    EpisodeWithoutPlacement,
}

/// A placement or an episode without the other.
#[derive(Serialize, ToSchema)]
pub(super) struct DifferenceView {
    kind: DifferenceKind,
    child_id: Uuid,
    child_given_name: String,
    child_family_name: String,
    placement_id: Option<Uuid>,
    afcars_living_arrangement: Option<LivingArrangementCode>,
    episode_id: Option<Uuid>,
    /// The first day of what stands alone, in the agency's own time.
    since_on: NaiveDate,
}

impl DifferenceView {
    fn of(it: Difference) -> Self {
        let (kind, placement, arrangement, episode) = match it.alone {
            Alone::Placement(id, code) => (DifferenceKind::PlacementWithoutEpisode, Some(id), Some(code), None),
            Alone::Episode(id) => (DifferenceKind::EpisodeWithoutPlacement, None, None, Some(id)),
        };
        Self {
            kind,
            child_id: it.child.uuid(),
            child_given_name: it.given_name,
            child_family_name: it.family_name,
            placement_id: placement.map(Id::uuid),
            afcars_living_arrangement: arrangement.map(Code),
            episode_id: episode.map(Id::uuid),
            since_on: it.since_on,
        }
    }
}

/// Where placements and missing episodes differ, by when it began
///
/// A placement stated as `runaway` or `whereabouts_unknown` while no episode was open, and the reverse. Which of the
/// two records is right, a person finds out: the list creates and closes nothing.
#[utoipa::path(tag = "work", operation_id = "list_placement_differences", params(DifferencesQuery),
               responses((status = 200, body = List<DifferenceView>)))]
#[get("/v1/data-quality/placements")]
pub(super) async fn placements(request: Within<ReadDataQuality>) -> Result<Shown<List<DifferenceView>>, Problem> {
    let query: DifferencesQuery = request.query()?;
    let keys = &request.app().keys;
    let window = paging::window(keys, query.limit, query.cursor.as_deref())?;
    let unit_code = query.unit_code.map(String::from);
    let page = request
        .list(async |tx, grant| {
            let page = data_quality::placements(tx, grant, unit_code, &window).await?;
            let shown = page.rows.iter().map(|it| it.child).collect();
            Ok(Seen(page.map(DifferenceView::of), grant.saw(shown)))
        })
        .await?;
    Ok(Shown(List::page(keys, page)))
}
