//! Who is on call, and when nobody is.

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::{Id, UnitId, UserId, names};
use homeward_domain::impossible::Impossible;
use homeward_domain::policy::{ArrangeRoster, Reach, ReadAgency};
use homeward_domain::roster::{Span, unfit_on_call};
use homeward_store::rosters::{self, Gap, NewShift, Shift};
use homeward_store::{Audited, ReadTx, Seen, people};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::auth::{KeyRule, Within};
use crate::paging::{self, List, PageView};
use crate::problem::{Problem, refuse};
use crate::reply::{Created, Made, Shown};
use crate::wire::{Instant, Reference};

/// Someone who is to be on call.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOnCallShift {
    user_id: Uuid,
    /// The whole agency where left out: that is for those who work for all of it.
    unit_code: Option<Reference>,
    starts_at: Instant,
    ends_at: Instant,
}

/// One turn of being on call. While one covers a moment it says who is; else whoever has the role.
#[derive(Serialize, ToSchema)]
pub(super) struct OnCallShiftView {
    id: Uuid,
    user_id: Uuid,
    unit_code: Option<String>,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    /// Null while it stands.
    cancelled_at: Option<DateTime<Utc>>,
}

/// A time in which nobody is on call for a unit: a rung goes up to the agency's contact then.
#[derive(Serialize, ToSchema)]
pub(super) struct GapView {
    unit_code: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

/// The turns to come, and the gaps of the next 14 days.
#[derive(Serialize, ToSchema)]
pub(super) struct OnCallShifts {
    data: Vec<OnCallShiftView>,
    page: PageView,
    /// By unit and time.
    gaps: Vec<GapView>,
    /// So far gaps were looked for.
    gaps_until: DateTime<Utc>,
}

/// How much to show.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ShiftsQuery {
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u8>,
    cursor: Option<String>,
}

impl From<Shift> for OnCallShiftView {
    fn from(it: Shift) -> Self {
        Self {
            id: it.id.uuid(),
            user_id: it.user.uuid(),
            unit_code: it.unit_code,
            starts_at: it.starts_at,
            ends_at: it.ends_at,
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
            cancelled_at: it.cancelled_at,
        }
    }
}

impl From<Gap> for GapView {
    fn from(it: Gap) -> Self {
        Self { unit_code: it.unit_code, starts_at: it.span.starts_at(), ends_at: it.span.ends_at() }
    }
}

/// Put somebody on call
///
/// Supervisors for their units, administrators for any. Whoever is on call works there, and with children.
#[utoipa::path(tag = "people", operation_id = "add_on_call_shift",
               params(("Idempotency-Key" = Option<String>, Header, max_length = 255)),
               request_body = NewOnCallShift, responses((status = 201, body = OnCallShiftView)))]
#[post("/v1/on-call-shifts")]
pub(super) async fn add(request: Within<ArrangeRoster>) -> Result<Created, Problem> {
    request
        .create(KeyRule::Optional, async |tx, grant, body: NewOnCallShift| {
            let unit = unit(tx, body.unit_code).await?;
            rosters::may_arrange_shift(grant, unit)?;
            let user: UserId = Id::from_uuid(body.user_id);
            let span = Span::ahead(body.starts_at.0, body.ends_at.0, tx.at());
            let fault = unfit(tx, user, unit).await?;
            refuse(span.err().into_iter().chain(fault).collect())?;
            let span = span.map_err(|it| Problem::impossible(&it))?;
            let shift = rosters::add_shift(tx, grant, NewShift { user, unit, span }).await?;
            let (location, change) =
                (format!("/v1/on-call-shifts/{}", shift.id), Change::ShiftAdded { shift_id: shift.id });
            Ok((Made { view: OnCallShiftView::from(shift), location, version: None }, grant.did(None, change)))
        })
        .await
}

async fn unit(tx: &ReadTx, code: Option<Reference>) -> Result<Option<UnitId>, Problem> {
    let Some(code) = code else { return Ok(None) };
    let unknown = Impossible::of("unit_code", "is no unit of the agency");
    let unit = people::unit_by_code(tx, code.as_str()).await?;
    unit.map(Some).ok_or_else(|| Problem::impossible(&unknown))
}

async fn unfit(tx: &ReadTx, user: UserId, unit: Option<UnitId>) -> Result<Option<Impossible>, Problem> {
    let reach = unit.map_or(Reach::WholeAgency, |unit| Reach::Units(vec![unit]));
    Ok(match people::colleague(tx, user).await? {
        Some(other) => unfit_on_call("user_id", &other, &reach),
        None => Some(Impossible::of("user_id", "is nobody of the agency")),
    })
}

/// Who is and will be on call, and when nobody will be
///
/// The turns that are not over, of one's own units and of the whole agency, by their start; and for each of one's units
/// every time of the next 14 days in which nobody is on call, neither by a turn nor by the role.
#[utoipa::path(tag = "people", operation_id = "list_on_call_shifts", params(ShiftsQuery),
               responses((status = 200, body = OnCallShifts)))]
#[get("/v1/on-call-shifts")]
pub(super) async fn list(request: Within<ReadAgency>) -> Result<Shown<OnCallShifts>, Problem> {
    let query: ShiftsQuery = request.query()?;
    let keys = &request.app().keys;
    let window = paging::window(keys, query.limit, query.cursor.as_deref())?;
    let (page, gaps) = request
        .list(async |tx, grant| {
            let page = rosters::shifts(tx, grant, &window).await?;
            let gaps = rosters::gaps(tx, grant).await?;
            Ok(Seen((page.map(OnCallShiftView::from), gaps), grant.saw(Vec::new())))
        })
        .await?;
    let List { data, page } = List::page(keys, page);
    let gaps_until = Span::looked_over(request.call().at).ends_at();
    Ok(Shown(OnCallShifts { data, page, gaps: gaps.into_iter().map(GapView::from).collect(), gaps_until }))
}

/// One turn of being on call
#[utoipa::path(tag = "people", operation_id = "get_on_call_shift", params(("shift_id" = Uuid, Path)),
               responses((status = 200, body = OnCallShiftView)))]
#[get("/v1/on-call-shifts/{shift_id}")]
pub(super) async fn show(request: Within<ReadAgency>) -> Result<Shown<OnCallShiftView>, Problem> {
    let id = request.id::<names::Shift>("shift_id")?;
    let shift = request
        .list(async |tx, grant| Ok(Seen(rosters::find_shift(tx, grant, id).await?, grant.saw(Vec::new()))))
        .await?;
    Ok(Shown(shift.into()))
}

/// Call a turn off
///
/// The record stays and says so.
#[utoipa::path(tag = "people", operation_id = "cancel_on_call_shift", params(("shift_id" = Uuid, Path)),
               responses((status = 200, body = OnCallShiftView)))]
#[post("/v1/on-call-shifts/{shift_id}/cancellation")]
pub(super) async fn cancel(request: Within<ArrangeRoster>) -> Result<Shown<OnCallShiftView>, Problem> {
    let id = request.id::<names::Shift>("shift_id")?;
    let cancelled = request
        .change(async |tx, grant| {
            let shift = rosters::find_shift(tx, grant, id).await?;
            if !rosters::cancel_shift(tx, grant, &shift).await? {
                return Err(Problem::AlreadyDone);
            }
            let shift = rosters::find_shift(tx, grant, id).await?;
            Ok(Audited::new(shift, grant.did(None, Change::ShiftCancelled { shift_id: id })))
        })
        .await?;
    Ok(Shown(cancelled.into()))
}
