//! Compliance: figures an auditor can quote, and the rows behind each of them.

use actix_web::get;
use chrono::{DateTime, Utc};
use homeward_domain::compliance::Method;
use homeward_domain::duty::DutyState;
use homeward_domain::id::Id;
use homeward_domain::law::FEDERAL_LIMIT;
use homeward_domain::policy::ReadCompliance;
use homeward_store::Seen;
use homeward_store::compliance::{self, Asked, Group, GroupBy, Line};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::Within;
use crate::paging::{self, List};
use crate::problem::Problem;
use crate::reply::Shown;
use crate::wire::Code;
use crate::wire::codes::{DutyStateCode, MethodCode, RecipientCode};

mod links;
mod query;
#[cfg(test)]
mod tests;

use query::{RowsQuery, SummaryQuery};

/// How many initial reports were made in time.
#[derive(Serialize, ToSchema)]
pub struct ComplianceSummary {
    /// The moment whose states are shown.
    pub as_of: DateTime<Utc>,
    /// What was recorded later is left out.
    pub known_at: DateTime<Utc>,
    pub method: MethodCode,
    /// What the method counts, in words to quote.
    pub definition: &'static str,
    /// By key. Without grouping exactly one.
    pub groups: Vec<ComplianceGroup>,
}

/// The figures of one group. The five states add up to the total.
#[derive(Serialize, ToSchema)]
pub struct ComplianceGroup {
    /// `all`, the code of a unit, the id of a worker or `unassigned`, or a month such as `2020-03`.
    pub key: String,
    /// One for each episode and recipient.
    pub total: i64,
    /// Done in time.
    pub timely: i64,
    /// Done too late.
    pub late: i64,
    /// The episode was closed with the report undone.
    pub never: i64,
    /// Undone, and the time has passed.
    pub overdue: i64,
    /// Undone, and there is time left.
    pub open: i64,
    /// Hours from receipt to report, over what was done; null where nothing was.
    pub median_hours: Option<f64>,
    /// Nine of ten were done within so many hours.
    pub p90_hours: Option<f64>,
    pub rows: ComplianceLinks,
}

/// Where the rows behind each number are.
#[derive(Serialize, ToSchema)]
pub struct ComplianceLinks {
    pub total: String,
    pub timely: String,
    pub late: String,
    pub never: String,
    pub overdue: String,
    pub open: String,
}

/// One initial report that was owed, and what became of it.
#[derive(Serialize, ToSchema)]
pub struct ComplianceRow {
    /// Null where the duty has not been planned yet.
    pub duty_id: Option<Uuid>,
    pub child_id: Uuid,
    pub episode_id: Uuid,
    pub episode_number: i32,
    /// The unit that answered for the child at receipt.
    pub unit_code: String,
    /// The worker the child was assigned to at receipt.
    pub worker_id: Option<Uuid>,
    pub recipient: RecipientCode,
    pub received_at: DateTime<Utc>,
    /// The law's limit; null by the auditors' method, which goes by calendar days.
    pub due_at: Option<DateTime<Utc>>,
    pub reported_at: Option<DateTime<Utc>>,
    pub notification_id: Option<Uuid>,
    pub state: DutyStateCode,
    /// Hours from receipt to report.
    pub hours: Option<f64>,
}

/// How many initial reports were made in time
///
/// From dated facts: as of a moment (`as_of`), from what was recorded by another (`known_at`). Without `recipient`
/// the reports to law enforcement and to NCMEC are counted together, two for each episode.
#[utoipa::path(tag = "compliance", operation_id = "summarize_compliance", params(SummaryQuery),
               responses((status = 200, body = ComplianceSummary)))]
#[get("/v1/compliance/summary")]
pub(super) async fn summary(request: Within<ReadCompliance>) -> Result<Shown<ComplianceSummary>, Problem> {
    let query: SummaryQuery = request.query()?;
    let asked = query.asked(request.call().at)?;
    let group_by = query.group_by();
    let groups = request
        .list(async |tx, grant| {
            let groups = compliance::summary(tx, grant, &asked, group_by).await?;
            Ok(Seen(groups, grant.saw(Vec::new())))
        })
        .await?;
    Ok(Shown(ComplianceSummary {
        as_of: asked.as_of,
        known_at: asked.known_at,
        method: Code(asked.method),
        definition: asked.method.definition(),
        groups: groups.into_iter().map(|it| ComplianceGroup::of(it, &asked, group_by)).collect(),
    }))
}

/// The rows behind the figures
///
/// By receipt. The same filters as the summary: a figure's `rows` link is the query that gives its rows.
#[utoipa::path(tag = "compliance", operation_id = "list_compliance_duties", params(RowsQuery),
               responses((status = 200, body = List<ComplianceRow>)))]
#[get("/v1/compliance/duties")]
pub(super) async fn duties(request: Within<ReadCompliance>) -> Result<Shown<List<ComplianceRow>>, Problem> {
    let query: RowsQuery = request.query()?;
    let keys = &request.app().keys;
    let window = paging::window(keys, query.limit, query.cursor.as_deref())?;
    let asked = query.asked(request.call().at)?;
    let states = query.states()?;
    let page = request
        .list(async |tx, grant| {
            let page = compliance::rows(tx, grant, &asked, &states, &window).await?;
            let shown = page.rows.iter().map(|it| it.child).collect();
            Ok(Seen(page.map(|it| ComplianceRow::of(it, asked.method)), grant.saw(shown)))
        })
        .await?;
    Ok(Shown(List::page(keys, page)))
}

impl ComplianceGroup {
    fn of(group: Group, asked: &Asked, group_by: GroupBy) -> Self {
        let asked = links::narrowed(asked, group_by, &group.key);
        Self {
            rows: ComplianceLinks::of(&asked),
            key: group.key,
            total: group.total,
            timely: group.timely,
            late: group.late,
            never: group.never,
            overdue: group.overdue,
            open: group.open,
            median_hours: group.median_hours,
            p90_hours: group.p90_hours,
        }
    }
}

impl ComplianceLinks {
    fn of(asked: &Asked) -> Self {
        let of = |state| links::rows(asked, Some(state));
        Self {
            total: links::rows(asked, None),
            timely: of(DutyState::Timely),
            late: of(DutyState::Late),
            never: of(DutyState::Never),
            overdue: of(DutyState::Overdue),
            open: of(DutyState::Open),
        }
    }
}

impl ComplianceRow {
    fn of(line: Line, method: Method) -> Self {
        Self {
            duty_id: line.duty.map(Id::uuid),
            child_id: line.child.uuid(),
            episode_id: line.episode.uuid(),
            episode_number: line.episode_number,
            unit_code: line.unit_code,
            worker_id: line.worker.map(Id::uuid),
            recipient: Code(line.recipient),
            received_at: line.received_at,
            due_at: (method == Method::Statute).then(|| line.received_at + FEDERAL_LIMIT),
            reported_at: line.reported_at,
            notification_id: line.notification.map(Id::uuid),
            state: Code(line.state),
            hours: line.hours,
        }
    }
}
