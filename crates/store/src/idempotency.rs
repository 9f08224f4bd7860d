//! The first answer to a create, replayed to the same request for 30 days.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_types::{Bytea, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryDsl as _};
use diesel_async::RunQueryDsl as _;

use crate::call::Call;
use crate::error::{StoreError, StoreResult};
use crate::schema::idempotency_keys::dsl;
use crate::seal::KEPT_ANSWER;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, Store, WriteTx};

/// A client's name for one create, and what it asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Chosen by the client.
    pub key: String,
    /// A digest of the method, the path and the body.
    pub fingerprint: Vec<u8>,
}

/// An answer as it went out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: i16,
    /// Where the new resource is.
    pub location: Option<String>,
    /// Its version.
    pub etag: Option<String>,
    /// The body, byte for byte.
    pub body: String,
}

/// An answer, and whether the work was done now or before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// This request did the work.
    Now(Answer),
    /// An earlier one with the same key did.
    Before(Answer),
}

/// The insert waits for another transaction that claims the same key, so two at once do the work once.
const CLAIM: &str = "insert into idempotency_keys (agency_id, user_id, key, fingerprint, claimed_at) \
    values (?, ?, ?, ?, ?) on conflict do nothing";

const KEEP: &str = "update idempotency_keys set status = ?, location = ?, etag = ?, body = ? \
    where agency_id = ? and user_id = ? and key = ?";

type Row = (Vec<u8>, Option<i16>, Option<String>, Option<String>, Option<Vec<u8>>);

/// The statement that claims the key for this transaction. It changes no row where the key was claimed before.
pub(crate) fn claim(call: &Call, key: &Key) -> Sql {
    sql(CLAIM)
        .bind::<SqlUuid, _>(call.agency.uuid())
        .bind::<SqlUuid, _>(call.holder())
        .bind::<Text, _>(key.key.clone())
        .bind::<Bytea, _>(key.fingerprint.clone())
        .bind::<Timestamptz, _>(call.at)
}

/// The answer that the key had before.
pub(crate) async fn find(tx: &WriteTx, key: &Key) -> StoreResult<Answer> {
    let row: Option<Row> = dsl::idempotency_keys
        .find((tx.call().agency.uuid(), tx.call().holder(), &key.key))
        .select((dsl::fingerprint, dsl::status, dsl::location, dsl::etag, dsl::body))
        .first(&mut tx.conn())
        .await
        .optional()?;
    match row {
        Some((fingerprint, ..)) if fingerprint != key.fingerprint => Err(StoreError::KeyReused),
        Some((_, Some(status), location, etag, Some(body))) => {
            let body = tx.open(KEPT_ANSWER, place(tx.call(), key), &body)?;
            Ok(Answer { status, location, etag, body })
        }
        _ => Err(StoreError::Corrupt("idempotency_keys.status")),
    }
}

fn place(call: &Call, key: &Key) -> String {
    format!("{} {}", call.holder(), key.key)
}

/// The statement that keeps the answer, sealed, in the transaction of the work.
pub(crate) fn keep(tx: &ReadTx, key: &Key, answer: &Answer) -> StoreResult<Sql> {
    let body = tx.seal(KEPT_ANSWER, place(tx.call(), key), &answer.body)?;
    Ok(kept(tx.call(), key, answer, body))
}

/// The same with the body sealed already.
pub(crate) fn kept(call: &Call, key: &Key, answer: &Answer, body: Vec<u8>) -> Sql {
    sql(KEEP)
        .bind::<SmallInt, _>(answer.status)
        .bind::<Nullable<Text>, _>(answer.location.clone())
        .bind::<Nullable<Text>, _>(answer.etag.clone())
        .bind::<Bytea, _>(body)
        .bind::<SqlUuid, _>(call.agency.uuid())
        .bind::<SqlUuid, _>(call.holder())
        .bind::<Text, _>(key.key.clone())
}

/// How long an answer is kept.
pub const KEPT: TimeDelta = TimeDelta::days(30);

const CLEAR: &str = "delete from idempotency_keys where claimed_at < ?";

impl Store {
    /// Forgets answers older than [`KEPT`], in every agency.
    pub async fn clear_old_answers(&self, now: DateTime<Utc>) -> StoreResult<()> {
        let clear = sql(CLEAR).bind::<Timestamptz, _>(now - KEPT);
        self.sweep(async |conn| Ok(clear.execute(&mut &*conn).await.map(drop)?)).await
    }
}
