//! A packet or a poster on its way to being kept, and read again: laid out, hashed, the same bytes ever after.

use homeward_domain::audit::{Change, Look};
use homeward_domain::disclosure::Destination;
use homeward_domain::id::{EpisodeId, PacketId, PhotoId};
use homeward_domain::policy::{MakePacket, Permit, ReadDeterminations, ReadPacket, ReadPhotos};
use homeward_store::packets::{self, MadeOf, Packet};
use homeward_store::seal::ContentKey;
use homeward_store::{ReadTx, Seen, photos};
use serde::Serialize;
use uuid::Uuid;

use crate::auth::OfChild;
use crate::packet::laid::Laid;
use crate::pdf;
use crate::photo::on_paper;
use crate::problem::Problem;
use crate::reply::File;

/// The photo for a document, and what opens its picture.
pub(in crate::http) struct Picked(Option<(PhotoId, ContentKey)>);

impl Picked {
    /// The photo that it is made of, if there is one.
    pub(in crate::http) async fn of(tx: &ReadTx, made_of: &MadeOf) -> Result<Self, Problem> {
        let Some((id, _)) = made_of.photo else { return Ok(Self(None)) };
        let permit = tx.also::<ReadPhotos>()?;
        Ok(Self(Some((id, photos::key(tx, &permit, id).await?))))
    }

    async fn picture(self, request: &OfChild<MakePacket>) -> Result<Option<Vec<u8>>, Problem> {
        let Some((id, key)) = self.0 else { return Ok(None) };
        let agency = request.call().agency;
        let sealed = request.app().objects.get(agency, id).await?;
        Ok(Some(key.open(agency, id, &sealed)?))
    }
}

/// Lays the document out beside the event loop and outside of any transaction.
pub(in crate::http) async fn lay_out(
    request: &OfChild<MakePacket>,
    content: &impl Serialize,
    picked: Picked,
    sheet: impl FnOnce(Option<Vec<u8>>) -> pdf::Document + Send + 'static,
) -> Result<Laid, Problem> {
    let content = serde_json::to_vec(content).map_err(|error| Problem::Internal(Box::new(error)))?;
    let picture = picked.picture(request).await?;
    let turn = request.app().decoders.clone().acquire_owned().await;
    let turn = turn.map_err(|error| Problem::Internal(Box::new(error)))?;
    let work = move || {
        let picture = picture.map(|it| on_paper(&it)).transpose().map_err(|it| Problem::Internal(Box::new(it)))?;
        let laid = Laid::of(content, &sheet(picture));
        drop(turn);
        laid
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| Problem::Internal(Box::new(error)))?
}

/// The change, or only that there was one where few may know of it (12.4 item 19).
pub(in crate::http) fn as_known(change: Change, entry_id: Uuid, for_few: bool) -> Change {
    if for_few { Change::EntryRecorded { entry_id } } else { change }
}

/// A look at what is in it. At one that few know of it goes by the name of a reading that tells nothing.
pub(in crate::http) fn look(tx: &ReadTx, permit: &Permit<ReadPacket>, packet: &Packet) -> Result<Look, Problem> {
    if packet.for_few { Ok(tx.also::<ReadDeterminations>()?.saw()) } else { Ok(permit.saw()) }
}

/// What one of these says.
pub(in crate::http) async fn json_file(
    request: &OfChild<ReadPacket>,
    ids: (EpisodeId, PacketId),
    among: &[Destination],
) -> Result<File, Problem> {
    request
        .read(async |tx, permit| {
            let packet = packets::find(tx, permit, ids, among).await?;
            let content = packets::content(tx, permit, &packet).await?;
            let name = format!("{}-{}.json", packet.destination, packet.version);
            Ok(Seen(File { content, media_type: "application/json", name }, look(tx, permit, &packet)?))
        })
        .await
}

/// The document of one of these.
pub(in crate::http) async fn pdf_file(
    request: &OfChild<ReadPacket>,
    ids: (EpisodeId, PacketId),
    among: &[Destination],
) -> Result<File, Problem> {
    request
        .read(async |tx, permit| {
            let packet = packets::find(tx, permit, ids, among).await?;
            let content = packets::document(tx, permit, &packet).await?;
            let name = format!("{}-{}.pdf", packet.destination, packet.version);
            Ok(Seen(File { content, media_type: "application/pdf", name }, look(tx, permit, &packet)?))
        })
        .await
}
