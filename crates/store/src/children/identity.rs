//! Who a child is: sealed in their record, and found by what cannot be read.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::QueryableByName;
use diesel::sql_types::{Array, Bytea, Integer, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::id::{ChildId, Id};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Profile;
use crate::error::{StoreError, StoreResult};
use crate::seal::{IDENTITY, Safe, Sealed, versioned};
use crate::search::{IndexKey, Sort, beginnings};
use crate::sql::sql;
use crate::tx::{ReadTx, WriteTx};

/// What is sealed of a record, as one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) given_name: String,
    pub(crate) family_name: String,
    pub(crate) date_of_birth: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hair_color: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) eye_color: Option<String>,
}

/// The sealed part of a child's record, where a list shows whom a row is about.
#[derive(Clone, Debug, QueryableByName)]
pub(crate) struct Named {
    #[diesel(sql_type = Bytea)]
    identity: Sealed,
    #[diesel(sql_type = Integer)]
    child_version: i32,
}

impl Identity {
    pub(crate) fn of(it: &Profile) -> Self {
        Self {
            given_name: it.given_name.clone(),
            family_name: it.family_name.clone(),
            date_of_birth: it.date_of_birth,
            hair_color: it.hair_color.clone(),
            eye_color: it.eye_color.clone(),
        }
    }

    pub(crate) fn seal(&self, safe: Safe<'_>, child: ChildId, version: i32) -> StoreResult<Sealed> {
        safe.seal_told(IDENTITY, versioned(child, version), self)
    }

    pub(crate) fn open(safe: Safe<'_>, child: ChildId, version: i32, sealed: &Sealed) -> StoreResult<Self> {
        safe.open_told(IDENTITY, versioned(child, version), sealed)
    }

    /// By what the child is found.
    pub(crate) fn terms(&self, key: &IndexKey) -> BTreeSet<Vec<u8>> {
        let names = beginnings(&self.given_name, &self.family_name);
        let mut terms: BTreeSet<Vec<u8>> = names.iter().map(|it| key.term(Sort::Name, it)).collect();
        terms.insert(key.term(Sort::Born, &self.date_of_birth.to_string()));
        terms
    }
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(embed)]
    named: Named,
}

const HELD: &str = "select id, identity, version as child_version from children where agency_id = ? and id = any(?)";

async fn held(conn: &AsyncPgConnection, safe: Safe<'_>, ids: &[Uuid]) -> StoreResult<Vec<Held>> {
    Ok(sql(HELD)
        .bind::<SqlUuid, _>(safe.agency().uuid())
        .bind::<Array<SqlUuid>, _>(ids.to_vec())
        .load(&mut &*conn)
        .await?)
}

/// When each of these children was born.
pub(crate) async fn births(
    conn: &AsyncPgConnection,
    safe: Safe<'_>,
    ids: &[Uuid],
) -> StoreResult<HashMap<ChildId, NaiveDate>> {
    let born = |it: Held| {
        let id = Id::from_uuid(it.id);
        Ok((id, it.named.open(safe, id)?.date_of_birth))
    };
    held(conn, safe, ids).await?.into_iter().map(born).collect()
}

/// Who these locked children are, each sealed for the version after the one there is.
pub(crate) async fn sealed_anew(tx: &WriteTx, ids: &[Uuid]) -> StoreResult<(Vec<Uuid>, Vec<Vec<u8>>)> {
    let held = held(tx.conn(), tx.safe(), ids).await?;
    let anew = |it: Held| {
        let id = Id::from_uuid(it.id);
        let sealed = it.named.open(tx.safe(), id)?.seal(tx.safe(), id, it.named.child_version + 1)?;
        Ok((it.id, sealed.0))
    };
    let anew = held.into_iter().map(anew).collect::<StoreResult<Vec<_>>>()?;
    Ok(anew.into_iter().unzip())
}

impl Named {
    pub(crate) fn open(&self, safe: Safe<'_>, child: ChildId) -> StoreResult<Identity> {
        Identity::open(safe, child, self.child_version, &self.identity)
    }
}

impl ReadTx {
    /// Who the child asked for is.
    pub(crate) fn identity(&self) -> StoreResult<Identity> {
        let named = self.standing().named.as_ref().ok_or(StoreError::NotFound)?;
        named.open(self.safe(), self.child()?.id)
    }
}
