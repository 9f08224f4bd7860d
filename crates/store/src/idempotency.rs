//! The first answer to a create, replayed to the same request for 30 days.

use diesel::sql_types::{Bytea, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryDsl as _};
use diesel_async::RunQueryDsl as _;

use crate::error::{StoreError, StoreResult};
use crate::schema::idempotency_keys::dsl;
use crate::sql::sql;
use crate::tx::WriteTx;

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

/// Whether the request is the first with its key.
#[derive(Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is: do the work and [`keep`] the answer.
    Fresh,
    /// It was answered before.
    Answered(Answer),
}

/// The insert waits for another transaction that claims the same key, so two at once do the work once.
const CLAIM: &str = "insert into idempotency_keys (agency_id, user_id, key, fingerprint, claimed_at) \
    values (?, ?, ?, ?, ?) on conflict do nothing";

const KEEP: &str = "update idempotency_keys set status = ?, location = ?, etag = ?, body = ? \
    where agency_id = ? and user_id = ? and key = ?";

type Row = (Vec<u8>, Option<i16>, Option<String>, Option<String>, Option<String>);

/// Claims the key for this transaction, or gives the answer it had.
pub async fn claim(tx: &WriteTx, key: &Key) -> StoreResult<Claim> {
    let claimed = sql(CLAIM)
        .bind::<SqlUuid, _>(tx.call().agency.uuid())
        .bind::<SqlUuid, _>(tx.call().user.uuid())
        .bind::<Text, _>(key.key.clone())
        .bind::<Bytea, _>(key.fingerprint.clone())
        .bind::<Timestamptz, _>(tx.at())
        .execute(&mut tx.conn())
        .await?;
    if claimed == 1 { Ok(Claim::Fresh) } else { answered(tx, key).await }
}

async fn answered(tx: &WriteTx, key: &Key) -> StoreResult<Claim> {
    let row: Option<Row> = dsl::idempotency_keys
        .find((tx.call().agency.uuid(), tx.call().user.uuid(), &key.key))
        .select((dsl::fingerprint, dsl::status, dsl::location, dsl::etag, dsl::body))
        .first(&mut tx.conn())
        .await
        .optional()?;
    match row {
        Some((fingerprint, ..)) if fingerprint != key.fingerprint => Err(StoreError::KeyReused),
        Some((_, Some(status), location, etag, Some(body))) => {
            Ok(Claim::Answered(Answer { status, location, etag, body }))
        }
        _ => Err(StoreError::Corrupt("idempotency_keys.status")),
    }
}

/// Keeps the answer, in the transaction of the work.
pub async fn keep(tx: &WriteTx, key: &Key, answer: &Answer) -> StoreResult<()> {
    sql(KEEP)
        .bind::<SmallInt, _>(answer.status)
        .bind::<Nullable<Text>, _>(answer.location.clone())
        .bind::<Nullable<Text>, _>(answer.etag.clone())
        .bind::<Text, _>(answer.body.clone())
        .bind::<SqlUuid, _>(tx.call().agency.uuid())
        .bind::<SqlUuid, _>(tx.call().user.uuid())
        .bind::<Text, _>(key.key.clone())
        .execute(&mut tx.conn())
        .await?;
    Ok(())
}
