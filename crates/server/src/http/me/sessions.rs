//! Where I am signed in, and how I end that.

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::names;
use homeward_domain::policy::OwnSettings;
use homeward_store::sessions::{self, Live};
use homeward_store::{Audited, Seen};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::Within;
use crate::paging::List;
use crate::problem::Problem;
use crate::reply::Shown;

/// A session of mine that stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionView {
    id: Uuid,
    /// The one that asks.
    current: bool,
    signed_in_at: DateTime<Utc>,
    /// When it ends if nothing is done in it; known to the minute.
    idle_until: DateTime<Utc>,
    /// When it ends anyway.
    expires_at: DateTime<Utc>,
    /// What the client called itself.
    client: Option<String>,
    /// A provider that my agency trusts signed me in.
    by_provider: bool,
}

fn views(all: Vec<Live>, current: Uuid) -> Shown<List<SessionView>> {
    let view = |it: Live| SessionView {
        id: it.id.uuid(),
        current: it.id.uuid() == current,
        signed_in_at: it.started_at,
        idle_until: it.idle_until,
        expires_at: it.expires_at,
        client: it.agent,
        by_provider: it.by_provider,
    };
    Shown(List::whole(all.into_iter().map(view).collect()))
}

/// My sessions that stand, oldest first
#[utoipa::path(tag = "sessions", operation_id = "list_sessions",
               responses((status = 200, body = List<SessionView>)))]
#[get("/v1/me/sessions")]
pub(crate) async fn list(request: Within<OwnSettings>) -> Result<Shown<List<SessionView>>, Problem> {
    let current = request.call().session.uuid();
    let all = request.list(async |tx, grant| Ok(Seen(sessions::own(tx, grant).await?, grant.saw(Vec::new()))));
    Ok(views(all.await?, current))
}

/// End one of my sessions
///
/// Its tokens stop working at once. What is left is answered, this one last if it was this one.
#[utoipa::path(tag = "sessions", operation_id = "end_session", params(("session_id" = Uuid, Path)),
               responses((status = 200, body = List<SessionView>)))]
#[post("/v1/me/sessions/{session_id}/end")]
pub(crate) async fn end(request: Within<OwnSettings>) -> Result<Shown<List<SessionView>>, Problem> {
    let id = request.id::<names::Session>("session_id")?;
    let current = request.call().session.uuid();
    let left = request.change(async |tx, grant| {
        sessions::end_own(tx, grant, id).await?;
        let left = sessions::own(tx, grant).await?;
        Ok(Audited::new(left, grant.did(None, Change::SessionEnded { session_id: id })))
    });
    Ok(views(left.await?, current))
}
