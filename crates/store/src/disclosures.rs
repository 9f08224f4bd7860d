//! What left the agency: appended, never changed.

use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods as _, Insertable, QueryDsl as _, Queryable, Selectable, SelectableHelper as _};
use diesel_async::RunQueryDsl as _;
use homeward_domain::disclosure::LegalBasis;
use homeward_domain::id::{DisclosureId, EpisodeId, Id, PacketId, UserId};
use homeward_domain::notification::NotificationMethod;
use homeward_domain::policy::{Action, Permit, RecordDisclosure};
use homeward_domain::vocabulary::Vocabulary as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::convert::code;
use crate::error::StoreResult;
use crate::packets::Packet;
use crate::schema::disclosures::{self, dsl};
use crate::seal::{DISCLOSURE_TOLD, Safe, Sealed};
use crate::tx::{ReadTx, WriteTx};

/// One disclosure, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// The record.
    pub id: DisclosureId,
    /// What went out, as it was.
    pub packet: PacketId,
    /// What a person told.
    pub sending: Sending,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
}

/// What a person tells of a disclosure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// To whom.
    pub recipient_name: String,
    /// Of which body.
    pub recipient_agency: String,
    /// How.
    pub method: NotificationMethod,
    /// When.
    pub sent_at: DateTime<Utc>,
    /// Why it could go out.
    pub legal_basis: LegalBasis,
    /// Which law or basis, where the code does not say.
    pub legal_basis_text: Option<String>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = disclosures)]
struct Row {
    agency_id: Uuid,
    id: Uuid,
    child_id: Uuid,
    episode_id: Uuid,
    packet_id: Uuid,
    method: String,
    sent_at: DateTime<Utc>,
    legal_basis: String,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    told: Sealed,
}

/// What a person tells of a disclosure, sealed as one value.
#[derive(Serialize, Deserialize)]
struct Words {
    recipient_name: String,
    recipient_agency: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    legal_basis_text: Option<String>,
}

impl Row {
    fn disclosure(self, safe: Safe<'_>) -> StoreResult<Disclosure> {
        let words: Words = safe.open_told(DISCLOSURE_TOLD, self.id, &self.told)?;
        Ok(Disclosure {
            id: Id::from_uuid(self.id),
            packet: Id::from_uuid(self.packet_id),
            sending: Sending {
                recipient_name: words.recipient_name,
                recipient_agency: words.recipient_agency,
                method: code(&self.method, "disclosures.method")?,
                sent_at: self.sent_at,
                legal_basis: code(&self.legal_basis, "disclosures.legal_basis")?,
                legal_basis_text: words.legal_basis_text,
            },
            recorded_at: self.recorded_at,
            recorded_by: Id::from_uuid(self.recorded_by),
        })
    }
}

/// Records that a packet went out. A duty is discharged by telling someone, and by nothing here.
pub async fn insert(
    tx: &WriteTx,
    permit: &Permit<RecordDisclosure>,
    packet: &Packet,
    sending: Sending,
) -> StoreResult<Disclosure> {
    let id: DisclosureId = tx.new_id();
    let words = Words {
        recipient_name: sending.recipient_name,
        recipient_agency: sending.recipient_agency,
        legal_basis_text: sending.legal_basis_text,
    };
    let row = Row {
        agency_id: permit.agency().uuid(),
        id: id.uuid(),
        child_id: permit.child().uuid(),
        episode_id: packet.episode.uuid(),
        packet_id: packet.id.uuid(),
        method: sending.method.code().to_owned(),
        sent_at: sending.sent_at,
        legal_basis: sending.legal_basis.code().to_owned(),
        told: tx.safe().seal_told(DISCLOSURE_TOLD, id, &words)?,
        recorded_at: tx.at(),
        recorded_by: permit.actor().uuid(),
    };
    diesel::insert_into(dsl::disclosures).values(&row).execute(&mut tx.conn()).await?;
    row.disclosure(tx.safe())
}

/// What left the agency of one episode of the permitted child, in the order it went. Whether the caller may know of
/// each is told by its packet.
pub(crate) async fn of_episode<A: Action>(
    tx: &ReadTx,
    permit: &Permit<A>,
    episode: EpisodeId,
) -> StoreResult<Vec<Disclosure>> {
    let rows: Vec<Row> = dsl::disclosures
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::episode_id.eq(episode.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order((dsl::sent_at, dsl::id))
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(|it| it.disclosure(tx.safe())).collect()
}

/// Where a found packet went, in the order it went there.
pub async fn of_packet<A: Action>(tx: &ReadTx, permit: &Permit<A>, packet: &Packet) -> StoreResult<Vec<Disclosure>> {
    let rows: Vec<Row> = dsl::disclosures
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::packet_id.eq(packet.id.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order((dsl::sent_at, dsl::id))
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(|it| it.disclosure(tx.safe())).collect()
}
