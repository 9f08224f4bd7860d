//! Unusual looks, as the trail shows them, and that somebody reviewed them.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{ChildId, Id, UserId};
use homeward_domain::policy::{Grant, ReviewLooks};
use homeward_domain::unusual::{
    AT_NIGHT, HANDED_OVER, MANY_CHILDREN, NIGHT, REFUSALS, ReviewConclusion, ReviewSpan, UnusualRule,
};
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use super::Actor;
use crate::call::first_id;
use crate::convert::code;
use crate::error::{StoreError, StoreResult};
use crate::sql::sql;
use crate::tx::{ReadTx, WriteTx};

const UNUSUAL: &str = include_str!("unusual.sql");

const RECORD: &str = "insert into look_reviews \
    (agency_id, id, from_at, to_at, findings, conclusion, reviewed_at, reviewed_by) values (?, ?, ?, ?, ?, ?, ?, ?)";

const ALL: &str = "select id, from_at, to_at, findings, conclusion, reviewed_at, reviewed_by from look_reviews \
    where agency_id = ? order by reviewed_at desc, id desc limit 200";

/// What somebody should ask about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusual {
    /// Why.
    pub rule: UnusualRule,
    /// Whom.
    pub actor: Actor,
    /// When it began.
    pub first_at: DateTime<Utc>,
    /// When it ended.
    pub last_at: DateTime<Utc>,
    /// Whose records.
    pub children: Vec<ChildId>,
}

/// One review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The review.
    pub id: Uuid,
    /// Of which time.
    pub span: ReviewSpan,
    /// How much was found then.
    pub findings: i32,
    /// What came of it.
    pub conclusion: ReviewConclusion,
    /// When.
    pub reviewed_at: DateTime<Utc>,
    /// By whom.
    pub reviewed_by: UserId,
}

#[derive(QueryableByName)]
struct UnusualRow {
    #[diesel(sql_type = Text)]
    rule: String,
    #[diesel(sql_type = SqlUuid)]
    actor_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    first_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    last_at: DateTime<Utc>,
    #[diesel(sql_type = Array<SqlUuid>)]
    child_ids: Vec<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    actor_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    actor_email: Option<String>,
}

#[derive(QueryableByName)]
struct ReviewRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    from_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    to_at: DateTime<Utc>,
    #[diesel(sql_type = Integer)]
    findings: i32,
    #[diesel(sql_type = Text)]
    conclusion: String,
    #[diesel(sql_type = Timestamptz)]
    reviewed_at: DateTime<Utc>,
    #[diesel(sql_type = SqlUuid)]
    reviewed_by: Uuid,
}

impl UnusualRow {
    fn unusual(self) -> StoreResult<Unusual> {
        Ok(Unusual {
            rule: code(&self.rule, "unusual looks")?,
            actor: Actor { id: Id::from_uuid(self.actor_id), name: self.actor_name, email: self.actor_email },
            first_at: self.first_at,
            last_at: self.last_at,
            children: self.child_ids.into_iter().map(Id::from_uuid).collect(),
        })
    }
}

impl ReviewRow {
    fn review(self) -> StoreResult<Review> {
        Ok(Review {
            id: self.id,
            span: ReviewSpan { from: self.from_at, to: self.to_at },
            findings: self.findings,
            conclusion: code(&self.conclusion, "look_reviews.conclusion")?,
            reviewed_at: self.reviewed_at,
            reviewed_by: Id::from_uuid(self.reviewed_by),
        })
    }
}

/// What is unusual in this time, by when it began; the first two hundred.
pub async fn unusual(tx: &ReadTx, grant: &Grant<ReviewLooks>, span: ReviewSpan) -> StoreResult<Vec<Unusual>> {
    let agency = grant.agency().uuid();
    let (first, last) = (first_id(span.from.timestamp_millis()), first_id(span.to.timestamp_millis() + 1));
    let (begins, ends) = NIGHT;
    let rows: Vec<UnusualRow> = sql(UNUSUAL)
        .bind::<SqlUuid, _>(agency)
        .bind::<SqlUuid, _>(first)
        .bind::<SqlUuid, _>(last)
        .bind::<Timestamptz, _>(span.from)
        .bind::<Timestamptz, _>(span.to)
        .bind::<Integer, _>(MANY_CHILDREN)
        .bind::<Text, _>(tx.agency().zone.name().to_owned())
        .bind::<Integer, _>(begins)
        .bind::<Integer, _>(ends)
        .bind::<SqlUuid, _>(agency)
        .bind::<Integer, _>(AT_NIGHT)
        .bind::<SqlUuid, _>(agency)
        .bind::<Integer, _>(i32::try_from(HANDED_OVER.num_days()).unwrap_or(i32::MAX))
        .bind::<SqlUuid, _>(agency)
        .bind::<SqlUuid, _>(first)
        .bind::<SqlUuid, _>(last)
        .bind::<Timestamptz, _>(span.from)
        .bind::<Timestamptz, _>(span.to)
        .bind::<Integer, _>(REFUSALS)
        .bind::<SqlUuid, _>(agency)
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(UnusualRow::unusual).collect()
}

/// Records that somebody looked at what was unusual in this time.
pub async fn record(
    tx: &WriteTx,
    grant: &Grant<ReviewLooks>,
    span: ReviewSpan,
    conclusion: ReviewConclusion,
) -> StoreResult<Review> {
    let findings = i32::try_from(unusual(tx, grant, span).await?.len()).map_err(|_| StoreError::Corrupt("looks"))?;
    let (id, reviewed_at, reviewed_by) = (tx.new_id::<Review>().uuid(), tx.at(), grant.actor());
    sql(RECORD)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(id)
        .bind::<Timestamptz, _>(span.from)
        .bind::<Timestamptz, _>(span.to)
        .bind::<Integer, _>(findings)
        .bind::<Text, _>(conclusion.code())
        .bind::<Timestamptz, _>(reviewed_at)
        .bind::<SqlUuid, _>(reviewed_by.uuid())
        .execute(&mut tx.conn())
        .await?;
    Ok(Review { id, span, findings, conclusion, reviewed_at, reviewed_by })
}

/// Every review, newest first; the last two hundred.
pub async fn reviews(tx: &ReadTx, grant: &Grant<ReviewLooks>) -> StoreResult<Vec<Review>> {
    let rows: Vec<ReviewRow> = sql(ALL).bind::<SqlUuid, _>(grant.agency().uuid()).load(&mut tx.conn()).await?;
    rows.into_iter().map(ReviewRow::review).collect()
}
