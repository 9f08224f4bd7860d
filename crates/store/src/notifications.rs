//! Contacts with recipients: appended, and at most retracted.

use chrono::{DateTime, Utc};
use diesel::sql_types::Text;
use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, Queryable, Selectable, SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use homeward_domain::duty::Cause;
use homeward_domain::id::{EpisodeId, Id, NotificationId, PacketId, UserId};
use homeward_domain::notification::{
    NotificationError, NotificationKind, NotificationMethod, NotificationStatus, Recipient, Told,
};
use homeward_domain::policy::{Action, Notify, Permit};
use homeward_domain::vocabulary::Vocabulary as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::convert::{cause, code};
use crate::episodes::Episode;
use crate::error::{StoreError, StoreResult};
use crate::replan::Touched;
use crate::schema::notifications::dsl;
use crate::seal::{NOTIFICATION_RETRACTED, NOTIFICATION_TOLD, Safe, Sealed};
use crate::sql::sql;
use crate::tx::{ReadTx, WriteTx};

mod known;

/// One contact, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The record.
    pub id: NotificationId,
    /// What it is about.
    pub about: Cause,
    /// What was said.
    pub contact: Contact,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
    /// When and why it was taken back.
    pub retracted: Option<Retraction>,
}

/// What a person tells of a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Who was told.
    pub recipient: Recipient,
    /// What for.
    pub kind: NotificationKind,
    /// What came of it.
    pub status: NotificationStatus,
    /// How they were reached.
    pub method: NotificationMethod,
    /// When.
    pub made_at: DateTime<Utc>,
    /// The body that was told.
    pub agency_name: Option<String>,
    /// Who there.
    pub person_contacted: Option<String>,
    /// Their badge.
    pub badge: Option<String>,
    /// Their case number.
    pub case_number: Option<String>,
    /// The number of the NCIC entry.
    pub ncic_number: Option<String>,
    /// When they confirmed the entry.
    pub ncic_entry_confirmed_at: Option<DateTime<Utc>>,
    /// NCMEC's reference.
    pub reference_number: Option<String>,
    /// Why they refused.
    pub refusal_reason: Option<String>,
    /// In a person's words.
    pub note: Option<String>,
    /// The packet that they got. Not told to whoever may not know of it.
    pub packet: Option<PacketId>,
}

/// When, by whom and why something was taken back. What it said stays readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retraction {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: UserId,
    /// Why.
    pub reason: String,
}

const INSERT: &str = "insert into notifications select * from json_populate_record(null::notifications, ?::json)";

#[derive(Queryable, Selectable, Serialize)]
#[diesel(table_name = crate::schema::notifications)]
pub(crate) struct Row {
    agency_id: Uuid,
    id: Uuid,
    child_id: Uuid,
    episode_id: Option<Uuid>,
    recipient: String,
    kind: String,
    status: String,
    method: String,
    made_at: DateTime<Utc>,
    ncic_entry_confirmed_at: Option<DateTime<Utc>>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    retracted_at: Option<DateTime<Utc>>,
    retracted_by: Option<Uuid>,
    determination_id: Option<Uuid>,
    packet_id: Option<Uuid>,
    told: Sealed,
    why_retracted: Option<Sealed>,
}

/// What a person tells of a contact, sealed as one value.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Words {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) agency_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) person_contacted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) badge: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) case_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ncic_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refusal_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

