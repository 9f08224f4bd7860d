//! The endpoints of an agency's own systems: proposed by one person, approved by another, proven by an answer (WH-08).

use actix_web::{get, post, put};
use chrono::{DateTime, Utc};
use homeward_domain::audit::{Change, WebhookStep};
use homeward_domain::id::names;
use homeward_domain::policy::ConfigureWebhooks;
use homeward_store::webhooks::{self, Endpoint, NewEndpoint, Signing};
use homeward_store::{Audited, Seen};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::token::Secret;
use crate::auth::{KeyRule, Within};
use crate::hex::hex;
use crate::paging::List;
use crate::problem::{Fault, Problem};
use crate::reply::{Created, Made, Shown, Versioned};
use crate::webhook::{self, Event, Post};
use crate::wire::{self, Name, Reason, Text};

pub(super) mod messages;

type Url = Text<2_000>;

/// Where one of the agency's systems listens.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWebhook {
    /// `https`, port 443 or 8443, a public address.
    url: Url,
    /// Whom to write to about it.
    contact_email: Name,
}

/// Another person's agreement.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookApproval {
    /// Why it has to begin at once, and not after 24 hours.
    emergency_reason: Option<Reason>,
}

/// Whether anything is sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookPause {
    /// Why nothing is sent for now; null to go on.
    reason: Option<Reason>,
}

/// Why it goes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookRemoval {
    reason: Reason,
}

/// Where an endpoint stands.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum WebhookState {
    /// Another person has to approve it.
    Proposed,
    /// It has to answer the challenge.
    Unproven,
    /// It is sent to from `active_from` on.
    Delayed,
    Active,
    Paused,
    Removed,
}

/// An endpoint. Its secrets are shown when they are made, and never again.
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookView {
    id: Uuid,
    state: WebhookState,
    url: String,
    contact_email: String,
    proposed_at: DateTime<Utc>,
    proposed_by: Uuid,
    approved_at: Option<DateTime<Utc>>,
    approved_by: Option<Uuid>,
    emergency_reason: Option<String>,
    active_from: Option<DateTime<Utc>>,
    proven_at: Option<DateTime<Utc>>,
    /// `whpk_…`, by the Standard Webhooks specification: what shows the signatures `v1a`. Null for an endpoint from before
    /// these, until its secret is replaced.
    public_key: Option<String>,
    /// Until when the secret and the key before the present ones sign too.
    previous_secret_until: Option<DateTime<Utc>>,
    /// Since when it has not taken all that it was sent. It is tried all the same.
    failing_since: Option<DateTime<Utc>>,
    /// When people were told of that: a message had waited for too long, or the endpoint said that it is gone.
    failing_told_at: Option<DateTime<Utc>>,
    paused_at: Option<DateTime<Utc>>,
    pause_reason: Option<String>,
    removed_at: Option<DateTime<Utc>>,
    removal_reason: Option<String>,
}

/// An endpoint with a secret that was made now.
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookWithSecret {
    #[serde(flatten)]
    webhook: WebhookView,
    /// `whsec_…`, by the Standard Webhooks specification. It is shown this once.
    secret: String,
}

impl WebhookView {
    fn of(it: Endpoint, now: DateTime<Utc>) -> Self {
        Self {
            id: it.id.uuid(),
            state: state(&it, now),
            url: it.url,
            contact_email: it.contact_email,
            proposed_at: it.proposed.0,
            proposed_by: it.proposed.1.uuid(),
            approved_at: it.approved.map(|(at, _)| at),
            approved_by: it.approved.map(|(_, by)| by.uuid()),
            emergency_reason: it.emergency_reason,
            active_from: it.active_from,
            proven_at: it.proven_at,
            public_key: it.public_key.as_deref().map(webhook::shown_key),
            previous_secret_until: it.previous_until.filter(|until| now < *until),
            failing_since: it.outage.map(|it| it.began_at),
            failing_told_at: it.outage.and_then(|it| it.told_at),
            paused_at: it.paused.as_ref().map(|(at, _)| *at),
            pause_reason: it.paused.map(|(_, why)| why),
            removed_at: it.removed.as_ref().map(|(at, _)| *at),
            removal_reason: it.removed.map(|(_, why)| why),
        }
    }

    fn versioned(it: Endpoint, now: DateTime<Utc>) -> Versioned<Self> {
        let version = it.version;
        Versioned(Self::of(it, now), version)
    }
}

fn state(it: &Endpoint, now: DateTime<Utc>) -> WebhookState {
    match (&it.removed, &it.paused, it.active_from, it.proven_at) {
        (Some(_), ..) => WebhookState::Removed,
        (_, _, None, _) => WebhookState::Proposed,
        (_, _, _, None) => WebhookState::Unproven,
        (_, Some(_), ..) => WebhookState::Paused,
        (_, _, Some(from), _) if now < from => WebhookState::Delayed,
        _ => WebhookState::Active,
    }
}

