//! Missing episodes: opened, read, corrected, listed.

use actix_web::{get, patch, post};
use futures_util::try_join;
use homeward_domain::audit::Change;
use homeward_domain::duty::Cause;
use homeward_domain::episode::{MissingType, Moments, Recovery, check_moments, is_long_ago};
use homeward_domain::id::names;
use homeward_domain::policy::{ChangeEpisode, OpenEpisode, ReadChild};
use homeward_store::episodes::{self, NewEpisode};
use homeward_store::{Audited, Seen, duties, notices};
use serde::Deserialize;
use utoipa::ToSchema;

use super::views::EpisodeView;
use super::whereabouts;
use crate::auth::{KeyRule, OfChild};
use crate::paging::List;
use crate::problem::{Problem, refuse_impossible};
use crate::reply::{Created, Made, Shown, Versioned};
use crate::wire::codes::{MissingTypeCode, PlacementSettingCode, WhereaboutsKnownCode};
use crate::wire::{self, Instant, Name, Narrative};

pub(super) mod list;
mod patch;

use patch::EpisodePatch;

/// What is known when a child is missing. Only the receipt is required.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMissingEpisode {
    /// When the agency received the information: the 24 hours of 42 U.S.C. 671(a)(35)(B) start here.
    agency_information_received_at: Instant,
    /// That the receipt is right though it is more than 72 hours ago; without it such a receipt is refused.
    receipt_is_confirmed: Option<bool>,
    /// When the absence began: last seen.
    absence_began_at: Option<Instant>,
    last_contact_at: Option<Instant>,
    last_contact_place: Option<Name>,
    /// When the caregiver learnt of it; not the agency's receipt.
    caregiver_learned_at: Option<Instant>,
    first_suspected_at: Option<Instant>,
    /// When the agency determined that the child is missing. It buys no time.
    determined_missing_at: Option<Instant>,
    /// The agency's working description, `unknown` where left out. It never changes a deadline.
    missing_type: Option<MissingTypeCode>,
    missing_from: Option<PlacementSettingCode>,
    whereabouts_known: Option<WhereaboutsKnownCode>,
    circumstances: Option<Narrative>,
}

impl From<NewMissingEpisode> for NewEpisode {
    fn from(new: NewMissingEpisode) -> Self {
        Self {
            moments: Moments {
                received_at: new.agency_information_received_at.0,
                absence_began_at: wire::at(new.absence_began_at),
                caregiver_learned_at: wire::at(new.caregiver_learned_at),
                first_suspected_at: wire::at(new.first_suspected_at),
                determined_missing_at: wire::at(new.determined_missing_at),
            },
            last_contact_at: wire::at(new.last_contact_at),
            last_contact_place: wire::text(new.last_contact_place),
            missing_type: wire::code(new.missing_type).unwrap_or(MissingType::Unknown),
            missing_from: wire::code(new.missing_from),
            whereabouts_known: wire::code(new.whereabouts_known),
            circumstances: wire::text(new.circumstances),
        }
    }
}

/// Open a missing episode
///
/// Raises the two reports, to law enforcement and to NCMEC, each due 24 elapsed hours after the receipt or sooner
/// where the State says so (42 U.S.C. 671(a)(35)(B)), and queues their reminders in the same transaction. A second
/// open episode of the child is a 409 with the id of the first.
#[utoipa::path(tag = "episodes", operation_id = "open_missing_episode",
               params(("child_id" = uuid::Uuid, Path), ("Idempotency-Key" = String, Header, max_length = 255)),
               request_body = NewMissingEpisode, responses((status = 201, body = EpisodeView)))]
#[post("/v1/children/{child_id}/missing-episodes")]
pub(super) async fn open(request: OfChild<OpenEpisode>) -> Result<Created, Problem> {
    let opened = request
        .create(KeyRule::Required, async |tx, permit, body: NewMissingEpisode| {
            let is_confirmed = body.receipt_is_confirmed == Some(true);
            let new = NewEpisode::from(body);
            refuse_impossible(&check_moments(&new.moments, &Recovery::default(), tx.at()))?;
            if is_long_ago(new.moments.received_at, tx.at()) && !is_confirmed {
                return Err(Problem::ReceiptToConfirm);
            }
            let episode = episodes::insert(tx, permit, new).await?;
            // Polled together, they share a round trip.
            let plan = async { Ok(tx.plan().await?) };
            let ((), owed) = try_join!(whereabouts::note(tx, permit, None, &episode), plan)?;
            let location = format!("/v1/children/{}/missing-episodes/{}", permit.child(), episode.id);
            let view = EpisodeView::of(&episode, &owed, tx.at());
            let entry = permit.did(Change::EpisodeOpened { episode_id: episode.id });
            Ok((Made { view, location, version: Some(episode.version) }, entry))
        })
        .await;
    match opened {
        Err(Problem::OverlappingEpisode) => Err(already_missing(&request).await),
        opened => opened,
    }
}

