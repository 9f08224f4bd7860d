//! Who alone may open a record, and who may not.

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::{Id, UserId};
use homeward_domain::policy::RestrictRecord;
use homeward_domain::restriction::Restriction;
use homeward_store::restrictions::{self, Standing};
use homeward_store::{Audited, Seen};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::OfChild;
use crate::problem::{Problem, refuse};
use crate::reply::Shown;
use crate::wire::Reason;

/// Who may open the record, of those who could anyway.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRestriction {
    /// They alone. At least one of them has to work with children, or nobody could do what is owed.
    #[schema(min_items = 1, max_items = 50)]
    only_people: Option<Vec<Uuid>>,
    /// Not they: a conflict of interest. No emergency opens the record for them.
    #[serde(default)]
    #[schema(max_items = 50)]
    excluded: Vec<Uuid>,
    reason: Reason,
}

/// Whether a record is restricted, and how.
#[derive(Serialize, ToSchema)]
pub(super) struct RestrictionState {
    /// Null where everyone may open the record who could anyway.
    restriction: Option<RestrictionView>,
}

/// Why it is lifted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Lifting {
    reason: Reason,
}

/// A restriction that stands.
#[derive(Serialize, ToSchema)]
pub(super) struct RestrictionView {
    id: Uuid,
    only_people: Option<Vec<Uuid>>,
    excluded: Vec<Uuid>,
    reason: String,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

fn people(all: Vec<Uuid>) -> Vec<UserId> {
    all.into_iter().map(Id::from_uuid).collect()
}

impl NewRestriction {
    fn restriction(self) -> Restriction {
        let (only, excluded) = (self.only_people.map(people), people(self.excluded));
        Restriction { only, excluded, reason: self.reason.into() }
    }
}

impl RestrictionView {
    fn of(it: Standing) -> Self {
        let uuids = |all: Vec<UserId>| all.into_iter().map(Id::uuid).collect();
        Self {
            id: it.id.uuid(),
            only_people: it.restriction.only.map(uuids),
            excluded: uuids(it.restriction.excluded),
            reason: it.restriction.reason,
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
        }
    }
}

/// Who alone may open a child's record
///
/// For everyone else there is no such child: in no list, count, search, calendar or page. Reminders of what is owed for
/// the child go to those who may open the record.
#[utoipa::path(tag = "restrictions", operation_id = "get_restriction", params(("child_id" = Uuid, Path)),
               responses((status = 200, body = RestrictionState)))]
#[get("/v1/children/{child_id}/restriction")]
pub(super) async fn show(request: OfChild<RestrictRecord>) -> Result<Shown<RestrictionState>, Problem> {
    let standing = request.read(async |tx, permit| {
        let standing = restrictions::find(tx, permit).await?;
        Ok(Seen(RestrictionState { restriction: standing.map(RestrictionView::of) }, permit.saw()))
    });
    Ok(Shown(standing.await?))
}

/// Say who alone may open a child's record, in place of what was said before
#[utoipa::path(tag = "restrictions", operation_id = "restrict_record", params(("child_id" = Uuid, Path)),
               request_body = NewRestriction, responses((status = 200, body = RestrictionView)))]
#[post("/v1/children/{child_id}/restriction")]
pub(super) async fn restrict(request: OfChild<RestrictRecord>) -> Result<Shown<RestrictionView>, Problem> {
    let standing = request.write(async |tx, permit, body: NewRestriction| {
        let restriction = body.restriction();
        let only = restriction.only.as_deref().unwrap_or_default();
        refuse(restriction.faults(&restrictions::working(tx, permit, only).await?))?;
        let standing = restrictions::restrict(tx, permit, restriction).await?;
        let entry = permit.did(Change::RecordRestricted { restriction_id: standing.id });
        Ok(Audited::new(RestrictionView::of(standing), entry))
    });
    Ok(Shown(standing.await?))
}

/// Open a record again to everyone who could open it before
///
/// Answers what stood until now.
#[utoipa::path(tag = "restrictions", operation_id = "lift_restriction", params(("child_id" = Uuid, Path)),
               request_body = Lifting, responses((status = 200, body = RestrictionView)))]
#[post("/v1/children/{child_id}/restriction/lift")]
pub(super) async fn lift(request: OfChild<RestrictRecord>) -> Result<Shown<RestrictionView>, Problem> {
    let lifted = request.write(async |tx, permit, body: Lifting| {
        let lifted = restrictions::lift(tx, permit, &String::from(body.reason)).await?;
        Ok(Audited::new(RestrictionView::of(lifted), permit.did(Change::RestrictionLifted)))
    });
    Ok(Shown(lifted.await?))
}