fn random() -> Result<Vec<u8>, Problem> {
    let secret = Secret::random().map_err(|error| Problem::Internal(Box::new(error)))?;
    Ok(secret.bytes().to_vec())
}

/// A secret and a key for an endpoint.
fn new_signing() -> Result<Signing, Problem> {
    webhook::signing(random()?, random()?).map_err(|error| Problem::Internal(Box::new(error)))
}

/// Propose an endpoint
///
/// Its secret is in this answer, and in no other. Nothing is sent to it until another administrator has approved it, it
/// has answered the challenge, and a day has passed.
#[utoipa::path(tag = "agency", operation_id = "propose_webhook",
               params(("Idempotency-Key" = String, Header, max_length = 255)),
               request_body = NewWebhook, responses((status = 201, body = WebhookWithSecret)))]
#[post("/v1/webhooks")]
pub(super) async fn propose(request: Within<ConfigureWebhooks>) -> Result<Created, Problem> {
    let (signing, challenge) = (new_signing()?, hex(&random()?));
    request
        .create(KeyRule::Required, async |tx, grant, body: NewWebhook| {
            let url = String::from(body.url);
            let refused = |refusal: webhook::Refusal| Problem::Impossible(vec![Fault::of("url", refusal.to_string())]);
            request.app().poster.check(&url).map_err(refused)?;
            let shown = webhook::shown(&signing.secret);
            let (signing, challenge) = (signing.clone(), challenge.clone());
            let new = NewEndpoint { url, contact_email: body.contact_email.into(), signing, challenge };
            let endpoint = webhooks::propose(tx, grant, new).await?;
            let (id, version) = (endpoint.id, endpoint.version);
            let view = WebhookWithSecret { webhook: WebhookView::of(endpoint, tx.at()), secret: shown };
            let entry = grant.did(None, Change::WebhookChanged { webhook_id: id, to: WebhookStep::Proposed });
            Ok((Made { view, location: format!("/v1/webhooks/{id}"), version: Some(version) }, entry))
        })
        .await
}

/// Every endpoint of the agency, the newest first
#[utoipa::path(tag = "agency", operation_id = "list_webhooks", responses((status = 200, body = List<WebhookView>)))]
#[get("/v1/webhooks")]
pub(super) async fn list(request: Within<ConfigureWebhooks>) -> Result<Shown<List<WebhookView>>, Problem> {
    let views = request
        .list(async |tx, grant| {
            let all = webhooks::all(tx, grant).await?;
            let views = all.into_iter().map(|it| WebhookView::of(it, tx.at())).collect();
            Ok(Seen(views, grant.saw(Vec::new())))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}

/// One endpoint
#[utoipa::path(tag = "agency", operation_id = "get_webhook", params(("webhook_id" = Uuid, Path)),
               responses((status = 200, body = WebhookView)))]
#[get("/v1/webhooks/{webhook_id}")]
pub(super) async fn show(request: Within<ConfigureWebhooks>) -> Result<Versioned<WebhookView>, Problem> {
    let id = request.id::<names::Webhook>("webhook_id")?;
    request
        .list(async |tx, grant| {
            let endpoint = webhooks::find(tx, grant, id).await?;
            Ok(Seen(WebhookView::versioned(endpoint, tx.at()), grant.saw(Vec::new())))
        })
        .await
}

/// The endpoint as the client read it. One that is gone is not changed any more.
async fn standing(
    request: &Within<ConfigureWebhooks>,
    tx: &homeward_store::WriteTx,
    grant: &homeward_domain::policy::Grant<ConfigureWebhooks>,
) -> Result<Endpoint, Problem> {
    let id = request.id::<names::Webhook>("webhook_id")?;
    let endpoint = webhooks::find(tx, grant, id).await?;
    if endpoint.removed.is_some() {
        return Err(Problem::AlreadyDone);
    }
    if endpoint.version == request.version()? { Ok(endpoint) } else { Err(Problem::Stale) }
}

/// Approve an endpoint that somebody else proposed
///
/// It is sent to after 24 hours, or at once where there is a reason for it.
#[utoipa::path(tag = "agency", operation_id = "approve_webhook",
               params(("webhook_id" = Uuid, Path), ("If-Match" = String, Header)),
               request_body = WebhookApproval, responses((status = 200, body = WebhookView)))]
#[put("/v1/webhooks/{webhook_id}/approval")]
pub(super) async fn approve(request: Within<ConfigureWebhooks>) -> Result<Versioned<WebhookView>, Problem> {
    request
        .write(async |tx, grant, body: WebhookApproval| {
            let before = standing(&request, tx, grant).await?;
            if before.proposed.1 == grant.actor() {
                return Err(Problem::TakesAnotherPerson);
            }
            if before.approved.is_some() {
                return Err(Problem::AlreadyDone);
            }
            let reason = wire::text(body.emergency_reason);
            let to = if reason.is_some() { WebhookStep::ApprovedAsEmergency } else { WebhookStep::Approved };
            let endpoint = webhooks::approve(tx, grant, &before, reason).await?;
            Ok(changed(endpoint, to, tx, grant))
        })
        .await
}

