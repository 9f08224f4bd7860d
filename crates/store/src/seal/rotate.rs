//! Which keys the database knows, and moving every sealed value to the newest one.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Bool, Bytea, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use homeward_domain::id::Id;
use uuid::Uuid;

use super::{ALL, Column, Keyring, PROOF, Place, count, no_randomness};
use crate::error::{StoreError, StoreResult};
use crate::migrate;
use crate::pool;
use crate::sql::sql;
use crate::tx::Store;

/// How many values one transaction re-wraps. Some are whole documents, and all of a batch are in memory.
const BATCH: i32 = 50;

/// Before the first row of a table.
pub(super) const START: &str = "(0,0)";

/// What a proof says: any fixed text does.
const PROVEN: &[u8] = b"homeward";

/// Why a keyring does not fit the database.
#[derive(Debug, thiserror::Error)]
pub enum KeysMissing {
    /// Values may be sealed with this key, and it is not there.
    #[error("the database uses data key {0}, which is not in the key file: put it back")]
    Absent(i32),
    /// There is a key of this number, but another one.
    #[error("data key {0} in the key file is not the one that the database uses: put the right one back")]
    Other(i32),
    /// The database could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a rotation moved, and what it found at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// Values that are under the newest key now.
    pub values: usize,
}

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Bytea)]
    proof: Vec<u8>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    retired_at: Option<DateTime<Utc>>,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    spot: String,
    #[diesel(sql_type = SqlUuid)]
    agency_id: Uuid,
    #[diesel(sql_type = Text)]
    named: String,
    #[diesel(sql_type = Bytea)]
    value: Vec<u8>,
}

const KNOWN: &str = "select number, proof, retired_at from data_keys order by number";

/// Before the tables are made, nothing was sealed.
const THERE: &str = "select to_regclass('public.data_keys') is not null as there";

#[derive(QueryableByName)]
struct There {
    #[diesel(sql_type = Bool)]
    there: bool,
}

const ADMIT: &str = "insert into data_keys (number, proof, first_used_at) values (?, ?, ?) on conflict do nothing";

const RETIRE: &str = "update data_keys set retired_at = ? where number < ? and retired_at is null";

/// The numbers of the keys that the database has seen. None: nothing was ever sealed in it.
pub async fn known_keys(url: &str) -> StoreResult<Vec<i32>> {
    let mut conn = migrate::connect(url).await?;
    let there: There = sql(THERE).get_result(&mut conn).await?;
    if !there.there {
        return Ok(Vec::new());
    }
    conn.batch_execute("set role homeward_app").await?;
    let known: Vec<Known> = sql(KNOWN).load(&mut conn).await?;
    Ok(known.into_iter().map(|it| it.number).collect())
}

impl Store {
    /// Whether the keyring opens what was sealed; a newer key becomes known. Asked before anything is served.
    pub async fn admit_keys(&self, now: DateTime<Utc>) -> Result<(), KeysMissing> {
        let conn = pool::checkout(&self.pool).await?;
        admit(&conn.pg, &self.keyring, now).await
    }
}

/// The same on a connection of the owner.
pub(crate) async fn admit(conn: &AsyncPgConnection, keyring: &Keyring, now: DateTime<Utc>) -> Result<(), KeysMissing> {
    let known: Vec<Known> = sql(KNOWN).load(&mut &*conn).await.map_err(StoreError::from)?;
    let last = known.iter().map(|it| it.number).max().unwrap_or(0);
    known.iter().try_for_each(|it| prove(keyring, it))?;
    let (number, proof) = proof(keyring)?;
    if number <= last {
        return if known.iter().any(|it| it.number == number) { Ok(()) } else { Err(KeysMissing::Absent(last)) };
    }
    sql(ADMIT)
        .bind::<Integer, _>(number)
        .bind::<Bytea, _>(proof)
        .bind::<Timestamptz, _>(now)
        .execute(&mut &*conn)
        .await
        .map_err(StoreError::from)?;
    // Another process may have come first with another key.
    let known: Vec<Known> = sql(KNOWN).load(&mut &*conn).await.map_err(StoreError::from)?;
    known.iter().try_for_each(|it| prove(keyring, it))
}

fn proof(keyring: &Keyring) -> Result<(i32, Vec<u8>), KeysMissing> {
    let number = newest(keyring)?;
    Ok((number, keyring.seal(&proof_of(number), PROVEN)?))
}

