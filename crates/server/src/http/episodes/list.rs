//! Episodes across children.

use actix_web::get;
use homeward_domain::policy::ListEpisodes;
use homeward_domain::zone::Zone;
use homeward_store::Seen;
use homeward_store::episodes::{self, Filter};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth::Within;
use crate::http::views::EpisodeLine;
use crate::paging::{self, List};
use crate::problem::Problem;
use crate::reply::Shown;
use crate::wire::codes::EpisodeStateCode;
use crate::wire::{Day, Reference};

/// What to show of the episodes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EpisodesQuery {
    #[param(inline)]
    state: Option<EpisodeStateCode>,
    #[param(inline)]
    unit_code: Option<Reference>,
    /// First day of receipt, in the agency's civil time.
    #[param(inline)]
    received_from: Option<Day>,
    /// Last day of receipt, inclusive.
    #[param(inline)]
    received_to: Option<Day>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u8>,
    cursor: Option<String>,
}

/// Missing episodes across children, newest receipt first
#[utoipa::path(tag = "episodes", operation_id = "list_missing_episodes", params(EpisodesQuery),
               responses((status = 200, body = List<EpisodeLine>)))]
#[get("/v1/missing-episodes")]
pub(in crate::http) async fn list(request: Within<ListEpisodes>) -> Result<Shown<List<EpisodeLine>>, Problem> {
    let query: EpisodesQuery = request.query()?;
    let keys = &request.app().keys;
    let window = paging::window(keys, query.limit, query.cursor.as_deref())?;
    let page = request
        .list(async |tx, grant| {
            let filter = filter(&query, tx.agency().zone);
            let page = episodes::list(tx, grant, &filter, &window).await?;
            let shown = page.rows.iter().map(|it| it.episode.child).collect();
            Ok(Seen(page.map(EpisodeLine::of), grant.saw(shown)))
        })
        .await?;
    Ok(Shown(List::page(keys, page)))
}

fn filter(query: &EpisodesQuery, zone: Zone) -> Filter {
    Filter {
        state: query.state.map(|it| it.0),
        unit_code: query.unit_code.clone().map(String::from),
        received_from: query.received_from.map(|day| zone.start_of_day(day.0)),
        received_before: query.received_to.and_then(|day| day.0.succ_opt()).map(|day| zone.start_of_day(day)),
    }
}
