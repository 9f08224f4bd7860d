//! What two records of one child tell differently: facts side by side, for a person to look into (AF-3).
//!
//! Nothing is created or changed from it, in either record.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Date, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{ChildId, EpisodeId, Id, PlacementId};
use homeward_domain::placement::LivingArrangement;
use homeward_domain::policy::{Grant, Reach, ReadDataQuality};
use uuid::Uuid;

use crate::children::{Identity, Named};
use crate::convert::code;
use crate::error::{StoreError, StoreResult};
use crate::page::{After, Page, Window};
use crate::seal::Safe;
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;

/// A placement or an episode without the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The child.
    pub child: ChildId,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// The first day of what stands alone, in the agency's own time.
    pub since_on: NaiveDate,
    /// What stands alone.
    pub alone: Alone,
    at: DateTime<Utc>,
    id: Uuid,
}

/// What stands without its counterpart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alone {
    /// A placement of a child who is away; on its first day no episode was open.
    Placement(PlacementId, LivingArrangement),
    /// An open episode; no placement tells today that the child is away.
    Episode(EpisodeId),
}

const LIST: &str = include_str!("data_quality/placements.sql");

const UNIT_IS: &str = " and c.unit_id = (select u.id from units u where u.agency_id = current_agency() and u.code = ?)";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    child_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    placement_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    episode_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    afcars_living_arrangement: Option<String>,
    #[diesel(sql_type = Date)]
    since_on: NaiveDate,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(embed)]
    named: Named,
}

impl Row {
    fn difference(self, safe: Safe<'_>) -> StoreResult<Difference> {
        let alone = match (self.placement_id, self.afcars_living_arrangement, self.episode_id) {
            (Some(id), Some(arrangement), None) => {
                Alone::Placement(Id::from_uuid(id), code(&arrangement, "placements.afcars_living_arrangement")?)
            }
            (None, None, Some(id)) => Alone::Episode(Id::from_uuid(id)),
            _ => return Err(StoreError::Corrupt("placements")),
        };
        let child = Id::from_uuid(self.child_id);
        let Identity { given_name, family_name, .. } = self.named.open(safe, child)?;
        Ok(Difference { child, given_name, family_name, since_on: self.since_on, alone, at: self.at, id: self.id })
    }
}

/// One page within the caller's reach, by when what stands alone began.
pub async fn placements(
    tx: &ReadTx,
    grant: &Grant<ReadDataQuality>,
    unit_code: Option<String>,
    window: &Window,
) -> StoreResult<Page<Difference>> {
    let zone = tx.agency().zone;
    let query = sql(LIST)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<Text, _>(zone.name())
        .bind::<Date, _>(zone.local_date(tx.at()));
    let mut query = within_reach(query, grant);
    if let Some(code) = unit_code {
        query = query.push(UNIT_IS).bind::<Text, _>(code);
    }
    if let Some(after) = window.after {
        query = query.push(" and (f.at, f.id) > (?, ?)");
        query = query.bind::<Timestamptz, _>(after.at).bind::<SqlUuid, _>(after.id);
    }
    let rows: Vec<Row> =
        query.push(" order by f.at, f.id limit ?").bind::<BigInt, _>(window.limit + 1).load(&mut tx.conn()).await?;
    let rows = rows.into_iter().map(|it| it.difference(tx.safe())).collect::<StoreResult<Vec<_>>>()?;
    Ok(Page::cut(rows, window, |it| After { at: it.at, id: it.id }))
}

fn within_reach(query: Sql, grant: &Grant<ReadDataQuality>) -> Sql {
    match &grant.caller().reach {
        Reach::WholeAgency => query,
        Reach::Units(units) => query
            .push(" and (c.unit_id = any(?) or c.assigned_to = ?)")
            .bind::<Array<SqlUuid>, _>(units.iter().map(|it| it.uuid()).collect::<Vec<Uuid>>())
            .bind::<SqlUuid, _>(grant.actor().uuid()),
    }
}
