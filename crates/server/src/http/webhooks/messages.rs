//! What was and is to be sent to an endpoint: visible, and tried at once where a person wants it.

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::delivery::MessageState;
use homeward_domain::id::names;
use homeward_domain::policy::ConfigureWebhooks;
use homeward_store::webhooks::{self, Message};
use homeward_store::{Audited, Seen};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::auth::Within;
use crate::paging::{self, List};
use crate::problem::Problem;
use crate::reply::Shown;
use crate::wire::codes::MessageStateCode;
use crate::wire::{self, Code};

/// Which messages to show.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct WebhookMessagesQuery {
    state: Option<MessageStateCode>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u8>,
    cursor: Option<String>,
}

/// One message to an endpoint.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct WebhookMessageView {
    id: Uuid,
    /// The `webhook-id` that the endpoint sees, the same over every try.
    webhook_id_header: Uuid,
    duty_id: Uuid,
    state: MessageStateCode,
    queued_at: DateTime<Utc>,
    tries: i32,
    /// Null once it is done with.
    next_try_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    /// The status of HTTP at the last try; null where none came.
    last_status: Option<i32>,
}

impl From<Message> for WebhookMessageView {
    fn from(it: Message) -> Self {
        Self {
            id: it.id,
            webhook_id_header: it.message_id,
            duty_id: it.duty_id,
            state: Code(it.state),
            queued_at: it.queued_at,
            tries: it.tries,
            next_try_at: it.ended_at.is_none().then_some(it.next_try_at),
            ended_at: it.ended_at,
            last_status: it.last_code,
        }
    }
}

/// What was and is to be sent to an endpoint, the newest first
#[utoipa::path(tag = "agency", operation_id = "list_webhook_messages",
               params(("webhook_id" = Uuid, Path), WebhookMessagesQuery),
               responses((status = 200, body = List<WebhookMessageView>)))]
#[get("/v1/webhooks/{webhook_id}/messages")]
pub(in crate::http) async fn list(
    request: Within<ConfigureWebhooks>,
) -> Result<Shown<List<WebhookMessageView>>, Problem> {
    let id = request.id::<names::Webhook>("webhook_id")?;
    let query: WebhookMessagesQuery = request.query()?;
    let keys = &request.app().keys;
    let window = paging::window(keys, query.limit, query.cursor.as_deref())?;
    let page = request
        .list(async |tx, grant| {
            webhooks::find(tx, grant, id).await?;
            let page = webhooks::list_messages(tx, grant, id, wire::code(query.state), &window).await?;
            Ok(Seen(page.map(WebhookMessageView::from), grant.saw(Vec::new())))
        })
        .await?;
    Ok(Shown(List::page(keys, page)))
}

/// Have a message that was not taken tried at once
#[utoipa::path(tag = "agency", operation_id = "resend_webhook_message",
               params(("webhook_id" = Uuid, Path), ("message_id" = Uuid, Path)),
               responses((status = 200, body = WebhookMessageView)))]
#[post("/v1/webhooks/{webhook_id}/messages/{message_id}/resend")]
pub(in crate::http) async fn resend(request: Within<ConfigureWebhooks>) -> Result<Shown<WebhookMessageView>, Problem> {
    let id = request.id::<names::Webhook>("webhook_id")?;
    let message = request.id::<names::Webhook>("message_id")?.uuid();
    let view = request
        .change(async |tx, grant| {
            let before = webhooks::find_message(tx, grant, id, message).await?;
            if !before.owed || matches!(before.state, MessageState::Accepted | MessageState::Dropped) {
                return Err(Problem::AlreadyDone);
            }
            let sent = webhooks::resend(tx, grant, id, message).await?;
            let entry = grant.did(None, Change::MessageResent { webhook_id: id, message_id: message });
            Ok(Audited::new(WebhookMessageView::from(sent), entry))
        })
        .await?;
    Ok(Shown(view))
}
