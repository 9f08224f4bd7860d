//! What people concluded: appended, never changed. What is written there is sealed.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{BigInt, Timestamptz, Uuid as SqlUuid};
use diesel::{ExpressionMethods as _, Insertable, QueryDsl as _, Queryable, Selectable, SelectableHelper as _};
use diesel_async::RunQueryDsl as _;
use homeward_domain::determination::{DeterminationSource, DeterminationType, Recorded};
use homeward_domain::id::{DeterminationId, Id, UserId, names};
use homeward_domain::policy::{Action, CountDeterminations, Determine, Grant, Permit, ReadDeterminations};
use homeward_domain::vocabulary::Vocabulary as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::convert::code;
use crate::error::StoreResult;
use crate::replan::Touched;
use crate::schema::determinations::{self, dsl};
use crate::seal::{DETERMINATION_BASIS, DETERMINATION_SOURCES, DETERMINATION_TOLD, Sealed};
use crate::sql::sql;
use crate::tx::{ReadTx, WriteTx};

mod contacts;

pub(crate) use contacts::told;
pub use contacts::{find_contact, insert_contact, of_determination, retract_contact};

/// One determination, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Determination {
    /// The record.
    pub id: DeterminationId,
    /// What the person concluded.
    pub conclusion: Conclusion,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
}

/// What a named person concluded, when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// What.
    pub kind: DeterminationType,
    /// In which capacity.
    pub source: DeterminationSource,
    /// By whom; perhaps someone outside the agency.
    pub determined_by_name: String,
    /// Their role.
    pub determined_by_role: String,
    /// Their agency.
    pub determined_by_agency: String,
    /// When they did.
    pub determined_at: DateTime<Utc>,
    /// When the agency received the information.
    pub received_at: DateTime<Utc>,
    /// Why, in a person's words.
    pub basis: String,
    /// What and whom they asked.
    pub sources_consulted: String,
    /// Which one it takes the place of.
    pub supersedes: Option<DeterminationId>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = determinations)]
struct Row {
    agency_id: Uuid,
    id: Uuid,
    child_id: Uuid,
    determination_type: String,
    determination_source: String,
    determined_at: DateTime<Utc>,
    agency_information_received_at: DateTime<Utc>,
    basis: Vec<u8>,
    sources_consulted: Vec<u8>,
    supersedes_id: Option<Uuid>,
    attested: bool,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    told: Sealed,
}

/// Who concluded it, sealed as one value.
#[derive(Serialize, Deserialize)]
struct Who {
    determined_by_name: String,
    determined_by_role: String,
    determined_by_agency: String,
}

impl Row {
    fn determination(self, tx: &ReadTx) -> StoreResult<Determination> {
        let who: Who = tx.safe().open_told(DETERMINATION_TOLD, self.id, &self.told)?;
        let conclusion = Conclusion {
            kind: code(&self.determination_type, "determinations.determination_type")?,
            source: code(&self.determination_source, "determinations.determination_source")?,
            determined_by_name: who.determined_by_name,
            determined_by_role: who.determined_by_role,
            determined_by_agency: who.determined_by_agency,
            determined_at: self.determined_at,
            received_at: self.agency_information_received_at,
            basis: tx.open(DETERMINATION_BASIS, self.id, &self.basis)?,
            sources_consulted: tx.open(DETERMINATION_SOURCES, self.id, &self.sources_consulted)?,
            supersedes: self.supersedes_id.map(Id::from_uuid),
        };
        let (id, recorded_by) = (Id::from_uuid(self.id), Id::from_uuid(self.recorded_by));
        Ok(Determination { id, conclusion, recorded_at: self.recorded_at, recorded_by })
    }
}

/// Held until the commit: two who determine, report or take back at once are planned one after the other.
const HOLD: &str = "select id from children where agency_id = ? and id = ? for no key update";

/// Holds the determinations about the permitted child against other writers.
pub async fn hold<A: Action>(tx: &WriteTx, permit: &Permit<A>) -> StoreResult<()> {
    sql(HOLD)
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(permit.child().uuid())
        .execute(&mut tx.conn())
        .await?;
    Ok(())
}

