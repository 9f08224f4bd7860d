//! Whether someone knows where a child is, each time that was told.

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::episode::WhereaboutsKnown;
use homeward_domain::id::names;
use homeward_domain::policy::{Action, ChangeEpisode, Permit, ReadChild};
use homeward_domain::whereabouts::Whereabouts;
use homeward_store::episodes::{self, Episode};
use homeward_store::whereabouts::{self, Stated};
use homeward_store::{Seen, WriteTx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::{KeyRule, OfChild};
use crate::paging::List;
use crate::problem::{Problem, refuse};
use crate::reply::{Created, Made, Shown};
use crate::wire::codes::WhereaboutsKnownCode;
use crate::wire::{self, Code, Instant, Name, Narrative};

/// Whether someone knows where the child is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWhereabouts {
    known: WhereaboutsKnownCode,
    /// Who saw to it; required for `yes_verified`, and only for it.
    verified_by_name: Option<Name>,
    /// When they did; likewise.
    verified_at: Option<Instant>,
    /// How it is known.
    how: Option<Narrative>,
}

/// A recorded statement.
#[derive(Serialize, ToSchema)]
pub(super) struct WhereaboutsView {
    id: Uuid,
    known: WhereaboutsKnownCode,
    /// Null also where the episode was changed without saying who saw to it.
    verified_by_name: Option<String>,
    verified_at: Option<DateTime<Utc>>,
    how: Option<String>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

impl From<NewWhereabouts> for Whereabouts {
    fn from(new: NewWhereabouts) -> Self {
        Self {
            known: new.known.0,
            verified_by_name: wire::text(new.verified_by_name),
            verified_at: wire::at(new.verified_at),
            how: wire::text(new.how),
        }
    }
}

impl WhereaboutsView {
    fn of(it: Stated) -> Self {
        Self {
            id: it.id.uuid(),
            known: Code(it.told.known),
            verified_by_name: it.told.verified_by_name,
            verified_at: it.told.verified_at,
            how: it.told.how,
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
        }
    }
}

/// Keeps what a saved episode says of the whereabouts, where it said something else `before`.
pub(super) async fn note<A: Action>(
    tx: &WriteTx,
    permit: &Permit<A>,
    before: Option<WhereaboutsKnown>,
    saved: &Episode,
) -> Result<(), Problem> {
    if let Some(known) = saved.whereabouts_known.filter(|it| Some(*it) != before) {
        whereabouts::insert(tx, permit, saved.id, Whereabouts::unexplained(known)).await?;
    }
    Ok(())
}

/// Saves in the episode what was told last. What changed is worth telling the recipients (CLK-10).
async fn keep(
    tx: &WriteTx,
    permit: &Permit<ChangeEpisode>,
    episode: Episode,
    known: WhereaboutsKnown,
) -> Result<(), Problem> {
    if episode.whereabouts_known == Some(known) {
        return Ok(());
    }
    let changed = Episode { whereabouts_known: Some(known), change_reason: None, ..episode };
    episodes::save(tx, permit, changed.with_material_change(tx.at())).await?;
    Ok(())
}

/// Record whether someone knows where the child is
///
/// The latest is the episode's `whereabouts_known`. A child whose place is known may still be missing from care: no
/// duty and no reminder ends by it.
#[utoipa::path(tag = "episodes", operation_id = "state_whereabouts",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path),
                      ("Idempotency-Key" = Option<String>, Header, max_length = 255)),
               request_body = NewWhereabouts, responses((status = 201, body = WhereaboutsView)))]
#[post("/v1/children/{child_id}/missing-episodes/{episode_id}/whereabouts")]
pub(super) async fn state(request: OfChild<ChangeEpisode>) -> Result<Created, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    request
        .create(KeyRule::Optional, async |tx, permit, body: NewWhereabouts| {
            let told = Whereabouts::from(body);
            refuse(told.faults(tx.at()))?;
            let episode = episodes::lock(tx, permit, id).await?;
            let stated = whereabouts::insert(tx, permit, id, told).await?;
            keep(tx, permit, episode, stated.told.known).await?;
            let location = format!("/v1/children/{}/missing-episodes/{id}/whereabouts", permit.child());
            let entry = permit.did(Change::WhereaboutsStated { episode_id: id, whereabouts_id: stated.id });
            Ok((Made { view: WhereaboutsView::of(stated), location, version: None }, entry))
        })
        .await
}

/// What was told of the whereabouts, the latest last
#[utoipa::path(tag = "episodes", operation_id = "list_whereabouts",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path)),
               responses((status = 200, body = List<WhereaboutsView>)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/whereabouts")]
pub(super) async fn list(request: OfChild<ReadChild>) -> Result<Shown<List<WhereaboutsView>>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    let views = request
        .read(async |tx, permit| {
            episodes::find(tx, permit, id).await?;
            let all = whereabouts::of_episode(tx, permit, id).await?;
            Ok(Seen(all.into_iter().map(WhereaboutsView::of).collect(), permit.saw()))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}
