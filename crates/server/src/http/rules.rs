//! The rules that duties come from: the federal floor, and what the agency's State adds.

use actix_web::get;
use chrono::{NaiveDate, TimeDelta};
use homeward_domain::law::{Rule, Span};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Sent;
use crate::paging::List;
use crate::problem::Problem;
use crate::reply::Shown;
use crate::wire::Code;
use crate::wire::codes::{AnchorCode, CadenceCode, DutyKindCode, RecipientCode, UnitCode};

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
    limit: Option<LimitView>,
    /// How often it recurs until the child is safe; null where it does not.
    every: Option<CadenceCode>,
    /// How many days after the receipt it stops to recur; null where the text names no end.
    until_days: Option<u16>,
    /// The condition that a person has to choose before it applies; null where it always does.
    when: Option<String>,
    /// The agency's own aim, never the law's; null where the limit is the aim.
    target_hours: Option<i64>,
    citation: String,
    text: String,
    /// The date of the copy that was read.
    source_date: NaiveDate,
    effective_from: NaiveDate,
    /// The day it applies no more; null while it is in force.
    effective_to: Option<NaiveDate>,
}

/// So many of one unit after the anchor.
#[derive(Serialize, ToSchema)]
pub(super) struct LimitView {
    amount: u16,
    unit: UnitCode,
}

impl LimitView {
    fn of(span: Span) -> Self {
        let (amount, unit) = span.parts();
        Self { amount, unit: Code(unit) }
    }
}

impl RuleView {
    fn of(it: &Rule) -> Self {
        Self {
            code: it.code.clone(),
            jurisdiction: it.jurisdiction.clone(),
            kind: Code(it.duty),
            recipient: it.recipient.map(Code),
            anchor: Code(it.anchor),
            limit: it.limit.map(LimitView::of),
            every: it.every.map(Code),
            until_days: it.until_days,
            when: it.when.clone(),
            target_hours: it.target.as_ref().map(TimeDelta::num_hours),
            citation: it.citation.clone(),
            text: it.text.clone(),
            source_date: it.source_date,
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