/// Records what a person concluded about the permitted child, whose determinations are held.
pub async fn insert(tx: &WriteTx, permit: &Permit<Determine>, conclusion: Conclusion) -> StoreResult<Determination> {
    let id = tx.new_id::<names::Determination>();
    let it = Determination { id, conclusion, recorded_at: tx.at(), recorded_by: permit.actor() };
    let told = &it.conclusion;
    let who = Who {
        determined_by_name: told.determined_by_name.clone(),
        determined_by_role: told.determined_by_role.clone(),
        determined_by_agency: told.determined_by_agency.clone(),
    };
    let row = Row {
        agency_id: permit.agency().uuid(),
        id: id.uuid(),
        child_id: permit.child().uuid(),
        determination_type: told.kind.code().to_owned(),
        determination_source: told.source.code().to_owned(),
        told: tx.safe().seal_told(DETERMINATION_TOLD, id, &who)?,
        determined_at: told.determined_at,
        agency_information_received_at: told.received_at,
        basis: tx.seal(DETERMINATION_BASIS, id, &told.basis)?,
        sources_consulted: tx.seal(DETERMINATION_SOURCES, id, &told.sources_consulted)?,
        supersedes_id: told.supersedes.map(Id::uuid),
        attested: true,
        recorded_at: it.recorded_at,
        recorded_by: it.recorded_by.uuid(),
    };
    diesel::insert_into(dsl::determinations).values(&row).execute(&mut tx.conn()).await?;
    tx.touch(Touched::Determined);
    Ok(it)
}

/// Every determination about the permitted child, in the order recorded.
pub async fn of_child(tx: &ReadTx, permit: &Permit<ReadDeterminations>) -> StoreResult<Vec<Determination>> {
    let rows: Vec<Row> = dsl::determinations
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order((dsl::recorded_at, dsl::id))
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(|it| it.determination(tx)).collect()
}

type Links = (Uuid, String, DateTime<Utc>, DateTime<Utc>, Option<Uuid>);

/// What the chains of determinations about the permitted child are made of, in the order recorded. Nothing is opened.
pub async fn recorded(tx: &ReadTx, permit: &Permit<ReadDeterminations>) -> StoreResult<Vec<Recorded>> {
    let rows: Vec<Links> = dsl::determinations
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order((dsl::recorded_at, dsl::id))
        .select((
            dsl::id,
            dsl::determination_type,
            dsl::agency_information_received_at,
            dsl::recorded_at,
            dsl::supersedes_id,
        ))
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(link).collect()
}

fn link((id, kind, received_at, recorded_at, supersedes): Links) -> StoreResult<Recorded> {
    let (id, supersedes) = (Id::from_uuid(id), supersedes.map(Id::from_uuid));
    Ok(Recorded { id, kind: code(&kind, "determinations.determination_type")?, received_at, recorded_at, supersedes })
}

/// Distinct children, by determinations that nothing took the place of (42 U.S.C. 671(a)(34)(B)). Nothing else is
/// asked.
const COUNT: &str = "select count(distinct d.child_id) as children from determinations d \
    where d.agency_id = ? and d.determination_type = 'sex_trafficking_victim_identified' \
    and ? <= d.agency_information_received_at and d.agency_information_received_at < ? \
    and not exists (select from determinations l where l.agency_id = d.agency_id and l.supersedes_id = d.id)";

#[derive(diesel::QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    children: i64,
}

/// How many children have a current identification that the agency received on one of these days of its own.
pub async fn count(
    tx: &ReadTx,
    grant: &Grant<CountDeterminations>,
    from: NaiveDate,
    to: NaiveDate,
) -> StoreResult<i64> {
    let zone = tx.agency().zone;
    let end = to.succ_opt().unwrap_or(NaiveDate::MAX);
    let counted: Counted = sql(COUNT)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<Timestamptz, _>(zone.start_of_day(from))
        .bind::<Timestamptz, _>(zone.start_of_day(end))
        .get_result(&mut tx.conn())
        .await?;
    Ok(counted.children)
}
