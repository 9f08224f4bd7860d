//! What people state for a report, group by group, each under its own right.

use actix_web::{get, put};
use homeward_domain::audit::Change;
use homeward_domain::id::{EpisodeId, names};
use homeward_domain::policy::{
    Permit, ReadContacts, ReadDescription, ReadEndangerment, ReadParticulars, StateContacts, StateDescription,
    StateEndangerment, StateParticulars,
};
use homeward_domain::report::OfGroup;
use homeward_store::report::{self, Scope};
use homeward_store::{Audited, ReadTx, Seen, StoreResult, episodes};

use crate::auth::OfChild;
use crate::problem::Problem;
use crate::reply::Versioned;

pub(super) mod content;
pub(super) mod history;
mod statements;

use statements::{GroupView, Stating};

type DescriptionView = GroupView<ReadDescription>;
type EndangermentView = GroupView<ReadEndangerment>;
type ContactsView = GroupView<ReadContacts>;
type ParticularsView = GroupView<ReadParticulars>;
type NewDescription = Stating<StateDescription>;
type NewEndangerment = Stating<StateEndangerment>;
type NewContacts = Stating<StateContacts>;
type NewParticulars = Stating<StateParticulars>;

type Answer<A> = Result<Versioned<GroupView<A>>, Problem>;

/// An episode of another child names nothing.
async fn scope<A: OfGroup>(tx: &ReadTx, permit: &Permit<A>, episode: Option<EpisodeId>) -> StoreResult<Scope> {
    Ok(match episode {
        Some(id) => Scope::Episode(episodes::find(tx, permit, id).await?.id),
        None => Scope::Child,
    })
}

async fn read<A: OfGroup>(request: OfChild<A>, episode: Option<EpisodeId>) -> Answer<A> {
    request
        .read(async |tx, permit| {
            let scope = scope(tx, permit, episode).await?;
            let group = report::group(tx, permit, scope).await?;
            Ok(Seen(Versioned(GroupView::of(&group), group.version), permit.saw()))
        })
        .await
}

async fn write<A: OfGroup>(request: OfChild<A>, episode: Option<EpisodeId>) -> Answer<A> {
    request
        .write(async |tx, permit, body: Stating<A>| {
            let scope = scope(tx, permit, episode).await?;
            let fields = report::state(tx, permit, scope, request.version()?, body.sayings()?).await?;
            let group = report::group(tx, permit, scope).await?;
            let view = Versioned(GroupView::of(&group), group.version);
            let change = Change::ContentStated { episode_id: episode, group: A::GROUP, fields };
            Ok(Audited::new(view, permit.did(change)))
        })
        .await
}

/// What a child looks like and is called, beyond the record
#[utoipa::path(tag = "reports", operation_id = "get_description", params(("child_id" = Uuid, Path)),
               responses((status = 200, body = DescriptionView)))]
#[get("/v1/children/{child_id}/description")]
pub(super) async fn show_description(request: OfChild<ReadDescription>) -> Answer<ReadDescription> {
    read(request, None).await
}

/// State what a child looks like and is called
///
/// Items that are left out stay as they are; what they said before is kept. Of a missing child a change is told on.
#[utoipa::path(tag = "reports", operation_id = "state_description",
               params(("child_id" = Uuid, Path), ("If-Match" = String, Header)),
               request_body = NewDescription, responses((status = 200, body = DescriptionView)))]
#[put("/v1/children/{child_id}/description")]
pub(super) async fn state_description(request: OfChild<StateDescription>) -> Answer<StateDescription> {
    write(request, None).await
}

/// Health and dangers, as people stated them
#[utoipa::path(tag = "reports", operation_id = "get_endangerment", params(("child_id" = Uuid, Path)),
               responses((status = 200, body = EndangermentView)))]
#[get("/v1/children/{child_id}/endangerment")]
pub(super) async fn show_endangerment(request: OfChild<ReadEndangerment>) -> Answer<ReadEndangerment> {
    read(request, None).await
}

/// State health and dangers (42 U.S.C. 671(a)(35)(B)(iii))
///
/// In a person's own words, vulnerability to being sex trafficked too: nothing is filled in, suggested or drawn from
/// anything else that is recorded.
#[utoipa::path(tag = "reports", operation_id = "state_endangerment",
               params(("child_id" = Uuid, Path), ("If-Match" = String, Header)),
               request_body = NewEndangerment, responses((status = 200, body = EndangermentView)))]
#[put("/v1/children/{child_id}/endangerment")]
pub(super) async fn state_endangerment(request: OfChild<StateEndangerment>) -> Answer<StateEndangerment> {
    write(request, None).await
}

/// How a child can be reached
#[utoipa::path(tag = "reports", operation_id = "get_contacts", params(("child_id" = Uuid, Path)),
               responses((status = 200, body = ContactsView)))]
#[get("/v1/children/{child_id}/contacts")]
pub(super) async fn show_contacts(request: OfChild<ReadContacts>) -> Answer<ReadContacts> {
    read(request, None).await
}

/// State how a child can be reached
#[utoipa::path(tag = "reports", operation_id = "state_contacts",
               params(("child_id" = Uuid, Path), ("If-Match" = String, Header)),
               request_body = NewContacts, responses((status = 200, body = ContactsView)))]
#[put("/v1/children/{child_id}/contacts")]
pub(super) async fn state_contacts(request: OfChild<StateContacts>) -> Answer<StateContacts> {
    write(request, None).await
}

/// What is particular to one missing episode
#[utoipa::path(tag = "reports", operation_id = "get_particulars",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path)),
               responses((status = 200, body = ParticularsView)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/particulars")]
pub(super) async fn show_particulars(request: OfChild<ReadParticulars>) -> Answer<ReadParticulars> {
    let episode = request.id::<names::Episode>("episode_id")?;
    read(request, Some(episode)).await
}

/// State what is particular to one missing episode
#[utoipa::path(tag = "reports", operation_id = "state_particulars",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("If-Match" = String, Header)),
               request_body = NewParticulars, responses((status = 200, body = ParticularsView)))]
#[put("/v1/children/{child_id}/missing-episodes/{episode_id}/particulars")]
pub(super) async fn state_particulars(request: OfChild<StateParticulars>) -> Answer<StateParticulars> {
    let episode = request.id::<names::Episode>("episode_id")?;
    write(request, Some(episode)).await
}
