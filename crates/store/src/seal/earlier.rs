//! Rows from before they were sealed. `homeward migrate` seals them, and only then drops what stood in the clear.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bytea, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use homeward_domain::id::{AgencyId, ChildId, Id};
use homeward_domain::report::ReportItem;
use uuid::Uuid;

use super::rotate::START;
use super::{Column, Keyring, KeysMissing, Place, STATED_VALUE, Safe, Sealed, admit};
use crate::children::Identity;
use crate::convert::code;
use crate::error::{StoreError, StoreResult};
use crate::search::{self, IndexKey, Source};
use crate::sql::sql;

mod clear;

use clear::{CLEAR, Clear};

/// How many rows one transaction seals.
const BATCH: i64 = 500;

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    spot: String,
    #[diesel(sql_type = SqlUuid)]
    agency_id: Uuid,
    #[diesel(sql_type = Text)]
    named: String,
    #[diesel(sql_type = Text)]
    plain: String,
}

#[derive(QueryableByName)]
struct Agency {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct Child {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Bytea)]
    identity: Sealed,
}

const AGENCIES: &str = "select id from agencies order by id";

/// Children whom no term finds yet: where this was cut short, it goes on from there.
const UNFOUND: &str = "select c.id, c.version, c.identity from children c where c.agency_id = ? and ? < c.id \
    and not exists (select from search_terms t where t.agency_id = c.agency_id and t.child_id = c.id) \
    order by c.id limit ?";

#[derive(QueryableByName)]
struct Contact {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    child_id: Uuid,
    #[diesel(sql_type = Text)]
    item: String,
    #[diesel(sql_type = Nullable<Bytea>)]
    value: Option<Vec<u8>>,
}

/// What stands of the contacts of some children, all of each child.
const CONTACTS: &str = "with told as (select distinct child_id from report_statements \
    where agency_id = ? and item_group = 'contacts' and ? < child_id order by child_id limit ?) \
    select distinct on (r.child_id, r.item) r.id, r.child_id, r.item, r.value \
    from report_statements r join told on told.child_id = r.child_id where r.item_group = 'contacts' \
    order by r.child_id, r.item, r.version desc";

/// Seals every row that is not, in small transactions, and lets children be found. Says whether anything
/// was there: an empty database needs no key yet.
pub(crate) async fn seal(conn: &AsyncPgConnection, keyring: &Keyring, now: DateTime<Utc>) -> Result<(), KeysMissing> {
    let agencies: Vec<Agency> = sql(AGENCIES).load(&mut &*conn).await.map_err(StoreError::from)?;
    if agencies.is_empty() {
        return Ok(());
    }
    admit(conn, keyring, now).await?;
    for clear in CLEAR {
        seal_all(conn, keyring, clear).await?;
    }
    for agency in agencies {
        index(conn, keyring, Id::from_uuid(agency.id)).await?;
    }
    Ok(())
}

/// Writes the tables anew, so that no file of them holds what was dropped. Whoever does not own the statistics of the
/// database skips those.
pub(crate) async fn wipe(conn: &AsyncPgConnection) -> StoreResult<()> {
    let agencies: Vec<Agency> = sql(AGENCIES).load(&mut &*conn).await?;
    if agencies.is_empty() {
        return Ok(());
    }
    let tables: BTreeSet<&str> = CLEAR.iter().map(|it| it.column.table).collect();
    for table in tables.into_iter().chain(["rungs", "duty_limits", "pg_statistic"]) {
        (&mut &*conn).batch_execute(&format!("vacuum (full, analyze) {table}")).await?;
    }
    (&mut &*conn).batch_execute("checkpoint").await.or_else(|_| Ok(()))
}

async fn seal_all(conn: &AsyncPgConnection, keyring: &Keyring, clear: &Clear) -> StoreResult<()> {
    let mut after = START.to_owned();
    loop {
        let found = unsealed(conn, clear, after.clone()).await?;
        match found.last() {
            Some(last) => after.clone_from(&last.spot),
            // What was written meanwhile can stand before the place that was reached.
            None if after == START => return Ok(()),
            None => START.clone_into(&mut after),
        }
        replace(conn, keyring, clear.column, found).await?;
    }
}

