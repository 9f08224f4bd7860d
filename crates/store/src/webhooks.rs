//! The endpoints that an agency's own systems listen at. Two people make one, and it has to prove that it is meant (WH-08).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{
    AsChangeset, ExpressionMethods as _, Insertable, OptionalExtension as _, QueryDsl as _, Queryable, Selectable,
    SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{Id, UserId, WebhookId, names};
use homeward_domain::notice::EndpointNotice;
use homeward_domain::policy::{ConfigureWebhooks, Grant};
use uuid::Uuid;

use crate::call;
use crate::error::{StoreError, StoreResult};
use crate::schema::webhooks;
use crate::schema::webhooks::dsl;
use crate::seal::{WEBHOOK_KEY, WEBHOOK_PREVIOUS, WEBHOOK_PREVIOUS_KEY, WEBHOOK_SECRET};
use crate::tx::{ReadTx, WriteTx};

mod messages;
mod notices;
mod outage;
mod signing;

pub use messages::{Message, find as find_message, list as list_messages, resend};
pub use notices::HeldNotice;
pub use outage::Outage;
pub(crate) use outage::Reply;
pub(crate) use signing::SealedSigning;
pub use signing::{Signers, Signing};

/// An approved endpoint is first sent to after this time, so that a wrong one can be stopped (WH-08).
pub const DELAY: TimeDelta = TimeDelta::hours(24);
/// A secret that was replaced signs for so long beside the new one (WH-07).
pub const OVERLAP: TimeDelta = TimeDelta::days(7);

/// One endpoint. Its secrets are not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The endpoint.
    pub id: WebhookId,
    /// Where it listens.
    pub url: String,
    /// Whom to write to about it.
    pub contact_email: String,
    /// What it has to answer to prove that it is meant.
    pub challenge: String,
    /// When it was proposed, and by whom.
    pub proposed: (DateTime<Utc>, UserId),
    /// When it was approved, and by whom.
    pub approved: Option<(DateTime<Utc>, UserId)>,
    /// Why it was to begin at once.
    pub emergency_reason: Option<String>,
    /// From when it is sent to, if it is proven.
    pub active_from: Option<DateTime<Utc>>,
    /// When it proved that it is meant.
    pub proven_at: Option<DateTime<Utc>>,
    /// What shows its `v1a` signatures; none for an endpoint from before these, until its secret is replaced.
    pub public_key: Option<Vec<u8>>,
    /// Until when the secret and the key before the present ones sign too.
    pub previous_until: Option<DateTime<Utc>>,
    /// Since when nothing is sent to it, and why.
    pub paused: Option<(DateTime<Utc>, String)>,
    /// When it was removed, and why.
    pub removed: Option<(DateTime<Utc>, String)>,
    /// Since when it has not taken all that it was sent.
    pub outage: Option<Outage>,
    /// Counts up with each change.
    pub version: i32,
}

/// What a person proposes.
#[derive(Clone)]
pub struct NewEndpoint {
    /// Where it listens; checked before.
    pub url: String,
    /// Whom to write to about it.
    pub contact_email: String,
    /// What signs.
    pub signing: Signing,
    /// What it will have to answer.
    pub challenge: String,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = webhooks, primary_key(agency_id, id), treat_none_as_null = true)]
struct Row {
    agency_id: Uuid,
    id: Uuid,
    url: String,
    contact_email: String,
    secret: Vec<u8>,
    previous_secret: Option<Vec<u8>>,
    previous_until: Option<DateTime<Utc>>,
    signing_key: Option<Vec<u8>>,
    previous_signing_key: Option<Vec<u8>>,
    public_key: Option<Vec<u8>>,
    challenge: String,
    proposed_at: DateTime<Utc>,
    proposed_by: Uuid,
    approved_at: Option<DateTime<Utc>>,
    approved_by: Option<Uuid>,
    emergency_reason: Option<String>,
    active_from: Option<DateTime<Utc>>,
    proven_at: Option<DateTime<Utc>>,
    paused_at: Option<DateTime<Utc>>,
    pause_reason: Option<String>,
    removed_at: Option<DateTime<Utc>>,
    removal_reason: Option<String>,
    version: i32,
}

