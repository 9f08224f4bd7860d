//! Who is away, and who stands where they stood.

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::{Id, UserId, names};
use homeward_domain::policy::OwnSettings;
use homeward_domain::roster::Span;
use homeward_store::rosters::{self, Absence};
use homeward_store::{Audited, Seen};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::auth::{KeyRule, Within};
use crate::paging::{self, List};
use crate::problem::{Problem, refuse};
use crate::reply::{Created, Made, Shown};
use crate::wire::Instant;

/// A time that somebody will be away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAbsence {
    /// Oneself where left out. Others: for supervisors of their unit, and administrators.
    user_id: Option<Uuid>,
    /// Who hears in their place; nobody where left out, and then everything goes to the next one up.
    substitute_id: Option<Uuid>,
    starts_at: Instant,
    ends_at: Instant,
}

/// A time that somebody is away.
#[derive(Serialize, ToSchema)]
pub(super) struct AbsenceView {
    id: Uuid,
    user_id: Uuid,
    substitute_id: Option<Uuid>,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    /// Null while it stands.
    cancelled_at: Option<DateTime<Utc>>,
}

/// How much to show.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AbsencesQuery {
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u8>,
    cursor: Option<String>,
}

impl From<Absence> for AbsenceView {
    fn from(it: Absence) -> Self {
        Self {
            id: it.id.uuid(),
            user_id: it.user.uuid(),
            substitute_id: it.substitute.map(Id::uuid),
            starts_at: it.starts_at,
            ends_at: it.ends_at,
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
            cancelled_at: it.cancelled_at,
        }
    }
}

/// Say that somebody will be away
///
/// Whoever stands in is of the agency, works where they work, and is there all that time.
#[utoipa::path(tag = "people", operation_id = "record_absence",
               params(("Idempotency-Key" = Option<String>, Header, max_length = 255)),
               request_body = NewAbsence, responses((status = 201, body = AbsenceView)))]
#[post("/v1/absences")]
pub(super) async fn record(request: Within<OwnSettings>) -> Result<Created, Problem> {
    request
        .create(KeyRule::Optional, async |tx, grant, body: NewAbsence| {
            let user: UserId = body.user_id.map_or(grant.actor(), Id::from_uuid);
            rosters::may_arrange_absence(tx, grant, user).await?;
            let span = Span::ahead(body.starts_at.0, body.ends_at.0, tx.at());
            let span = span.map_err(|it| Problem::impossible(&it))?;
            let substitute: Option<UserId> = body.substitute_id.map(Id::from_uuid);
            if let Some(other) = substitute {
                refuse(rosters::unfit_substitute(tx, user, other, span).await?.into_iter().collect())?;
            }
            let absence = rosters::record_absence(tx, grant, user, substitute, span).await?;
            let location = format!("/v1/absences/{}", absence.id);
            let change = Change::AbsenceRecorded { absence_id: absence.id, user_id: user };
            Ok((Made { view: AbsenceView::from(absence), location, version: None }, grant.did(None, change)))
        })
        .await
}

/// Who is and will be away, by the start
///
/// One's own, and for supervisors and administrators those of the people they arrange for.
#[utoipa::path(tag = "people", operation_id = "list_absences", params(AbsencesQuery),
               responses((status = 200, body = List<AbsenceView>)))]
#[get("/v1/absences")]
pub(super) async fn list(request: Within<OwnSettings>) -> Result<Shown<List<AbsenceView>>, Problem> {
    let query: AbsencesQuery = request.query()?;
    let keys = &request.app().keys;
    let window = paging::window(keys, query.limit, query.cursor.as_deref())?;
    let page = request
        .list(async |tx, grant| Ok(Seen(rosters::absences(tx, grant, &window).await?, grant.saw(Vec::new()))))
        .await?;
    Ok(Shown(List::page(keys, page.map(AbsenceView::from))))
}

/// One time that somebody is away
#[utoipa::path(tag = "people", operation_id = "get_absence", params(("absence_id" = Uuid, Path)),
               responses((status = 200, body = AbsenceView)))]
#[get("/v1/absences/{absence_id}")]
pub(super) async fn show(request: Within<OwnSettings>) -> Result<Shown<AbsenceView>, Problem> {
    let id = request.id::<names::Absence>("absence_id")?;
    let absence = request
        .list(async |tx, grant| Ok(Seen(rosters::find_absence(tx, grant, id).await?, grant.saw(Vec::new()))))
        .await?;
    Ok(Shown(absence.into()))
}

/// Say that somebody will not be away
///
/// The record stays and says so.
#[utoipa::path(tag = "people", operation_id = "cancel_absence", params(("absence_id" = Uuid, Path)),
               responses((status = 200, body = AbsenceView)))]
#[post("/v1/absences/{absence_id}/cancellation")]
pub(super) async fn cancel(request: Within<OwnSettings>) -> Result<Shown<AbsenceView>, Problem> {
    let id = request.id::<names::Absence>("absence_id")?;
    let cancelled = request
        .change(async |tx, grant| {
            let absence = rosters::find_absence(tx, grant, id).await?;
            if !rosters::cancel_absence(tx, grant, &absence).await? {
                return Err(Problem::AlreadyDone);
            }
            let change = Change::AbsenceCancelled { absence_id: id, user_id: absence.user };
            let absence = rosters::find_absence(tx, grant, id).await?;
            Ok(Audited::new(absence, grant.did(None, change)))
        })
        .await?;
    Ok(Shown(cancelled.into()))
}
