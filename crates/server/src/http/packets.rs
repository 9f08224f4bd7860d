//! Packets for law enforcement and for NCMEC: made, kept as they were, read again. Making one tells nobody anything.

use std::cell::Cell;

use actix_web::{get, post};
use homeward_domain::audit::Change;
use homeward_domain::id::{EpisodeId, names};
use homeward_domain::policy::{MakePacket, ReadChild, ReadPacket};
use homeward_store::packets::{self, PACKETS};
use homeward_store::{Seen, episodes};
use serde_json::Value;

use self::kept::{NewPacket, PacketView, named_of};
use self::laid::{Picked, json_file, lay_out, pdf_file};
use crate::auth::{KeyRule, OfChild};
use crate::packet::differences::{self, Difference};
use crate::packet::laid::{Laid, Making};
use crate::packet::{Draft, PacketContent, compose, sheet};
use crate::paging::List;
use crate::problem::Problem;
use crate::reply::{Created, File, Made, PdfFile, Shown};

pub(super) mod disclosures;
mod kept;
pub(super) mod laid;

/// Make a packet for law enforcement or for NCMEC
///
/// It holds what people stated and recorded, as far as the table of disclosures lets it go there; observations only
/// where `observation_ids` names them one by one; what people concluded only to law enforcement, and only where
/// `determination_ids` does. What is open holds nothing up. It is kept as it is, later versions stand beside it, and no
/// duty is discharged by it.
#[utoipa::path(tag = "packets", operation_id = "make_packet",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path),
                      ("Idempotency-Key" = String, Header, max_length = 255)),
               request_body = NewPacket, responses((status = 201, body = PacketView)))]
#[post("/v1/children/{child_id}/missing-episodes/{episode_id}/packets")]
pub(super) async fn make(request: OfChild<MakePacket>) -> Result<Created, Problem> {
    let episode = request.id::<names::Episode>("episode_id")?;
    let ready = Cell::new(Some(ready(&request, episode).await));
    let create = request.create(KeyRule::Required, async |tx, permit, body: NewPacket| {
        let (draft, laid) = ready.take().ok_or(Problem::ChangedMeanwhile)??;
        episodes::lock(tx, permit, episode).await?;
        if compose(tx, permit, episode, &body.asked()).await? != draft {
            return Err(Problem::ChangedMeanwhile);
        }
        let making = Making::of(tx.new_id(), episode, permit.actor(), draft);
        let packet = packets::insert(tx, permit, laid.keep(making)).await?;
        let location = format!("/v1/children/{}/missing-episodes/{episode}/packets/{}", permit.child(), packet.id);
        let destination = packet.destination;
        let made = Change::PacketMade { episode_id: episode, packet_id: packet.id, destination };
        let entry = permit.did(laid::as_known(made, packet.id.uuid(), packet.for_few));
        Ok((Made { view: PacketView::of(packet, tx.agency().zone)?, location, version: None }, entry))
    });
    Box::pin(create).await
}

async fn ready(request: &OfChild<MakePacket>, episode: EpisodeId) -> Result<(Draft, Laid), Problem> {
    let read = request.prepare(async |tx, permit, body: NewPacket| {
        let draft = compose(tx, permit, episode, &body.asked()).await?;
        body.refuse_unknown(&draft)?;
        Ok((Picked::of(tx, &draft.made_of).await?, draft, tx.agency().zone))
    });
    let (picked, draft, zone) = read.await?;
    let content = draft.content.clone();
    let laid = lay_out(request, &draft.content, picked, move |picture| sheet(&content, zone, picture)).await?;
    Ok((draft, laid))
}

/// The packets of an episode, in the order they were made
#[utoipa::path(tag = "packets", operation_id = "list_packets",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path)),
               responses((status = 200, body = List<PacketView>)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/packets")]
pub(super) async fn list(request: OfChild<ReadChild>) -> Result<Shown<List<PacketView>>, Problem> {
    let episode = request.id::<names::Episode>("episode_id")?;
    let views = request
        .read(async |tx, permit| {
            episodes::find(tx, permit, episode).await?;
            let all = packets::of_episode(tx, permit, episode, PACKETS).await?;
            let views: Result<Vec<_>, _> = all.into_iter().map(|it| PacketView::of(it, tx.agency().zone)).collect();
            Ok(Seen(views?, permit.saw()))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}

/// One packet, without what is in it
#[utoipa::path(tag = "packets", operation_id = "get_packet",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("packet_id" = Uuid, Path)),
               responses((status = 200, body = PacketView)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/packets/{packet_id}")]
pub(super) async fn show(request: OfChild<ReadChild>) -> Result<Shown<PacketView>, Problem> {
    let ids = named_of(&request)?;
    request
        .read(async |tx, permit| {
            let packet = packets::find(tx, permit, ids, PACKETS).await?;
            Ok(Seen(Shown(PacketView::of(packet, tx.agency().zone)?), permit.saw()))
        })
        .await
}

/// What a packet says, as JSON, byte for byte as it was made
#[utoipa::path(tag = "packets", operation_id = "get_packet_content",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("packet_id" = Uuid, Path)),
               responses((status = 200, body = PacketContent)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/packets/{packet_id}/content.json")]
pub(super) async fn show_content(request: OfChild<ReadPacket>) -> Result<File, Problem> {
    json_file(&request, named_of(&request)?, PACKETS).await
}

/// What a packet says, as PDF, byte for byte as it was made
#[utoipa::path(tag = "packets", operation_id = "get_packet_document",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("packet_id" = Uuid, Path)),
               responses((status = 200, body = PdfFile, content_type = "application/pdf")))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/packets/{packet_id}/content.pdf")]
pub(super) async fn show_document(request: OfChild<ReadPacket>) -> Result<File, Problem> {
    pdf_file(&request, named_of(&request)?, PACKETS).await
}

/// Where a packet and the records no longer say the same
///
/// Item by item: as the packet says, and as the records say now. What the caller may not read is in neither.
#[utoipa::path(tag = "packets", operation_id = "get_packet_differences",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("packet_id" = Uuid, Path)),
               responses((status = 200, body = List<Difference>)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/packets/{packet_id}/differences")]
pub(super) async fn compare(request: OfChild<ReadPacket>) -> Result<Shown<List<Difference>>, Problem> {
    let (episode, id) = named_of(&request)?;
    let found = request
        .read(async |tx, permit| {
            let packet = packets::find(tx, permit, (episode, id), PACKETS).await?;
            let kept = packets::content(tx, permit, &packet).await?;
            let was: Value = serde_json::from_slice(&kept).map_err(|error| Problem::Internal(Box::new(error)))?;
            let asked = kept::asked_again(packet.destination, &was)?;
            let now = compose(tx, permit, episode, &asked).await?.content;
            let now = serde_json::to_value(&now).map_err(|error| Problem::Internal(Box::new(error)))?;
            Ok(Seen(differences::between(&was, &now), laid::look(tx, permit, &packet)?))
        })
        .await?;
    Ok(Shown(List::whole(found)))
}
