//! What is owed within a person's reach, most urgent first.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::duty::{DutyKind, DutyState};
use homeward_domain::id::UserId;
use homeward_domain::notification::Recipient;
use homeward_domain::policy::{Grant, Reach, ReadDeterminations, ReadWorklist};
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use super::{Owed, Row};
use crate::children::{Identity, Named};
use crate::error::StoreResult;
use crate::page::{After, Page, Window};
use crate::seal::Safe;
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;

/// What to show of what is owed. Nothing observed is among it (NJ-3).
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only in this one of the two states that are owed.
    pub state: Option<DutyState>,
    /// Only this kind.
    pub kind: Option<DutyKind>,
    /// Only to this recipient.
    pub recipient: Option<Recipient>,
    /// Only in the unit of this code.
    pub unit_code: Option<String>,
    /// Only of this worker.
    pub assigned_to: Option<UserId>,
    /// Only with a limit before this instant.
    pub before: Option<DateTime<Utc>>,
}

/// One line of a worklist.
#[derive(Clone, Debug)]
pub struct Item {
    /// What is owed.
    pub owed: Owed,
    /// The child's given name.
    pub given_name: String,
    /// The child's family name.
    pub family_name: String,
    /// Which episode of the child, if it is about one.
    pub episode_number: Option<i32>,
}

/// The order is by the law's limit, else the agency's own aim; the partial indexes on `duties` hold it.
const LIST: &str = "select d.*, c.identity, c.version as child_version, e.number as episode_number from duties d \
    join children c on c.agency_id = d.agency_id and c.id = d.child_id \
    left join missing_episodes e on e.agency_id = d.agency_id and e.id = d.episode_id \
    where d.agency_id = ? and d.done_at is null and d.closed_undone_at is null and d.superseded_at is null \
    and d.starts_at <= ?";

/// Looked up with the list and not before it, which saves a round trip. A code that no unit has matches nothing.
const UNIT_IS: &str = " and d.unit_id = (select u.id from units u where u.agency_id = current_agency() and u.code = ?)";

#[derive(QueryableByName)]
struct Line {
    #[diesel(embed)]
    columns: Row,
    #[diesel(embed)]
    named: Named,
    #[diesel(sql_type = Nullable<Integer>)]
    episode_number: Option<i32>,
}

impl Line {
    fn item(self, safe: Safe<'_>) -> StoreResult<Item> {
        let Self { columns, named, episode_number } = self;
        let owed = columns.owed(safe)?;
        let Identity { given_name, family_name, .. } = named.open(safe, owed.child)?;
        Ok(Item { owed, given_name, family_name, episode_number })
    }
}

/// One page of what is owed within the caller's reach.
pub async fn worklist(
    tx: &ReadTx,
    grant: &Grant<ReadWorklist>,
    filter: &Filter,
    window: &Window,
) -> StoreResult<Page<Item>> {
    let query = sql(LIST).bind::<SqlUuid, _>(grant.agency().uuid()).bind::<Timestamptz, _>(tx.at());
    let query = for_whom(tx, within_reach(query, grant));
    let mut query = matching(query, filter, tx.at());
    if let Some(after) = window.after {
        query = query.push(" and (coalesce(d.due_at, d.target_at), d.id) > (?, ?)");
        query = query.bind::<Timestamptz, _>(after.at).bind::<SqlUuid, _>(after.id);
    }
    let rows: Vec<Line> = query
        .push(" order by coalesce(d.due_at, d.target_at), d.id limit ?")
        .bind::<BigInt, _>(window.limit + 1)
        .load(&mut tx.conn())
        .await?;
    let items = rows.into_iter().map(|it| it.item(tx.safe())).collect::<StoreResult<Vec<_>>>()?;
    Ok(Page::cut(items, window, |it| After { at: it.owed.duty.limit_at(), id: it.owed.id.uuid() }))
}

fn within_reach(query: Sql, grant: &Grant<ReadWorklist>) -> Sql {
    match &grant.caller().reach {
        Reach::WholeAgency => query,
        Reach::Units(units) => query
            .push(" and (d.unit_id = any(?) or d.assigned_to = ?)")
            .bind::<Array<SqlUuid>, _>(units.iter().map(|it| it.uuid()).collect::<Vec<Uuid>>())
            .bind::<SqlUuid, _>(grant.actor().uuid()),
    }
}

/// Who may not read determinations learns of none from what is owed for them.
fn for_whom(tx: &ReadTx, query: Sql) -> Sql {
    if tx.may::<ReadDeterminations>() { query } else { query.push(" and d.determination_id is null") }
}

fn matching(mut query: Sql, filter: &Filter, now: DateTime<Utc>) -> Sql {
    query = match filter.state {
        Some(DutyState::Overdue) => query.push(" and d.due_at < ?").bind::<Timestamptz, _>(now),
        Some(_) => query.push(" and (d.due_at is null or ? <= d.due_at)").bind::<Timestamptz, _>(now),
        None => query,
    };
    if let Some(kind) = filter.kind {
        query = query.push(" and d.kind = ?").bind::<Text, _>(kind.code());
    }
    if let Some(recipient) = filter.recipient {
        query = query.push(" and d.recipient = ?").bind::<Text, _>(recipient.code());
    }
    if let Some(code) = filter.unit_code.clone() {
        query = query.push(UNIT_IS).bind::<Text, _>(code);
    }
    if let Some(worker) = filter.assigned_to {
        query = query.push(" and d.assigned_to = ?").bind::<SqlUuid, _>(worker.uuid());
    }
    if let Some(before) = filter.before {
        query = query.push(" and coalesce(d.due_at, d.target_at) < ?").bind::<Timestamptz, _>(before);
    }
    query
}
