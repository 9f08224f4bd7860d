//! Who did what, and who looked at whom. Reading it is itself a look.

use std::borrow::Cow;

use actix_web::get;
use chrono::{DateTime, Utc};
use homeward_domain::id::Id;
use homeward_domain::policy::{ReadAccessLog, ReadAudit};
use homeward_store::Seen;
use homeward_store::audit::{self, Trace, TraceFilter};
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{AdditionalProperties, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use uuid::Uuid;

use crate::auth::{OfChild, Within};
use crate::paging::{self, List};
use crate::problem::Problem;
use crate::reply::Shown;
use crate::wire::codes::{OutcomeCode, RoleCode, TraceKindCode};
use crate::wire::{self, Code, Instant};

/// What to show of the audit trail.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    child_id: Option<Uuid>,
    actor_id: Option<Uuid>,
    /// From this instant on.
    #[param(inline)]
    from: Option<Instant>,
    /// Up to this instant, without it.
    #[param(inline)]
    to: Option<Instant>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u8>,
    cursor: Option<String>,
}

/// Which part of a log to show.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LogQuery {
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u8>,
    cursor: Option<String>,
}

/// One change or one look.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditEntryView {
    id: Uuid,
    at: DateTime<Utc>,
    r#type: TraceKindCode,
    /// What was done, or what kind of reading it was.
    action: String,
    actor_id: Uuid,
    /// Every child it concerned or showed, within one's reach.
    child_ids: Vec<Uuid>,
    detail: AuditDetail,
    request_id: Option<String>,
    #[serde(flatten)]
    origin: TraceOrigin,
}

/// One change of a child's record or one look at it.
#[derive(Serialize, ToSchema)]
pub(super) struct AccessView {
    id: Uuid,
    at: DateTime<Utc>,
    r#type: TraceKindCode,
    /// What was done, or what kind of reading it was.
    action: String,
    actor_id: Uuid,
    actor_name: Option<String>,
    actor_email: Option<String>,
    detail: AuditDetail,
    request_id: Option<String>,
    #[serde(flatten)]
    origin: TraceOrigin,
}

/// As what, from where and how. Null where it was no signed-in person's request, or is older than this is kept.
#[derive(Serialize, ToSchema)]
pub(super) struct TraceOrigin {
    /// What they were then.
    role: Option<RoleCode>,
    session_id: Option<Uuid>,
    /// The address it came from.
    source: Option<String>,
    /// The method and the pattern of the path.
    operation: Option<String>,
    /// What came of a change; null for a look, which was given.
    outcome: Option<OutcomeCode>,
}

impl TraceOrigin {
    fn of(it: &Trace) -> Self {
        Self {
            role: it.role.map(Code),
            session_id: it.session.map(Id::uuid),
            source: it.source.clone(),
            operation: it.operation.clone(),
            outcome: it.outcome.map(Code),
        }
    }
}

/// Ids, field names and instants of a change, by its action; empty for a look.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct AuditDetail(serde_json::Value);

impl PartialSchema for AuditDetail {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .description(Some("Ids, field names and instants of a change, by its action; empty for a look"))
            .into()
    }
}

impl ToSchema for AuditDetail {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("AuditDetail")
    }
}

impl AuditQuery {
    fn filter(&self) -> TraceFilter {
        TraceFilter {
            child: self.child_id.map(Id::from_uuid),
            actor: self.actor_id.map(Id::from_uuid),
            from: wire::at(self.from),
            before: wire::at(self.to),
        }
    }
}

impl AuditEntryView {
    fn of(it: Trace) -> Self {
        let origin = TraceOrigin::of(&it);
        Self {
            id: it.id,
            at: it.at,
            r#type: Code(it.kind),
            action: it.action,
            actor_id: it.actor.id.uuid(),
            child_ids: it.children.into_iter().map(Id::uuid).collect(),
            detail: AuditDetail(it.detail),
            request_id: it.request_id,
            origin,
        }
    }
}

impl AccessView {
    fn of(it: Trace) -> Self {
        let origin = TraceOrigin::of(&it);
        Self {
            id: it.id,
            at: it.at,
            r#type: Code(it.kind),
            action: it.action,
            actor_id: it.actor.id.uuid(),
            actor_name: it.actor.name,
            actor_email: it.actor.email,
            detail: AuditDetail(it.detail),
            request_id: it.request_id,
            origin,
        }
    }
}

/// What was done and who looked, newest first
///
/// Changes and looks in one list. To read it is a look at every child it names.
#[utoipa::path(tag = "audit", operation_id = "list_audit_entries", params(AuditQuery),
               responses((status = 200, body = List<AuditEntryView>)))]
#[get("/v1/audit-entries")]
pub(super) async fn entries(request: Within<ReadAudit>) -> Result<Shown<List<AuditEntryView>>, Problem> {
    let query: AuditQuery = request.query()?;
    let keys = &request.app().keys;
    let window = paging::window(keys, query.limit, query.cursor.as_deref())?;
    let page = request
        .list(async |tx, grant| {
            let page = audit::traces(tx, grant, query.filter(), &window).await?;
            let shown = page.rows.iter().flat_map(|it| it.children.iter().copied()).collect();
            Ok(Seen(page.map(AuditEntryView::of), grant.saw(shown)))
        })
        .await?;
    Ok(Shown(List::page(keys, page)))
}

/// Who looked at a child and who changed the record, newest first
///
/// To read it is itself a look.
#[utoipa::path(tag = "audit", operation_id = "get_access_log", params(("child_id" = Uuid, Path), LogQuery),
               responses((status = 200, body = List<AccessView>)))]
#[get("/v1/children/{child_id}/access-log")]
pub(super) async fn access_log(request: OfChild<ReadAccessLog>) -> Result<Shown<List<AccessView>>, Problem> {
    let query: LogQuery = request.query()?;
    let keys = &request.app().keys;
    let window = paging::window(keys, query.limit, query.cursor.as_deref())?;
    let page = request
        .read(async |tx, permit| {
            let page = audit::of_child(tx, permit, &window).await?;
            Ok(Seen(page.map(AccessView::of), permit.saw()))
        })
        .await?;
    Ok(Shown(List::page(keys, page)))
}
