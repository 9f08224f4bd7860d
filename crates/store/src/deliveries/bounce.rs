//! A mail that a relay took and could not deliver: what was accepted is refused after all (DL-14).

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::id::{AgencyId, Id, names};
use uuid::Uuid;

use super::mark::{bounced, next_address_or_person};
use crate::call;
use crate::error::StoreResult;
use crate::sql::sql;
use crate::tx::Store;

/// What a report of failure says of one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Under which id the mail went out.
    pub mail: Uuid,
    /// The enhanced status code (RFC 3463), such as `5.1.1`.
    pub status: String,
    /// Whether it says something about the address. Else it says something about us or the way.
    pub about_address: bool,
    /// SHA-256 of the report, in hex.
    pub hash: String,
}

/// A mail with one line goes out under the id of its message, a digest under an id of its own.
const FIND: &str = "select d.agency_id, d.id from agencies a join deliveries d on d.agency_id = a.id and d.id = ? \
    union select d.agency_id, d.id from agencies a join deliveries d on d.agency_id = a.id and d.sent_as = ?";

/// Nothing where it is refused already: a report that comes twice does nothing the second time.
const REFUSE: &str = "update deliveries set ending = 'refused', ended_at = ? where agency_id = ? and id = ? \
    and channel = 'email' and ending = 'accepted' returning rung_id, episode_id, fence";

const ATTEMPT: &str = "insert into delivery_attempts (agency_id, id, rung_id, episode_id, attempted_at, channel, outcome, \
    recipients, worker, fence, delivery_id, reply_hash) values (?, ?, ?, ?, ?, 'email', 'refused', 1, 'bounce', ?, ?, ?)";

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlUuid)]
    agency_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct Refused {
    #[diesel(sql_type = SqlUuid)]
    rung_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    episode_id: Option<Uuid>,
    #[diesel(sql_type = BigInt)]
    fence: i64,
}

impl Store {
    /// Takes a report of failure: the address is passed over from now on, and the next address or person is turned to.
    /// Says how many messages it was about; none where the mail is not ours, or the report came before.
    pub async fn failed(&self, failure: &Failure, now: DateTime<Utc>) -> StoreResult<usize> {
        let find = sql(FIND).bind::<SqlUuid, _>(failure.mail).bind::<SqlUuid, _>(failure.mail);
        let found: Vec<Found> = self.sweep(async |conn| Ok(find.load(&mut &*conn).await?)).await?;
        let mut refused = 0;
        for message in found {
            let agency = Id::from_uuid(message.agency_id);
            let is_new = self.within(agency, async |conn| refuse(conn, &message, failure, now).await).await?;
            refused += usize::from(is_new);
        }
        Ok(refused)
    }
}

async fn refuse(conn: &AsyncPgConnection, message: &Found, failure: &Failure, now: DateTime<Utc>) -> StoreResult<bool> {
    let refused: Vec<Refused> = sql(REFUSE)
        .bind::<Timestamptz, _>(now)
        .bind::<SqlUuid, _>(message.agency_id)
        .bind::<SqlUuid, _>(message.id)
        .load(&mut &*conn)
        .await?;
    let Some(row) = refused.into_iter().next() else { return Ok(false) };
    let agency: AgencyId = Id::from_uuid(message.agency_id);
    sql(ATTEMPT)
        .bind::<SqlUuid, _>(message.agency_id)
        .bind::<SqlUuid, _>(call::new_id::<names::Rung>(now).uuid())
        .bind::<SqlUuid, _>(row.rung_id)
        .bind::<Nullable<SqlUuid>, _>(row.episode_id)
        .bind::<Timestamptz, _>(now)
        .bind::<BigInt, _>(row.fence)
        .bind::<SqlUuid, _>(message.id)
        .bind::<Text, _>(failure.hash.clone())
        .execute(&mut &*conn)
        .await?;
    if failure.about_address {
        bounced(conn, (agency, message.id), failure.status.clone(), now).await?;
    }
    next_address_or_person(conn, (agency, message.id), row.rung_id, now).await?;
    Ok(true)
}
