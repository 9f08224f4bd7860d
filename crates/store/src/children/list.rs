//! Children within a person's reach: listed by id, found by who they are.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bytea, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use futures_util::join;
use homeward_domain::child::CareStatus;
use homeward_domain::id::{ChildId, EpisodeId, Id, UnitId, UserId};
use homeward_domain::policy::{Action, Denied, Grant, ListChildren, Reach, ReadContacts, SearchChildren};
use uuid::Uuid;

use super::{Identity, Named};
use crate::convert::code;
use crate::error::StoreResult;
use crate::page::{After, Page, Window};
use crate::seal::Safe;
use crate::search::{Sort, accounts, begins, phones};
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;

/// What to show of the children. Nothing observed is among it (NJ-3).
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only of this unit.
    pub unit: Option<UnitId>,
    /// Only of this worker.
    pub assigned_to: Option<UserId>,
    /// Only those who are missing now, or only those who are not.
    pub missing: Option<bool>,
}

/// Whom to look for. What is told has to fit altogether.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    /// How the given name, the family name, or both together begin.
    pub name: Option<String>,
    /// Day of birth.
    pub date_of_birth: Option<NaiveDate>,
    /// The agency's own id of the person.
    pub agency_person_id: Option<String>,
    /// A phone number at which the child can be reached, as anyone writes it.
    pub phone: Option<String>,
    /// An e-mail address, or what the child is called elsewhere.
    pub account: Option<String>,
}

impl Sought {
    /// Why nobody can be found by it, with the field at fault.
    pub fn faults(&self) -> Vec<(&'static str, &'static str)> {
        let says_nothing = self.name.is_none() && self.date_of_birth.is_none() && self.agency_person_id.is_none();
        let mut faults = Vec::new();
        if says_nothing && !self.asks_for_contacts() {
            faults.push(("name", "one of name, date_of_birth, agency_person_id, phone and account is required"));
        }
        if self.phone.as_deref().is_some_and(|it| phones(it).len() != 1) {
            faults.push(("phone", "must be one number of at least 7 digits"));
        }
        if self.account.as_deref().is_some_and(|it| accounts(it).is_empty() || it.contains(char::is_whitespace)) {
            faults.push(("account", "must be one word of at least 2 letters"));
        }
        faults
    }

    /// Whether it takes the right to read how children can be reached.
    fn asks_for_contacts(&self) -> bool {
        self.phone.is_some() || self.account.is_some()
    }
}

/// One line of a list: who it is, and no description.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The child.
    pub id: ChildId,
    /// The agency's own id of the person.
    pub agency_person_id: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Day of birth.
    pub date_of_birth: NaiveDate,
    /// The unit that answers for the child.
    pub unit_code: String,
    /// Whose work the child is.
    pub assigned_to: Option<UserId>,
    /// Why the agency answers for the child.
    pub care_status: CareStatus,
    /// The open episode, if the child is missing now.
    pub open_episode: Option<EpisodeId>,
    /// When the child was first recorded.
    pub created_at: DateTime<Utc>,
}

/// At most so many are shown of a search.
pub const MOST_FOUND: i64 = 50;

/// A child has at most one open episode: the unique index says so, and serves the join.
const LIST: &str = "select c.id, c.agency_person_id, c.identity, c.version as child_version, \
    u.code as unit_code, c.assigned_to, c.care_status, c.created_at, e.id as open_episode_id from children c \
    join units u on u.agency_id = c.agency_id and u.id = c.unit_id \
    left join missing_episodes e on e.agency_id = c.agency_id and e.child_id = c.id and e.recovered_at is null \
    and e.returned_to_care_at is null and e.placed_elsewhere_at is null and e.closed_at is null \
    where c.agency_id = ?";

/// For the rest of the transaction.
const SOON: &str = "set local statement_timeout = '2s'";

const HAS_TERM: &str = " and exists (select from search_terms t \
    where t.agency_id = c.agency_id and t.term = ? and t.child_id = c.id)";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    agency_person_id: String,
    #[diesel(embed)]
    named: Named,
    #[diesel(sql_type = Text)]
    unit_code: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    assigned_to: Option<Uuid>,
    #[diesel(sql_type = Text)]
    care_status: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    open_episode_id: Option<Uuid>,
}

