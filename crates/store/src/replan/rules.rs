//! Rules that changed: everything open of an agency is planned again, in one transaction.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use super::many::Many;
use crate::call::Agency;
use crate::error::StoreResult;
use crate::seal::Safe;
use crate::sql::sql;
use crate::tx::Store;

/// So many episodes are planned with one statement each way.
pub(super) const BATCH: usize = 500;

/// A request that began under the old rules has ended by then.
const SETTLED: TimeDelta = TimeDelta::minutes(1);

/// When the rules in force were chosen, within the agency's own wall.
const CHOSEN: &str = "select max(recorded_at) as at from agency_rules where agency_id = ?";

const PLANNED: &str = "update agencies set planned_with = ? where id = ? and rules_version = ?";

#[derive(QueryableByName)]
struct Chosen {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
}

/// What the duties of an agency are planned with: its rules, and whom they are owed for.
pub(crate) fn plan_key(agency: &Agency) -> StoreResult<String> {
    Ok(format!("{}-{:?}", agency.rule_book()?.fingerprint(), agency.under_twenty_six))
}

/// Plans everything open of the agency again, by its rules as they are given here.
pub(crate) async fn whole_agency(
    conn: &AsyncPgConnection,
    agency: &Agency,
    safe: Safe<'_>,
    at: DateTime<Utc>,
) -> StoreResult<()> {
    let book = agency.rule_book()?;
    let many = Many { conn, agency, book: &book, at };
    let unclosed = many.unclosed().await?;
    for batch in unclosed.chunks(BATCH) {
        let (ids, children): (Vec<Uuid>, Vec<Uuid>) = batch.iter().copied().unzip();
        many.again(safe, &ids, &children).await?;
    }
    Ok(())
}

impl Store {
    /// Plans agencies again whose rules are not those their duties were planned with: after a new version of the
    /// program, and once more a minute after somebody chose other rules. Says how many there were.
    pub async fn replan_changed(&self, now: DateTime<Utc>) -> StoreResult<usize> {
        let mut planned = 0;
        for row in self.every_agency().await? {
            let before = row.planned_with.clone();
            let agency = row.agency()?;
            if before.as_ref() != Some(&plan_key(&agency)?) && self.replan(&agency, now).await? {
                planned += 1;
            }
        }
        Ok(planned)
    }

    async fn replan(&self, agency: &Agency, now: DateTime<Utc>) -> StoreResult<bool> {
        let safe = Safe::new(&self.keyring, agency.id);
        self.within(agency.id, async |conn| in_one_transaction(conn, agency, safe, now).await).await
    }
}

async fn in_one_transaction(
    conn: &AsyncPgConnection,
    agency: &Agency,
    safe: Safe<'_>,
    now: DateTime<Utc>,
) -> StoreResult<bool> {
    let chosen: Chosen = sql(CHOSEN).bind::<SqlUuid, _>(agency.id.uuid()).get_result(&mut &*conn).await?;
    if chosen.at.is_some_and(|at| now < at + SETTLED) {
        return Ok(false);
    }
    whole_agency(conn, agency, safe, now).await?;
    let kept = sql(PLANNED)
        .bind::<Text, _>(plan_key(agency)?)
        .bind::<SqlUuid, _>(agency.id.uuid())
        .bind::<Integer, _>(agency.rules.version)
        .execute(&mut &*conn)
        .await?;
    Ok(kept == 1)
}
