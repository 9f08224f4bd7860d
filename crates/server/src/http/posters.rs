//! Posters: public, so they rest on a consent that stands, and say nothing about care.

use std::cell::Cell;

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::disclosure::Destination;
use homeward_domain::id::{EpisodeId, Id, PacketId, UserId, names};
use homeward_domain::policy::{Action, MakePacket, ReadChild, ReadPacket};
use homeward_store::packets::{self, POSTERS, Packet};
use homeward_store::{Seen, episodes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::packets::laid::{Picked, json_file, lay_out, pdf_file};
use crate::auth::{KeyRule, OfChild};
use crate::packet::laid::{Laid, Making};
use crate::paging::List;
use crate::poster::{self, Draft, Poster, Typed};
use crate::problem::Problem;
use crate::reply::{Created, File, Made, PdfFile, Shown};
use crate::wire::{self, Day, Name, Reason};

/// A poster that a person wants. What is typed here is public: no address, no name of a home, nothing about care.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPoster {
    last_seen_on: Day,
    last_seen_city: Name,
    last_seen_state: Name,
    /// Marks that the public can see.
    marks: Option<Reason>,
    clothing: Option<Reason>,
}

/// A poster, without what is on it.
#[derive(Serialize, ToSchema)]
pub(super) struct PosterView {
    id: Uuid,
    episode_id: Uuid,
    /// Counts up from 1.
    version: i32,
    made_at: DateTime<Utc>,
    made_by: Uuid,
    /// Of `content.json`.
    sha256_json: String,
    /// Of `content.pdf`.
    sha256_pdf: String,
    photo_id: Option<Uuid>,
    /// The decision to publish that it rests on.
    consent_id: Option<Uuid>,
}

impl NewPoster {
    fn typed(&self) -> Typed {
        Typed {
            last_seen_on: self.last_seen_on.0,
            last_seen_city: self.last_seen_city.as_str().to_owned(),
            last_seen_state: self.last_seen_state.as_str().to_owned(),
            marks: wire::text(self.marks.clone()),
            clothing: wire::text(self.clothing.clone()),
        }
    }
}

impl PosterView {
    fn of(it: Packet) -> Self {
        Self {
            id: it.id.uuid(),
            episode_id: it.episode.uuid(),
            version: it.version,
            made_at: it.made_at,
            made_by: it.made_by.uuid(),
            sha256_json: it.sha256_json,
            sha256_pdf: it.sha256_pdf,
            photo_id: it.made_of.photo.map(|it| it.0.uuid()),
            consent_id: it.made_of.consent.map(Id::uuid),
        }
    }
}

/// Make a poster
///
/// Only where the consent to publish stands. It says who is missing, what the child looks like, where and when the
/// child was last seen, and whom to call.
#[utoipa::path(tag = "packets", operation_id = "make_poster",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path),
                      ("Idempotency-Key" = String, Header, max_length = 255)),
               request_body = NewPoster, responses((status = 201, body = PosterView)))]
#[post("/v1/children/{child_id}/missing-episodes/{episode_id}/posters")]
pub(super) async fn make(request: OfChild<MakePacket>) -> Result<Created, Problem> {
    let episode = request.id::<names::Episode>("episode_id")?;
    // Where another request is in the way, the document is made anew.
    let ready = Cell::new(Some(ready(&request, episode).await));
    request
        .create(KeyRule::Required, async |tx, permit, body: NewPoster| {
            let (draft, laid) = ready.take().ok_or(Problem::ChangedMeanwhile)??;
            episodes::lock(tx, permit, episode).await?;
            if poster::compose(tx, permit, episode, &body.typed()).await? != draft {
                return Err(Problem::ChangedMeanwhile);
            }
            let making = making(tx.new_id(), episode, permit.actor(), draft);
            let packet = packets::insert(tx, permit, laid.keep(making)).await?;
            let location = format!("/v1/children/{}/missing-episodes/{episode}/posters/{}", permit.child(), packet.id);
            let destination = Destination::Poster;
            let entry = permit.did(Change::PacketMade { episode_id: episode, packet_id: packet.id, destination });
            Ok((Made { view: PosterView::of(packet), location, version: None }, entry))
        })
        .await
}

fn making(id: PacketId, episode: EpisodeId, made_by: UserId, draft: Draft) -> Making {
    let Draft { poster, made_of } = draft;
    let (version, made_at) = (poster.version, poster.made_at);
    Making { id, episode, destination: Destination::Poster, version, made_at, made_by, made_of, for_few: false }
}

async fn ready(request: &OfChild<MakePacket>, episode: EpisodeId) -> Result<(Draft, Laid), Problem> {
    let read = request.prepare(async |tx, permit, body: NewPoster| {
        episodes::find(tx, permit, episode).await?;
        let draft = poster::compose(tx, permit, episode, &body.typed()).await?;
        let picked = Picked::of(tx, &draft.made_of).await?;
        Ok((draft, picked))
    });
    let (draft, picked) = read.await?;
    let poster = draft.poster.clone();
    let laid = lay_out(request, &draft.poster, picked, move |picture| poster::sheet(&poster, picture)).await?;
    Ok((draft, laid))
}

/// The posters of an episode, in the order they were made
#[utoipa::path(tag = "packets", operation_id = "list_posters",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path)),
               responses((status = 200, body = List<PosterView>)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/posters")]
pub(super) async fn list(request: OfChild<ReadChild>) -> Result<Shown<List<PosterView>>, Problem> {
    let episode = request.id::<names::Episode>("episode_id")?;
    let views = request
        .read(async |tx, permit| {
            episodes::find(tx, permit, episode).await?;
            let all = packets::of_episode(tx, permit, episode, POSTERS).await?;
            Ok(Seen(all.into_iter().map(PosterView::of).collect(), permit.saw()))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}

/// One poster, without what is on it
#[utoipa::path(tag = "packets", operation_id = "get_poster",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("poster_id" = Uuid, Path)),
               responses((status = 200, body = PosterView)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/posters/{poster_id}")]
pub(super) async fn show(request: OfChild<ReadChild>) -> Result<Shown<PosterView>, Problem> {
    let ids = named_of(&request)?;
    request
        .read(async |tx, permit| {
            let packet = packets::find(tx, permit, ids, POSTERS).await?;
            Ok(Seen(Shown(PosterView::of(packet)), permit.saw()))
        })
        .await
}

pub(super) fn named_of<A: Action>(request: &OfChild<A>) -> Result<(EpisodeId, PacketId), Problem> {
    Ok((request.id::<names::Episode>("episode_id")?, request.id::<names::Packet>("poster_id")?))
}

/// What a poster says, as JSON, byte for byte as it was made
#[utoipa::path(tag = "packets", operation_id = "get_poster_content",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("poster_id" = Uuid, Path)),
               responses((status = 200, body = Poster)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/posters/{poster_id}/content.json")]
pub(super) async fn show_content(request: OfChild<ReadPacket>) -> Result<File, Problem> {
    json_file(&request, named_of(&request)?, POSTERS).await
}

/// A poster as PDF, byte for byte as it was made
#[utoipa::path(tag = "packets", operation_id = "get_poster_document",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("poster_id" = Uuid, Path)),
               responses((status = 200, body = PdfFile, content_type = "application/pdf")))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/posters/{poster_id}/content.pdf")]
pub(super) async fn show_document(request: OfChild<ReadPacket>) -> Result<File, Problem> {
    pdf_file(&request, named_of(&request)?, POSTERS).await
}
