//! One's own reminders: read and acknowledged. Seen is not done.

use actix_web::{get, put};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::duty::Cause;
use homeward_domain::id::{Id, names};
use homeward_domain::policy::OwnReminders;
use homeward_store::reminders::{self, Reminder, Which};
use homeward_store::{Audited, Seen};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::auth::Within;
use crate::paging::{self, List};
use crate::problem::Problem;
use crate::reply::Shown;

/// Whether its owner has said that they saw it.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ReminderState {
    Unacknowledged,
    Acknowledged,
}

/// Which of one's own reminders to show.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RemindersQuery {
    /// Both where left out.
    #[param(inline)]
    state: Option<ReminderState>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u8>,
    cursor: Option<String>,
}

/// One message to one person.
#[derive(Serialize, ToSchema)]
pub(super) struct ReminderView {
    id: Uuid,
    duty_id: Uuid,
    child_id: Uuid,
    /// Null where the duty hangs on no episode.
    episode_id: Option<Uuid>,
    /// Which rung of the ladder.
    rung: String,
    /// The law's limit, else the agency's own aim.
    due_at: DateTime<Utc>,
    sent_at: DateTime<Utc>,
    message: String,
    acknowledged_at: Option<DateTime<Utc>>,
}

impl RemindersQuery {
    fn which(&self) -> Which {
        match self.state {
            None => Which::All,
            Some(ReminderState::Unacknowledged) => Which::Unacknowledged,
            Some(ReminderState::Acknowledged) => Which::Acknowledged,
        }
    }
}

impl ReminderView {
    fn of(it: Reminder) -> Self {
        Self {
            id: it.id.uuid(),
            duty_id: it.duty.uuid(),
            child_id: it.child.uuid(),
            episode_id: it.cause.episode().map(Id::uuid),
            rung: it.step,
            due_at: it.due_at,
            sent_at: it.sent_at,
            message: it.message,
            acknowledged_at: it.acknowledged_at,
        }
    }
}

/// One's own reminders, newest first
#[utoipa::path(tag = "work", operation_id = "list_reminders", params(RemindersQuery),
               responses((status = 200, body = List<ReminderView>)))]
#[get("/v1/reminders")]
pub(super) async fn list(request: Within<OwnReminders>) -> Result<Shown<List<ReminderView>>, Problem> {
    let query: RemindersQuery = request.query()?;
    let keys = &request.app().keys;
    let window = paging::window(keys, query.limit, query.cursor.as_deref())?;
    let page = request
        .list(async |tx, grant| {
            let page = reminders::own(tx, grant, query.which(), &window).await?;
            let shown = page.rows.iter().map(|it| it.child).collect();
            Ok(Seen(page.map(ReminderView::of), grant.saw(shown)))
        })
        .await?;
    Ok(Shown(List::page(keys, page)))
}

/// One reminder of one's own: where the link in a message leads
///
/// Reading it is not acknowledging it.
#[utoipa::path(tag = "work", operation_id = "get_reminder", params(("reminder_id" = Uuid, Path)),
               responses((status = 200, body = ReminderView)))]
#[get("/v1/reminders/{reminder_id}")]
pub(super) async fn show(request: Within<OwnReminders>) -> Result<Shown<ReminderView>, Problem> {
    let id = request.id::<names::Reminder>("reminder_id")?;
    let view = request
        .list(async |tx, grant| {
            let reminder = reminders::find(tx, grant, id).await?;
            let child = reminder.child;
            Ok(Seen(ReminderView::of(reminder), grant.saw(vec![child])))
        })
        .await?;
    Ok(Shown(view))
}

/// Say that one has seen a reminder
///
/// The first time stands. The duty stays, and the ladder goes on until it is done.
#[utoipa::path(tag = "work", operation_id = "acknowledge_reminder", params(("reminder_id" = Uuid, Path)),
               responses((status = 200, body = ReminderView)))]
#[put("/v1/reminders/{reminder_id}/acknowledgement")]
pub(super) async fn acknowledge(request: Within<OwnReminders>) -> Result<Shown<ReminderView>, Problem> {
    let id = request.id::<names::Reminder>("reminder_id")?;
    let view = request
        .change(async |tx, grant| {
            let reminder = reminders::acknowledge(tx, grant, id).await?;
            let change = match reminder.cause {
                Cause::Episode(_) => Change::ReminderAcknowledged { reminder_id: id },
                Cause::Determination(_) => Change::EntryRecorded { entry_id: id.uuid() },
            };
            let entry = grant.did(Some(reminder.child), change);
            Ok(Audited::new(ReminderView::of(reminder), entry))
        })
        .await?;
    Ok(Shown(view))
}
