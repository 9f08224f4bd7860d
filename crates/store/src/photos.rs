//! Photos: what is known of each, and the key to the picture.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use diesel::sql_types::{Array, BigInt, Timestamptz, Uuid as SqlUuid};
use diesel::{
    ExpressionMethods as _, Insertable, OptionalExtension as _, QueryDsl as _, Queryable, QueryableByName, Selectable,
    SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{AgencyId, Id, PhotoId, UserId};
use homeward_domain::policy::{Action, AddPhoto, Permit, ReadPhotos};
use uuid::Uuid;

use crate::call;
use crate::episodes;
use crate::error::{StoreError, StoreResult};
use crate::schema::photos::dsl;
use crate::seal::{ContentKey, PHOTO_KEY, PHOTO_SOURCE};
use crate::sql::sql;
use crate::tx::{ReadTx, Store, WriteTx};

/// What is known of a photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// The photo.
    pub id: PhotoId,
    /// The day it was taken.
    pub taken_on: NaiveDate,
    /// From whom or where the agency has it.
    pub source: String,
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
}

/// A photo whose picture is in the object store already.
pub struct NewPhoto {
    /// Also the name of the picture.
    pub id: PhotoId,
    /// The day it was taken.
    pub taken_on: NaiveDate,
    /// From whom or where the agency has it.
    pub source: String,
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// What opens the picture.
    pub key: ContentKey,
}

/// How many photos there are of a child, and of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct Count {
    /// All of them.
    #[diesel(sql_type = BigInt)]
    pub in_all: i64,
    /// Those recorded within the last 24 hours.
    #[diesel(sql_type = BigInt)]
    pub lately: i64,
    /// Those of any child that the caller recorded within the last 24 hours.
    #[diesel(sql_type = BigInt)]
    pub by_caller: i64,
}

/// Ids begin with their instant, so the key serves the caller's own of a day.
const COUNT: &str = "select count(*) as in_all, count(*) filter (where ? < recorded_at) as lately, \
    (select count(*) from photos m where m.agency_id = ? and ? <= m.id and m.recorded_by = ?) as by_caller \
    from photos where agency_id = ? and child_id = ?";

const THERE: &str = "select id from photos where agency_id = ? and id = any(?)";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::schema::photos)]
struct Row {
    agency_id: Uuid,
    id: Uuid,
    child_id: Uuid,
    taken_on: NaiveDate,
    source: Vec<u8>,
    width: i32,
    height: i32,
    content_key: Vec<u8>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

#[derive(QueryableByName)]
struct There {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

impl Row {
    fn photo(self, tx: &ReadTx) -> StoreResult<Photo> {
        Ok(Photo {
            source: tx.open(PHOTO_SOURCE, self.id, &self.source)?,
            id: Id::from_uuid(self.id),
            taken_on: self.taken_on,
            width: self.width,
            height: self.height,
            recorded_at: self.recorded_at,
            recorded_by: Id::from_uuid(self.recorded_by),
        })
    }
}

/// Records a photo of the permitted child. Of a missing child it is news for whoever was told (CLK-10).
pub async fn insert(tx: &WriteTx, permit: &Permit<AddPhoto>, new: &NewPhoto) -> StoreResult<Photo> {
    let row = Row {
        agency_id: permit.agency().uuid(),
        id: new.id.uuid(),
        child_id: permit.child().uuid(),
        taken_on: new.taken_on,
        source: tx.seal(PHOTO_SOURCE, new.id, &new.source)?,
        width: new.width,
        height: new.height,
        content_key: tx.seal(PHOTO_KEY, new.id, new.key.bytes())?,
        recorded_at: tx.at(),
        recorded_by: permit.actor().uuid(),
    };
    diesel::insert_into(dsl::photos).values(&row).execute(&mut tx.conn()).await?;
    episodes::material_change(tx, permit).await?;
    row.photo(tx)
}

/// How many there are of the permitted child, and of the caller.
pub async fn count<A: Action>(tx: &ReadTx, permit: &Permit<A>) -> StoreResult<Count> {
    let a_day_ago = tx.at() - TimeDelta::days(1);
    let count = sql(COUNT)
        .bind::<Timestamptz, _>(a_day_ago)
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(call::first_id(a_day_ago.timestamp_millis() + 1))
        .bind::<SqlUuid, _>(permit.actor().uuid())
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(permit.child().uuid());
    Ok(count.get_result(&mut tx.conn()).await?)
}

/// The photos of the permitted child, the newest first.
pub async fn of_child<A: Action>(tx: &ReadTx, permit: &Permit<A>) -> StoreResult<Vec<Photo>> {
    let rows: Vec<Row> = dsl::photos
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order((dsl::taken_on.desc(), dsl::id.desc()))
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(|it| it.photo(tx)).collect()
}

async fn row<A: Action>(tx: &ReadTx, permit: &Permit<A>, id: PhotoId) -> StoreResult<Row> {
    let row: Option<Row> = dsl::photos
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::id.eq(id.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .select(Row::as_select())
        .first(&mut tx.conn())
        .await
        .optional()?;
    row.ok_or(StoreError::NotFound)
}

/// One photo of the permitted child.
pub async fn find<A: Action>(tx: &ReadTx, permit: &Permit<A>, id: PhotoId) -> StoreResult<Photo> {
    row(tx, permit, id).await?.photo(tx)
}

/// What opens the picture of one photo of the permitted child.
pub async fn key(tx: &ReadTx, permit: &Permit<ReadPhotos>, id: PhotoId) -> StoreResult<ContentKey> {
    let sealed = row(tx, permit, id).await?.content_key;
    ContentKey::of(&tx.open_bytes(PHOTO_KEY, id, &sealed)?)
}

impl Store {
    /// Which of these photos of an agency are recorded: the pictures of the others belong to nobody.
    pub async fn photos_recorded(&self, agency: AgencyId, ids: Vec<PhotoId>) -> StoreResult<Vec<PhotoId>> {
        let ids: Vec<Uuid> = ids.into_iter().map(Id::uuid).collect();
        let there = sql(THERE).bind::<SqlUuid, _>(agency.uuid()).bind::<Array<SqlUuid>, _>(ids);
        let there: Vec<There> = self.within(agency, async |conn| Ok(there.load(&mut &*conn).await?)).await?;
        Ok(there.into_iter().map(|it| Id::from_uuid(it.id)).collect())
    }
}
