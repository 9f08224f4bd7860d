//! Whether the public may be shown a child's name and photo: decided by a named person, recorded by a supervisor.

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::photo::PublicationConsent;
use homeward_domain::policy::{ReadPhotos, RecordPublicationConsent};
use homeward_store::Seen;
use homeward_store::consents::{self, Consent, Decision};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::{KeyRule, OfChild};
use crate::paging::List;
use crate::problem::{Fault, Problem};
use crate::reply::{Created, Made, Shown};
use crate::wire::codes::PublicationConsentCode;
use crate::wire::{Code, Instant, Name, Reason};

/// A decision about publication.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewPublicationConsent {
    /// `given` or `withdrawn`.
    state: PublicationConsentCode,
    /// By what authority they decide.
    authority: Reason,
    /// Who decided.
    person_name: Name,
    decided_at: Instant,
}

/// A recorded decision.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct PublicationConsentView {
    id: Uuid,
    state: PublicationConsentCode,
    authority: String,
    person_name: String,
    decided_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

impl NewPublicationConsent {
    fn decision(self, now: DateTime<Utc>) -> Result<Decision, Problem> {
        let mut faults = Vec::new();
        if self.state.0 == PublicationConsent::NotGiven {
            faults.push(Fault::of("state", "is how it stands without a decision; record `given` or `withdrawn`"));
        }
        if now < self.decided_at.0 {
            faults.push(Fault::of("decided_at", "is in the future"));
        }
        if !faults.is_empty() {
            return Err(Problem::Impossible(faults));
        }
        Ok(Decision {
            state: self.state.0,
            person_name: self.person_name.into(),
            authority: self.authority.into(),
            decided_at: self.decided_at.0,
        })
    }
}

impl PublicationConsentView {
    fn of(it: Consent) -> Self {
        Self {
            id: it.id.uuid(),
            state: Code(it.decision.state),
            authority: it.decision.authority,
            person_name: it.decision.person_name,
            decided_at: it.decision.decided_at,
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
        }
    }
}

/// Record that consent to publish was given or withdrawn
///
/// The last record stands; without one, consent is not given.
#[utoipa::path(tag = "photos", operation_id = "record_publication_consent",
               params(("child_id" = Uuid, Path), ("Idempotency-Key" = String, Header, max_length = 255)),
               request_body = NewPublicationConsent, responses((status = 201, body = PublicationConsentView)))]
#[post("/v1/children/{child_id}/publication-consents")]
pub(in crate::http) async fn record(request: OfChild<RecordPublicationConsent>) -> Result<Created, Problem> {
    request
        .create(KeyRule::Required, async |tx, permit, body: NewPublicationConsent| {
            let consent = consents::insert(tx, permit, body.decision(tx.at())?).await?;
            let location = format!("/v1/children/{}/publication-consents", permit.child());
            let entry = permit.did(Change::PublicationConsentRecorded { consent_id: consent.id });
            Ok((Made { view: PublicationConsentView::of(consent), location, version: None }, entry))
        })
        .await
}

/// The decisions about publication, the newest first: the first stands
#[utoipa::path(tag = "photos", operation_id = "list_publication_consents", params(("child_id" = Uuid, Path)),
               responses((status = 200, body = List<PublicationConsentView>)))]
#[get("/v1/children/{child_id}/publication-consents")]
pub(in crate::http) async fn list(
    request: OfChild<ReadPhotos>,
) -> Result<Shown<List<PublicationConsentView>>, Problem> {
    let views = request
        .read(async |tx, permit| {
            let all = consents::of_child(tx, permit).await?;
            Ok(Seen(all.into_iter().map(PublicationConsentView::of).collect(), permit.saw()))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}
