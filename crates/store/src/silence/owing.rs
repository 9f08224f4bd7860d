//! What the duties of every agency say of the reminders: counts of duties, and of nothing else.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::id::AgencyId;
use homeward_domain::silence::Owing;
use uuid::Uuid;

use super::Lookout;
use crate::agencies;
use crate::call::Agency;
use crate::error::StoreResult;
use crate::replan::many::Many;
use crate::replan::rules::plan_key;
use crate::sql::sql;

/// So many episodes are compared with one statement each way.
const BATCH: usize = 500;

const OWING: &str = include_str!("owing.sql");
const FLOOR: &str = include_str!("floor.sql");

#[derive(QueryableByName)]
struct Differing {
    #[diesel(sql_type = BigInt)]
    differing: i64,
}

#[derive(QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    without_rung: i64,
    #[diesel(sql_type = BigInt)]
    for_nobody: i64,
    #[diesel(sql_type = BigInt)]
    unseen: i64,
    #[diesel(sql_type = BigInt)]
    held: i64,
    #[diesel(sql_type = BigInt)]
    roster_gaps: i64,
}

impl Lookout {
    /// Looks at everything open of every agency.
    pub async fn owing(&self, now: DateTime<Utc>) -> StoreResult<Owing> {
        let rows: Vec<agencies::Row> =
            self.sweep(async |conn| Ok(sql(agencies::EVERY).load(&mut &*conn).await?)).await?;
        let mut all = Owing::default();
        for row in rows {
            let planned_with = row.planned_with.clone();
            let agency = row.agency()?;
            // What is about to be planned again may differ until it is.
            let is_settled = planned_with == Some(plan_key(&agency)?);
            let opening = one_moment(agency.id);
            let one = self.within(&opening, async |conn| of_agency(conn, &agency, is_settled, now).await).await?;
            all = sum(all, one);
        }
        Ok(all)
    }
}

impl Lookout {
    /// How many duties of this agency the federal floor asks for otherwise than they are stored, counted by SQL alone.
    pub async fn differing_from_the_floor(&self, agency: AgencyId) -> StoreResult<usize> {
        self.within(&one_moment(agency), async |conn| differing(conn, agency).await).await
    }
}

/// All statements see the same moment, and hold nobody up.
fn one_moment(agency: AgencyId) -> String {
    format!("begin isolation level repeatable read read only; set local homeward.agency_id = '{agency}'")
}

async fn of_agency(
    conn: &AsyncPgConnection,
    agency: &Agency,
    is_settled: bool,
    now: DateTime<Utc>,
) -> StoreResult<Owing> {
    let counts: Counts =
        sql(OWING).bind::<SqlUuid, _>(agency.id.uuid()).bind::<Timestamptz, _>(now).get_result(&mut &*conn).await?;
    let disagreeing = if is_settled { disagreeing(conn, agency, now).await? } else { 0 };
    let few = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(Owing {
        without_rung: few(counts.without_rung),
        disagreeing: u32::try_from(disagreeing).unwrap_or(u32::MAX),
        for_nobody: few(counts.for_nobody),
        unseen: few(counts.unseen),
        held: few(counts.held),
        roster_gaps: few(counts.roster_gaps),
    })
}

async fn disagreeing(conn: &AsyncPgConnection, agency: &Agency, at: DateTime<Utc>) -> StoreResult<usize> {
    let book = agency.rule_book()?;
    let many = Many { conn, agency, book: &book, at };
    let mut count = 0;
    for batch in many.unclosed().await?.chunks(BATCH) {
        let (ids, children): (Vec<Uuid>, Vec<Uuid>) = batch.iter().copied().unzip();
        let children = many.children(&children).await?;
        count += many.disagreeing(&ids, |id| children.iter().find(|it| it.id == id)).await?;
    }
    Ok(count.max(differing(conn, agency.id).await?))
}

async fn differing(conn: &AsyncPgConnection, agency: AgencyId) -> StoreResult<usize> {
    let it: Differing = sql(FLOOR).bind::<SqlUuid, _>(agency.uuid()).get_result(&mut &*conn).await?;
    Ok(usize::try_from(it.differing).unwrap_or(usize::MAX))
}

fn sum(one: Owing, other: Owing) -> Owing {
    Owing {
        without_rung: one.without_rung.saturating_add(other.without_rung),
        disagreeing: one.disagreeing.saturating_add(other.disagreeing),
        for_nobody: one.for_nobody.saturating_add(other.for_nobody),
        unseen: one.unseen.saturating_add(other.unseen),
        held: one.held.saturating_add(other.held),
        roster_gaps: one.roster_gaps.saturating_add(other.roster_gaps),
    }
}
