//! Photos: sent, cleaned, sealed, shown; each look at a picture is recorded.

use actix_web::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::{Id, PhotoId, names};
use homeward_domain::photo::{self, PER_CHILD, PER_DAY, PER_PERSON};
use homeward_domain::policy::{Action, AddPhoto, Permit, ReadPhotos};
use homeward_store::call::new_id;
use homeward_store::photos::{self, Photo};
use homeward_store::seal::ContentKey;
use homeward_store::{ReadTx, Seen};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::{KeyRule, OfChild};
use crate::paging::List;
use crate::photo::{Picture, Undecoded};
use crate::problem::{Fault, Problem};
use crate::reply::{Created, Jpeg, Made, Shown};
use crate::wire::{Day, Name};

pub(super) mod consents;

/// A photo of a child.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPhoto {
    /// The day it was taken.
    taken_on: Day,
    /// From whom or where the agency has it.
    source: Name,
    /// A JPEG, PNG or WebP file of at most 15 MiB and 40 megapixels, as base64.
    #[schema(value_type = String, format = Byte)]
    content: String,
}

/// What is known of a photo.
#[derive(Serialize, ToSchema)]
pub(super) struct PhotoView {
    id: Uuid,
    taken_on: NaiveDate,
    source: String,
    width: i32,
    height: i32,
    /// Today, in the agency's civil time.
    age_days: i64,
    /// Older than 180 days: a newer one is asked for. It may still be sent.
    is_stale: bool,
    /// Where the picture is.
    content: String,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

impl PhotoView {
    pub(super) fn of(tx: &ReadTx, child: homeward_domain::id::ChildId, it: Photo) -> Self {
        let today = tx.agency().zone.local_date(tx.at());
        Self {
            id: it.id.uuid(),
            taken_on: it.taken_on,
            source: it.source,
            width: it.width,
            height: it.height,
            age_days: photo::age_in_days(it.taken_on, today),
            is_stale: photo::is_stale(it.taken_on, today),
            content: format!("/v1/children/{child}/photos/{}/content", it.id),
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
        }
    }
}

/// Add a photo of a child
///
/// Only the picture is kept: it is turned upright and encoded anew, without place, time, camera or anything else that
/// the file carried. It is sealed, and never deleted; a newer one stands first.
#[utoipa::path(tag = "photos", operation_id = "add_photo",
               params(("child_id" = Uuid, Path), ("Idempotency-Key" = String, Header, max_length = 255)),
               request_body = NewPhoto, responses((status = 201, body = PhotoView)))]
#[post("/v1/children/{child_id}/photos")]
pub(super) async fn add(request: OfChild<AddPhoto>) -> Result<Created, Problem> {
    request.consider(async |tx, permit| refuse_too_many(tx, permit).await).await?;
    let key = request.key(KeyRule::Required)?;
    let new: NewPhoto = request.body()?;
    let picture = cleaned(&request, new.content).await?;
    let (agency, id) = (request.call().agency, new_id(request.call().at));
    let content_key = keep(&request, id, &picture).await?;
    let photo = photos::NewPhoto {
        id,
        taken_on: new.taken_on.0,
        source: new.source.into(),
        width: i32::try_from(picture.width).unwrap_or(i32::MAX),
        height: i32::try_from(picture.height).unwrap_or(i32::MAX),
        key: content_key,
    };
    let created = request.create_once(key, async |tx, permit| record(tx, permit, &photo).await).await?;
    if let Err(error) = request.app().objects.settle(agency, id).await {
        tracing::debug!(%error, "a picture stays incoming until the sweep");
    }
    Ok(created)
}

async fn record(
    tx: &homeward_store::WriteTx,
    permit: &Permit<AddPhoto>,
    photo: &photos::NewPhoto,
) -> Result<(Made<PhotoView>, homeward_domain::audit::Entry), Problem> {
    refuse_too_many(tx, permit).await?;
    if tx.agency().zone.local_date(tx.at()) < photo.taken_on {
        return Err(Problem::Impossible(vec![Fault::of("taken_on", "is in the future")]));
    }
    let photo = photos::insert(tx, permit, photo).await?;
    let location = format!("/v1/children/{}/photos/{}", permit.child(), photo.id);
    let entry = permit.did(Change::PhotoAdded { photo_id: photo.id });
    Ok((Made { view: PhotoView::of(tx, permit.child(), photo), location, version: None }, entry))
}

