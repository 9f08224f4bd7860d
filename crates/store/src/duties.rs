//! Duties: what is owed, as planned from the facts.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::sql_types::Text;
use diesel::{
    ExpressionMethods as _, NullableExpressionMethods as _, QueryDsl as _, Queryable, QueryableByName, Selectable,
    SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use homeward_domain::duty::{Cause, Done, Duty, DutyKey, DutyKind, Lapse};
use homeward_domain::id::{AgencyId, ChildId, DutyId, EpisodeId, Id, UnitId, UserId};
use homeward_domain::law::RuleRef;
use homeward_domain::notification::Recipient;
use homeward_domain::policy::{Action, Permit, ReadDeterminations};
use homeward_domain::vocabulary::Vocabulary as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::convert::{cause, code, optional};
use crate::error::{StoreError, StoreResult};
use crate::schema::duties::dsl;
use crate::schema::missing_episodes;
use crate::seal::{DUTY_UNDONE, Safe, Sealed};
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

mod worklist;

pub use worklist::{Filter, Item, worklist};

/// A duty and whom it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// The duty.
    pub id: DutyId,
    /// The child.
    pub child: ChildId,
    /// What it hangs on.
    pub cause: Cause,
    /// The unit that answers for the child now.
    pub unit: UnitId,
    /// Whose work it is now.
    pub assigned_to: Option<UserId>,
    /// Came with an import after the episode had ended: it raises no reminders.
    pub is_history: bool,
    /// Why a supervisor let it be closed undone.
    pub undone_reason: Option<String>,
    /// Since when its present limit holds.
    pub planned_at: DateTime<Utc>,
    /// What is owed, to whom, by when.
    pub duty: Duty,
}

impl Owed {
    /// The same, owed no more because no rule asks for it any longer.
    pub(crate) fn superseded(&self, at: DateTime<Utc>) -> Self {
        let lapse = self.duty.lapse.unwrap_or(Lapse::Superseded(at));
        let duty = Duty { done: None, lapse: Some(lapse), ..self.duty.clone() };
        Self { duty, ..self.clone() }
    }
}

/// One statement writes them all: new ones are added, known ones brought up to date. A limit that is replaced is kept:
/// a report as of last month uses last month's rules.
const SYNC: &str = include_str!("duties/sync.sql");

#[derive(Queryable, QueryableByName, Selectable, Serialize, Deserialize)]
#[diesel(table_name = crate::schema::duties)]
pub(crate) struct Row {
    agency_id: Uuid,
    id: Uuid,
    child_id: Uuid,
    episode_id: Option<Uuid>,
    unit_id: Uuid,
    assigned_to: Option<Uuid>,
    kind: String,
    recipient: Option<String>,
    sequence: i32,
    rule_code: String,
    starts_at: DateTime<Utc>,
    due_at: Option<DateTime<Utc>>,
    target_at: DateTime<Utc>,
    done_at: Option<DateTime<Utc>>,
    notification_id: Option<Uuid>,
    closed_undone_at: Option<DateTime<Utc>>,
    superseded_at: Option<DateTime<Utc>>,
    returned_before_due: bool,
    is_history: bool,
    why_undone: Option<Sealed>,
    determination_id: Option<Uuid>,
    rule_citation: String,
    rule_jurisdiction: String,
    planned_at: DateTime<Utc>,
}

impl Row {
    pub(crate) fn of(agency: AgencyId, owed: &Owed) -> Self {
        let duty = &owed.duty;
        let (closed_undone_at, superseded_at) = match duty.lapse {
            Some(Lapse::ClosedUndone(at)) => (Some(at), None),
            Some(Lapse::Superseded(at)) => (None, Some(at)),
            None => (None, None),
        };
        Self {
            agency_id: agency.uuid(),
            id: owed.id.uuid(),
            child_id: owed.child.uuid(),
            episode_id: owed.cause.episode().map(Id::uuid),
            unit_id: owed.unit.uuid(),
            assigned_to: owed.assigned_to.map(Id::uuid),
            kind: duty.key.kind.code().to_owned(),
            recipient: duty.key.recipient.map(|it| it.code().to_owned()),
            sequence: duty.key.sequence,
            rule_code: duty.rule.code.clone(),
            starts_at: duty.starts_at,
            due_at: duty.due_at,
            target_at: duty.target_at,
            done_at: duty.done.map(|it| it.at),
            notification_id: duty.done.and_then(|it| it.notification).map(Id::uuid),
            closed_undone_at,
            superseded_at,
            returned_before_due: duty.returned_before_due,
            is_history: owed.is_history,
            // Told once a duty is there, and then left alone by every plan.
            why_undone: None,
            determination_id: owed.cause.determination().map(Id::uuid),
            rule_citation: duty.rule.citation.clone(),
            rule_jurisdiction: duty.rule.jurisdiction.clone(),
            planned_at: owed.planned_at,
        }
    }

    pub(crate) fn owed(self, safe: Safe<'_>) -> StoreResult<Owed> {
        let sealed = self.why_undone.as_ref();
        let why = sealed.map(|it| safe.open(DUTY_UNDONE, self.id, &it.0)).transpose()?;
        Ok(Owed { undone_reason: why, ..self.unopened()? })
    }

