//! Looks that somebody should ask about, and that somebody did. They judge the people who look, never a child.

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::Id;
use homeward_domain::policy::ReviewLooks;
use homeward_domain::unusual::ReviewSpan;
use homeward_store::Seen;
use homeward_store::audit::{self, Review, Unusual};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::auth::{KeyRule, Within};
use crate::paging::List;
use crate::problem::Problem;
use crate::reply::{Created, Made, Shown};
use crate::wire::codes::{ReviewConclusionCode, UnusualRuleCode};
use crate::wire::{Code, Instant};

/// Which time to look at: the last seven days where left out, and 31 days at most.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UnusualQuery {
    /// From this instant on.
    #[param(inline)]
    from: Option<Instant>,
    /// Up to this instant, without it.
    #[param(inline)]
    to: Option<Instant>,
}

/// Something in the trail that somebody should ask about. It may be quite right.
#[derive(Serialize, ToSchema)]
pub(super) struct UnusualLook {
    rule: UnusualRuleCode,
    actor_id: Uuid,
    actor_name: Option<String>,
    actor_email: Option<String>,
    first_at: DateTime<Utc>,
    last_at: DateTime<Utc>,
    /// Whose records were opened, or asked for.
    child_ids: Vec<Uuid>,
}

/// A review of what was unusual.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewLookReview {
    from: Instant,
    to: Instant,
    conclusion: ReviewConclusionCode,
}

/// That somebody reviewed what was unusual.
#[derive(Serialize, ToSchema)]
pub(super) struct LookReviewView {
    id: Uuid,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    /// How much was unusual, as it was found then.
    findings: i32,
    conclusion: ReviewConclusionCode,
    reviewed_at: DateTime<Utc>,
    reviewed_by: Uuid,
}

impl From<Unusual> for UnusualLook {
    fn from(it: Unusual) -> Self {
        Self {
            rule: Code(it.rule),
            actor_id: it.actor.id.uuid(),
            actor_name: it.actor.name,
            actor_email: it.actor.email,
            first_at: it.first_at,
            last_at: it.last_at,
            child_ids: it.children.into_iter().map(Id::uuid).collect(),
        }
    }
}

impl From<Review> for LookReviewView {
    fn from(it: Review) -> Self {
        Self {
            id: it.id,
            from: it.span.from,
            to: it.span.to,
            findings: it.findings,
            conclusion: Code(it.conclusion),
            reviewed_at: it.reviewed_at,
            reviewed_by: it.reviewed_by.uuid(),
        }
    }
}

impl UnusualQuery {
    fn span(&self, now: DateTime<Utc>) -> Result<ReviewSpan, Problem> {
        let week = ReviewSpan::last_week(now);
        let to = self.to.map_or(week.to, |it| it.0);
        let from = self.from.map_or(ReviewSpan::last_week(to).from, |it| it.0);
        ReviewSpan::over(from, to, now).map_err(|it| Problem::InvalidQuery(format!("{}: {}", it.field, it.why)))
    }
}

/// What is unusual in who looked at whom
///
/// Very many children within an hour; several at night by somebody who is not on call; a child who was handed over to
/// somebody else more than a week before; refused again and again. By when it began, the first two hundred. It says nothing
/// of any child, and whether it was right only a person can know. To read it is a look at every child it names.
#[utoipa::path(tag = "audit", operation_id = "list_unusual_looks", params(UnusualQuery),
               responses((status = 200, body = List<UnusualLook>)))]
#[get("/v1/unusual-looks")]
pub(super) async fn unusual(request: Within<ReviewLooks>) -> Result<Shown<List<UnusualLook>>, Problem> {
    let query: UnusualQuery = request.query()?;
    let span = query.span(request.call().at)?;
    let found = request
        .list(async |tx, grant| {
            let found = audit::unusual(tx, grant, span).await?;
            let shown = found.iter().flat_map(|it| it.children.iter().copied()).collect();
            Ok(Seen(found, grant.saw(shown)))
        })
        .await?;
    Ok(Shown(List::whole(found.into_iter().map(UnusualLook::from).collect())))
}

/// Record that what was unusual was reviewed
///
/// How much there was is found again and kept with it. What was said about people belongs where such things are kept.
#[utoipa::path(tag = "audit", operation_id = "record_look_review",
               params(("Idempotency-Key" = Option<String>, Header, max_length = 255)),
               request_body = NewLookReview, responses((status = 201, body = LookReviewView)))]
#[post("/v1/look-reviews")]
pub(super) async fn record(request: Within<ReviewLooks>) -> Result<Created, Problem> {
    request
        .create(KeyRule::Optional, async |tx, grant, body: NewLookReview| {
            let span = ReviewSpan::over(body.from.0, body.to.0, tx.at()).map_err(|it| Problem::impossible(&it))?;
            let review = audit::record(tx, grant, span, body.conclusion.0).await?;
            let change = Change::LooksReviewed { review_id: review.id, findings: review.findings };
            let made =
                Made { view: LookReviewView::from(review), location: "/v1/look-reviews".to_owned(), version: None };
            Ok((made, grant.did(None, change)))
        })
        .await
}

/// Who reviewed what was unusual, newest first
#[utoipa::path(tag = "audit", operation_id = "list_look_reviews",
               responses((status = 200, body = List<LookReviewView>)))]
#[get("/v1/look-reviews")]
pub(super) async fn reviews(request: Within<ReviewLooks>) -> Result<Shown<List<LookReviewView>>, Problem> {
    let all = request.list(async |tx, grant| Ok(Seen(audit::reviews(tx, grant).await?, grant.saw(Vec::new())))).await?;
    Ok(Shown(List::whole(all.into_iter().map(LookReviewView::from).collect())))
}
