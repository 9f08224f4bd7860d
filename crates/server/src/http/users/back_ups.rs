//! Who stands in for a worker.

use actix_web::{get, put};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::{Id, UserId, names};
use homeward_domain::impossible::Impossible;
use homeward_domain::policy::{ArrangeRoster, ReadPeople};
use homeward_domain::roster::{Colleague, unfit};
use homeward_store::rosters::{self, BackUp};
use homeward_store::{Audited, ReadTx, Seen, people};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::Within;
use crate::problem::{Problem, refuse};
use crate::reply::Versioned;

/// Who is to stand in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBackUp {
    /// Null: nobody.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    back_up_id: Option<Uuid>,
}

/// Who stands in for a worker. They hear of everything that nobody below them has seen in time.
#[derive(Serialize, ToSchema)]
pub(crate) struct BackUpView {
    user_id: Uuid,
    back_up_id: Option<Uuid>,
    /// 0 while nobody was ever chosen.
    version: i32,
    recorded_at: Option<DateTime<Utc>>,
    recorded_by: Option<Uuid>,
}

impl BackUpView {
    fn of(user: UserId, it: &BackUp) -> Versioned<Self> {
        let view = Self {
            user_id: user.uuid(),
            back_up_id: it.user.map(Id::uuid),
            version: it.version,
            recorded_at: it.recorded.map(|(at, _)| at),
            recorded_by: it.recorded.map(|(_, by)| by.uuid()),
        };
        Versioned(view, it.version)
    }
}

/// Who stands in for a worker
#[utoipa::path(tag = "people", operation_id = "get_back_up", params(("user_id" = Uuid, Path)),
               responses((status = 200, body = BackUpView)))]
#[get("/v1/users/{user_id}/back-up")]
pub(crate) async fn show(request: Within<ReadPeople>) -> Result<Versioned<BackUpView>, Problem> {
    let id = request.id::<names::User>("user_id")?;
    request
        .list(async |tx, grant| {
            people::find(tx, grant, id).await?;
            let chosen = rosters::back_up(tx, id).await?;
            Ok(Seen(BackUpView::of(id, &chosen), grant.saw(Vec::new())))
        })
        .await
}

/// Choose who stands in for a worker, or nobody
///
/// For the people of one's own units. Whoever stands in works there too, and with children. Every choice is kept.
#[utoipa::path(tag = "people", operation_id = "choose_back_up",
               params(("user_id" = Uuid, Path), ("If-Match" = String, Header)),
               request_body = NewBackUp, responses((status = 200, body = BackUpView)))]
#[put("/v1/users/{user_id}/back-up")]
pub(crate) async fn choose(request: Within<ArrangeRoster>) -> Result<Versioned<BackUpView>, Problem> {
    let id = request.id::<names::User>("user_id")?;
    request
        .write(async |tx, grant, body: NewBackUp| {
            let who = people::overseen(tx, grant, id).await?;
            let back_up: Option<UserId> = body.back_up_id.map(Id::from_uuid);
            if let Some(other) = back_up {
                refuse(unfit_back_up(tx, &who, other).await?.into_iter().collect())?;
            }
            let chosen = rosters::choose_back_up(tx, grant, id, request.version()?, back_up).await?;
            let change = Change::BackUpChosen { user_id: id, version: chosen.version, back_up_id: back_up };
            Ok(Audited::new(BackUpView::of(id, &chosen), grant.did(None, change)))
        })
        .await
}

async fn unfit_back_up(tx: &ReadTx, who: &Colleague, other: UserId) -> Result<Option<Impossible>, Problem> {
    let field = "back_up_id";
    Ok(match people::colleague(tx, other).await? {
        Some(other) => unfit(field, &other, who),
        None => Some(Impossible::of(field, "is nobody of the agency")),
    })
}