    /// The same without why it was closed undone, for those who plan and deliver: nothing is opened.
    pub(crate) fn unopened(self) -> StoreResult<Owed> {
        let key = DutyKey {
            kind: code::<DutyKind>(&self.kind, "duties.kind")?,
            recipient: optional::<Recipient>(self.recipient, "duties.recipient")?,
            sequence: self.sequence,
        };
        let closed = self.closed_undone_at.map(Lapse::ClosedUndone);
        let duty = Duty {
            key,
            rule: Arc::new(RuleRef {
                code: self.rule_code,
                citation: self.rule_citation,
                jurisdiction: self.rule_jurisdiction,
            }),
            starts_at: self.starts_at,
            due_at: self.due_at,
            target_at: self.target_at,
            done: self.done_at.map(|at| Done { at, notification: self.notification_id.map(Id::from_uuid) }),
            lapse: closed.or(self.superseded_at.map(Lapse::Superseded)),
            returned_before_due: self.returned_before_due,
        };
        Ok(Owed {
            id: Id::from_uuid(self.id),
            child: Id::from_uuid(self.child_id),
            cause: cause(self.episode_id, self.determination_id, "duties")?,
            unit: Id::from_uuid(self.unit_id),
            assigned_to: self.assigned_to.map(Id::from_uuid),
            is_history: self.is_history,
            undone_reason: None,
            planned_at: self.planned_at,
            duty,
        })
    }
}

/// Everything owed for one episode of the permitted child, done or not.
pub async fn of_episode<A: Action>(tx: &ReadTx, permit: &Permit<A>, episode: EpisodeId) -> StoreResult<Vec<Owed>> {
    let rows: Vec<Row> = dsl::duties
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::episode_id.eq(episode.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order((dsl::starts_at, dsl::kind, dsl::recipient, dsl::sequence))
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(|it| it.owed(tx.safe())).collect()
}

/// Whether a limit of law is later now than it was, or gone (CK-04).
pub fn is_due_later(before: &[Owed], now: &[Owed]) -> bool {
    let was = |it: &Owed| before.iter().find(|was| was.id == it.id).and_then(|was| was.duty.due_at);
    now.iter().any(|it| was(it).is_some_and(|was| it.duty.due_at.is_none_or(|due| was < due)))
}

/// Everything owed for the permitted child, done or not. The key of a duty begins with its episode.
pub async fn of_child<A: Action>(tx: &ReadTx, permit: &Permit<A>) -> StoreResult<Vec<Owed>> {
    let episodes = missing_episodes::table
        .filter(missing_episodes::agency_id.eq(permit.agency().uuid()))
        .filter(missing_episodes::child_id.eq(permit.child().uuid()))
        .select(missing_episodes::id.nullable());
    let rows: Vec<Row> = dsl::duties
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .filter(dsl::episode_id.eq_any(episodes))
        .order((dsl::starts_at, dsl::kind, dsl::recipient, dsl::sequence))
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(|it| it.owed(tx.safe())).collect()
}

/// Everything owed for the determinations about the permitted child, done or not.
pub async fn of_determinations(tx: &ReadTx, permit: &Permit<ReadDeterminations>) -> StoreResult<Vec<Owed>> {
    let rows: Vec<Row> = dsl::duties
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .filter(dsl::determination_id.is_not_null())
        .order((dsl::starts_at, dsl::id))
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(|it| it.owed(tx.safe())).collect()
}

/// What is still owed for the episodes of the permitted child, most urgent first.
pub async fn outstanding_of_child<A: Action>(tx: &ReadTx, permit: &Permit<A>) -> StoreResult<Vec<Owed>> {
    let rows: Vec<Row> = dsl::duties
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .filter(dsl::determination_id.is_null())
        .filter(dsl::done_at.is_null())
        .filter(dsl::closed_undone_at.is_null())
        .filter(dsl::superseded_at.is_null())
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    let mut owed = rows.into_iter().map(|it| it.owed(tx.safe())).collect::<StoreResult<Vec<_>>>()?;
    owed.sort_by_key(|it| (it.duty.limit_at(), it.duty.key, it.id));
    Ok(owed)
}

/// The statement that brings the rows in line with the plan.
pub(crate) fn sync(agency: AgencyId, owed: &[Owed]) -> StoreResult<Sql> {
    let rows: Vec<Row> = owed.iter().map(|it| Row::of(agency, it)).collect();
    serde_json::to_string(&rows).map(upsert).map_err(|_| StoreError::Corrupt("duties"))
}

/// The same from rows as JSON.
pub(crate) fn upsert(rows: String) -> Sql {
    sql(SYNC).bind::<Text, _>(rows)
}

/// Records why a supervisor let duties be closed undone.
pub async fn let_lapse<A: Action>(tx: &WriteTx, permit: &Permit<A>, reasons: &[(DutyId, String)]) -> StoreResult<()> {
    for (duty, reason) in reasons {
        diesel::update(dsl::duties)
            .filter(dsl::agency_id.eq(permit.agency().uuid()))
            .filter(dsl::id.eq(duty.uuid()))
            .filter(dsl::child_id.eq(permit.child().uuid()))
            .set(dsl::why_undone.eq(tx.seal(DUTY_UNDONE, *duty, reason)?))
            .execute(&mut tx.conn())
            .await?;
    }
    Ok(())
}