impl Row {
    fn seal(safe: Safe<'_>, agency: Uuid, child: Uuid, it: &Notification) -> StoreResult<Self> {
        let contact = it.contact.clone();
        let words = Words {
            agency_name: contact.agency_name,
            person_contacted: contact.person_contacted,
            badge: contact.badge,
            case_number: contact.case_number,
            ncic_number: contact.ncic_number,
            reference_number: contact.reference_number,
            refusal_reason: contact.refusal_reason,
            note: contact.note,
        };
        Ok(Self {
            agency_id: agency,
            id: it.id.uuid(),
            child_id: child,
            episode_id: it.about.episode().map(Id::uuid),
            recipient: contact.recipient.code().to_owned(),
            kind: contact.kind.code().to_owned(),
            status: contact.status.code().to_owned(),
            method: contact.method.code().to_owned(),
            made_at: contact.made_at,
            ncic_entry_confirmed_at: contact.ncic_entry_confirmed_at,
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
            retracted_at: it.retracted.as_ref().map(|it| it.at),
            retracted_by: it.retracted.as_ref().map(|it| it.by.uuid()),
            determination_id: it.about.determination().map(Id::uuid),
            packet_id: contact.packet.map(Id::uuid),
            told: words.seal(safe, it.id)?,
            why_retracted: None,
        })
    }

    /// What the law makes of it: nothing, unless it was completed and stands. Nothing is opened.
    pub(crate) fn told(&self) -> StoreResult<Option<(Cause, Told)>> {
        let status: NotificationStatus = code(&self.status, "notifications.status")?;
        if self.retracted_at.is_some() || status != NotificationStatus::Completed {
            return Ok(None);
        }
        let told = Told {
            id: Id::from_uuid(self.id),
            recipient: code(&self.recipient, "notifications.recipient")?,
            kind: code(&self.kind, "notifications.kind")?,
            made_at: self.made_at,
            ncic_confirmed_at: self.ncic_entry_confirmed_at,
        };
        Ok(Some((cause(self.episode_id, self.determination_id, "notifications")?, told)))
    }

    pub(crate) fn notification(self, safe: Safe<'_>) -> StoreResult<Notification> {
        let words: Words = safe.open_told(NOTIFICATION_TOLD, self.id, &self.told)?;
        let why = self.why_retracted.map(|it| safe.open(NOTIFICATION_RETRACTED, self.id, &it.0)).transpose()?;
        let retracted = Retraction::of(self.retracted_at, self.retracted_by, why);
        Ok(Notification {
            id: Id::from_uuid(self.id),
            about: cause(self.episode_id, self.determination_id, "notifications")?,
            contact: Contact {
                recipient: code(&self.recipient, "notifications.recipient")?,
                kind: code(&self.kind, "notifications.kind")?,
                status: code(&self.status, "notifications.status")?,
                method: code(&self.method, "notifications.method")?,
                made_at: self.made_at,
                agency_name: words.agency_name,
                person_contacted: words.person_contacted,
                badge: words.badge,
                case_number: words.case_number,
                ncic_number: words.ncic_number,
                ncic_entry_confirmed_at: self.ncic_entry_confirmed_at,
                reference_number: words.reference_number,
                refusal_reason: words.refusal_reason,
                note: words.note,
                packet: self.packet_id.map(Id::from_uuid),
            },
            recorded_at: self.recorded_at,
            recorded_by: Id::from_uuid(self.recorded_by),
            retracted,
        })
    }
}

impl Notification {
    /// What the law makes of it: nothing, unless it was completed and stands.
    pub fn told(&self) -> Option<Told> {
        let stands = self.retracted.is_none() && self.contact.status == NotificationStatus::Completed;
        let Contact { recipient, kind, made_at, ncic_entry_confirmed_at, .. } = self.contact;
        stands.then_some(Told { id: self.id, recipient, kind, made_at, ncic_confirmed_at: ncic_entry_confirmed_at })
    }
}

impl Words {
    pub(crate) fn seal(&self, safe: Safe<'_>, id: NotificationId) -> StoreResult<Sealed> {
        safe.seal_told(NOTIFICATION_TOLD, id, self)
    }
}

impl Retraction {
    pub(crate) fn of(at: Option<DateTime<Utc>>, by: Option<Uuid>, reason: Option<String>) -> Option<Self> {
        Some(Self { at: at?, by: Id::from_uuid(by?), reason: reason? })
    }
}

/// Records a contact about a locked episode.
pub async fn insert(
    tx: &WriteTx,
    permit: &Permit<Notify>,
    episode: Episode,
    contact: Contact,
) -> StoreResult<Notification> {
    let told = append(tx, permit, Cause::Episode(episode.id), contact).await?;
    tx.touch(Touched::Changed(Box::new(episode)));
    Ok(told)
}

