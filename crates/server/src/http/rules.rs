//! The rules that duties come from: the federal floor, and what the agency's State adds.

use actix_web::get;
use chrono::{NaiveDate, TimeDelta};
use homeward_domain::law::Rule;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Sent;
use crate::paging::List;
use crate::problem::Problem;
use crate::reply::Shown;
use crate::wire::Code;
use crate::wire::codes::{AnchorCode, DutyKindCode, RecipientCode};

/// One rule: what is owed, to whom, how long after what, and who says so.
#[derive(Serialize, ToSchema)]
pub(super) struct RuleView {
    code: String,
    /// `US`, or the postal code of the State.
    jurisdiction: String,
    /// What is owed.
    kind: DutyKindCode,
    /// Null where the agency owes it to the child.
    recipient: Option<RecipientCode>,
    /// What the limit is counted from.
    anchor: AnchorCode,
    /// The law's limit; null where the law sets no time.
    limit_hours: Option<i64>,
    /// The agency's own aim, never the law's.
    target_hours: i64,
    citation: String,
    text: String,
    effective_from: NaiveDate,
    /// The day it applies no more; null while it is in force.
    effective_to: Option<NaiveDate>,
}

impl RuleView {
    fn of(it: &Rule) -> Self {
        Self {
            code: it.code.clone(),
            jurisdiction: it.jurisdiction.clone(),
            kind: Code(it.duty),
            recipient: it.recipient.map(Code),
            anchor: Code(it.anchor),
            limit_hours: it.limit.as_ref().map(TimeDelta::num_hours),
            target_hours: it.target.num_hours(),
            citation: it.citation.clone(),
            text: it.text.clone(),
            effective_from: it.effective_from,
            effective_to: it.effective_to,
        }
    }
}

/// The rules of the agency, the federal floor first
///
/// Where a State's rule is stricter it decides; none gives more time than the floor.
#[utoipa::path(tag = "work", operation_id = "list_rules", responses((status = 200, body = List<RuleView>)))]
#[get("/v1/rules")]
pub(super) async fn list(request: Sent) -> Result<Shown<List<RuleView>>, Problem> {
    let standing = request.app().store.standing(request.call()).await?;
    let book = standing.agency.rule_book()?;
    Ok(Shown(List::whole(book.rules().iter().map(|it| RuleView::of(it)).collect())))
}
