//! Further addresses of a person, and the refusals of any of them.

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::{AddressId, Id, names};
use homeward_domain::policy::OwnSettings;
use homeward_store::addresses::{self, Address, Bounce};
use homeward_store::{Audited, Seen};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::{KeyRule, Within};
use crate::paging::List;
use crate::problem::{Fault, Problem};
use crate::reply::{Created, Made, Shown};
use crate::wire::MailAddress;

/// As many further addresses as a message can try before it turns to the next person.
const MOST: usize = 5;

/// A further address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAddress {
    email: MailAddress,
}

/// One address. Mail goes to the first that was not refused.
#[derive(Serialize, ToSchema)]
pub(crate) struct AddressView {
    /// Null for the one that I sign in with: it cannot be removed.
    id: Option<Uuid>,
    email: String,
    /// They are tried in this order, from 0.
    position: i32,
    /// A refusal that stands; null where mail goes there.
    bounce: Option<BounceView>,
}

/// A refusal of an address.
#[derive(Serialize, ToSchema)]
pub(crate) struct BounceView {
    id: Uuid,
    bounced_at: DateTime<Utc>,
    /// The code that the other side gave.
    reply: String,
}

impl From<Bounce> for BounceView {
    fn from(it: Bounce) -> Self {
        Self { id: it.id.uuid(), bounced_at: it.bounced_at, reply: it.reply }
    }
}

impl From<Address> for AddressView {
    fn from(it: Address) -> Self {
        Self {
            id: it.id.map(Id::uuid),
            email: it.email,
            position: it.position,
            bounce: it.bounce.map(BounceView::from),
        }
    }
}

fn views(all: Vec<Address>) -> Shown<List<AddressView>> {
    Shown(List::whole(all.into_iter().map(AddressView::from).collect()))
}

/// My addresses, in the order in which they are tried
#[utoipa::path(tag = "people", operation_id = "list_addresses", responses((status = 200, body = List<AddressView>)))]
#[get("/v1/me/addresses")]
pub(crate) async fn list(request: Within<OwnSettings>) -> Result<Shown<List<AddressView>>, Problem> {
    request.list(async |tx, grant| Ok(Seen(addresses::own(tx, grant).await?, grant.saw(Vec::new())))).await.map(views)
}

/// Give a further address
///
/// It is tried after those that stand already. Mail says what is due and when, and nothing about a child.
#[utoipa::path(tag = "people", operation_id = "add_address",
               params(("Idempotency-Key" = Option<String>, Header, max_length = 255)),
               request_body = NewAddress, responses((status = 201, body = AddressView)))]
#[post("/v1/me/addresses")]
pub(crate) async fn add(request: Within<OwnSettings>) -> Result<Created, Problem> {
    request
        .create(KeyRule::Optional, async |tx, grant, body: NewAddress| {
            let (email, own) = (String::from(body.email), addresses::lock(tx, grant).await?);
            refuse_new(&own, &email)?;
            let id = addresses::add(tx, grant, email).await?;
            let own = addresses::own(tx, grant).await?;
            let added = own.into_iter().find(|it| it.id == Some(id)).ok_or(Problem::NotFound)?;
            let location = "/v1/me/addresses".to_owned();
            let entry = grant.did(None, Change::AddressAdded { address_id: id });
            Ok((Made { view: AddressView::from(added), location, version: None }, entry))
        })
        .await
}

fn refuse_new(own: &[Address], email: &str) -> Result<(), Problem> {
    if own.iter().any(|it| it.email == email) {
        return Err(Problem::AddressKnown);
    }
    if MOST < own.len() {
        return Err(Problem::Impossible(vec![Fault::of("email", format!("{MOST} further addresses are the most"))]));
    }
    Ok(())
}

/// Take a further address back
///
/// Refused where it is the last one that was not refused: then mail for a limit of law would reach nobody.
#[utoipa::path(tag = "people", operation_id = "remove_address", params(("address_id" = Uuid, Path)),
               responses((status = 200, body = List<AddressView>)))]
#[post("/v1/me/addresses/{address_id}/removal")]
pub(crate) async fn remove(request: Within<OwnSettings>) -> Result<Shown<List<AddressView>>, Problem> {
    let id = request.id::<names::Address>("address_id")?;
    request
        .change(async |tx, grant| {
            refuse_last(&addresses::lock(tx, grant).await?, id)?;
            addresses::remove(tx, grant, id).await?;
            let own = addresses::own(tx, grant).await?;
            Ok(Audited::new(own, grant.did(None, Change::AddressRemoved { address_id: id })))
        })
        .await
        .map(views)
}

/// Of those that work, one has to stay.
fn refuse_last(own: &[Address], id: AddressId) -> Result<(), Problem> {
    let is_it = |it: &&Address| it.id == Some(id);
    let removed = own.iter().find(is_it).ok_or(Problem::NotFound)?;
    let others = own.iter().filter(|it| !is_it(it)).any(|it| it.bounce.is_none());
    if removed.bounce.is_none() && !others { Err(Problem::LastAddress) } else { Ok(()) }
}

/// Say that an address works again
///
/// Mail goes there again. That it was refused stays on record.
#[utoipa::path(tag = "people", operation_id = "clear_bounce", params(("bounce_id" = Uuid, Path)),
               responses((status = 200, body = List<AddressView>)))]
#[post("/v1/me/bounces/{bounce_id}/clearance")]
pub(crate) async fn clear(request: Within<OwnSettings>) -> Result<Shown<List<AddressView>>, Problem> {
    let id = request.id::<names::Bounce>("bounce_id")?;
    request
        .change(async |tx, grant| {
            if !addresses::clear(tx, grant, id).await? {
                return Err(Problem::NotFound);
            }
            let own = addresses::own(tx, grant).await?;
            Ok(Audited::new(own, grant.did(None, Change::BounceCleared { bounce_id: id })))
        })
        .await
        .map(views)
}