pub(crate) async fn append(
    tx: &WriteTx,
    permit: &Permit<Notify>,
    about: Cause,
    contact: Contact,
) -> StoreResult<Notification> {
    let (id, recorded_at, recorded_by) = (tx.new_id(), tx.at(), permit.actor());
    let told = Notification { id, about, contact, recorded_at, recorded_by, retracted: None };
    let row = Row::seal(tx.safe(), permit.agency().uuid(), permit.child().uuid(), &told)?;
    let row = serde_json::to_string(&row).map_err(|_| StoreError::Corrupt("notifications"))?;
    sql(INSERT).bind::<Text, _>(row).execute(&mut tx.conn()).await?;
    Ok(told)
}

/// One contact about one episode of the permitted child.
pub async fn find<A: Action>(
    tx: &ReadTx,
    permit: &Permit<A>,
    episode: EpisodeId,
    id: NotificationId,
) -> StoreResult<Notification> {
    let row: Option<Row> = dsl::notifications
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::id.eq(id.uuid()))
        .filter(dsl::episode_id.eq(episode.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .select(Row::as_select())
        .first(&mut tx.conn())
        .await
        .optional()?;
    let told = row.ok_or(StoreError::NotFound)?.notification(tx.safe())?;
    known::without_hidden(tx, permit, vec![told]).await?.pop().ok_or(StoreError::NotFound)
}

/// Takes a contact back. The row stays and says so; the duty it discharged is owed again.
pub async fn retract(
    tx: &WriteTx,
    permit: &Permit<Notify>,
    episode: Episode,
    told: Notification,
    reason: String,
) -> StoreResult<Result<Notification, NotificationError>> {
    let retracted = take_back(tx, permit, told, reason).await?;
    tx.touch(Touched::Changed(Box::new(episode)));
    Ok(retracted)
}

pub(crate) async fn take_back(
    tx: &WriteTx,
    permit: &Permit<Notify>,
    told: Notification,
    reason: String,
) -> StoreResult<Result<Notification, NotificationError>> {
    if told.retracted.is_some() {
        return Ok(Err(NotificationError::AlreadyRetracted));
    }
    let retraction = Retraction { at: tx.at(), by: permit.actor(), reason };
    diesel::update(dsl::notifications)
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::id.eq(told.id.uuid()))
        .set((
            dsl::retracted_at.eq(retraction.at),
            dsl::retracted_by.eq(retraction.by.uuid()),
            dsl::why_retracted.eq(tx.seal(NOTIFICATION_RETRACTED, told.id, &retraction.reason)?),
        ))
        .execute(&mut tx.conn())
        .await?;
    Ok(Ok(Notification { retracted: Some(retraction), ..told }))
}

async fn rows<A: Action>(tx: &ReadTx, permit: &Permit<A>, episode: EpisodeId) -> StoreResult<Vec<Row>> {
    let rows = dsl::notifications
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::episode_id.eq(episode.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order((dsl::made_at, dsl::id))
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    Ok(rows)
}

/// Every contact about one episode of the permitted child, in the order they were made.
pub async fn of_episode<A: Action>(
    tx: &ReadTx,
    permit: &Permit<A>,
    episode: EpisodeId,
) -> StoreResult<Vec<Notification>> {
    let all = rows(tx, permit, episode).await?.into_iter().map(|it| it.notification(tx.safe()));
    known::without_hidden(tx, permit, all.collect::<StoreResult<Vec<_>>>()?).await
}

/// What the law makes of them.
pub(crate) async fn told<A: Action>(tx: &ReadTx, permit: &Permit<A>, episode: EpisodeId) -> StoreResult<Vec<Told>> {
    let told = rows(tx, permit, episode).await?.iter().map(Row::told).collect::<StoreResult<Vec<_>>>()?;
    Ok(told.into_iter().flatten().map(|(_, told)| told).collect())
}