impl From<Row> for Endpoint {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            url: row.url,
            contact_email: row.contact_email,
            challenge: row.challenge,
            proposed: (row.proposed_at, Id::from_uuid(row.proposed_by)),
            approved: row.approved_at.zip(row.approved_by.map(Id::from_uuid)),
            emergency_reason: row.emergency_reason,
            active_from: row.active_from,
            proven_at: row.proven_at,
            public_key: row.public_key,
            previous_until: row.previous_until,
            paused: row.paused_at.zip(row.pause_reason),
            removed: row.removed_at.zip(row.removal_reason),
            outage: None,
            version: row.version,
        }
    }
}

impl Endpoint {
    fn with(self, outages: &[Outage]) -> Self {
        Self { outage: outages.iter().find(|it| it.webhook == self.id).copied(), ..self }
    }
}

/// Adds a proposal: nothing is sent to it yet.
pub async fn propose(tx: &WriteTx, grant: &Grant<ConfigureWebhooks>, new: NewEndpoint) -> StoreResult<Endpoint> {
    let id = call::new_id::<names::Webhook>(tx.at());
    let row = Row {
        agency_id: grant.agency().uuid(),
        id: id.uuid(),
        url: new.url,
        contact_email: new.contact_email,
        secret: tx.seal(WEBHOOK_SECRET, id, &new.signing.secret)?,
        previous_secret: None,
        previous_until: None,
        signing_key: Some(tx.seal(WEBHOOK_KEY, id, &new.signing.seed)?),
        previous_signing_key: None,
        public_key: Some(new.signing.public_key),
        challenge: new.challenge,
        proposed_at: tx.at(),
        proposed_by: grant.actor().uuid(),
        approved_at: None,
        approved_by: None,
        emergency_reason: None,
        active_from: None,
        proven_at: None,
        paused_at: None,
        pause_reason: None,
        removed_at: None,
        removal_reason: None,
        version: 1,
    };
    diesel::insert_into(dsl::webhooks).values(&row).execute(&mut tx.conn()).await?;
    notices::of_change(tx, EndpointNotice::Proposed, id, row.proposed_by).await?;
    Ok(row.into())
}

/// Every endpoint of the agency, the newest first; removed ones too.
pub async fn all(tx: &ReadTx, grant: &Grant<ConfigureWebhooks>) -> StoreResult<Vec<Endpoint>> {
    let rows: Vec<Row> = dsl::webhooks
        .filter(dsl::agency_id.eq(grant.agency().uuid()))
        .order((dsl::proposed_at.desc(), dsl::id.desc()))
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    let outages = outage::standing(tx, grant.agency()).await?;
    Ok(rows.into_iter().map(|row| Endpoint::from(row).with(&outages)).collect())
}

/// One endpoint.
pub async fn find(tx: &ReadTx, grant: &Grant<ConfigureWebhooks>, id: WebhookId) -> StoreResult<Endpoint> {
    let row = row(tx, grant, id).await?;
    Ok(Endpoint::from(row).with(&outage::standing(tx, grant.agency()).await?))
}

/// What signs for it now.
pub async fn signers(tx: &ReadTx, grant: &Grant<ConfigureWebhooks>, id: WebhookId) -> StoreResult<Signers> {
    let row = row(tx, grant, id).await?;
    let overlaps = row.previous_until.is_some_and(|until| tx.at() < until);
    let sealed = SealedSigning {
        secret: row.secret,
        previous_secret: row.previous_secret.filter(|_| overlaps),
        key: row.signing_key,
        previous_key: row.previous_signing_key.filter(|_| overlaps),
    };
    sealed.open(|column, sealed| tx.open_bytes(column, id, sealed))
}

/// Lets it be sent to, after the delay or at once with a reason.
pub async fn approve(
    tx: &WriteTx,
    grant: &Grant<ConfigureWebhooks>,
    endpoint: &Endpoint,
    emergency_reason: Option<String>,
) -> StoreResult<Endpoint> {
    let (delay, notice) = match emergency_reason {
        Some(_) => (TimeDelta::zero(), EndpointNotice::ApprovedAsEmergency),
        None => (DELAY, EndpointNotice::Approved),
    };
    change(tx, grant, (endpoint, notice), |row| {
        row.approved_at = Some(tx.at());
        row.approved_by = Some(grant.actor().uuid());
        row.active_from = Some(tx.at() + delay);
        row.emergency_reason = emergency_reason;
        Ok(())
    })
    .await
}

