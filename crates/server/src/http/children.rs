//! Children: added, read, corrected, listed, found.

use actix_web::{get, patch, post};
use futures_util::try_join;
use homeward_domain::audit::Change;
use homeward_domain::policy::{AddChild, ChangeChild, ListChildren, ReadChild, SearchChildren};
use homeward_store::{Audited, Seen, children, duties, episodes};

use crate::auth::{KeyRule, OfChild, Within};
use crate::paging::{self, List};
use crate::problem::Problem;
use crate::reply::{Created, Made, Shown, Versioned};

mod check;
mod new;
mod patch;
mod query;
mod views;

pub(super) use check::year;
use new::NewChild;
use patch::ChildPatch;
use query::{ChildSearch, ChildrenQuery};
use views::{ChildLine, ChildPage, ChildView};

/// Add a child
///
/// The unit has to be one the caller works for. A child whom a caseworker adds without a worker is their own.
#[utoipa::path(tag = "children", operation_id = "add_child",
               params(("Idempotency-Key" = String, Header, max_length = 255)),
               request_body = NewChild, responses((status = 201, body = ChildView)))]
#[post("/v1/children")]
pub(super) async fn create(request: Within<AddChild>) -> Result<Created, Problem> {
    request
        .create(KeyRule::Required, async |tx, grant, body: NewChild| {
            let profile = body.profile(tx, grant.caller()).await?;
            let child = children::insert(tx, grant, profile).await?;
            let location = format!("/v1/children/{}", child.id);
            let entry = grant.did(Some(child.id), Change::ChildAdded);
            Ok((Made { version: Some(child.version), view: ChildView::of(child), location }, entry))
        })
        .await
}

/// One child, with the latest episodes and what is owed now
#[utoipa::path(tag = "children", operation_id = "get_child", params(("child_id" = uuid::Uuid, Path)),
               responses((status = 200, body = ChildPage)))]
#[get("/v1/children/{child_id}")]
pub(super) async fn show(request: OfChild<ReadChild>) -> Result<Versioned<ChildPage>, Problem> {
    request
        .read(async |tx, permit| {
            let (child, episodes, owed) = try_join!(
                children::find(tx, permit),
                episodes::of_child(tx, permit),
                duties::outstanding_of_child(tx, permit),
            )?;
            let version = child.version;
            Ok(Seen(Versioned(ChildPage::of(child, &episodes, &owed, tx.at()), version), permit.saw()))
        })
        .await
}

/// Correct or complete the record of a child
///
/// What it said before is kept. What is owed moves with the child to another unit or worker. An open episode keeps
/// the care status it was opened with: coverage is decided at receipt.
#[utoipa::path(tag = "children", operation_id = "change_child",
               params(("child_id" = uuid::Uuid, Path), ("If-Match" = String, Header)),
               request_body = ChildPatch, responses((status = 200, body = ChildView)))]
#[patch("/v1/children/{child_id}")]
pub(super) async fn change(request: OfChild<ChangeChild>) -> Result<Versioned<ChildView>, Problem> {
    request
        .write(async |tx, permit, body: ChildPatch| {
            let version = request.version()?;
            let before = children::lock(tx, permit).await?;
            if before.version != version {
                return Err(Problem::Stale);
            }
            let (changed, fields) = patch::apply(tx, before, body).await?;
            let saved = if fields.is_empty() { changed } else { children::save(tx, permit, changed).await? };
            let version = saved.version;
            Ok(Audited::new(Versioned(ChildView::of(saved), version), permit.did(Change::ChildChanged { fields })))
        })
        .await
}

/// The children within one's reach, by id
#[utoipa::path(tag = "children", operation_id = "list_children", params(ChildrenQuery),
               responses((status = 200, body = List<ChildLine>)))]
#[get("/v1/children")]
pub(super) async fn list(request: Within<ListChildren>) -> Result<Shown<List<ChildLine>>, Problem> {
    let query: ChildrenQuery = request.query()?;
    let keys = &request.app().keys;
    let window = paging::window(keys, query.limit, query.cursor.as_deref())?;
    let filter = query.filter(request.call().user)?;
    let page = request
        .list(async |tx, grant| {
            let Some(filter) = query::with_unit(tx, filter, query.unit_code).await? else {
                return Ok(Seen(query::nobody(), grant.saw(Vec::new())));
            };
            let page = children::list(tx, grant, filter, &window).await?;
            let shown = page.rows.iter().map(|it| it.id).collect();
            Ok(Seen(page.map(ChildLine::of), grant.saw(shown)))
        })
        .await?;
    Ok(Shown(List::page(keys, page)))
}

/// Find children within one's reach by who they are
///
/// By how the given name, the family name or both together begin, by the day of birth, or by the agency's own id;
/// what is told has to fit altogether. At most 50 are shown, by family name, given name and id.
#[utoipa::path(tag = "children", operation_id = "search_children", request_body = ChildSearch,
               responses((status = 200, body = List<ChildLine>)))]
#[post("/v1/children/search")]
pub(super) async fn search(request: Within<SearchChildren>) -> Result<Shown<List<ChildLine>>, Problem> {
    let lines = request
        .list(async |tx, grant| {
            let sought = request.body::<ChildSearch>()?.sought()?;
            let found = children::find_by(tx, grant, sought).await?;
            let shown = found.iter().map(|it| it.id).collect();
            Ok(Seen(found.into_iter().map(ChildLine::of).collect(), grant.saw(shown)))
        })
        .await?;
    Ok(Shown(List::whole(lines)))
}
