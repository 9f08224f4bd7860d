//! Restricted records that are opened in an emergency, and judged by somebody else.

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::names;
use homeward_domain::policy::{Denied, OpenInEmergency, ReviewEmergencies};
use homeward_domain::restriction::{Stance, faults_of_reason, review_due_at};
use homeward_store::emergencies::{self, Emergency, Review};
use homeward_store::{Audited, Seen, restrictions};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::auth::{KeyRule, OfChild, Within};
use crate::paging::{self, List};
use crate::problem::{Problem, refuse};
use crate::reply::{Created, Made, Shown};
use crate::wire::codes::EmergencyCategoryCode;
use crate::wire::{Code, Reason};

/// Why a restricted record has to be opened now.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewEmergency {
    category: EmergencyCategoryCode,
    /// At least 20 characters.
    reason: Reason,
}

/// What the judge thinks of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewReview {
    justified: bool,
    note: Reason,
}

/// A record that was opened in an emergency.
#[derive(Serialize, ToSchema)]
pub(super) struct EmergencyView {
    id: Uuid,
    child_id: Uuid,
    user_id: Uuid,
    category: EmergencyCategoryCode,
    reason: String,
    granted_at: DateTime<Utc>,
    /// When the record closes again, if the session has not ended and nobody has judged it before.
    expires_at: DateTime<Utc>,
    /// When somebody else has to have judged it.
    review_due_at: DateTime<Utc>,
    /// Null until it is judged.
    review: Option<ReviewView>,
}

/// What somebody else thought of it.
#[derive(Serialize, ToSchema)]
pub(super) struct ReviewView {
    justified: bool,
    note: String,
    reviewed_at: DateTime<Utc>,
    reviewed_by: Uuid,
}

/// Which emergencies to show.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EmergencyQuery {
    /// Only those that nobody has judged.
    unreviewed: Option<bool>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u8>,
    cursor: Option<String>,
}

impl EmergencyView {
    fn of(it: Emergency) -> Self {
        Self {
            id: it.id.uuid(),
            child_id: it.child.uuid(),
            user_id: it.user.uuid(),
            category: Code(it.category),
            reason: it.reason,
            granted_at: it.granted_at,
            expires_at: it.expires_at,
            review_due_at: review_due_at(it.granted_at),
            review: it.review.map(ReviewView::of),
        }
    }
}

impl ReviewView {
    fn of(it: Review) -> Self {
        let (justified, reviewed_by) = (it.is_justified, it.reviewed_by.uuid());
        Self { justified, note: it.note, reviewed_at: it.reviewed_at, reviewed_by }
    }
}

/// Open a restricted record in an emergency
///
/// For this record, this person and this session, for an hour. It waits for nobody; those who watch over restricted
/// records are told at once, and one of them judges it within 72 hours. Each look meanwhile is in the audit trail, as
/// always. It is refused where the record is open anyway, and to whom a conflict of interest excludes there is no such
/// record.
#[utoipa::path(tag = "restrictions", operation_id = "open_in_emergency",
               params(("child_id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header, max_length = 255)),
               request_body = NewEmergency, responses((status = 201, body = EmergencyView)))]
#[post("/v1/children/{child_id}/emergency-accesses")]
pub(super) async fn open(request: OfChild<OpenInEmergency>) -> Result<Created, Problem> {
    request
        .create(KeyRule::Optional, async |tx, permit, body: NewEmergency| {
            let standing = restrictions::find(tx, permit).await?;
            match standing.map_or(Stance::Open, |it| it.restriction.stance(permit.actor())) {
                Stance::Excluded => return Err(Denied::Hidden.into()),
                Stance::Open => return Err(Problem::OpenAnyway),
                Stance::Closed => {}
            }
            let reason: String = body.reason.into();
            refuse(faults_of_reason(&reason))?;
            let opened = emergencies::open(tx, permit, body.category.0, reason).await?;
            let (emergency_id, category, until) = (opened.id, opened.category, opened.expires_at);
            let entry = permit.did(Change::OpenedInEmergency { emergency_id, category, until });
            let location = format!("/v1/emergency-accesses/{emergency_id}");
            Ok((Made { view: EmergencyView::of(opened), location, version: None }, entry))
        })
        .await
}

/// Restricted records that were opened in an emergency, the newest first
#[utoipa::path(tag = "restrictions", operation_id = "list_emergency_accesses", params(EmergencyQuery),
               responses((status = 200, body = List<EmergencyView>)))]
#[get("/v1/emergency-accesses")]
pub(super) async fn list(request: Within<ReviewEmergencies>) -> Result<Shown<List<EmergencyView>>, Problem> {
    let query: EmergencyQuery = request.query()?;
    let keys = &request.app().keys;
    let window = paging::window(keys, query.limit, query.cursor.as_deref())?;
    let page = request.list(async |tx, grant| {
        let page = emergencies::list(tx, grant, query.unreviewed == Some(true), &window).await?;
        let shown = page.rows.iter().map(|it| it.child).collect();
        Ok(Seen(page.map(EmergencyView::of), grant.saw(shown)))
    });
    Ok(Shown(List::page(keys, page.await?)))
}

/// One restricted record that was opened in an emergency
#[utoipa::path(tag = "restrictions", operation_id = "get_emergency_access", params(("emergency_id" = Uuid, Path)),
               responses((status = 200, body = EmergencyView)))]
#[get("/v1/emergency-accesses/{emergency_id}")]
pub(super) async fn show(request: Within<ReviewEmergencies>) -> Result<Shown<EmergencyView>, Problem> {
    let id = request.id::<names::Emergency>("emergency_id")?;
    let found = request.list(async |tx, grant| {
        let found = emergencies::find(tx, grant, id).await?;
        let look = grant.saw(vec![found.child]);
        Ok(Seen(EmergencyView::of(found), look))
    });
    Ok(Shown(found.await?))
}

/// Judge whether an emergency was justified
///
/// It closes the record at once, if it is open still. Nobody judges their own.
#[utoipa::path(tag = "restrictions", operation_id = "review_emergency_access", params(("emergency_id" = Uuid, Path)),
               request_body = NewReview, responses((status = 200, body = EmergencyView)))]
#[post("/v1/emergency-accesses/{emergency_id}/review")]
pub(super) async fn review(request: Within<ReviewEmergencies>) -> Result<Shown<EmergencyView>, Problem> {
    let id = request.id::<names::Emergency>("emergency_id")?;
    let reviewed = request.write(async |tx, grant, body: NewReview| {
        let found = emergencies::find(tx, grant, id).await?;
        if found.review.is_some() {
            return Err(Problem::AlreadyDone);
        }
        if found.user == grant.actor() {
            return Err(Problem::TakesAnotherPerson);
        }
        let reviewed = emergencies::review(tx, grant, id, (body.justified, body.note.into())).await?;
        let change = Change::EmergencyReviewed { emergency_id: id, justified: body.justified };
        let entry = grant.did(Some(reviewed.child), change);
        Ok(Audited::new(EmergencyView::of(reviewed), entry))
    });
    Ok(Shown(reviewed.await?))
}
