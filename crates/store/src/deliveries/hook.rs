//! An event as it is to leave for an agency's endpoint: thin, signed with what is in force now.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Binary, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use super::{Held, no_longer_owed};
use crate::duties;
use crate::error::{StoreError, StoreResult};
use crate::seal::Keyring;
use crate::sql::sql;
use crate::tx::Store;
use crate::webhooks::{SealedSigning, Signers};

/// One event for one endpoint.
#[derive(Clone, PartialEq, Eq)]
pub struct Hook {
    /// The message in the outbox.
    pub held: Held,
    /// Where to.
    pub url: String,
    /// What signs it (WH-07).
    pub signers: Signers,
    /// The same over every try.
    pub message_id: Uuid,
    /// The duty that is due: an id, and nothing that it says.
    pub duty: Uuid,
    /// Which rung of its ladder; it counts up.
    pub version: i32,
    /// When the rung fired.
    pub at: DateTime<Utc>,
}

const HELD: &str = "select to_jsonb(u) as duty, u.id as duty_id, d.message_id, d.queued_at, r.ordinal, w.id as webhook_id, \
    w.url, w.secret, w.signing_key, case when p.overlaps then w.previous_secret end as previous_secret, \
    case when p.overlaps then w.previous_signing_key end as previous_signing_key from deliveries d join duties u on u.agency_id = d.agency_id and u.id = d.duty_id \
    join rungs r on r.agency_id = d.agency_id and r.id = d.rung_id \
    join webhooks w on w.agency_id = d.agency_id and w.id = d.webhook_id \
    cross join lateral (select w.previous_until > ? as overlaps) p \
    where d.agency_id = ? and d.id = ? and d.fence = ? and d.ended_at is null and w.removed_at is null";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Jsonb)]
    duty: serde_json::Value,
    #[diesel(sql_type = SqlUuid)]
    duty_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    message_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    queued_at: DateTime<Utc>,
    #[diesel(sql_type = Integer)]
    ordinal: i32,
    #[diesel(sql_type = SqlUuid)]
    webhook_id: Uuid,
    #[diesel(sql_type = Text)]
    url: String,
    #[diesel(sql_type = Binary)]
    secret: Vec<u8>,
    #[diesel(sql_type = Nullable<Binary>)]
    previous_secret: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    signing_key: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    previous_signing_key: Option<Vec<u8>>,
}

impl Store {
    /// The event that this message is. None where nothing is owed any more, or another worker holds it.
    pub async fn hook(&self, held: &Held, now: DateTime<Utc>) -> StoreResult<Option<Hook>> {
        self.within(held.agency, async |conn| compose(conn, &self.keyring, held, now).await).await
    }
}

async fn compose(
    conn: &AsyncPgConnection,
    keyring: &Keyring,
    held: &Held,
    now: DateTime<Utc>,
) -> StoreResult<Option<Hook>> {
    let row: Option<Row> = sql(HELD)
        .bind::<Timestamptz, _>(now)
        .bind::<SqlUuid, _>(held.agency.uuid())
        .bind::<SqlUuid, _>(held.id)
        .bind::<BigInt, _>(held.fence)
        .get_result(&mut &*conn)
        .await
        .optional()?;
    let hook = row.map(|row| row.hook(keyring, held)).transpose()?.flatten();
    if hook.is_none() {
        no_longer_owed(conn, held, now).await?;
    }
    Ok(hook)
}

impl Row {
    fn hook(self, keyring: &Keyring, held: &Held) -> StoreResult<Option<Hook>> {
        let duty: duties::Row = serde_json::from_value(self.duty).map_err(|_| StoreError::Corrupt("duties"))?;
        if !duty.unopened()?.duty.is_outstanding() {
            return Ok(None);
        }
        let sealed = SealedSigning {
            secret: self.secret,
            previous_secret: self.previous_secret,
            key: self.signing_key,
            previous_key: self.previous_signing_key,
        };
        let signers = sealed.open(|column, sealed| keyring.open_at(held.agency, column, self.webhook_id, sealed))?;
        Ok(Some(Hook {
            held: *held,
            url: self.url,
            signers,
            message_id: self.message_id,
            duty: self.duty_id,
            version: self.ordinal,
            at: self.queued_at,
        }))
    }
}