async fn unsealed(conn: &AsyncPgConnection, clear: &Clear, after: String) -> StoreResult<Vec<Found>> {
    let column = clear.column;
    let found = sql("select ctid::text as spot, agency_id, ")
        .push(column.row)
        .push(" as named, ")
        .push(clear.plain)
        .push(" as plain from ")
        .push(column.table)
        .push(" where ?::text::tid < ctid and ")
        .push(column.name)
        .push(" is null and (")
        .push(clear.plain)
        .push(") is not null limit ?")
        .bind::<Text, _>(after)
        .bind::<BigInt, _>(BATCH)
        .load(&mut &*conn)
        .await?;
    Ok(found)
}

async fn replace(conn: &AsyncPgConnection, keyring: &Keyring, column: Column, found: Vec<Found>) -> StoreResult<()> {
    let (mut spots, mut values) = (Vec::with_capacity(found.len()), Vec::with_capacity(found.len()));
    for it in found {
        let place = Place::new(Id::from_uuid(it.agency_id), column, &it.named);
        values.push(keyring.seal(&place, it.plain.as_bytes())?);
        spots.push(it.spot);
    }
    if spots.is_empty() {
        return Ok(());
    }
    // What was said does not change, so no entry explains it: the triggers let the owner through.
    (&mut &*conn).batch_execute("begin; set local homeward.rewrap = 'on'").await?;
    sql("update ")
        .push(column.table)
        .push(" t set ")
        .push(column.name)
        .push(" = r.sealed from unnest(?, ?) as r (spot, sealed) where t.ctid = r.spot::tid and t.")
        .push(column.name)
        .push(" is null")
        .bind::<Array<Text>, _>(spots)
        .bind::<Array<Bytea>, _>(values)
        .execute(&mut &*conn)
        .await?;
    Ok((&mut &*conn).batch_execute("commit").await?)
}

/// How children can be reached was sealed before, but not found.
async fn contacts(conn: &AsyncPgConnection, safe: Safe<'_>, agency: AgencyId, key: &IndexKey) -> StoreResult<()> {
    let mut after = Uuid::nil();
    loop {
        let found: Vec<Contact> = sql(CONTACTS)
            .bind::<SqlUuid, _>(agency.uuid())
            .bind::<SqlUuid, _>(after)
            .bind::<BigInt, _>(BATCH)
            .load(&mut &*conn)
            .await?;
        let Some(last) = found.last() else { return Ok(()) };
        after = last.child_id;
        for it in found {
            let item: ReportItem = code(&it.item, "report_statements.item")?;
            let Some(value) = it.value else { continue };
            let terms = search::of_contact(key, item, &safe.open(STATED_VALUE, it.id, &value)?);
            let put = search::put(agency, Source::Contact(item), vec![(Id::from_uuid(it.child_id), terms)]);
            put.execute(&mut &*conn).await?;
        }
    }
}

async fn index(conn: &AsyncPgConnection, keyring: &Keyring, agency: AgencyId) -> StoreResult<()> {
    let safe = Safe::new(keyring, agency);
    let key = search::key_of(conn, safe, agency).await?;
    contacts(conn, safe, agency, &key).await?;
    let mut after = Uuid::nil();
    loop {
        let children: Vec<Child> = sql(UNFOUND)
            .bind::<SqlUuid, _>(agency.uuid())
            .bind::<SqlUuid, _>(after)
            .bind::<BigInt, _>(BATCH)
            .load(&mut &*conn)
            .await?;
        let Some(last) = children.last() else { return Ok(()) };
        after = last.id;
        let mut terms = Vec::with_capacity(children.len());
        for it in &children {
            let id: ChildId = Id::from_uuid(it.id);
            terms.push((id, Identity::open(safe, id, it.version, &it.identity)?.terms(&key)));
        }
        search::put(agency, Source::Identity, terms).execute(&mut &*conn).await?;
    }
}
