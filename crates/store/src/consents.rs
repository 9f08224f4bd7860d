//! Consent to publish: appended, the last record stands.

use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods as _, Insertable, QueryDsl as _, Queryable, Selectable, SelectableHelper as _};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{ConsentId, Id, UserId};
use homeward_domain::photo::PublicationConsent;
use homeward_domain::policy::{Action, Permit, RecordPublicationConsent};
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use crate::convert::code;
use crate::error::StoreResult;
use crate::schema::publication_consents::dsl;
use crate::seal::{CONSENT_AUTHORITY, CONSENT_PERSON};
use crate::tx::{ReadTx, WriteTx};

/// One decision, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// The record.
    pub id: ConsentId,
    /// What was decided.
    pub decision: Decision,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
}

/// What a person with authority decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Given or withdrawn.
    pub state: PublicationConsent,
    /// Who decided.
    pub person_name: String,
    /// By what authority.
    pub authority: String,
    /// When.
    pub decided_at: DateTime<Utc>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::schema::publication_consents)]
struct Row {
    agency_id: Uuid,
    id: Uuid,
    child_id: Uuid,
    state: String,
    person_name: Vec<u8>,
    authority: Vec<u8>,
    decided_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

impl Row {
    fn consent(self, tx: &ReadTx) -> StoreResult<Consent> {
        let decision = Decision {
            state: code(&self.state, "publication_consents.state")?,
            person_name: tx.open(CONSENT_PERSON, self.id, &self.person_name)?,
            authority: tx.open(CONSENT_AUTHORITY, self.id, &self.authority)?,
            decided_at: self.decided_at,
        };
        let (recorded_at, recorded_by) = (self.recorded_at, Id::from_uuid(self.recorded_by));
        Ok(Consent { id: Id::from_uuid(self.id), decision, recorded_at, recorded_by })
    }
}

/// Records a decision about the permitted child.
pub async fn insert(
    tx: &WriteTx,
    permit: &Permit<RecordPublicationConsent>,
    decision: Decision,
) -> StoreResult<Consent> {
    let id: ConsentId = tx.new_id();
    let row = Row {
        agency_id: permit.agency().uuid(),
        id: id.uuid(),
        child_id: permit.child().uuid(),
        state: decision.state.code().to_owned(),
        person_name: tx.seal(CONSENT_PERSON, id, &decision.person_name)?,
        authority: tx.seal(CONSENT_AUTHORITY, id, &decision.authority)?,
        decided_at: decision.decided_at,
        recorded_at: tx.at(),
        recorded_by: permit.actor().uuid(),
    };
    diesel::insert_into(dsl::publication_consents).values(&row).execute(&mut tx.conn()).await?;
    row.consent(tx)
}

/// The decisions about the permitted child, the newest first: the first stands.
pub async fn of_child<A: Action>(tx: &ReadTx, permit: &Permit<A>) -> StoreResult<Vec<Consent>> {
    let rows: Vec<Row> = dsl::publication_consents
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order((dsl::recorded_at.desc(), dsl::id.desc()))
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(|it| it.consent(tx)).collect()
}

/// How it stands.
pub fn standing(decisions: &[Consent]) -> PublicationConsent {
    decisions.first().map_or(PublicationConsent::NotGiven, |it| it.decision.state)
}
