//! A key that a program presents: found by its id, compared, and counted before its request begins.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Bool, Bytea, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use homeward_domain::id::{AgencyId, Id, MachineKeyId, UserId};
use homeward_domain::machine_key::{Scopes, TOO_LONG_UNUSED};
use homeward_domain::policy::{self, Caller, Denied, Reach, Role, SessionKind};
use uuid::Uuid;

use crate::audit::{self, By};
use crate::call::{Call, Origin};
use crate::convert::code;
use crate::error::{StoreError, StoreResult};
use crate::sessions::SecretHash;
use crate::sql::sql;
use crate::tx::Store;

use super::notices;

/// What a program presents.
#[derive(Clone, Copy)]
pub struct PresentedKey {
    /// The agency in it.
    pub agency: AgencyId,
    /// The key in it.
    pub id: MachineKeyId,
    /// The keyed hash of its secret.
    pub hash: SecretHash,
}

/// That it still stands is asked again by the first statement of the request itself.
const FIND: &str = "select k.owner_id, u.role, k.secret_hash, k.previous_hash, k.previous_until, \
    coalesce(k.networks is null or ?::inet <<= any(k.networks::cidr[]), false) as is_inside \
    from machine_keys k join users u on u.agency_id = k.agency_id and u.id = k.owner_id and u.disabled_at is null \
    where k.agency_id = ? and k.id = ? and k.revoked_at is null and ? < k.expires_at \
    and ? < greatest(k.made_at, k.renewed_at, k.used_at)";

const COUNT: &str =
    "update machine_keys set uses = uses + 1, used_at = ?, used_from = ? where agency_id = ? and id = ?";

const REFUSED: &str = "update machine_keys set refused_at = ?, refused_from = ? where agency_id = ? and id = ?";

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlUuid)]
    owner_id: Uuid,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Bytea)]
    secret_hash: Vec<u8>,
    #[diesel(sql_type = Nullable<Bytea>)]
    previous_hash: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    previous_until: Option<DateTime<Utc>>,
    #[diesel(sql_type = Bool)]
    is_inside: bool,
}

impl Found {
    /// Both are compared, whichever it is.
    fn has(&self, hash: SecretHash, at: DateTime<Utc>) -> bool {
        let is_present = hash.is(&self.secret_hash);
        let was_before = self.previous_hash.as_deref().is_some_and(|it| hash.is(it));
        is_present | (was_before & self.previous_until.is_some_and(|until| at < until))
    }
}

impl Store {
    /// The request of a program, if its key stands and may be used from there. Each use is counted (KY-07); one from
    /// elsewhere is refused, and in the trail (KY-04).
    pub async fn call_by_key(&self, key: PresentedKey, origin: Origin, at: DateTime<Utc>) -> StoreResult<Call> {
        let look_up = async |conn: &AsyncPgConnection| {
            let found = look_up(conn, key, &origin, at).await?;
            if self.mails && matches!(found, Some((_, false))) {
                notices::of_refusal(conn, (key.agency, key.id), at).await?;
            }
            Ok(found)
        };
        let (user, is_inside) = self.within(key.agency, look_up).await?.ok_or(StoreError::SignedOut)?;
        if is_inside {
            Ok(Call::by_key((key.agency, user, key.id), at, origin))
        } else {
            Err(Denied::OutsideNetwork.into())
        }
    }
}

/// Whose it is, and whether it may be used from there; nothing where it does not stand.
async fn look_up(
    conn: &AsyncPgConnection,
    key: PresentedKey,
    origin: &Origin,
    at: DateTime<Utc>,
) -> StoreResult<Option<(UserId, bool)>> {
    let source = origin.source.map(|it| it.to_canonical().to_string());
    let found: Option<Found> = sql(FIND)
        .bind::<Nullable<Text>, _>(source.clone())
        .bind::<SqlUuid, _>(key.agency.uuid())
        .bind::<SqlUuid, _>(key.id.uuid())
        .bind::<Timestamptz, _>(at)
        .bind::<Timestamptz, _>(at - TOO_LONG_UNUSED)
        .get_result(&mut &*conn)
        .await
        .optional()?;
    let Some(found) = found.filter(|it| it.has(key.hash, at)) else { return Ok(None) };
    let user = Id::from_uuid(found.owner_id);
    if found.is_inside {
        // What a crash of the database loses of it is a count or two.
        (&mut &*conn).batch_execute("set local synchronous_commit = off").await?;
    } else {
        refuse(conn, key, (user, code(&found.role, "users.role")?), (origin, at)).await?;
    }
    let count = if found.is_inside { COUNT } else { REFUSED };
    sql(count)
        .bind::<Timestamptz, _>(at)
        .bind::<Nullable<Text>, _>(source)
        .bind::<SqlUuid, _>(key.agency.uuid())
        .bind::<SqlUuid, _>(key.id.uuid())
        .execute(&mut &*conn)
        .await?;
    Ok(Some((user, found.is_inside)))
}

/// In the trail as the key's, on behalf of its owner.
async fn refuse(
    conn: &AsyncPgConnection,
    key: PresentedKey,
    (user, role): (UserId, Role),
    (origin, at): (&Origin, DateTime<Utc>),
) -> StoreResult<()> {
    let session = SessionKind::Key(Scopes::default());
    let caller = Caller { user, agency: key.agency, role, reach: Reach::Units(Vec::new()), session };
    let entry = policy::refused(&caller, None, Denied::OutsideNetwork);
    let by = By { at, role: Some(role), session: Some(Id::from_uuid(key.id.uuid())), origin };
    audit::entry(by, &entry)?.execute(&mut &*conn).await?;
    Ok(())
}
