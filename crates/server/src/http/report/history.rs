//! What was stated before: every statement of a group, under the same right as the group itself.

use actix_web::get;
use chrono::{DateTime, Utc};
use homeward_domain::id::{EpisodeId, names};
use homeward_domain::policy::{ReadContacts, ReadDescription, ReadEndangerment, ReadParticulars};
use homeward_domain::report::{OfGroup, ReportItem, Said};
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_store::Seen;
use homeward_store::report::{self, Stated};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::scope;
use crate::auth::OfChild;
use crate::paging::List;
use crate::problem::Problem;
use crate::reply::Shown;
use crate::wire::Code;
use crate::wire::codes::{ContentOriginCode, ContentStatusCode};

/// One statement of one item, as it was made.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct PastStatement {
    item: &'static str,
    /// Of the group; the last of each item stands.
    version: i32,
    status: ContentStatusCode,
    value: Option<String>,
    reason: Option<String>,
    origin: ContentOriginCode,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

impl PastStatement {
    fn of((item, it): (ReportItem, Stated)) -> Self {
        Self {
            item: item.code(),
            version: it.version,
            status: Code(it.status),
            value: it.said.as_ref().and_then(Said::value).map(str::to_owned),
            reason: it.said.as_ref().and_then(Said::reason).map(str::to_owned),
            origin: Code(it.origin),
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
        }
    }
}

type Answer = Result<Shown<List<PastStatement>>, Problem>;

async fn read<A: OfGroup>(request: OfChild<A>, episode: Option<EpisodeId>) -> Answer {
    let statements = request
        .read(async |tx, permit| {
            let scope = scope(tx, permit, episode).await?;
            let all = report::history(tx, permit, scope).await?;
            Ok(Seen(all.into_iter().map(PastStatement::of).collect(), permit.saw()))
        })
        .await?;
    Ok(Shown(List::whole(statements)))
}

/// What was stated of a child's looks and names, in the order it was stated
#[utoipa::path(tag = "reports", operation_id = "list_description_history", params(("child_id" = Uuid, Path)),
               responses((status = 200, body = List<PastStatement>)))]
#[get("/v1/children/{child_id}/description/history")]
pub(in crate::http) async fn of_description(request: OfChild<ReadDescription>) -> Answer {
    read(request, None).await
}

/// What was stated of health and dangers, in the order it was stated
#[utoipa::path(tag = "reports", operation_id = "list_endangerment_history", params(("child_id" = Uuid, Path)),
               responses((status = 200, body = List<PastStatement>)))]
#[get("/v1/children/{child_id}/endangerment/history")]
pub(in crate::http) async fn of_endangerment(request: OfChild<ReadEndangerment>) -> Answer {
    read(request, None).await
}

/// What was stated of how a child can be reached, in the order it was stated
#[utoipa::path(tag = "reports", operation_id = "list_contacts_history", params(("child_id" = Uuid, Path)),
               responses((status = 200, body = List<PastStatement>)))]
#[get("/v1/children/{child_id}/contacts/history")]
pub(in crate::http) async fn of_contacts(request: OfChild<ReadContacts>) -> Answer {
    read(request, None).await
}

/// What was stated of one missing episode, in the order it was stated
#[utoipa::path(tag = "reports", operation_id = "list_particulars_history",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path)),
               responses((status = 200, body = List<PastStatement>)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/particulars/history")]
pub(in crate::http) async fn of_particulars(request: OfChild<ReadParticulars>) -> Answer {
    let episode = request.id::<names::Episode>("episode_id")?;
    read(request, Some(episode)).await
}
