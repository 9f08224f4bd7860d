//! A person's open deadlines for their calendar, behind a secret of which only the hash is kept.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Binary, Bool, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{
    ExpressionMethods as _, Insertable, OptionalExtension as _, QueryDsl as _, Queryable, QueryableByName, Selectable,
    SelectableHelper as _,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::id::{CalendarFeedId, Id, names};
use homeward_domain::policy::{self, Grant, OwnReminders, ReadDeterminations};
use homeward_domain::vocabulary::Vocabulary;
use homeward_domain::zone::Zone;
use uuid::Uuid;

use crate::call;
use crate::duties::{self, Owed};
use crate::error::{StoreError, StoreResult};
use crate::schema::calendar_feeds;
use crate::schema::calendar_feeds::dsl;
use crate::sql::sql;
use crate::tx::{self, ReadTx, Store, WriteTx};

/// A feed, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// The feed.
    pub id: CalendarFeedId,
    /// What its owner calls it.
    pub label: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last read.
    pub read_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// What a calendar shows.
pub struct Deadlines {
    /// What is owed, the nearest limit first.
    pub owed: Vec<Owed>,
    /// The agency's clock.
    pub zone: Zone,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = calendar_feeds)]
struct Row {
    agency_id: Uuid,
    id: Uuid,
    user_id: Uuid,
    token_hash: Vec<u8>,
    label: String,
    created_at: DateTime<Utc>,
    read_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

impl From<Row> for Feed {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            label: row.label,
            created_at: row.created_at,
            read_at: row.read_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// Adds a feed of the caller.
pub async fn make(tx: &WriteTx, grant: &Grant<OwnReminders>, label: String, hash: Vec<u8>) -> StoreResult<Feed> {
    let row = Row {
        agency_id: grant.agency().uuid(),
        id: call::new_id::<names::CalendarFeed>(tx.at()).uuid(),
        user_id: grant.actor().uuid(),
        token_hash: hash,
        label,
        created_at: tx.at(),
        read_at: None,
        revoked_at: None,
    };
    diesel::insert_into(dsl::calendar_feeds).values(&row).execute(&mut tx.conn()).await?;
    Ok(row.into())
}

/// The caller's feeds, the newest first; revoked ones too.
pub async fn own(tx: &ReadTx, grant: &Grant<OwnReminders>) -> StoreResult<Vec<Feed>> {
    let rows: Vec<Row> = dsl::calendar_feeds
        .filter(dsl::agency_id.eq(grant.agency().uuid()))
        .filter(dsl::user_id.eq(grant.actor().uuid()))
        .order((dsl::created_at.desc(), dsl::id.desc()))
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    Ok(rows.into_iter().map(Feed::from).collect())
}

/// Revokes one of the caller's feeds. The first time stands.
pub async fn revoke(tx: &WriteTx, grant: &Grant<OwnReminders>, id: CalendarFeedId) -> StoreResult<Feed> {
    let mine = dsl::calendar_feeds
        .filter(dsl::agency_id.eq(grant.agency().uuid()))
        .filter(dsl::user_id.eq(grant.actor().uuid()))
        .filter(dsl::id.eq(id.uuid()));
    diesel::update(mine.filter(dsl::revoked_at.is_null()))
        .set(dsl::revoked_at.eq(tx.at()))
        .execute(&mut tx.conn())
        .await?;
    let row: Option<Row> = mine.select(Row::as_select()).first(&mut tx.conn()).await.optional()?;
    row.map(Feed::from).ok_or(StoreError::NotFound)
}

const BEHIND: &str = "select agency_id, id, user_id from calendar_feed_behind(?)";

const MARK_READ: &str = "update calendar_feeds set read_at = ? where agency_id = ? and id = ?";

/// What is the person's: assigned to them, or a child's of nobody in a unit that they supervise. What not everyone may
/// know of is left out for those who may not.
const DEADLINES: &str = "select to_jsonb(d) as duty, a.time_zone from duties d join agencies a on a.id = d.agency_id \
    join users u on u.agency_id = d.agency_id and u.id = ? where d.agency_id = ? and u.disabled_at is null \
    and d.done_at is null and d.closed_undone_at is null and d.superseded_at is null and not d.is_history \
    and (d.assigned_to = u.id or (d.assigned_to is null and u.role = 'supervisor' and exists (select from user_units uu \
    where uu.agency_id = d.agency_id and uu.user_id = u.id and uu.unit_id = d.unit_id))) \
    and (d.determination_id is null or u.role = any(?)) \
    order by coalesce(d.due_at, d.target_at), d.id limit 500";

const STANDS: &str = "select a.time_zone, u.disabled_at is null as works from users u join agencies a on a.id = u.agency_id \
    where u.agency_id = ? and u.id = ?";

#[derive(QueryableByName)]
struct Behind {
    #[diesel(sql_type = SqlUuid)]
    agency_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
}

#[derive(QueryableByName)]
struct Stands {
    #[diesel(sql_type = Text)]
    time_zone: String,
    #[diesel(sql_type = Bool)]
    works: bool,
}

#[derive(QueryableByName)]
struct DutyRow {
    #[diesel(sql_type = Jsonb)]
    duty: serde_json::Value,
}

impl Store {
    /// What the calendar behind this secret shows now. None where there is none, or its owner works here no more.
    pub async fn deadlines(&self, hash: Vec<u8>, now: DateTime<Utc>) -> StoreResult<Option<Deadlines>> {
        let behind = sql(BEHIND).bind::<Binary, _>(hash);
        let behind: Option<Behind> =
            self.sweep(async |conn| Ok(behind.get_result(&mut &*conn).await.optional()?)).await?;
        let Some(behind) = behind else { return Ok(None) };
        // The owner's own wall: what they may not know of is not in their calendar.
        let opening = tx::person(&tx::open_for(Id::from_uuid(behind.agency_id)), Id::from_uuid(behind.user_id), now);
        tx::unasked(&self.pool, &opening, async |conn| read(conn, &behind, now).await).await
    }
}

async fn read(conn: &AsyncPgConnection, feed: &Behind, now: DateTime<Utc>) -> StoreResult<Option<Deadlines>> {
    let stands: Stands =
        sql(STANDS).bind::<SqlUuid, _>(feed.agency_id).bind::<SqlUuid, _>(feed.user_id).get_result(&mut &*conn).await?;
    if !stands.works {
        return Ok(None);
    }
    sql(MARK_READ)
        .bind::<Timestamptz, _>(now)
        .bind::<SqlUuid, _>(feed.agency_id)
        .bind::<SqlUuid, _>(feed.id)
        .execute(&mut &*conn)
        .await?;
    let may_know: Vec<&str> = policy::roles_that_may::<ReadDeterminations>().map(Vocabulary::code).collect();
    let rows: Vec<DutyRow> = sql(DEADLINES)
        .bind::<SqlUuid, _>(feed.user_id)
        .bind::<SqlUuid, _>(feed.agency_id)
        .bind::<Nullable<diesel::sql_types::Array<Text>>, _>(Some(may_know))
        .load(&mut &*conn)
        .await?;
    let owed = |row: DutyRow| {
        let row: duties::Row = serde_json::from_value(row.duty).map_err(|_| StoreError::Corrupt("duties"))?;
        row.unopened()
    };
    let zone = Zone::parse(&stands.time_zone).map_err(|_| StoreError::Corrupt("agencies.time_zone"))?;
    Ok(Some(Deadlines { owed: rows.into_iter().map(owed).collect::<StoreResult<_>>()?, zone }))
}