async fn refuse_too_many<A: Action>(tx: &ReadTx, permit: &Permit<A>) -> Result<(), Problem> {
    let count = photos::count(tx, permit).await?;
    let too_many = PER_DAY <= count.lately || PER_CHILD <= count.in_all || PER_PERSON <= count.by_caller;
    if too_many { Err(Problem::TooManyPhotos) } else { Ok(()) }
}

/// Decoding takes memory, so few are decoded at a time, each in a process of its own.
async fn cleaned(request: &OfChild<AddPhoto>, content: String) -> Result<Picture, Problem> {
    let _turn = request.app().decoders.acquire().await.map_err(|error| Problem::Internal(Box::new(error)))?;
    let file = tokio::task::spawn_blocking(move || STANDARD.decode(content)).await;
    let file = file.map_err(|error| Problem::Internal(Box::new(error)))?;
    let at_fault = |why: String| Problem::Impossible(vec![Fault::of("content", why)]);
    let file = file.map_err(|_| at_fault("is not base64".to_owned()))?;
    request.app().decoder.picture(&file).await.map_err(|error| match error {
        Undecoded::Fault(fault) => at_fault(fault.to_string()),
        Undecoded::Broken(_) => Problem::Internal(Box::new(error)),
    })
}

async fn keep(request: &OfChild<AddPhoto>, id: PhotoId, picture: &Picture) -> Result<ContentKey, Problem> {
    let key = ContentKey::new()?;
    let agency = request.call().agency;
    request.app().objects.put(agency, id, key.seal(agency, id, &picture.jpeg)?).await?;
    Ok(key)
}

/// The photos of a child, the newest first
#[utoipa::path(tag = "photos", operation_id = "list_photos", params(("child_id" = Uuid, Path)),
               responses((status = 200, body = List<PhotoView>)))]
#[get("/v1/children/{child_id}/photos")]
pub(super) async fn list(request: OfChild<ReadPhotos>) -> Result<Shown<List<PhotoView>>, Problem> {
    let views = request
        .read(async |tx, permit| {
            let all = photos::of_child(tx, permit).await?;
            Ok(Seen(all.into_iter().map(|it| PhotoView::of(tx, permit.child(), it)).collect(), permit.saw()))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}

/// What is known of one photo
#[utoipa::path(tag = "photos", operation_id = "get_photo",
               params(("child_id" = Uuid, Path), ("photo_id" = Uuid, Path)),
               responses((status = 200, body = PhotoView)))]
#[get("/v1/children/{child_id}/photos/{photo_id}")]
pub(super) async fn show(request: OfChild<ReadPhotos>) -> Result<Shown<PhotoView>, Problem> {
    let id = request.id::<names::Photo>("photo_id")?;
    request
        .read(async |tx, permit| {
            let photo = photos::find(tx, permit, id).await?;
            Ok(Seen(Shown(PhotoView::of(tx, permit.child(), photo)), permit.saw()))
        })
        .await
}

/// The picture of one photo, as JPEG
#[utoipa::path(tag = "photos", operation_id = "get_photo_content",
               params(("child_id" = Uuid, Path), ("photo_id" = Uuid, Path)),
               responses((status = 200, content_type = "image/jpeg", body = [u8])))]
#[get("/v1/children/{child_id}/photos/{photo_id}/content")]
pub(super) async fn picture_of(request: OfChild<ReadPhotos>) -> Result<Jpeg, Problem> {
    let id: PhotoId = request.id::<names::Photo>("photo_id")?;
    let key = request.read(async |tx, permit| Ok(Seen(photos::key(tx, permit, id).await?, permit.saw()))).await?;
    let agency = Id::from_uuid(request.call().agency.uuid());
    let sealed = request.app().objects.get(agency, id).await?;
    Ok(Jpeg(key.open(agency, id, &sealed)?))
}
