//! How often each key has wrapped. A key with a random nonce is good for 2^32 uses (NIST SP 800-38D), so they are
//! counted, and the key is replaced long before.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Integer};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};

use super::Keyring;
use crate::error::StoreResult;
use crate::pool;
use crate::sql::sql;
use crate::tx::Store;

/// After so many uses a key should be replaced: half of what is safe.
pub const ENOUGH: i64 = 1 << 31;

/// Uses by number of the key, since they were last written down.
#[derive(Default)]
pub(super) struct Uses(Mutex<BTreeMap<u32, i64>>);

impl Uses {
    pub(super) fn add(&self, number: u32, uses: i64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *all.entry(number).or_default() += uses;
    }

    pub(super) fn take(&self) -> BTreeMap<u32, i64> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    uses: i64,
}

const ADD: &str = "update data_keys set uses = coalesce(uses, 0) + ? where number = ?";

const OF_NEWEST: &str = "select coalesce(uses, 0) as uses from data_keys order by number desc limit 1";

/// Writes down what this program used since it last did, and gives the uses of the newest key by everyone. A program
/// that dies before loses what it did since: the distance from [`ENOUGH`] to what is safe is for that.
pub(crate) async fn count(conn: &AsyncPgConnection, keyring: &Keyring) -> StoreResult<i64> {
    let mut written = Ok(());
    for (number, uses) in keyring.uses().take() {
        let added = add(conn, number, uses).await;
        if added.is_err() {
            keyring.uses().add(number, uses);
        }
        written = written.and(added);
    }
    written?;
    let mut newest: Vec<Counted> = sql(OF_NEWEST).load(&mut &*conn).await?;
    Ok(newest.pop().map_or(0, |it| it.uses))
}

async fn add(conn: &AsyncPgConnection, number: u32, uses: i64) -> StoreResult<()> {
    let number = i32::try_from(number).unwrap_or(i32::MAX);
    sql(ADD).bind::<BigInt, _>(uses).bind::<Integer, _>(number).execute(&mut &*conn).await?;
    Ok(())
}

impl Store {
    /// Writes down how often this program has used its keys, and gives the uses of the newest by everyone.
    pub async fn count_key_uses(&self) -> StoreResult<i64> {
        let conn = pool::checkout(&self.pool).await?;
        count(&conn.pg, &self.keyring).await
    }
}
