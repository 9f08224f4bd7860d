//! Who imports, and whom the children are assigned to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{Id, UnitId, UserId, names};
use homeward_domain::law::RuleBook;
use homeward_domain::policy::{Grant, Import, Role, importer};
use serde::Serialize;
use uuid::Uuid;

use super::Importer;
use crate::call::{self, Agency};
use crate::error::{StoreError, StoreResult};
use crate::search::{self, IndexKey};
use crate::sql::sql;

/// A worker the extract names: someone who may not be known yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Worker {
    /// In lower case.
    pub email: String,
    /// A unit of a child they are assigned to.
    pub unit: UnitId,
}

/// Who imports, for whom, by which rules, and when.
#[derive(Debug)]
pub struct Clerk {
    pub(super) agency: Agency,
    pub(super) book: RuleBook,
    pub(super) grant: Grant<Import>,
    pub(super) workers: HashMap<String, UserId>,
    pub(super) at: DateTime<Utc>,
    pub(super) index: IndexKey,
}

/// Whoever is known by the e-mail address already stays as they are. Nobody here can sign in.
const ENLIST: &str = "with added as (\
    insert into users select * from json_populate_recordset(null::users, ?::json) \
    on conflict do nothing returning agency_id, id, email) \
    insert into user_units (agency_id, user_id, unit_id) \
    select added.agency_id, added.id, w.unit_id from added \
    join json_to_recordset(?::json) as w (email text, unit_id uuid) on w.email = added.email";

const BY_EMAIL: &str = "select id, email from users where agency_id = ? and email = any(?)";

#[derive(Serialize)]
struct User<'a> {
    agency_id: Uuid,
    id: Uuid,
    email: &'a str,
    name: String,
    role: Role,
    whole_agency: bool,
    created_at: DateTime<Utc>,
    version: i32,
}

#[derive(Serialize)]
struct Membership<'a> {
    email: &'a str,
    unit_id: Uuid,
}

#[derive(diesel::QueryableByName)]
struct Known {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    email: String,
}

impl Importer {
    /// Sees that the import itself and every worker is known by name, and gives the right to import.
    pub async fn enlist(&self, agency: &Agency, workers: &[Worker], at: DateTime<Utc>) -> StoreResult<Clerk> {
        let own = own_email(&agency.name);
        let mut people: BTreeMap<&str, User<'_>> =
            workers.iter().map(|it| (it.email.as_str(), caseworker(agency, &it.email, at))).collect();
        let import = User {
            name: "Import".to_owned(),
            role: Role::Administrator,
            whole_agency: true,
            ..caseworker(agency, &own, at)
        };
        people.insert(&own, import);
        let memberships: BTreeSet<&Worker> = workers.iter().collect();
        let memberships: Vec<Membership<'_>> =
            memberships.into_iter().map(|it| Membership { email: &it.email, unit_id: it.unit.uuid() }).collect();
        let users: Vec<&User<'_>> = people.values().collect();
        sql(ENLIST)
            .bind::<Text, _>(json(&users)?)
            .bind::<Text, _>(json(&memberships)?)
            .execute(&mut &self.conn)
            .await?;
        let emails = people.keys().map(|it| (*it).to_owned()).collect();
        let workers = self.by_email(agency, emails).await?;
        let user = *workers.get(&own).ok_or(StoreError::Corrupt("users.email"))?;
        let book = agency.rule_book()?;
        let index = search::key_of(&self.conn, self.safe(agency.id), agency.id).await?;
        Ok(Clerk { agency: agency.clone(), book, grant: importer(agency.id, user), workers, at, index })
    }

    async fn by_email(&self, agency: &Agency, emails: Vec<String>) -> StoreResult<HashMap<String, UserId>> {
        let rows: Vec<Known> = sql(BY_EMAIL)
            .bind::<SqlUuid, _>(agency.id.uuid())
            .bind::<Array<Text>, _>(emails)
            .load(&mut &self.conn)
            .await?;
        Ok(rows.into_iter().map(|it| (it.email, Id::from_uuid(it.id))).collect())
    }
}

fn caseworker<'a>(agency: &Agency, email: &'a str, at: DateTime<Utc>) -> User<'a> {
    User {
        agency_id: agency.id.uuid(),
        id: call::new_id::<names::User>(at).uuid(),
        email,
        name: name_of(email),
        role: Role::Caseworker,
        whole_agency: false,
        created_at: at,
        version: 1,
    }
}

/// `jane.doe@…` is shown as `Jane Doe` until someone says better.
fn name_of(email: &str) -> String {
    let local = email.split('@').next().unwrap_or(email);
    let words = local.split(['.', '_', '-', '+']).filter(|it| !it.is_empty());
    let named: Vec<String> = words.map(capitalised).collect();
    if named.is_empty() { email.to_owned() } else { named.join(" ") }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The reserved top level `.invalid` can receive no mail.
fn own_email(agency: &str) -> String {
    let letters: String = agency.to_lowercase().chars().map(|it| if it.is_alphanumeric() { it } else { ' ' }).collect();
    let slug: Vec<&str> = letters.split_whitespace().collect();
    format!("import@{}.homeward.invalid", slug.join("-"))
}

pub(super) fn json<T: Serialize>(rows: &[T]) -> StoreResult<String> {
    serde_json::to_string(rows).map_err(|_| StoreError::Corrupt("import"))
}