/// The transaction that met the constraint is gone, so the open episode is looked up in one of its own.
async fn already_missing(request: &OfChild<OpenEpisode>) -> Problem {
    let existing = request
        .read_as::<OpenEpisode, _>(async |tx, permit| {
            Ok(Seen(episodes::open_of_child(tx, permit).await?, permit.saw()))
        })
        .await;
    match existing {
        Ok(Some(open_episode_id)) => Problem::AlreadyMissing { open_episode_id },
        Ok(None) => Problem::OverlappingEpisode,
        Err(problem) => problem,
    }
}

/// The episodes of a child, newest first
#[utoipa::path(tag = "episodes", operation_id = "list_missing_episodes_of_child",
               params(("child_id" = uuid::Uuid, Path)), responses((status = 200, body = List<EpisodeView>)))]
#[get("/v1/children/{child_id}/missing-episodes")]
pub(super) async fn of_child(request: OfChild<ReadChild>) -> Result<Shown<List<EpisodeView>>, Problem> {
    let views = request
        .read(async |tx, permit| {
            let all = episodes::of_child(tx, permit).await?;
            let owed = duties::of_child(tx, permit).await?;
            let view = |it: &episodes::Episode| {
                let own: Vec<_> = owed.iter().filter(|duty| duty.cause == Cause::Episode(it.id)).cloned().collect();
                EpisodeView::of(it, &own, tx.at())
            };
            Ok(Seen(all.iter().map(view).collect(), permit.saw()))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}

/// One missing episode, with what is owed for it
#[utoipa::path(tag = "episodes", operation_id = "get_missing_episode",
               params(("child_id" = uuid::Uuid, Path), ("episode_id" = uuid::Uuid, Path)),
               responses((status = 200, body = EpisodeView)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}")]
pub(super) async fn show(request: OfChild<ReadChild>) -> Result<Versioned<EpisodeView>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    request
        .read(async |tx, permit| {
            let episode = episodes::find(tx, permit, id).await?;
            let owed = duties::of_episode(tx, permit, id).await?;
            let view = EpisodeView::of(&episode, &owed, tx.at());
            Ok(Seen(Versioned(view, episode.version), permit.saw()))
        })
        .await
}

/// Correct or complete the facts of an episode
///
/// What it said before is kept. The receipt may move earlier freely; to move it later takes a supervisor and a
/// `reason`, and both values are kept (CLK-5). Whatever moves a limit of law later takes a `reason`, and those who watch
/// over records are told. The type may change as often as needed and moves no deadline.
#[utoipa::path(tag = "episodes", operation_id = "change_missing_episode",
               params(("child_id" = uuid::Uuid, Path), ("episode_id" = uuid::Uuid, Path),
                      ("If-Match" = String, Header)),
               request_body = EpisodePatch, responses((status = 200, body = EpisodeView)))]
#[patch("/v1/children/{child_id}/missing-episodes/{episode_id}")]
pub(super) async fn change(request: OfChild<ChangeEpisode>) -> Result<Versioned<EpisodeView>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    request
        .write(async |tx, permit, body: EpisodePatch| {
            let version = request.version()?;
            let before = episodes::lock(tx, permit, id).await?;
            if before.version != version {
                return Err(Problem::Stale);
            }
            let (known, was_owed) = (before.whereabouts_known, duties::of_episode(tx, permit, id).await?);
            let is_reasoned = body.is_reasoned();
            let (changed, change) = patch::apply(tx, before, body)?;
            let saved = episodes::save(tx, permit, changed).await?;
            whereabouts::note(tx, permit, known, &saved).await?;
            tx.plan().await?;
            let owed = duties::of_episode(tx, permit, id).await?;
            if duties::is_due_later(&was_owed, &owed) {
                patch::refuse_without_reason(is_reasoned)?;
                notices::limit_moved_later(tx, permit).await?;
            }
            let view = EpisodeView::of(&saved, &owed, tx.at());
            Ok(Audited::new(Versioned(view, saved.version), permit.did(change)))
        })
        .await
}