/// Have an endpoint prove that it is meant
///
/// It is sent `endpoint.challenge`, and has to answer 200 with the text of the challenge and nothing else.
#[utoipa::path(tag = "agency", operation_id = "challenge_webhook", params(("webhook_id" = Uuid, Path)),
               responses((status = 200, body = WebhookView)))]
#[post("/v1/webhooks/{webhook_id}/proof")]
pub(super) async fn prove(request: Within<ConfigureWebhooks>) -> Result<Versioned<WebhookView>, Problem> {
    let id = request.id::<names::Webhook>("webhook_id")?;
    let (endpoint, signers) = request
        .list(async |tx, grant| {
            let both = (webhooks::find(tx, grant, id).await?, webhooks::signers(tx, grant, id).await?);
            Ok(Seen(both, grant.saw(Vec::new())))
        })
        .await?;
    let now = request.call().at;
    let event = Event::challenge(id.uuid(), endpoint.challenge.clone(), now);
    let post =
        Post { url: &endpoint.url, id: Uuid::new_v5(&id.uuid(), b"challenge"), signers: &signers, event: &event };
    if !request.app().poster.is_answered(&post, &endpoint.challenge, now).await {
        return Err(Problem::ChallengeNotAnswered);
    }
    request
        .change(async |tx, grant| {
            let endpoint = webhooks::prove(tx, grant, &webhooks::find(tx, grant, id).await?).await?;
            Ok(changed(endpoint, WebhookStep::Proven, tx, grant))
        })
        .await
}

/// Give an endpoint another secret
///
/// The new one is in this answer, and in no other. It has another key, too. Those before sign beside them for seven days.
#[utoipa::path(tag = "agency", operation_id = "rotate_webhook_secret",
               params(("webhook_id" = Uuid, Path), ("If-Match" = String, Header)),
               responses((status = 200, body = WebhookWithSecret)))]
#[put("/v1/webhooks/{webhook_id}/secret")]
pub(super) async fn rotate(request: Within<ConfigureWebhooks>) -> Result<Versioned<WebhookWithSecret>, Problem> {
    let signing = new_signing()?;
    let secret = webhook::shown(&signing.secret);
    request
        .change(async |tx, grant| {
            let before = standing(&request, tx, grant).await?;
            let endpoint = webhooks::rotate(tx, grant, &before, signing.clone()).await?;
            let (id, version) = (endpoint.id, endpoint.version);
            let view = WebhookWithSecret { webhook: WebhookView::of(endpoint, tx.at()), secret: secret.clone() };
            let change = Change::WebhookChanged { webhook_id: id, to: WebhookStep::SecretRotated };
            Ok(Audited::new(Versioned(view, version), grant.did(None, change)))
        })
        .await
}

/// Stop sending to an endpoint for a while, or go on
///
/// Only a person does either: an endpoint that fails is tried again for as long as it takes.
#[utoipa::path(tag = "agency", operation_id = "pause_webhook",
               params(("webhook_id" = Uuid, Path), ("If-Match" = String, Header)),
               request_body = WebhookPause, responses((status = 200, body = WebhookView)))]
#[put("/v1/webhooks/{webhook_id}/pause")]
pub(super) async fn pause(request: Within<ConfigureWebhooks>) -> Result<Versioned<WebhookView>, Problem> {
    request
        .write(async |tx, grant, body: WebhookPause| {
            let before = standing(&request, tx, grant).await?;
            let reason = wire::text(body.reason);
            let to = if reason.is_some() { WebhookStep::Paused } else { WebhookStep::Resumed };
            let endpoint = webhooks::pause(tx, grant, &before, reason).await?;
            Ok(changed(endpoint, to, tx, grant))
        })
        .await
}

/// Remove an endpoint
///
/// What it was stays on record; what waits for it is not sent any more.
#[utoipa::path(tag = "agency", operation_id = "remove_webhook",
               params(("webhook_id" = Uuid, Path), ("If-Match" = String, Header)),
               request_body = WebhookRemoval, responses((status = 200, body = WebhookView)))]
#[put("/v1/webhooks/{webhook_id}/removal")]
pub(super) async fn remove(request: Within<ConfigureWebhooks>) -> Result<Versioned<WebhookView>, Problem> {
    request
        .write(async |tx, grant, body: WebhookRemoval| {
            let before = standing(&request, tx, grant).await?;
            let endpoint = webhooks::remove(tx, grant, &before, body.reason.into()).await?;
            Ok(changed(endpoint, WebhookStep::Removed, tx, grant))
        })
        .await
}

fn changed(
    endpoint: Endpoint,
    to: WebhookStep,
    tx: &homeward_store::WriteTx,
    grant: &homeward_domain::policy::Grant<ConfigureWebhooks>,
) -> Audited<Versioned<WebhookView>> {
    let entry = grant.did(None, Change::WebhookChanged { webhook_id: endpoint.id, to });
    Audited::new(WebhookView::versioned(endpoint, tx.at()), entry)
}
