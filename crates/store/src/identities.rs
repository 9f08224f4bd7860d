//! Whom an issuer means by a subject. Two administrators link one (OI-01), and either of any takes it back.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{Id, IdentityId, IssuerId, UserId};
use homeward_domain::policy::{Grant, ManagePeople};
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};
use crate::sql::sql;
use crate::tx::{ReadTx, WriteTx};

/// What the second administrator has not agreed to within this is forgotten.
const ASK: TimeDelta = TimeDelta::days(1);

/// A person as an issuer knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The link.
    pub id: IdentityId,
    /// Who says it.
    pub issuer: IssuerId,
    /// What it calls them.
    pub subject: String,
    /// When it was asked for, and by whom.
    pub asked: (DateTime<Utc>, UserId),
    /// When another agreed.
    pub linked_at: Option<DateTime<Utc>>,
}

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Linking {
    /// It was asked for, or agreed to, or had been before.
    Stands(Identity),
    /// The same administrator cannot agree with themself.
    TakesAnother,
    /// The agency trusts no such issuer.
    NoIssuer,
}

const ISSUER: &str = "select id from issuers where agency_id = ? and id = ? and removed_at is null for share";

const FORGET: &str = "update identities set removed_at = ?, removed_by = ? where agency_id = ? and issuer_id = ? \
    and (user_id = ? or subject = ?) and linked_at is null and removed_at is null and (asked_at <= ? or subject <> ?)";

const OPEN: &str = "select id, issuer_id, subject, asked_at, asked_by, linked_at from identities \
    where agency_id = ? and issuer_id = ? and user_id = ? and subject = ? and removed_at is null for update";

const OF_PERSON: &str = "select id, issuer_id, subject, asked_at, asked_by, linked_at from identities \
    where agency_id = ? and user_id = ? and removed_at is null order by asked_at, id";

const ASK_FOR: &str = "insert into identities (agency_id, id, issuer_id, subject, user_id, asked_by, asked_at) \
    values (?, ?, ?, ?, ?, ?, ?)";

const AGREE: &str = "update identities set linked_by = ?, linked_at = ? where agency_id = ? and id = ?";

const REMOVE: &str = "update identities set removed_by = ?, removed_at = ? where agency_id = ? and id = ? \
    and user_id = ? and removed_at is null";

const END: &str = "update sessions set ended_at = ?, end_reason = 'ended_by_administrator' \
    where agency_id = ? and identity_id = ? and ended_at is null";

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = SqlUuid)]
    #[expect(dead_code, reason = "that it is there is what is asked")]
    id: Uuid,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    issuer_id: Uuid,
    #[diesel(sql_type = Text)]
    subject: String,
    #[diesel(sql_type = Timestamptz)]
    asked_at: DateTime<Utc>,
    #[diesel(sql_type = SqlUuid)]
    asked_by: Uuid,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    linked_at: Option<DateTime<Utc>>,
}

impl From<Row> for Identity {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            issuer: Id::from_uuid(row.issuer_id),
            subject: row.subject,
            asked: (row.asked_at, Id::from_uuid(row.asked_by)),
            linked_at: row.linked_at,
        }
    }
}

/// Asks that the issuer's subject mean somebody of the agency, or agrees with another who asked the same.
pub async fn ask(
    tx: &WriteTx,
    grant: &Grant<ManagePeople>,
    user: UserId,
    (issuer, subject): (IssuerId, &str),
) -> StoreResult<Linking> {
    let there = sql(ISSUER).bind::<SqlUuid, _>(grant.agency().uuid()).bind::<SqlUuid, _>(issuer.uuid());
    let there: Option<Named> = there.get_result(&mut tx.conn()).await.optional()?;
    if there.is_none() {
        return Ok(Linking::NoIssuer);
    }
    forget(tx, grant, user, (issuer, subject)).await?;
    let open = sql(OPEN)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(issuer.uuid())
        .bind::<SqlUuid, _>(user.uuid())
        .bind::<Text, _>(subject.to_owned());
    let open: Option<Row> = open.get_result(&mut tx.conn()).await.optional()?;
    match open.map(Identity::from) {
        None => ask_for(tx, grant, user, (issuer, subject)).await.map(Linking::Stands),
        Some(open) if open.linked_at.is_some() => Ok(Linking::Stands(open)),
        Some(open) if open.asked.1 == grant.actor() => Ok(Linking::TakesAnother),
        Some(open) => agree(tx, grant, open).await.map(Linking::Stands),
    }
}

/// What was asked too long ago, or is asked otherwise now.
async fn forget(
    tx: &WriteTx,
    grant: &Grant<ManagePeople>,
    user: UserId,
    (issuer, subject): (IssuerId, &str),
) -> StoreResult<()> {
    sql(FORGET)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(issuer.uuid())
        .bind::<SqlUuid, _>(user.uuid())
        .bind::<Text, _>(subject.to_owned())
        .bind::<Timestamptz, _>(tx.at() - ASK)
        .bind::<Text, _>(subject.to_owned())
        .execute(&mut tx.conn())
        .await?;
    Ok(())
}

async fn ask_for(
    tx: &WriteTx,
    grant: &Grant<ManagePeople>,
    user: UserId,
    (issuer, subject): (IssuerId, &str),
) -> StoreResult<Identity> {
    let id: IdentityId = tx.new_id();
    sql(ASK_FOR)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .bind::<SqlUuid, _>(issuer.uuid())
        .bind::<Text, _>(subject.to_owned())
        .bind::<SqlUuid, _>(user.uuid())
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<Timestamptz, _>(tx.at())
        .execute(&mut tx.conn())
        .await?;
    let asked = (tx.at(), grant.actor());
    Ok(Identity { id, issuer, subject: subject.to_owned(), asked, linked_at: None })
}

async fn agree(tx: &WriteTx, grant: &Grant<ManagePeople>, open: Identity) -> StoreResult<Identity> {
    sql(AGREE)
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(open.id.uuid())
        .execute(&mut tx.conn())
        .await?;
    Ok(Identity { linked_at: Some(tx.at()), ..open })
}

/// As whom issuers know a person.
pub async fn list(tx: &ReadTx, grant: &Grant<ManagePeople>, user: UserId) -> StoreResult<Vec<Identity>> {
    let list = sql(OF_PERSON).bind::<SqlUuid, _>(grant.agency().uuid()).bind::<SqlUuid, _>(user.uuid());
    let rows: Vec<Row> = list.load(&mut tx.conn()).await?;
    Ok(rows.into_iter().map(Identity::from).collect())
}

/// Takes a link back, and ends the sessions that stand on it.
pub async fn remove(
    tx: &WriteTx,
    grant: &Grant<ManagePeople>,
    (user, identity): (UserId, IdentityId),
) -> StoreResult<()> {
    let removed = sql(REMOVE)
        .bind::<SqlUuid, _>(grant.actor().uuid())
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<SqlUuid, _>(identity.uuid())
        .bind::<SqlUuid, _>(user.uuid())
        .execute(&mut tx.conn())
        .await?;
    if removed == 0 {
        return Err(StoreError::NotFound);
    }
    let end = sql(END).bind::<Timestamptz, _>(tx.at()).bind::<SqlUuid, _>(grant.agency().uuid());
    end.bind::<SqlUuid, _>(identity.uuid()).execute(&mut tx.conn()).await?;
    Ok(())
}
