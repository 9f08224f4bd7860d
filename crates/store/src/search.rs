//! By what a child can be found, though who they are is sealed: keyed hashes, and no word (ADR 0025).

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use aws_lc_rs::rand;
use diesel::sql_types::{Array, Bytea, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::id::{AgencyId, ChildId};
use homeward_domain::report::ReportItem;
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};
use crate::seal::{SEARCH_KEY, Safe, Sealed};
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;

mod contacts;
mod words;

pub(crate) use contacts::{accounts, phones};
pub(crate) use words::{beginnings, begins};

/// Bytes of a key.
const KEY: usize = 32;

/// Bytes of a term: enough that no two words share one.
const TERM: usize = 16;

/// Makes the terms of one agency. Equal names in two agencies have nothing in common.
#[derive(Clone)]
pub(crate) struct IndexKey(hmac::Key);

/// What a term stands for. Another sort of the same text is another term.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// The beginning of a name.
    Name,
    /// A day of birth.
    Born,
    /// A phone number.
    Phone,
    /// An e-mail address, or what someone is called elsewhere.
    Account,
}

/// Where terms come from: they are replaced together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The record of the child.
    Identity,
    /// What is stated of how the child can be reached.
    Contact(ReportItem),
}

/// The keys that were read before. An agency's key stays, so none grows old.
#[derive(Default)]
pub(crate) struct IndexKeys {
    all: Arc<Mutex<HashMap<AgencyId, IndexKey>>>,
    /// One that this transaction made: whether it stays is not known yet, so no other is told.
    made: OnceLock<IndexKey>,
}

/// Those of a new transaction: it shares what all know, and not what another made.
impl Clone for IndexKeys {
    fn clone(&self) -> Self {
        Self { all: self.all.clone(), made: OnceLock::new() }
    }
}

impl IndexKeys {
    fn of_all(&self) -> MutexGuard<'_, HashMap<AgencyId, IndexKey>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source {
    fn code(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Contact(item) => item.code(),
        }
    }
}

impl Sort {
    fn label(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Born => "born",
            Self::Phone => "phone",
            Self::Account => "account",
        }
    }
}

impl IndexKey {
    fn of(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(HMAC_SHA256, bytes))
    }

    /// The term of this text.
    pub(crate) fn term(&self, sort: Sort, text: &str) -> Vec<u8> {
        let tag = hmac::sign(&self.0, format!("{}\0{text}", sort.label()).as_bytes());
        tag.as_ref().iter().copied().take(TERM).collect()
    }
}

/// The terms of what is stated of how a child can be reached. Of other items there are none.
pub(crate) fn of_contact(key: &IndexKey, item: ReportItem, said: &str) -> BTreeSet<Vec<u8>> {
    let terms = |sort, all: BTreeSet<String>| all.iter().map(|it| key.term(sort, it)).collect();
    match item {
        ReportItem::PhoneNumbers => terms(Sort::Phone, phones(said)),
        ReportItem::EmailAddresses | ReportItem::SocialMediaAccounts => terms(Sort::Account, accounts(said)),
        _ => BTreeSet::new(),
    }
}

impl fmt::Debug for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndexKey")
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Bytea)]
    key: Sealed,
}

const KEY_OF: &str = "select key from search_keys where agency_id = ?";

const ADD_KEY: &str = "insert into search_keys (agency_id, key) values (?, ?) on conflict do nothing";

const PUT: &str = "insert into search_terms (agency_id, term, child_id, source) \
    select ?, t.term, t.child_id, ? from unnest(?, ?) as t (term, child_id) on conflict do nothing";

const TAKE: &str = "delete from search_terms where agency_id = ? and child_id = ? and source = ?";

/// The key of an agency, if it has one.
async fn find_key(conn: &AsyncPgConnection, safe: Safe<'_>, agency: AgencyId) -> StoreResult<Option<IndexKey>> {
    let found: Option<Found> =
        sql(KEY_OF).bind::<SqlUuid, _>(agency.uuid()).get_result(&mut &*conn).await.optional()?;
    let open = |it: Found| Ok(IndexKey::of(&safe.open_bytes(SEARCH_KEY, agency, &it.key.0)?));
    found.map(open).transpose()
}

/// The key of an agency, which gets one if it has none. Of two that are made at once the first stays.
pub(crate) async fn key_of(conn: &AsyncPgConnection, safe: Safe<'_>, agency: AgencyId) -> StoreResult<IndexKey> {
    if let Some(key) = find_key(conn, safe, agency).await? {
        return Ok(key);
    }
    let mut key = [0; KEY];
    rand::fill(&mut key).map_err(|_| StoreError::Unavailable("the machine gives no random bytes".to_owned()))?;
    sql(ADD_KEY)
        .bind::<SqlUuid, _>(agency.uuid())
        .bind::<Bytea, _>(safe.seal(SEARCH_KEY, agency, &key)?)
        .execute(&mut &*conn)
        .await?;
    find_key(conn, safe, agency).await?.ok_or(StoreError::Corrupt("search_keys"))
}

/// The statement that adds terms of several children.
pub(crate) fn put(agency: AgencyId, source: Source, terms: Vec<(ChildId, BTreeSet<Vec<u8>>)>) -> Sql {
    let each = terms.into_iter().flat_map(|(child, terms)| terms.into_iter().map(move |term| (term, child.uuid())));
    let (terms, children): (Vec<Vec<u8>>, Vec<Uuid>) = each.unzip();
    sql(PUT)
        .bind::<SqlUuid, _>(agency.uuid())
        .bind::<Text, _>(source.code())
        .bind::<Array<Bytea>, _>(terms)
        .bind::<Array<SqlUuid>, _>(children)
}

/// The statement that takes a child's terms from this source away.
pub(crate) fn take(agency: AgencyId, child: ChildId, source: Source) -> Sql {
    sql(TAKE).bind::<SqlUuid, _>(agency.uuid()).bind::<SqlUuid, _>(child.uuid()).bind::<Text, _>(source.code())
}

impl ReadTx {
    /// The key of the caller's agency. It is asked for once by each process.
    pub(crate) async fn index(&self) -> StoreResult<IndexKey> {
        let agency = self.call().agency;
        let known = self.index_keys().of_all().get(&agency).cloned();
        if let Some(key) = known.or_else(|| self.index_keys().made.get().cloned()) {
            return Ok(key);
        }
        if let Some(key) = find_key(self.conn(), self.safe(), agency).await? {
            self.index_keys().of_all().insert(agency, key.clone());
            return Ok(key);
        }
        let key = key_of(self.conn(), self.safe(), agency).await?;
        Ok(self.index_keys().made.get_or_init(|| key).clone())
    }
}
