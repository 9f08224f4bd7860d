//! What is owed: the view of a duty, and the worklist.

use actix_web::get;
use chrono::{DateTime, Utc};
use homeward_domain::duty::DutyState;
use homeward_domain::id::Id;
use homeward_domain::policy::ReadWorklist;
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_store::Seen;
use homeward_store::duties::{self, Filter, Item, Owed};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::auth::Within;
use crate::paging::{self, List};
use crate::problem::Problem;
use crate::reply::Shown;
use crate::wire::codes::{DutyKindCode, DutyStateCode, RecipientCode};
use crate::wire::{Code, Instant, Reference};

/// One thing owed to one recipient by one instant, from one rule.
#[derive(Serialize, ToSchema)]
pub struct DutyView {
    pub id: Uuid,
    pub child_id: Uuid,
    /// Null where it hangs on a determination.
    pub episode_id: Option<Uuid>,
    /// What it hangs on instead of an episode; shown to those only who may read determinations.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub determination_id: Option<Uuid>,
    pub kind: DutyKindCode,
    /// Null where the agency owes it to the child.
    pub recipient: Option<RecipientCode>,
    pub rule: RuleRef,
    pub starts_at: DateTime<Utc>,
    /// The law's limit; null where the law sets no time.
    pub due_at: Option<DateTime<Utc>>,
    /// The agency's own aim, never the law's.
    pub target_at: DateTime<Utc>,
    pub state: DutyStateCode,
    pub done_at: Option<DateTime<Utc>>,
    /// Seconds past `due_at`; null while in time.
    pub late_by_seconds: Option<i64>,
    pub notification_id: Option<Uuid>,
    /// The child was back before it was due. It excuses nothing.
    pub returned_before_due: bool,
    /// Why a supervisor let it be closed undone.
    pub undone_reason: Option<String>,
}

/// The rule a duty comes from.
#[derive(Serialize, ToSchema)]
pub struct RuleRef {
    pub code: String,
    pub citation: String,
    /// `US`, or the postal code of the State.
    pub jurisdiction: String,
}

/// One line of the worklist.
#[derive(Serialize, ToSchema)]
pub struct WorkItem {
    #[serde(flatten)]
    pub duty: DutyView,
    pub child_given_name: String,
    pub child_family_name: String,
    /// Null where it hangs on a determination.
    pub episode_number: Option<i32>,
    pub assigned_to: Option<Uuid>,
}

impl DutyView {
    /// The duty as it stands at `as_of`.
    pub fn of(owed: &Owed, as_of: DateTime<Utc>) -> Self {
        let duty = &owed.duty;
        Self {
            id: owed.id.uuid(),
            child_id: owed.child.uuid(),
            episode_id: owed.cause.episode().map(Id::uuid),
            determination_id: owed.cause.determination().map(Id::uuid),
            kind: Code(duty.key.kind),
            recipient: duty.key.recipient.map(Code),
            rule: RuleRef {
                code: duty.rule.code.clone(),
                citation: duty.rule.citation.clone(),
                jurisdiction: duty.rule.jurisdiction.clone(),
            },
            starts_at: duty.starts_at,
            due_at: duty.due_at,
            target_at: duty.target_at,
            state: Code(duty.state_at(as_of)),
            done_at: duty.done.map(|it| it.at),
            late_by_seconds: duty.late_by(as_of).map(|it| it.num_seconds()),
            notification_id: duty.done.and_then(|it| it.notification).map(Id::uuid),
            returned_before_due: duty.returned_before_due,
            undone_reason: owed.undone_reason.clone().filter(|_| duty.lapse.is_some()),
        }
    }

    /// What is owed or was, without what lies in the future or was taken over by another duty.
    pub fn shown(owed: &[Owed], as_of: DateTime<Utc>) -> Vec<Self> {
        let is_shown = |it: &&Owed| {
            let superseded = matches!(it.duty.lapse, Some(homeward_domain::duty::Lapse::Superseded(_)));
            it.duty.starts_at <= as_of && !superseded
        };
        owed.iter().filter(is_shown).map(|it| Self::of(it, as_of)).collect()
    }
}

/// What to show of the worklist.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WorklistQuery {
    /// `open`, `overdue`, or both with a comma. Both where left out.
    state: Option<String>,
    #[param(inline)]
    kind: Option<DutyKindCode>,
    #[param(inline)]
    recipient: Option<RecipientCode>,
    #[param(inline)]
    unit_code: Option<Reference>,
    /// `me`, or the id of a worker.
    assigned_to: Option<String>,
    #[param(inline)]
    due_before: Option<Instant>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u8>,
    cursor: Option<String>,
}

/// What is owed, most urgent first
///
/// Ordered by the law's limit, else the agency's own aim. Only what is still owed is listed; what was done or
/// closed undone is under `/v1/compliance/duties`.
#[utoipa::path(tag = "work", operation_id = "list_duties", params(WorklistQuery),
               responses((status = 200, body = List<WorkItem>)))]
#[get("/v1/duties")]
pub(super) async fn list(request: Within<ReadWorklist>) -> Result<Shown<List<WorkItem>>, Problem> {
    let query: WorklistQuery = request.query()?;
    let keys = &request.app().keys;
    let window = paging::window(keys, query.limit, query.cursor.as_deref())?;
    let filter = filter(&request, &query)?;
    let page = request
        .list(async |tx, grant| {
            let page = duties::worklist(tx, grant, &filter, &window).await?;
            let shown = page.rows.iter().map(|it| it.owed.child).collect();
            Ok(Seen(page.map(|it| work_item(it, tx.at())), grant.saw(shown)))
        })
        .await?;
    Ok(Shown(List::page(keys, page)))
}

fn filter(request: &Within<ReadWorklist>, query: &WorklistQuery) -> Result<Filter, Problem> {
    let assigned_to = match query.assigned_to.as_deref() {
        None => None,
        Some("me") => Some(request.call().user),
        Some(id) => Some(id.parse().map_err(|_| Problem::InvalidQuery("assigned_to: must be `me` or an id".into()))?),
    };
    Ok(Filter {
        state: query.state.as_deref().map(one_state).transpose()?.flatten(),
        kind: query.kind.map(|it| it.0),
        recipient: query.recipient.map(|it| it.0),
        unit_code: query.unit_code.clone().map(String::from),
        assigned_to,
        before: query.due_before.map(|it| it.0),
    })
}

/// Both states together are no filter at all.
fn one_state(states: &str) -> Result<Option<DutyState>, Problem> {
    let parse = |it: &str| match DutyState::parse(it) {
        Ok(state @ (DutyState::Open | DutyState::Overdue)) => Ok(state),
        _ => Err(Problem::InvalidQuery(format!("state: `{it}` is not open or overdue"))),
    };
    let mut states = states.split(',').map(parse).collect::<Result<Vec<_>, _>>()?;
    states.sort_unstable();
    states.dedup();
    Ok(if let [only] = states.as_slice() { Some(*only) } else { None })
}

fn work_item(item: Item, as_of: DateTime<Utc>) -> WorkItem {
    WorkItem {
        duty: DutyView::of(&item.owed, as_of),
        child_given_name: item.given_name,
        child_family_name: item.family_name,
        episode_number: item.episode_number,
        assigned_to: item.owed.assigned_to.map(Id::uuid),
    }
}
