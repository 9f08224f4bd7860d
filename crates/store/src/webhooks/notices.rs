//! Notices by mail about an endpoint, queued with what happened: to administrators, and, once two people stand behind it, to
//! the address that is kept with it.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::id::{AgencyId, WebhookId};
use homeward_domain::notice::EndpointNotice;
use homeward_domain::policy::{self, ConfigureWebhooks};
use homeward_domain::vocabulary::Vocabulary;
use homeward_domain::zone::Zone;
use uuid::Uuid;

use super::outage::Reply;
use crate::error::{StoreError, StoreResult};
use crate::notices::Letter;
use crate::notices::queue::{Queue, Taken, queue_of};
use crate::sql::sql;
use crate::tx::{Store, WriteTx};

/// A notice that this worker holds.
pub type HeldNotice = Taken<EndpointNotice>;

const WAITING: Queue = queue_of!("webhook_notices");

/// Of a change every administrator hears; of an outage those who set the endpoint up, or every one where neither of them is
/// an administrator any more.
const QUEUE: &str = "insert into webhook_notices (agency_id, id, webhook_id, user_id, kind, changed_by, happened_at, \
    next_try_at, tries) select w.agency_id, gen_random_uuid(), w.id, p.user_id, t.kind, t.changed_by, t.at, t.at, 0 \
    from webhooks w cross join (select ?::text as kind, ?::uuid as changed_by, ?::timestamptz as at, ?::bool as to_all, \
    ?::text[] as roles) t cross join lateral (select u.id as user_id from users u where u.agency_id = w.agency_id \
    and u.disabled_at is null and u.role = any(t.roles) and (t.to_all or u.id in (w.proposed_by, w.approved_by) \
    or not exists (select from users o where o.agency_id = w.agency_id and o.disabled_at is null \
    and o.role = any(t.roles) and o.id in (w.proposed_by, w.approved_by))) \
    union all select null where w.approved_at is not null) p where w.agency_id = ? and w.id = ?";

/// Who made a change is told to administrators only.
const LETTER: &str = "select coalesce(u.email, w.contact_email) as email, w.url, a.time_zone, \
    case when n.user_id is not null then b.email end as by_whom \
    from webhook_notices n join webhooks w on w.agency_id = n.agency_id and w.id = n.webhook_id \
    join agencies a on a.id = n.agency_id left join users u on u.agency_id = n.agency_id and u.id = n.user_id \
    left join users b on b.agency_id = n.agency_id and b.id = n.changed_by \
    where n.agency_id = ? and n.id = ? and u.disabled_at is null";

#[derive(QueryableByName)]
struct LetterRow {
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    url: String,
    #[diesel(sql_type = Text)]
    time_zone: String,
    #[diesel(sql_type = Nullable<Text>)]
    by_whom: Option<String>,
}

/// Queues a notice of an outage.
pub(super) async fn of_outage(
    conn: &AsyncPgConnection,
    reply: &Reply,
    webhook: Uuid,
    notice: EndpointNotice,
) -> StoreResult<()> {
    queue(conn, notice, (reply.agency, webhook, None), reply.now).await
}

/// Queues a notice of what a person did; nothing where no mail leaves the installation.
pub(super) async fn of_change(tx: &WriteTx, notice: EndpointNotice, webhook: WebhookId, by: Uuid) -> StoreResult<()> {
    if !tx.mails() {
        return Ok(());
    }
    queue(tx.conn(), notice, (tx.call().agency, webhook.uuid(), Some(by)), tx.at()).await
}

async fn queue(
    conn: &AsyncPgConnection,
    notice: EndpointNotice,
    (agency, webhook, by): (AgencyId, Uuid, Option<Uuid>),
    at: DateTime<Utc>,
) -> StoreResult<()> {
    let administrators: Vec<&str> = policy::roles_that_may::<ConfigureWebhooks>().map(Vocabulary::code).collect();
    sql(QUEUE)
        .bind::<Text, _>(notice.code())
        .bind::<Nullable<SqlUuid>, _>(by)
        .bind::<Timestamptz, _>(at)
        .bind::<Bool, _>(notice.is_a_change())
        .bind::<Array<Text>, _>(administrators)
        .bind::<SqlUuid, _>(agency.uuid())
        .bind::<SqlUuid, _>(webhook)
        .execute(&mut &*conn)
        .await?;
    Ok(())
}

impl Store {
    /// Takes what is to be told of endpoints now. What a newer version of the program queued is left to that.
    pub async fn take_endpoint_notices(&self, at: DateTime<Utc>, limit: i64) -> StoreResult<Vec<HeldNotice>> {
        WAITING.take(self, at, limit).await
    }

    /// The words of a notice; none where whoever it is for has left.
    pub async fn endpoint_letter(&self, held: &HeldNotice) -> StoreResult<Option<Letter>> {
        let find = sql(LETTER).bind::<SqlUuid, _>(held.agency.uuid()).bind::<SqlUuid, _>(held.id);
        let row: Option<LetterRow> =
            self.within(held.agency, async |conn| Ok(find.get_result(&mut &*conn).await.optional()?)).await?;
        let Some(row) = row else { return Ok(None) };
        let zone = Zone::parse(&row.time_zone).map_err(|_| StoreError::Corrupt("agencies.time_zone"))?;
        let text = held.notice.text(&row.url, row.by_whom.as_deref(), held.happened_at, zone);
        Ok(Some(Letter { to: row.email, text }))
    }

    /// The relay has it, or there is nobody to send it to.
    pub async fn endpoint_notice_sent(&self, held: &HeldNotice, at: DateTime<Utc>) -> StoreResult<()> {
        WAITING.mark(self, held, at).await
    }
}
