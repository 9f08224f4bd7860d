//! Packets and posters: kept as they were made, sealed. A later version stands beside the ones before.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{Bool, Integer, Text, Uuid as SqlUuid};
use diesel::{
    ExpressionMethods as _, Insertable, OptionalExtension as _, QueryDsl as _, Queryable, QueryableByName, Selectable,
    SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use homeward_domain::disclosure::Destination;
use homeward_domain::id::{ConsentId, EpisodeId, Id, PacketId, PhotoId, UserId};
use homeward_domain::policy::{Action, MakePacket, Permit, ReadDeterminations};
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use crate::convert::code;
use crate::error::{StoreError, StoreResult};
use crate::schema::packets::{self, dsl};
use crate::seal::{PACKET_CONTENT, PACKET_DOCUMENT};
use crate::sql::sql;
use crate::tx::{ReadTx, WriteTx};

/// For the recipients of a report.
pub const PACKETS: &[Destination] = &[Destination::LawEnforcement, Destination::Ncmec];

/// All of them.
pub const ALL: &[Destination] = &[Destination::LawEnforcement, Destination::Ncmec, Destination::Poster];

/// For the public.
pub const POSTERS: &[Destination] = &[Destination::Poster];

/// What is known of a packet without opening it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The packet.
    pub id: PacketId,
    /// The episode.
    pub episode: EpisodeId,
    /// For whom.
    pub destination: Destination,
    /// Counts up from 1 for each episode and destination, and by itself for those that few know of.
    pub version: i32,
    /// When.
    pub made_at: DateTime<Utc>,
    /// By whom.
    pub made_by: UserId,
    /// What it was made of.
    pub made_of: MadeOf,
    /// Of the content, in hexadecimal.
    pub sha256_json: String,
    /// Of the document, in hexadecimal.
    pub sha256_pdf: String,
    /// It holds what fewer people may know of.
    pub for_few: bool,
}

/// What a packet was made of, by name and id only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MadeOf {
    /// The photo in it, and the day it was taken.
    pub photo: Option<(PhotoId, NaiveDate)>,
    /// The consent it rests on.
    pub consent: Option<ConsentId>,
    /// Items that nobody had stated.
    pub open_items: Vec<String>,
    /// Items that were stated and may not go there.
    pub left_out: Vec<String>,
}

/// A packet with what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPacket {
    /// What is known of it without opening it.
    pub packet: Packet,
    /// JSON.
    pub content: Vec<u8>,
    /// PDF.
    pub document: Vec<u8>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = packets)]
struct Row {
    id: Uuid,
    episode_id: Uuid,
    destination: String,
    version: i32,
    made_at: DateTime<Utc>,
    made_by: Uuid,
    photo_id: Option<Uuid>,
    photo_taken_on: Option<NaiveDate>,
    consent_id: Option<Uuid>,
    open_items: Vec<String>,
    left_out: Vec<String>,
    sha256_json: String,
    sha256_pdf: String,
    for_few: bool,
}

#[derive(Insertable)]
#[diesel(table_name = packets)]
struct NewRow {
    agency_id: Uuid,
    child_id: Uuid,
    content: Vec<u8>,
    document: Vec<u8>,
    #[diesel(embed)]
    row: Row,
}

#[derive(QueryableByName)]
struct Next {
    #[diesel(sql_type = Integer)]
    version: i32,
}

const NEXT: &str = "select coalesce(max(version), 0) + 1 as version from packets \
    where agency_id = ? and episode_id = ? and destination = ? and for_few = ?";

impl Row {
    fn of(it: Packet) -> Self {
        Self {
            id: it.id.uuid(),
            episode_id: it.episode.uuid(),
            destination: it.destination.code().to_owned(),
            version: it.version,
            made_at: it.made_at,
            made_by: it.made_by.uuid(),
            photo_id: it.made_of.photo.map(|it| it.0.uuid()),
            photo_taken_on: it.made_of.photo.map(|it| it.1),
            consent_id: it.made_of.consent.map(Id::uuid),
            open_items: it.made_of.open_items,
            left_out: it.made_of.left_out,
            sha256_json: it.sha256_json,
            sha256_pdf: it.sha256_pdf,
            for_few: it.for_few,
        }
    }

