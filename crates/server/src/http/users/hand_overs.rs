//! Handing children from one worker to another.

use std::collections::HashSet;

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::{ChildId, Id, UserId, names};
use homeward_domain::impossible::Impossible;
use homeward_domain::policy::HandOver;
use homeward_domain::roster::unfit_worker;
use homeward_store::hand_overs::{self, HandedOver};
use homeward_store::{ReadTx, Seen, people};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::{KeyRule, Within};
use crate::paging::List;
use crate::problem::{Fault, Problem, refuse};
use crate::reply::{Created, Made, Shown};
use crate::wire::Reason;

/// Which children go to whom, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewHandOver {
    /// Whose work they are from now on.
    to_user_id: Uuid,
    /// All of the worker's within your reach, where left out.
    #[schema(max_items = 1000)]
    child_ids: Option<Vec<Uuid>>,
    reason: Reason,
}

/// Children that were handed from one worker to another.
#[derive(Serialize, ToSchema)]
pub(crate) struct HandOverView {
    id: Uuid,
    from_user_id: Uuid,
    to_user_id: Uuid,
    reason: String,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

/// As many as one request can name.
const MOST: usize = 1000;

impl From<HandedOver> for HandOverView {
    fn from(it: HandedOver) -> Self {
        Self {
            id: it.id.uuid(),
            from_user_id: it.from.uuid(),
            to_user_id: it.to.uuid(),
            reason: it.reason,
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
        }
    }
}

impl NewHandOver {
    /// Those that are named, among those that can go; or every one that cannot.
    fn chosen(&self, theirs: Vec<ChildId>) -> Result<Vec<ChildId>, Problem> {
        let Some(named) = &self.child_ids else { return Ok(theirs) };
        if MOST < named.len() {
            return Err(Problem::Impossible(vec![Fault::of("child_ids", format!("must be {MOST} at most"))]));
        }
        let known: HashSet<Uuid> = theirs.iter().map(|it| it.uuid()).collect();
        let strange = named.iter().enumerate().filter(|(_, id)| !known.contains(id));
        let fault = |at: usize| Fault::of(&format!("child_ids/{at}"), "is no child of this worker within your reach");
        let faults: Vec<Fault> = strange.map(|(at, _)| fault(at)).collect();
        let named: HashSet<&Uuid> = named.iter().collect();
        let chosen = theirs.into_iter().filter(|it| named.contains(&it.uuid())).collect();
        if faults.is_empty() { Ok(chosen) } else { Err(Problem::Impossible(faults)) }
    }
}

/// Hand children to another worker
///
/// The children within your reach that are assigned to this worker, all of them or those that are named. What is owed
/// goes with them in the same transaction, and reminders that fired already reach the worker they have now within
/// seconds. Each child's trail says so.
#[utoipa::path(tag = "people", operation_id = "hand_over",
               params(("user_id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header, max_length = 255)),
               request_body = NewHandOver, responses((status = 201, body = HandOverView)))]
#[post("/v1/users/{user_id}/hand-over")]
pub(crate) async fn hand_over(request: Within<HandOver>) -> Result<Created, Problem> {
    let from = request.id::<names::User>("user_id")?;
    request
        .create_many(KeyRule::Optional, async |tx, grant, body: NewHandOver| {
            let to: UserId = Id::from_uuid(body.to_user_id);
            let children = body.chosen(hand_overs::lock(tx, grant, from).await?)?;
            if children.is_empty() {
                people::find(tx, grant, from).await?;
                let none = Fault::of("child_ids", "none of their children is within your reach");
                return Err(Problem::Impossible(vec![none]));
            }
            refuse(unfit_receiver(tx, from, to).await?.into_iter().collect())?;
            let done = hand_overs::record(tx, grant, (from, to), &children, body.reason.into()).await?;
            let change = || Change::ChildHandedOver { hand_over_id: done.id, from, to };
            let entries = children.iter().map(|child| grant.did(Some(*child), change())).collect();
            let location = format!("/v1/users/{from}/hand-overs");
            Ok((Made { view: HandOverView::from(done), location, version: None }, entries))
        })
        .await
}

async fn unfit_receiver(tx: &ReadTx, from: UserId, to: UserId) -> Result<Option<Impossible>, Problem> {
    let field = "to_user_id";
    if from == to {
        return Ok(Some(Impossible::of(field, "is the person themselves")));
    }
    Ok(match people::colleague(tx, to).await? {
        Some(other) => unfit_worker(field, &other),
        None => Some(Impossible::of(field, "is nobody of the agency")),
    })
}

/// When children of a worker were handed to others and why, newest first
#[utoipa::path(tag = "people", operation_id = "list_hand_overs", params(("user_id" = Uuid, Path)),
               responses((status = 200, body = List<HandOverView>)))]
#[get("/v1/users/{user_id}/hand-overs")]
pub(crate) async fn list(request: Within<HandOver>) -> Result<Shown<List<HandOverView>>, Problem> {
    let from = request.id::<names::User>("user_id")?;
    let all = request
        .list(async |tx, grant| {
            people::find(tx, grant, from).await?;
            Ok(Seen(hand_overs::of_worker(tx, grant, from).await?, grant.saw(Vec::new())))
        })
        .await?;
    Ok(Shown(List::whole(all.into_iter().map(HandOverView::from).collect())))
}
