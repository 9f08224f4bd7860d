//! A person's open deadlines in their own calendar program, which can send nothing but an address.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::web::Path;
use actix_web::{HttpResponse, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::names;
use homeward_domain::policy::OwnReminders;
use homeward_domain::reminder;
use homeward_store::calendar_feeds::{self, Deadlines, Feed};
use homeward_store::duties::Owed;
use homeward_store::{Audited, Seen};
use icalendar::{Alarm, Calendar, Component as _, Event, EventLike as _, Property};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::allowance::Stranger;
use crate::auth::token::Secret;
use crate::auth::{KeyRule, Within};
use crate::ctx::App;
use crate::paging::List;
use crate::problem::Problem;
use crate::reply::{CalendarFile, Created, Made, Shown};
use crate::wire::Name;

/// How long before a limit a calendar rings.
const ALARM: TimeDelta = TimeDelta::hours(1);

/// A feed for one calendar program.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCalendarFeed {
    /// Where it is used, in one's own words.
    label: Name,
}

/// A feed. Its address was shown when it was made.
#[derive(Serialize, ToSchema)]
pub(super) struct CalendarFeedView {
    id: Uuid,
    label: String,
    created_at: DateTime<Utc>,
    /// When a calendar program last read it.
    last_read_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

/// A feed with the address under which it is read.
#[derive(Serialize, ToSchema)]
pub(super) struct CalendarFeedWithAddress {
    #[serde(flatten)]
    feed: CalendarFeedView,
    /// Whoever has it reads the deadlines. It is shown this once.
    path: String,
}

impl From<Feed> for CalendarFeedView {
    fn from(it: Feed) -> Self {
        Self {
            id: it.id.uuid(),
            label: it.label,
            created_at: it.created_at,
            last_read_at: it.read_at,
            revoked_at: it.revoked_at,
        }
    }
}

/// Make a calendar feed of one's own open deadlines
///
/// It says what is due, to whom and when, and nothing about a child.
#[utoipa::path(tag = "work", operation_id = "make_calendar_feed",
               params(("Idempotency-Key" = String, Header, max_length = 255)),
               request_body = NewCalendarFeed, responses((status = 201, body = CalendarFeedWithAddress)))]
#[post("/v1/me/calendar-feeds")]
pub(super) async fn make(request: Within<OwnReminders>) -> Result<Created, Problem> {
    let secret = Secret::random().map_err(|error| Problem::Internal(Box::new(error)))?;
    let token = URL_SAFE_NO_PAD.encode(secret.bytes());
    request
        .create(KeyRule::Required, async |tx, grant, body: NewCalendarFeed| {
            let feed = calendar_feeds::make(tx, grant, body.label.into(), hash(&token)).await?;
            let entry = grant.did(None, Change::CalendarFeedMade { feed_id: feed.id });
            let path = format!("/v1/calendars/{token}/deadlines.ics");
            let location = "/v1/me/calendar-feeds".to_owned();
            Ok((Made { view: CalendarFeedWithAddress { feed: feed.into(), path }, location, version: None }, entry))
        })
        .await
}

/// One's own calendar feeds, the newest first
#[utoipa::path(tag = "work", operation_id = "list_calendar_feeds",
               responses((status = 200, body = List<CalendarFeedView>)))]
#[get("/v1/me/calendar-feeds")]
pub(super) async fn list(request: Within<OwnReminders>) -> Result<Shown<List<CalendarFeedView>>, Problem> {
    let views = request
        .list(async |tx, grant| {
            let feeds = calendar_feeds::own(tx, grant).await?;
            Ok(Seen(feeds.into_iter().map(CalendarFeedView::from).collect(), grant.saw(Vec::new())))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}

/// Revoke one of one's own calendar feeds
#[utoipa::path(tag = "work", operation_id = "revoke_calendar_feed", params(("feed_id" = Uuid, Path)),
               responses((status = 200, body = CalendarFeedView)))]
#[post("/v1/me/calendar-feeds/{feed_id}/revocation")]
pub(super) async fn revoke(request: Within<OwnReminders>) -> Result<Shown<CalendarFeedView>, Problem> {
    let id = request.id::<names::CalendarFeed>("feed_id")?;
    let view = request
        .change(async |tx, grant| {
            let feed = calendar_feeds::revoke(tx, grant, id).await?;
            Ok(Audited::new(feed.into(), grant.did(None, Change::CalendarFeedRevoked { feed_id: id })))
        })
        .await?;
    Ok(Shown(view))
}

/// The open deadlines behind a feed's address
///
/// What is assigned to its owner, and to nobody in a unit that they supervise. An address that was revoked, or never was,
/// is not found.
#[utoipa::path(tag = "work", operation_id = "read_calendar", params(("token" = String, Path)),
               responses((status = 200, body = CalendarFile, content_type = "text/calendar")))]
#[get("/v1/calendars/{token}/deadlines.ics")]
pub(super) async fn read(_stranger: Stranger, app: App, token: Path<String>) -> Result<HttpResponse, Problem> {
    let deadlines = app.store.deadlines(hash(&token), app.now()).await?.ok_or(Problem::NotFound)?;
    Ok(HttpResponse::Ok()
        .content_type("text/calendar")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"deadlines.ics\""))
        .body(calendar(&deadlines, app.now())))
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

fn calendar(deadlines: &Deadlines, now: DateTime<Utc>) -> String {
    let mut calendar = Calendar::new();
    calendar.name("Homeward").timezone(deadlines.zone.name());
    for owed in &deadlines.owed {
        calendar.push(event(owed, deadlines, now));
    }
    calendar.to_string()
}

/// One deadline: the act, to whom, the time; the same words as its reminder (DL-20).
fn event(owed: &Owed, deadlines: &Deadlines, now: DateTime<Utc>) -> Event {
    let text = reminder::message(&owed.duty, now, deadlines.zone);
    let summary = reminder::act(owed.duty.key.kind, owed.duty.key.recipient);
    let mut event = Event::new();
    event
        .uid(&owed.id.to_string())
        .timestamp(now)
        .summary(&summary)
        .description(&text)
        .starts(owed.duty.limit_at())
        .ends(owed.duty.limit_at())
        .append_property(Property::new("TRANSP", "TRANSPARENT"))
        .alarm(Alarm::display(&summary, owed.duty.limit_at() - ALARM));
    event.done()
}
