//! Whom the agency calls when a report is refused. Each choice is a version; the latest stands.

use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods as _, Insertable, OptionalExtension as _, QueryDsl as _, Queryable, Selectable,
    SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{Id, UserId};
use homeward_domain::policy::{ChooseEscalation, Grant};
use homeward_domain::refusal::EscalationContact;
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};
use crate::schema::escalation_contacts::dsl;
use crate::seal::{ESCALATION_TOLD, Safe, Sealed};
use crate::tx::{ReadTx, WriteTx};

/// The contacts an agency has chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// In the agency's own order.
    pub contacts: Vec<EscalationContact>,
    /// Counts up from 1; 0 while nothing was chosen.
    pub version: i32,
    /// When and by whom.
    pub recorded: Option<(DateTime<Utc>, UserId)>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::schema::escalation_contacts)]
struct Row {
    agency_id: Uuid,
    version: i32,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    told: Sealed,
}

impl Row {
    fn chosen(self, safe: Safe<'_>) -> StoreResult<Chosen> {
        Ok(Chosen {
            contacts: safe.open_told(ESCALATION_TOLD, self.version, &self.told)?,
            version: self.version,
            recorded: Some((self.recorded_at, Id::from_uuid(self.recorded_by))),
        })
    }
}

/// What the caller's agency has chosen, if it has.
pub async fn chosen(tx: &ReadTx) -> StoreResult<Chosen> {
    let row: Option<Row> = dsl::escalation_contacts
        .filter(dsl::agency_id.eq(tx.call().agency.uuid()))
        .order(dsl::version.desc())
        .select(Row::as_select())
        .first(&mut tx.conn())
        .await
        .optional()?;
    row.map_or_else(|| Ok(Chosen::default()), |it| it.chosen(tx.safe()))
}

/// Adds the version after `before`, unless someone else did.
pub async fn choose(
    tx: &WriteTx,
    grant: &Grant<ChooseEscalation>,
    before: i32,
    contacts: &[EscalationContact],
) -> StoreResult<Chosen> {
    if chosen(tx).await?.version != before {
        return Err(StoreError::Stale);
    }
    let row = Row {
        agency_id: grant.agency().uuid(),
        version: before + 1,
        told: tx.safe().seal_told(ESCALATION_TOLD, before + 1, &contacts)?,
        recorded_at: tx.at(),
        recorded_by: grant.actor().uuid(),
    };
    let insert = diesel::insert_into(dsl::escalation_contacts).values(&row).on_conflict_do_nothing();
    if insert.execute(&mut tx.conn()).await? == 0 {
        return Err(StoreError::Stale);
    }
    row.chosen(tx.safe())
}