impl Line {
    fn listed(self, safe: Safe<'_>) -> StoreResult<Listed> {
        let id = Id::from_uuid(self.id);
        let Identity { given_name, family_name, date_of_birth, .. } = self.named.open(safe, id)?;
        Ok(Listed {
            id,
            agency_person_id: self.agency_person_id,
            given_name,
            family_name,
            date_of_birth,
            unit_code: self.unit_code,
            assigned_to: self.assigned_to.map(Id::from_uuid),
            care_status: code(&self.care_status, "children.care_status")?,
            open_episode: self.open_episode_id.map(Id::from_uuid),
            created_at: self.created_at,
        })
    }
}

/// One page of the children within the caller's reach, by id: what is there stays in its place.
pub async fn list(
    tx: &ReadTx,
    grant: &Grant<ListChildren>,
    filter: Filter,
    window: &Window,
) -> StoreResult<Page<Listed>> {
    let mut query = within_reach(grant);
    if let Some(unit) = filter.unit {
        query = query.push(" and c.unit_id = ?").bind::<SqlUuid, _>(unit.uuid());
    }
    if let Some(worker) = filter.assigned_to {
        query = query.push(" and c.assigned_to = ?").bind::<SqlUuid, _>(worker.uuid());
    }
    query = match filter.missing {
        Some(true) => query.push(" and e.id is not null"),
        Some(false) => query.push(" and e.id is null"),
        None => query,
    };
    if let Some(after) = window.after {
        query = query.push(" and c.id > ?").bind::<SqlUuid, _>(after.id);
    }
    let query = query.push(" order by c.id limit ?").bind::<BigInt, _>(window.limit + 1);
    let listed = load(tx, query).await?;
    Ok(Page::cut(listed, window, |it| After { at: it.created_at, id: it.id.uuid() }))
}

/// The children within the caller's reach who fit. Names are sealed, so which of too many are shown goes by id; those
/// that are shown stand by name.
pub async fn find_by(tx: &ReadTx, grant: &Grant<SearchChildren>, sought: Sought) -> StoreResult<Vec<Listed>> {
    if sought.asks_for_contacts() && !tx.may::<ReadContacts>() {
        return Err(Denied::Forbidden.into());
    }
    let key = tx.index().await?;
    let (term, fits) = begins(sought.name.as_deref().unwrap_or_default());
    let mut terms = Vec::new();
    terms.extend(sought.name.as_ref().map(|_| key.term(Sort::Name, &term)));
    terms.extend(sought.date_of_birth.map(|it| key.term(Sort::Born, &it.to_string())));
    terms.extend(sought.phone.iter().flat_map(|it| phones(it)).map(|it| key.term(Sort::Phone, &it)));
    terms.extend(sought.account.iter().flat_map(|it| accounts(it)).map(|it| key.term(Sort::Account, &it)));
    let mut query = within_reach(grant);
    for term in terms {
        query = query.push(HAS_TERM).bind::<Bytea, _>(term);
    }
    if let Some(person) = sought.agency_person_id {
        query = query.push(" and c.agency_person_id = ?").bind::<Text, _>(person);
    }
    let query = query.push(" order by c.id limit ?");
    let mut found = load_soon(tx, query.bind::<BigInt, _>(MOST_FOUND)).await?;
    found.retain(|it| sought.name.is_none() || fits(&it.given_name, &it.family_name));
    found.sort_by_cached_key(|it| (it.family_name.to_lowercase(), it.given_name.to_lowercase(), it.id));
    Ok(found)
}

/// What is sought may be anything, and has to be found soon or not at all (LM-08). Sent together, without a wait between.
async fn load_soon(tx: &ReadTx, query: Sql) -> StoreResult<Vec<Listed>> {
    let (mut first, second) = (tx.conn(), load(tx, query));
    let (bounded, found) = join!(first.batch_execute(SOON), second);
    bounded?;
    found
}

async fn load(tx: &ReadTx, query: Sql) -> StoreResult<Vec<Listed>> {
    let lines: Vec<Line> = query.load(&mut tx.conn()).await?;
    lines.into_iter().map(|it| it.listed(tx.safe())).collect()
}

fn within_reach<A: Action>(grant: &Grant<A>) -> Sql {
    let query = sql(LIST).bind::<SqlUuid, _>(grant.agency().uuid());
    match &grant.caller().reach {
        Reach::WholeAgency => query,
        Reach::Units(units) => query
            .push(" and (c.unit_id = any(?) or c.assigned_to = ?)")
            .bind::<Array<SqlUuid>, _>(units.iter().map(|it| it.uuid()).collect::<Vec<Uuid>>())
            .bind::<SqlUuid, _>(grant.actor().uuid()),
    }
}