    fn packet(self) -> StoreResult<Packet> {
        let made_of = MadeOf {
            photo: self.photo_id.map(Id::from_uuid).zip(self.photo_taken_on),
            consent: self.consent_id.map(Id::from_uuid),
            open_items: self.open_items,
            left_out: self.left_out,
        };
        Ok(Packet {
            id: Id::from_uuid(self.id),
            episode: Id::from_uuid(self.episode_id),
            destination: code(&self.destination, "packets.destination")?,
            version: self.version,
            made_at: self.made_at,
            made_by: Id::from_uuid(self.made_by),
            made_of,
            sha256_json: self.sha256_json,
            sha256_pdf: self.sha256_pdf,
            for_few: self.for_few,
        })
    }
}

/// The number of the next one. Two that are made at once do not both get it: see the unique key.
pub async fn next_version<A: Action>(
    tx: &ReadTx,
    permit: &Permit<A>,
    episode: EpisodeId,
    (destination, for_few): (Destination, bool),
) -> StoreResult<i32> {
    let next: Next = sql(NEXT)
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(episode.uuid())
        .bind::<Text, _>(destination.code())
        .bind::<Bool, _>(for_few)
        .get_result(&mut tx.conn())
        .await?;
    Ok(next.version)
}

/// Keeps a packet about a locked episode. It tells nobody anything, so no duty moves.
pub async fn insert(tx: &WriteTx, permit: &Permit<MakePacket>, new: NewPacket) -> StoreResult<Packet> {
    let id = new.packet.id;
    let row = NewRow {
        agency_id: permit.agency().uuid(),
        child_id: permit.child().uuid(),
        content: tx.seal(PACKET_CONTENT, id, &new.content)?,
        document: tx.seal(PACKET_DOCUMENT, id, &new.document)?,
        row: Row::of(new.packet),
    };
    diesel::insert_into(packets::table).values(&row).execute(&mut tx.conn()).await?;
    row.row.packet()
}

/// The packets of one episode of the permitted child, in the order they were made.
pub async fn of_episode<A: Action>(
    tx: &ReadTx,
    permit: &Permit<A>,
    episode: EpisodeId,
    among: &[Destination],
) -> StoreResult<Vec<Packet>> {
    let rows: Vec<Row> = dsl::packets
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::episode_id.eq(episode.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .filter(dsl::destination.eq_any(codes(among)))
        .filter(dsl::for_few.eq_any(known(tx)))
        .order((dsl::made_at, dsl::id))
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(Row::packet).collect()
}

/// One of them.
pub async fn find<A: Action>(
    tx: &ReadTx,
    permit: &Permit<A>,
    (episode, id): (EpisodeId, PacketId),
    among: &[Destination],
) -> StoreResult<Packet> {
    let row: Option<Row> = dsl::packets
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::id.eq(id.uuid()))
        .filter(dsl::episode_id.eq(episode.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .filter(dsl::destination.eq_any(codes(among)))
        .filter(dsl::for_few.eq_any(known(tx)))
        .select(Row::as_select())
        .first(&mut tx.conn())
        .await
        .optional()?;
    row.ok_or(StoreError::NotFound)?.packet()
}

/// What a found packet says, byte for byte as it was made.
pub async fn content<A: Action>(tx: &ReadTx, permit: &Permit<A>, packet: &Packet) -> StoreResult<Vec<u8>> {
    let key = (permit.agency().uuid(), packet.id.uuid());
    let sealed: Vec<u8> = dsl::packets.find(key).select(dsl::content).first(&mut tx.conn()).await?;
    tx.open_bytes(PACKET_CONTENT, packet.id, &sealed)
}

/// The document of a found packet, byte for byte as it was made.
pub async fn document<A: Action>(tx: &ReadTx, permit: &Permit<A>, packet: &Packet) -> StoreResult<Vec<u8>> {
    let key = (permit.agency().uuid(), packet.id.uuid());
    let sealed: Vec<u8> = dsl::packets.find(key).select(dsl::document).first(&mut tx.conn()).await?;
    tx.open_bytes(PACKET_DOCUMENT, packet.id, &sealed)
}

/// Whoever may not read determinations finds no packet that holds one.
fn known(tx: &ReadTx) -> &'static [bool] {
    if tx.may::<ReadDeterminations>() { &[false, true] } else { &[false] }
}

fn codes(among: &[Destination]) -> Vec<&'static str> {
    among.iter().map(|it| it.code()).collect()
}