/// It answered the challenge.
pub async fn prove(tx: &WriteTx, grant: &Grant<ConfigureWebhooks>, endpoint: &Endpoint) -> StoreResult<Endpoint> {
    change(tx, grant, (endpoint, EndpointNotice::Proven), |row| {
        row.proven_at = Some(tx.at());
        Ok(())
    })
    .await
}

/// Gives it another secret and another key. The present ones sign beside them for a while.
pub async fn rotate(
    tx: &WriteTx,
    grant: &Grant<ConfigureWebhooks>,
    endpoint: &Endpoint,
    new: Signing,
) -> StoreResult<Endpoint> {
    let id = endpoint.id;
    let moved = |from, to, sealed: &[u8]| tx.seal(to, id, &tx.open_bytes(from, id, sealed)?);
    change(tx, grant, (endpoint, EndpointNotice::SecretReplaced), |row| {
        row.previous_secret = Some(moved(WEBHOOK_SECRET, WEBHOOK_PREVIOUS, &row.secret)?);
        row.previous_signing_key =
            row.signing_key.as_ref().map(|it| moved(WEBHOOK_KEY, WEBHOOK_PREVIOUS_KEY, it)).transpose()?;
        row.previous_until = Some(tx.at() + OVERLAP);
        row.secret = tx.seal(WEBHOOK_SECRET, id, &new.secret)?;
        row.signing_key = Some(tx.seal(WEBHOOK_KEY, id, &new.seed)?);
        row.public_key = Some(new.public_key);
        Ok(())
    })
    .await
}

/// Stops sending to it, for a reason, or goes on. Only a person does either (WH-10).
pub async fn pause(
    tx: &WriteTx,
    grant: &Grant<ConfigureWebhooks>,
    endpoint: &Endpoint,
    reason: Option<String>,
) -> StoreResult<Endpoint> {
    let notice = if reason.is_some() { EndpointNotice::Paused } else { EndpointNotice::Resumed };
    change(tx, grant, (endpoint, notice), |row| {
        row.paused_at = reason.as_ref().map(|_| tx.at());
        row.pause_reason = reason;
        Ok(())
    })
    .await
}

/// Removes it. What it was stays on record.
pub async fn remove(
    tx: &WriteTx,
    grant: &Grant<ConfigureWebhooks>,
    endpoint: &Endpoint,
    reason: String,
) -> StoreResult<Endpoint> {
    change(tx, grant, (endpoint, EndpointNotice::Removed), |row| {
        row.removed_at = Some(tx.at());
        row.removal_reason = Some(reason);
        Ok(())
    })
    .await
}

async fn row(tx: &ReadTx, grant: &Grant<ConfigureWebhooks>, id: WebhookId) -> StoreResult<Row> {
    let row: Option<Row> = dsl::webhooks
        .find((grant.agency().uuid(), id.uuid()))
        .select(Row::as_select())
        .first(&mut tx.conn())
        .await
        .optional()?;
    row.ok_or(StoreError::NotFound)
}

async fn change(
    tx: &WriteTx,
    grant: &Grant<ConfigureWebhooks>,
    (endpoint, notice): (&Endpoint, EndpointNotice),
    edit: impl FnOnce(&mut Row) -> StoreResult<()>,
) -> StoreResult<Endpoint> {
    let mut row = row(tx, grant, endpoint.id).await?;
    edit(&mut row)?;
    row.version = endpoint.version + 1;
    let before = dsl::webhooks
        .filter(dsl::agency_id.eq(grant.agency().uuid()))
        .filter(dsl::id.eq(endpoint.id.uuid()))
        .filter(dsl::version.eq(endpoint.version))
        .filter(dsl::removed_at.is_null());
    if diesel::update(before).set(&row).execute(&mut tx.conn()).await? == 0 {
        return Err(StoreError::Stale);
    }
    notices::of_change(tx, notice, endpoint.id, grant.actor().uuid()).await?;
    Ok(Endpoint { outage: endpoint.outage, ..row.into() })
}
