//! Notices by mail about a key: to its owner and the supervisors who work where they do; of a refusal, to administrators too.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_types::{Array, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::id::{AgencyId, Id, MachineKeyId};
use homeward_domain::machine_key::WARNINGS;
use homeward_domain::notice::{AboutKey, KeyNotice};
use homeward_domain::policy::{self, ManagePeople, Role};
use homeward_domain::vocabulary::Vocabulary;
use homeward_domain::zone::Zone;
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};
use crate::notices::Letter;
use crate::notices::queue::{Queue, Taken, queue_of};
use crate::sql::{Sql, sql};
use crate::tx::Store;

/// A key that is tried again and again from elsewhere is told of so often; the trail has every time.
const AGAIN: TimeDelta = TimeDelta::hours(1);

/// A notice that this worker holds.
pub type HeldKeyNotice = Taken<KeyNotice>;

const WAITING: Queue = queue_of!("machine_key_notices");

/// The keys whose next warning has come. Each is marked with it, so that it is given once.
const DUE: &str = "with due as (update machine_keys k set warned_days = w.days from \
    (select o.id, (select min(d)::smallint from unnest(?::int[]) d where o.expires_at <= t.at + make_interval(days => d)) \
    as days from machine_keys o cross join (select ?::timestamptz as at) t where o.agency_id = ? \
    and o.revoked_at is null and t.at < o.expires_at) w \
    where k.agency_id = ? and k.id = w.id and w.days < k.warned_days returning k.agency_id, k.id, k.owner_id) ";

/// A key that was refused from elsewhere, unless that was told a while ago.
const REFUSED: &str = "with due as (select k.agency_id, k.id, k.owner_id from machine_keys k \
    where k.agency_id = ? and k.id = ? and not exists (select from machine_key_notices n \
    where n.agency_id = k.agency_id and n.key_id = k.id and n.kind = 'outside_network' and ? < n.happened_at)) ";

const QUEUE: &str = "insert into machine_key_notices (agency_id, id, key_id, user_id, kind, happened_at, next_try_at, tries) \
    select k.agency_id, gen_random_uuid(), k.id, u.id, t.kind, t.at, t.at, 0 from due k \
    cross join (select ?::text as kind, ?::timestamptz as at, ?::text as supervisor, ?::text[] as administrators) t \
    join users o on o.agency_id = k.agency_id and o.id = k.owner_id and o.disabled_at is null \
    join users u on u.agency_id = k.agency_id and u.disabled_at is null and (u.id = o.id \
    or u.role = any(t.administrators) or (u.role = t.supervisor and (u.whole_agency or exists (select from user_units a \
    join user_units b on b.agency_id = a.agency_id and b.unit_id = a.unit_id \
    where a.agency_id = k.agency_id and a.user_id = u.id and b.user_id = o.id))))";

const LETTER: &str = "select u.email, o.email as owner, k.id, k.expires_at, k.refused_from, a.time_zone \
    from machine_key_notices n join machine_keys k on k.agency_id = n.agency_id and k.id = n.key_id \
    join users o on o.agency_id = k.agency_id and o.id = k.owner_id join agencies a on a.id = n.agency_id \
    join users u on u.agency_id = n.agency_id and u.id = n.user_id and u.disabled_at is null \
    where n.agency_id = ? and n.id = ? and k.revoked_at is null";

#[derive(QueryableByName)]
struct LetterRow {
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    owner: String,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>)]
    refused_from: Option<String>,
    #[diesel(sql_type = Text)]
    time_zone: String,
}

fn queue(due: Sql, notice: KeyNotice, at: DateTime<Utc>) -> Sql {
    let administrators = policy::roles_that_may::<ManagePeople>().filter(|_| notice.concerns_administrators());
    let administrators: Vec<&str> = administrators.map(Vocabulary::code).collect();
    due.push(QUEUE)
        .bind::<Text, _>(notice.code())
        .bind::<Timestamptz, _>(at)
        .bind::<Text, _>(Role::Supervisor.code())
        .bind::<Array<Text>, _>(administrators)
}

/// Queues a notice of a key that was refused from outside its networks.
pub(super) async fn of_refusal(
    conn: &AsyncPgConnection,
    (agency, key): (AgencyId, MachineKeyId),
    at: DateTime<Utc>,
) -> StoreResult<()> {
    let due = sql(REFUSED)
        .bind::<SqlUuid, _>(agency.uuid())
        .bind::<SqlUuid, _>(key.uuid())
        .bind::<Timestamptz, _>(at - AGAIN);
    queue(due, KeyNotice::OutsideNetwork, at).execute(&mut &*conn).await?;
    Ok(())
}

async fn warn(conn: &AsyncPgConnection, agency: AgencyId, at: DateTime<Utc>) -> StoreResult<()> {
    let days: Vec<i32> = WARNINGS.iter().filter_map(|it| i32::try_from(*it).ok()).collect();
    let due = sql(DUE)
        .bind::<Array<Integer>, _>(days)
        .bind::<Timestamptz, _>(at)
        .bind::<SqlUuid, _>(agency.uuid())
        .bind::<SqlUuid, _>(agency.uuid());
    queue(due, KeyNotice::Expiring, at).execute(&mut &*conn).await?;
    Ok(())
}

impl Store {
    /// Queues a warning to the people of each key that ends in 30, 14, 7 or 1 days, each once (KY-03); nothing where no mail
    /// leaves the installation. An agency that fails holds up no other.
    pub async fn warn_of_keys(&self, at: DateTime<Utc>) -> StoreResult<()> {
        if !self.mails {
            return Ok(());
        }
        let mut warned = Ok(());
        for row in self.every_agency().await? {
            let agency = row.agency()?.id;
            let of_agency = self.within(agency, async |conn| warn(conn, agency, at).await).await;
            warned = warned.and(of_agency);
        }
        warned
    }

    /// Takes what is to be told of keys now. What a newer version of the program queued is left to that.
    pub async fn take_key_notices(&self, at: DateTime<Utc>, limit: i64) -> StoreResult<Vec<HeldKeyNotice>> {
        WAITING.take(self, at, limit).await
    }

    /// The words of a notice; none where whoever it is for has left, or the key was revoked.
    pub async fn key_letter(&self, held: &HeldKeyNotice) -> StoreResult<Option<Letter>> {
        let find = sql(LETTER).bind::<SqlUuid, _>(held.agency.uuid()).bind::<SqlUuid, _>(held.id);
        let row: Option<LetterRow> =
            self.within(held.agency, async |conn| Ok(find.get_result(&mut &*conn).await.optional()?)).await?;
        let Some(row) = row else { return Ok(None) };
        let zone = Zone::parse(&row.time_zone).map_err(|_| StoreError::Corrupt("agencies.time_zone"))?;
        let (id, expires_at) = (Id::from_uuid(row.id), row.expires_at);
        let key = AboutKey { id, owner: row.owner, expires_at, refused_from: row.refused_from };
        Ok(Some(Letter { to: row.email, text: held.notice.text(&key, held.happened_at, zone) }))
    }

    /// The relay has it, or there is nobody to send it to.
    pub async fn key_notice_sent(&self, held: &HeldKeyNotice, at: DateTime<Utc>) -> StoreResult<()> {
        WAITING.mark(self, held, at).await
    }
}