fn newest(keyring: &Keyring) -> StoreResult<i32> {
    i32::try_from(keyring.keys().newest().0).map_err(|_| no_randomness())
}

fn proof_of(number: i32) -> Place {
    Place::new(Id::from_uuid(Uuid::nil()), PROOF, number)
}

fn prove(keyring: &Keyring, known: &Known) -> Result<(), KeysMissing> {
    let there = u32::try_from(known.number).is_ok_and(|it| keyring.numbers().contains(&it));
    match (there, known.retired_at) {
        (false, Some(_)) => Ok(()),
        (false, None) => Err(KeysMissing::Absent(known.number)),
        (true, _) => match keyring.open(&proof_of(known.number), &known.proof) {
            Ok(_) => Ok(()),
            Err(_) => Err(KeysMissing::Other(known.number)),
        },
    }
}

/// Puts every sealed value under the newest key, while others read and write. Run by the owner of the tables.
pub async fn rewrap(owner_url: &str, keyring: &Keyring) -> StoreResult<Rewrapped> {
    let mut conn = migrate::connect(owner_url).await?;
    let mut done = Rewrapped::default();
    for column in ALL {
        let mut after = START.to_owned();
        loop {
            let found = under_older_keys(&mut conn, keyring, *column, after.clone()).await?;
            match found.last() {
                Some(last) => after.clone_from(&last.spot),
                // What was written meanwhile can stand before the place that was reached.
                None if after == START => break,
                None => START.clone_into(&mut after),
            }
            done.values += found.len();
            rewrap_some(&mut conn, keyring, *column, found).await?;
        }
    }
    count(&conn, keyring).await?;
    Ok(done)
}

/// Says that no value is left under the keys before this keyring's newest: the key file may let them go.
pub async fn retire(owner_url: &str, keyring: &Keyring, now: DateTime<Utc>) -> StoreResult<usize> {
    let mut conn = migrate::connect(owner_url).await?;
    let number = newest(keyring)?;
    let retired = sql(RETIRE).bind::<Timestamptz, _>(now).bind::<Integer, _>(number).execute(&mut conn).await?;
    Ok(retired)
}

/// One transaction's worth. A value that is changed meanwhile is left to the next round.
async fn rewrap_some(
    conn: &mut AsyncPgConnection,
    keyring: &Keyring,
    column: Column,
    found: Vec<Found>,
) -> StoreResult<()> {
    if found.is_empty() {
        return Ok(());
    }
    let mut renewed = Vec::with_capacity(found.len());
    for it in &found {
        let place = Place::new(Id::from_uuid(it.agency_id), column, &it.named);
        renewed.push(keyring.rewrapped(&place, &it.value)?);
    }
    let (spots, values): (Vec<String>, Vec<Vec<u8>>) = found.into_iter().map(|it| (it.spot, it.value)).unzip();
    // What was said does not change, so no entry explains it: the triggers let the owner through.
    conn.batch_execute("begin; set local homeward.rewrap = 'on'").await?;
    sql("update ")
        .push(column.table)
        .push(" t set ")
        .push(column.name)
        .push(" = r.renewed from unnest(?, ?, ?) as r (spot, value, renewed) where t.ctid = r.spot::tid and t.")
        .push(column.name)
        .push(" = r.value")
        .bind::<Array<Text>, _>(spots)
        .bind::<Array<Bytea>, _>(values)
        .bind::<Array<Bytea>, _>(renewed)
        .execute(conn)
        .await?;
    Ok(conn.batch_execute("commit").await?)
}

/// From one place of the table on, so that a table is not read from its start for every batch.
async fn under_older_keys(
    conn: &mut AsyncPgConnection,
    keyring: &Keyring,
    column: Column,
    after: String,
) -> StoreResult<Vec<Found>> {
    let newest = newest(keyring)?;
    let found = sql("select ctid::text as spot, agency_id, ")
        .push(column.row)
        .push(" as named, ")
        .push(column.name)
        .push(" as value from ")
        .push(column.table)
        .push(" where ?::text::tid < ctid and substring(")
        .push(column.name)
        .push(" from 2 for 4) <> int4send(?) limit ?")
        .bind::<Text, _>(after)
        .bind::<Integer, _>(newest)
        .bind::<Integer, _>(BATCH)
        .load(conn)
        .await?;
    Ok(found)
}
