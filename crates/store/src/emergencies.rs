//! Restricted records that were opened in an emergency, and what somebody else thought of it.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Bool, Bytea, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{ChildId, EmergencyId, Id, UserId};
use homeward_domain::notice::Notice;
use homeward_domain::policy::{Grant, OpenInEmergency, Permit, Reach, ReviewEmergencies};
use homeward_domain::restriction::{EmergencyCategory, OPEN_FOR};
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use crate::convert::code;
use crate::error::{StoreError, StoreResult};
use crate::notices;
use crate::page::{After, Page, Window};
use crate::seal;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// One record, opened by one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emergency {
    /// The record of it.
    pub id: EmergencyId,
    /// Whose record was opened.
    pub child: ChildId,
    /// By whom.
    pub user: UserId,
    /// Why, by its kind.
    pub category: EmergencyCategory,
    /// Why, in their words.
    pub reason: String,
    /// When.
    pub granted_at: DateTime<Utc>,
    /// When it closes again.
    pub expires_at: DateTime<Utc>,
    /// What somebody else thought of it.
    pub review: Option<Review>,
}

/// What somebody else thought of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Whether it was justified.
    pub is_justified: bool,
    /// In their words.
    pub note: String,
    /// When.
    pub reviewed_at: DateTime<Utc>,
    /// By whom.
    pub reviewed_by: UserId,
}

const INSERT: &str = "insert into emergency_accesses (agency_id, id, child_id, unit_id, user_id, session_id, category, reason, \
    granted_at, expires_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const SELECT: &str = "select e.id, e.child_id, e.user_id, e.category, e.reason, e.granted_at, e.expires_at, \
    e.reviewed_at, e.reviewed_by, e.is_justified, e.review_note from emergency_accesses e where e.agency_id = ?";

const REVIEW: &str = "update emergency_accesses set reviewed_at = ?, reviewed_by = ?, is_justified = ?, review_note = ? \
    where agency_id = ? and id = ? and reviewed_at is null";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    child_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Text)]
    category: String,
    #[diesel(sql_type = Bytea)]
    reason: Vec<u8>,
    #[diesel(sql_type = Timestamptz)]
    granted_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    reviewed_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    reviewed_by: Option<Uuid>,
    #[diesel(sql_type = Nullable<Bool>)]
    is_justified: Option<bool>,
    #[diesel(sql_type = Nullable<Bytea>)]
    review_note: Option<Vec<u8>>,
}

impl Row {
    fn emergency(self, tx: &ReadTx) -> StoreResult<Emergency> {
        let review = match (self.reviewed_at, self.reviewed_by, self.is_justified, self.review_note) {
            (Some(reviewed_at), Some(by), Some(is_justified), Some(note)) => {
                let note = tx.open(seal::EMERGENCY_NOTE, self.id, &note)?;
                Some(Review { is_justified, note, reviewed_at, reviewed_by: Id::from_uuid(by) })
            }
            _ => None,
        };
        Ok(Emergency {
            id: Id::from_uuid(self.id),
            child: Id::from_uuid(self.child_id),
            user: Id::from_uuid(self.user_id),
            category: code(&self.category, "emergency_accesses.category")?,
            reason: tx.open(seal::EMERGENCY_REASON, self.id, &self.reason)?,
            granted_at: self.granted_at,
            expires_at: self.expires_at,
            review,
        })
    }
}

/// Opens the permitted record for the caller and this session, and tells those who watch over it: all or nothing (SR-07).
pub async fn open(
    tx: &WriteTx,
    permit: &Permit<OpenInEmergency>,
    category: EmergencyCategory,
    reason: String,
) -> StoreResult<Emergency> {
    let (id, expires_at): (EmergencyId, _) = (tx.new_id(), tx.at() + OPEN_FOR);
    let unit = tx.child()?.unit;
    sql(INSERT)
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .bind::<SqlUuid, _>(permit.child().uuid())
        .bind::<SqlUuid, _>(unit.uuid())
        .bind::<SqlUuid, _>(permit.actor().uuid())
        .bind::<SqlUuid, _>(tx.call().session.uuid())
        .bind::<Text, _>(category.code())
        .bind::<Bytea, _>(tx.seal(seal::EMERGENCY_REASON, id, &reason)?)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<Timestamptz, _>(expires_at)
        .execute(&mut tx.conn())
        .await?;
    notices::alarm(tx, Notice::RecordOpenedInEmergency, permit.actor(), unit).await?;
    let (child, user) = (permit.child(), permit.actor());
    Ok(Emergency { id, child, user, category, reason, granted_at: tx.at(), expires_at, review: None })
}

/// One page of the emergencies within the caller's reach, the newest first; or only those that nobody judged.
pub async fn list(
    tx: &ReadTx,
    grant: &Grant<ReviewEmergencies>,
    only_open: bool,
    window: &Window,
) -> StoreResult<Page<Emergency>> {
    let mut query = within_reach(sql(SELECT).bind::<SqlUuid, _>(grant.agency().uuid()), grant);
    if only_open {
        query = query.push(" and e.reviewed_at is null");
    }
    if let Some(after) = window.after {
        query = query.push(" and (e.granted_at, e.id) < (?, ?)");
        query = query.bind::<Timestamptz, _>(after.at).bind::<SqlUuid, _>(after.id);
    }
    let query = query.push(" order by e.granted_at desc, e.id desc limit ?").bind::<BigInt, _>(window.limit + 1);
    let rows: Vec<Row> = query.load(&mut tx.conn()).await?;
    let all = rows.into_iter().map(|it| it.emergency(tx)).collect::<StoreResult<Vec<_>>>()?;
    Ok(Page::cut(all, window, |it| After { at: it.granted_at, id: it.id.uuid() }))
}

/// One emergency within the caller's reach.
pub async fn find(tx: &ReadTx, grant: &Grant<ReviewEmergencies>, id: EmergencyId) -> StoreResult<Emergency> {
    let query = within_reach(sql(SELECT).bind::<SqlUuid, _>(grant.agency().uuid()), grant);
    let row: Option<Row> =
        query.push(" and e.id = ?").bind::<SqlUuid, _>(id.uuid()).get_result(&mut tx.conn()).await.optional()?;
    row.ok_or(StoreError::NotFound)?.emergency(tx)
}

/// Judges an emergency that nobody judged. It closes the record, if it was open still.
pub async fn review(
    tx: &WriteTx,
    grant: &Grant<ReviewEmergencies>,
    id: EmergencyId,
    (is_justified, note): (bool, String),
) -> StoreResult<Emergency> {
    sql(REVIEW)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<Bool, _>(is_justified)
        .bind::<Bytea, _>(tx.seal(seal::EMERGENCY_NOTE, id, &note)?)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .execute(&mut tx.conn())
        .await?;
    find(tx, grant, id).await
}

fn within_reach(query: Sql, grant: &Grant<ReviewEmergencies>) -> Sql {
    match &grant.caller().reach {
        Reach::WholeAgency => query,
        Reach::Units(units) => query
            .push(" and e.unit_id = any(?)")
            .bind::<Array<SqlUuid>, _>(units.iter().map(|it| it.uuid()).collect::<Vec<Uuid>>()),
    }
}
