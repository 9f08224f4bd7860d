//! As whom a provider knows somebody. Two administrators say so, and neither is that person (OI-01).

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::{IssuerId, names};
use homeward_domain::policy::ManagePeople;
use homeward_store::identities::{self, Identity, Linking};
use homeward_store::issuers::{self, Issuer};
use homeward_store::{Audited, Seen, people};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::sign_ins::refuse_own;
use crate::auth::Within;
use crate::paging::List;
use crate::problem::{Fault, Problem};
use crate::reply::Shown;
use crate::wire::Text;

/// A provider that my agency trusts to sign its people in.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuerView {
    id: Uuid,
    /// What it calls itself: `iss` of its tokens.
    issuer: String,
    /// What its tokens have to be made for.
    audience: String,
    /// When its keys were last read; null where they never were.
    keys_read_at: Option<DateTime<Utc>>,
}

/// What a provider calls somebody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentityLink {
    /// One that my agency trusts.
    provider_id: Uuid,
    /// `sub` of its tokens. An e-mail is none: people change theirs, and others get them.
    subject: Text<255>,
}

/// As whom a provider knows somebody.
#[derive(Serialize, ToSchema)]
pub(crate) struct IdentityView {
    id: Uuid,
    provider_id: Uuid,
    subject: String,
    asked_at: DateTime<Utc>,
    asked_by: Uuid,
    /// Since when its tokens for them are taken; null until another administrator has agreed.
    linked_at: Option<DateTime<Utc>>,
}

impl IssuerView {
    fn of(it: Issuer) -> Self {
        let keys_read_at = it.keys.map(|it| it.1);
        Self { id: it.id.uuid(), issuer: it.terms.issuer, audience: it.terms.audience, keys_read_at }
    }
}

impl IdentityView {
    fn of(it: Identity) -> Self {
        let (asked_at, asked_by) = it.asked;
        Self {
            id: it.id.uuid(),
            provider_id: it.issuer.uuid(),
            subject: it.subject,
            asked_at,
            asked_by: asked_by.uuid(),
            linked_at: it.linked_at,
        }
    }
}

/// The providers that my agency trusts to sign its people in
///
/// Whoever runs the program sets them.
#[utoipa::path(tag = "people", operation_id = "list_issuers", responses((status = 200, body = List<IssuerView>)))]
#[get("/v1/issuers")]
pub(crate) async fn trusted(request: Within<ManagePeople>) -> Result<Shown<List<IssuerView>>, Problem> {
    let all = request.list(async |tx, grant| Ok(Seen(issuers::list(tx, grant).await?, grant.saw(Vec::new()))));
    let all: Vec<Issuer> = all.await?;
    Ok(Shown(List::whole(all.into_iter().map(IssuerView::of).collect())))
}

/// As whom providers know somebody
#[utoipa::path(tag = "people", operation_id = "list_identities", params(("user_id" = Uuid, Path)),
               responses((status = 200, body = List<IdentityView>)))]
#[get("/v1/users/{user_id}/identities")]
pub(crate) async fn list(request: Within<ManagePeople>) -> Result<Shown<List<IdentityView>>, Problem> {
    let id = request.id::<names::User>("user_id")?;
    let all: Vec<Identity> = request
        .list(async |tx, grant| {
            people::find(tx, grant, id).await?;
            Ok::<_, Problem>(Seen(identities::list(tx, grant, id).await?, grant.saw(Vec::new())))
        })
        .await?;
    Ok(Shown(List::whole(all.into_iter().map(IdentityView::of).collect())))
}

/// Say what a provider calls somebody
///
/// One administrator asks, another asks the same and so agrees; from then on the provider's tokens for that subject are
/// taken for theirs. Neither can be that person: whoever could do it alone could come as anybody. What was not agreed to
/// within a day is forgotten, and so is what is asked otherwise now.
#[utoipa::path(tag = "people", operation_id = "link_identity", params(("user_id" = Uuid, Path)),
               request_body = IdentityLink, responses((status = 200, body = IdentityView)))]
#[post("/v1/users/{user_id}/identities")]
pub(crate) async fn link(request: Within<ManagePeople>) -> Result<Shown<IdentityView>, Problem> {
    let id = request.id::<names::User>("user_id")?;
    request
        .write(async |tx, grant, body: IdentityLink| {
            people::find(tx, grant, id).await?;
            refuse_own(grant.actor(), id)?;
            let named = (IssuerId::from_uuid(body.provider_id), body.subject.as_str());
            let identity = match identities::ask(tx, grant, id, named).await? {
                Linking::Stands(identity) => identity,
                Linking::TakesAnother => return Err(Problem::TakesAnotherPerson),
                Linking::NoIssuer => {
                    return Err(Problem::Impossible(vec![Fault::of(
                        "provider_id",
                        "is of none that the agency trusts",
                    )]));
                }
            };
            let (identity_id, is_linked) = (identity.id, identity.linked_at.is_some());
            let entry = grant.did(None, Change::IdentityAsked { user_id: id, identity_id, is_linked });
            Ok(Audited::new(IdentityView::of(identity), entry))
        })
        .await
        .map(Shown)
}

/// Take that back
///
/// The provider's tokens for them are none from the next request on. What is left is answered.
#[utoipa::path(tag = "people", operation_id = "remove_identity",
               params(("user_id" = Uuid, Path), ("identity_id" = Uuid, Path)),
               responses((status = 200, body = List<IdentityView>)))]
#[post("/v1/users/{user_id}/identities/{identity_id}/removal")]
pub(crate) async fn remove(request: Within<ManagePeople>) -> Result<Shown<List<IdentityView>>, Problem> {
    let (id, identity) = (request.id::<names::User>("user_id")?, request.id::<names::Identity>("identity_id")?);
    let left: Vec<Identity> = request
        .change(async |tx, grant| {
            people::find(tx, grant, id).await?;
            identities::remove(tx, grant, (id, identity)).await?;
            let left = identities::list(tx, grant, id).await?;
            let entry = grant.did(None, Change::IdentityRemoved { user_id: id, identity_id: identity });
            Ok::<_, Problem>(Audited::new(left, entry))
        })
        .await?;
    Ok(Shown(List::whole(left.into_iter().map(IdentityView::of).collect())))
}
