//! When an endpoint does not take what it is sent: an outage begins, people are told once, and once more when it is over.
//! Nothing here keeps a message from being tried (WH-10).

use chrono::{DateTime, Utc};
use diesel::sql_types::{Bool, Timestamptz, Uuid as SqlUuid};
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::id::{AgencyId, Id, WebhookId};
use homeward_domain::notice::EndpointNotice;
use uuid::Uuid;

use super::notices;
use crate::error::StoreResult;
use crate::schema::webhook_outages::dsl;
use crate::sql::sql;
use crate::tx::ReadTx;

/// An outage that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Of which endpoint.
    pub webhook: WebhookId,
    /// Since when.
    pub began_at: DateTime<Utc>,
    /// When people were told.
    pub told_at: Option<DateTime<Utc>>,
}

/// One reply to a message for an endpoint.
pub(crate) struct Reply {
    pub(crate) agency: AgencyId,
    pub(crate) message: Uuid,
    pub(crate) now: DateTime<Utc>,
    /// Whether mail leaves the installation.
    pub(crate) mails: bool,
}

const BEGIN: &str = "insert into webhook_outages (agency_id, id, webhook_id, began_at) \
    select d.agency_id, gen_random_uuid(), d.webhook_id, ? from deliveries d where d.agency_id = ? and d.id = ? \
    on conflict (agency_id, webhook_id) where ended_at is null do nothing";

const TELL: &str = "update webhook_outages o set told_at = ? from deliveries d where d.agency_id = ? and d.id = ? \
    and o.agency_id = d.agency_id and o.webhook_id = d.webhook_id and o.ended_at is null and o.told_at is null \
    returning o.webhook_id, true as told";

/// Two workers that end the last messages at once take turns: the later one sees that nothing fails any more.
const TAKE_TURNS: &str = "select o.webhook_id, o.told_at is not null as told from webhook_outages o \
    join deliveries d on d.agency_id = o.agency_id and d.webhook_id = o.webhook_id \
    where d.agency_id = ? and d.id = ? and o.ended_at is null for update of o";

const END: &str = "update webhook_outages o set ended_at = ? where o.agency_id = ? and o.webhook_id = ? \
    and o.ended_at is null and not exists (select from deliveries d where d.agency_id = o.agency_id \
    and d.webhook_id = o.webhook_id and d.ended_at is null and 0 < d.tries)";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    webhook_id: Uuid,
    #[diesel(sql_type = Bool)]
    told: bool,
}

impl Reply {
    /// The endpoint did not take it.
    pub(crate) async fn not_taken(&self, conn: &AsyncPgConnection) -> StoreResult<()> {
        let begin = sql(BEGIN).bind::<Timestamptz, _>(self.now);
        let begin = begin.bind::<SqlUuid, _>(self.agency.uuid()).bind::<SqlUuid, _>(self.message);
        begin.execute(&mut &*conn).await?;
        Ok(())
    }

    /// It has waited for too long, or will not be tried by itself again: people hear of it, if they have not.
    pub(crate) async fn tell(&self, conn: &AsyncPgConnection, notice: EndpointNotice) -> StoreResult<()> {
        let tell = sql(TELL).bind::<Timestamptz, _>(self.now);
        let tell = tell.bind::<SqlUuid, _>(self.agency.uuid()).bind::<SqlUuid, _>(self.message);
        match tell.get_result::<Row>(&mut &*conn).await.optional()? {
            Some(row) if self.mails => notices::of_outage(conn, self, row.webhook_id, notice).await,
            _ => Ok(()),
        }
    }

    /// The endpoint took it. Where nothing that was tried waits any more, an outage is over.
    pub(crate) async fn taken(&self, conn: &AsyncPgConnection) -> StoreResult<()> {
        let open = sql(TAKE_TURNS).bind::<SqlUuid, _>(self.agency.uuid()).bind::<SqlUuid, _>(self.message);
        let Some(row) = open.get_result::<Row>(&mut &*conn).await.optional()? else { return Ok(()) };
        let end = sql(END).bind::<Timestamptz, _>(self.now).bind::<SqlUuid, _>(self.agency.uuid());
        let ended = end.bind::<SqlUuid, _>(row.webhook_id).execute(&mut &*conn).await?;
        if 0 < ended && row.told && self.mails {
            notices::of_outage(conn, self, row.webhook_id, EndpointNotice::TakesAgain).await?;
        }
        Ok(())
    }
}

/// The outages that stand in the agency.
pub(super) async fn standing(tx: &ReadTx, agency: AgencyId) -> StoreResult<Vec<Outage>> {
    let rows: Vec<(Uuid, DateTime<Utc>, Option<DateTime<Utc>>)> = dsl::webhook_outages
        .filter(dsl::agency_id.eq(agency.uuid()))
        .filter(dsl::ended_at.is_null())
        .select((dsl::webhook_id, dsl::began_at, dsl::told_at))
        .load(&mut tx.conn())
        .await?;
    let outage = |(webhook, began_at, told_at)| Outage { webhook: Id::from_uuid(webhook), began_at, told_at };
    Ok(rows.into_iter().map(outage).collect())
}
