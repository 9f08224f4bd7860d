//! Whose rules an agency goes by: chosen with a reason, every choice kept.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{ExpressionMethods as _, QueryDsl as _, Queryable, Selectable, SelectableHelper as _};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{Id, UserId};
use homeward_domain::policy::{ConfigureRules, Grant};
use uuid::Uuid;

use crate::call::{Agency, Rules};
use crate::error::{StoreError, StoreResult};
use crate::notices;
use crate::replan;
use crate::schema::agency_rules::dsl;
use crate::sql::sql;
use crate::tx::{ReadTx, WriteTx};

/// One choice of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// What was chosen.
    pub rules: Rules,
    /// Why.
    pub reason: String,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = crate::schema::agency_rules)]
struct Row {
    version: i32,
    jurisdiction: String,
    own_pack: Option<String>,
    reason: String,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

/// Nothing is planned again by then: a request that began before may still plan by the old rules, so the worker looks
/// once more.
const CHOOSE: &str = "with changed as (update agencies set jurisdiction = ?, own_pack = ?, rules_version = ?, \
    planned_with = null where id = ? and rules_version = ? returning id, rules_version, jurisdiction, own_pack) \
    insert into agency_rules (agency_id, version, jurisdiction, own_pack, reason, recorded_at, recorded_by) \
    select id, rules_version, jurisdiction, own_pack, ?, ?, ? from changed";

impl From<Row> for Chosen {
    fn from(row: Row) -> Self {
        let rules = Rules { jurisdiction: row.jurisdiction, own_pack: row.own_pack, version: row.version };
        let recorded_by = Id::from_uuid(row.recorded_by);
        Self { rules, reason: row.reason, recorded_at: row.recorded_at, recorded_by }
    }
}

/// Every choice that was made, newest first. None where the agency still has what it was set up with.
pub async fn history(tx: &ReadTx) -> StoreResult<Vec<Chosen>> {
    let rows: Vec<Row> = dsl::agency_rules
        .filter(dsl::agency_id.eq(tx.agency().id.uuid()))
        .order(dsl::version.desc())
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    Ok(rows.into_iter().map(Chosen::from).collect())
}

/// Chooses other rules, and plans everything open of the agency by them, in the same transaction.
pub async fn choose(tx: &WriteTx, grant: &Grant<ConfigureRules>, rules: Rules, reason: String) -> StoreResult<Chosen> {
    let before = tx.agency().rules.version;
    let rules = Rules { version: before + 1, ..rules };
    let changed = sql(CHOOSE)
        .bind::<Text, _>(rules.jurisdiction.clone())
        .bind::<Nullable<Text>, _>(rules.own_pack.clone())
        .bind::<Integer, _>(rules.version)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<Integer, _>(before)
        .bind::<Text, _>(reason.clone())
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .execute(&mut tx.conn())
        .await?;
    if changed == 0 {
        return Err(StoreError::Stale);
    }
    let agency = Agency { rules: rules.clone(), ..tx.agency().clone() };
    replan::rules::whole_agency(tx.conn(), &agency, tx.safe(), tx.at()).await?;
    notices::rules_chosen(tx, grant).await?;
    Ok(Chosen { rules, reason, recorded_at: tx.at(), recorded_by: grant.actor() })
}
