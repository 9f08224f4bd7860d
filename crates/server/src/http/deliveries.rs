//! What was sent about one episode: to whom, when, taken, seen, done; for people, and as CSV for court (DL-18).

use actix_web::get;
use chrono::{DateTime, SecondsFormat, Utc};
use homeward_domain::id::names;
use homeward_domain::policy::ReadChild;
use homeward_store::Seen;
use homeward_store::deliveries::{self, Delivered};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::OfChild;
use crate::cell::harmless;
use crate::paging::List;
use crate::problem::Problem;
use crate::reply::{CsvFile, File, Shown};
use crate::wire::Code;
use crate::wire::codes::{AudienceCode, ChannelCode, DutyKindCode, EndingCode, RecipientCode};

/// One message to one person or endpoint.
#[derive(Serialize, ToSchema)]
pub(super) struct DeliveryView {
    duty_id: Uuid,
    duty_kind: DutyKindCode,
    duty_recipient: Option<RecipientCode>,
    /// Which rung of the ladder.
    rung: String,
    /// When that rung was due.
    due_at: DateTime<Utc>,
    /// For whom the rung was meant.
    audience: AudienceCode,
    /// The highest of them that it was given to so far.
    reached: Option<AudienceCode>,
    /// Nobody stood on the rung when it fired, so the next one up who exists had it.
    went_up: bool,
    /// Null for an endpoint of the agency.
    user_id: Option<Uuid>,
    user_name: Option<String>,
    channel: ChannelCode,
    /// When it was ready to leave.
    queued_at: DateTime<Utc>,
    /// How often it was tried.
    tries: i32,
    /// When the inbox, the relay or the endpoint took it: delivered, not yet seen.
    delivered_at: Option<DateTime<Utc>>,
    /// How it ended; null while it waits.
    ending: Option<EndingCode>,
    /// When the person said that they saw it.
    seen_at: Option<DateTime<Utc>>,
    /// When the duty was done.
    done_at: Option<DateTime<Utc>>,
}

impl From<Delivered> for DeliveryView {
    fn from(it: Delivered) -> Self {
        Self {
            duty_id: it.duty_id,
            duty_kind: Code(it.duty_kind),
            duty_recipient: it.duty_recipient.map(Code),
            rung: it.rung,
            due_at: it.due_at,
            audience: Code(it.audience),
            reached: it.reached.map(Code),
            went_up: it.went_up,
            user_id: it.user_id,
            user_name: it.name,
            channel: Code(it.channel),
            queued_at: it.queued_at,
            tries: it.tries,
            delivered_at: it.delivered_at,
            ending: it.ending.map(Code),
            seen_at: it.seen_at,
            done_at: it.done_at,
        }
    }
}

/// What was sent about an episode
///
/// Every message in the order in which it was ready: to whom, when it was delivered, seen, and the duty done. An address
/// or a text stands nowhere in it.
#[utoipa::path(tag = "episodes", operation_id = "list_deliveries",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path)),
               responses((status = 200, body = List<DeliveryView>)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/deliveries")]
pub(super) async fn list(request: OfChild<ReadChild>) -> Result<Shown<List<DeliveryView>>, Problem> {
    let views = of_episode(&request).await?.into_iter().map(DeliveryView::from).collect();
    Ok(Shown(List::whole(views)))
}

/// What was sent about an episode, as CSV for court
///
/// The same rows. Times are UTC; no cell begins like a formula.
#[utoipa::path(tag = "episodes", operation_id = "get_deliveries_file",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path)),
               responses((status = 200, body = CsvFile, content_type = "text/csv")))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/deliveries/content.csv")]
pub(super) async fn file(request: OfChild<ReadChild>) -> Result<File, Problem> {
    let content = csv(&of_episode(&request).await?).map_err(|error| Problem::Internal(Box::new(error)))?;
    Ok(File { content, media_type: "text/csv", name: "deliveries.csv".to_owned() })
}

async fn of_episode(request: &OfChild<ReadChild>) -> Result<Vec<Delivered>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    request.read(async |tx, permit| Ok(Seen(deliveries::of_episode(tx, permit, id).await?, permit.saw()))).await
}

const HEADER: [&str; 15] = [
    "duty_id",
    "duty_kind",
    "duty_recipient",
    "rung",
    "due_at",
    "audience",
    "reached",
    "went_up",
    "person",
    "channel",
    "queued_at",
    "tries",
    "delivered_at",
    "seen_at",
    "done_at",
];

fn csv(rows: &[Delivered]) -> Result<Vec<u8>, csv::Error> {
    let mut sheet = csv::Writer::from_writer(Vec::new());
    sheet.write_record(HEADER)?;
    for row in rows {
        sheet.write_record([
            row.duty_id.to_string(),
            row.duty_kind.to_string(),
            text(row.duty_recipient),
            row.rung.clone(),
            instant(Some(row.due_at)),
            row.audience.to_string(),
            text(row.reached),
            row.went_up.to_string(),
            harmless(row.name.as_deref().unwrap_or_default()),
            row.channel.to_string(),
            instant(Some(row.queued_at)),
            row.tries.to_string(),
            instant(row.delivered_at),
            instant(row.seen_at),
            instant(row.done_at),
        ])?;
    }
    sheet.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

fn text<T: ToString>(cell: Option<T>) -> String {
    cell.map(|it| it.to_string()).unwrap_or_default()
}

fn instant(at: Option<DateTime<Utc>>) -> String {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default()
}
