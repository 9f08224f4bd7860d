//! What people concluded: recorded by a person, listed to those who may know, and nowhere else.

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::determination::{Attestation, Claim, Recorded, check, identifications};
use homeward_domain::id::{DeterminationId, Id};
use homeward_domain::policy::{Determine, ReadDeterminations};
use homeward_store::determinations::{self, Conclusion, Determination};
use homeward_store::duties::{self, Owed};
use homeward_store::{Seen, WriteTx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::duties::DutyView;
use crate::auth::{KeyRule, OfChild};
use crate::paging::List;
use crate::problem::{Fault, Problem};
use crate::reply::{Created, Made, Shown};
use crate::wire::codes::{DeterminationSourceCode, DeterminationTypeCode};
use crate::wire::{Code, Instant, Name, Narrative};

pub(super) mod count;
pub(super) mod reports;

/// What a named person concluded. Nothing here is filled in, suggested or drafted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDetermination {
    determination_type: DeterminationTypeCode,
    determination_source: DeterminationSourceCode,
    /// Who concluded it; perhaps someone outside the agency.
    determined_by_name: Name,
    determined_by_role: Name,
    determined_by_agency: Name,
    determined_at: Instant,
    /// When the agency received the information. For an identified sex trafficking victim the report to law
    /// enforcement is due 24 hours after it.
    agency_information_received_at: Instant,
    /// Why, in the person's own words; at least 20 characters.
    basis: Narrative,
    /// What was read and who was asked.
    sources_consulted: Narrative,
    /// The determination that this one takes the place of; required for `withdrawn`.
    supersedes_id: Option<Uuid>,
    /// Must be true: a person made this determination.
    attestation: bool,
}

/// A recorded determination. Nothing in it changes; another one can take its place.
#[derive(Serialize, ToSchema)]
pub(super) struct DeterminationView {
    id: Uuid,
    child_id: Uuid,
    determination_type: DeterminationTypeCode,
    determination_source: DeterminationSourceCode,
    determined_by_name: String,
    determined_by_role: String,
    determined_by_agency: String,
    determined_at: DateTime<Utc>,
    agency_information_received_at: DateTime<Utc>,
    basis: String,
    sources_consulted: String,
    supersedes_id: Option<Uuid>,
    /// The determination that took its place.
    superseded_by_id: Option<Uuid>,
    attestation: bool,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    /// What is or was owed to law enforcement for it; for a restated identification, what the first one raised.
    duties: Vec<DutyView>,
}

/// Everything recorded about one child, and what follows from it.
struct Shelf<'a> {
    all: &'a [Recorded],
    owed: &'a [Owed],
    as_of: DateTime<Utc>,
}

impl NewDetermination {
    fn conclusion(self, before: &[Recorded], now: DateTime<Utc>) -> Result<Conclusion, Problem> {
        let supersedes = self.supersedes_id.map(Id::from_uuid);
        let claim = Claim {
            kind: self.determination_type.0,
            determined_at: self.determined_at.0,
            received_at: self.agency_information_received_at.0,
            basis: self.basis.as_str(),
            supersedes,
            attestation: if self.attestation { Attestation::Given } else { Attestation::Missing },
        };
        let faults = check(&claim, before, now);
        if !faults.is_empty() {
            return Err(Problem::Impossible(faults.iter().map(|it| Fault::of(it.field(), it.to_string())).collect()));
        }
        Ok(Conclusion {
            kind: self.determination_type.0,
            source: self.determination_source.0,
            determined_by_name: self.determined_by_name.into(),
            determined_by_role: self.determined_by_role.into(),
            determined_by_agency: self.determined_by_agency.into(),
            determined_at: self.determined_at.0,
            received_at: self.agency_information_received_at.0,
            basis: self.basis.into(),
            sources_consulted: self.sources_consulted.into(),
            supersedes,
        })
    }
}

impl DeterminationView {
    fn of(it: Determination, child: Uuid, shelf: &Shelf<'_>) -> Self {
        let told = it.conclusion;
        let next = shelf.all.iter().find(|later| later.supersedes == Some(it.id));
        Self {
            id: it.id.uuid(),
            child_id: child,
            determination_type: Code(told.kind),
            determination_source: Code(told.source),
            determined_by_name: told.determined_by_name,
            determined_by_role: told.determined_by_role,
            determined_by_agency: told.determined_by_agency,
            determined_at: told.determined_at,
            agency_information_received_at: told.received_at,
            basis: told.basis,
            sources_consulted: told.sources_consulted,
            supersedes_id: told.supersedes.map(Id::uuid),
            superseded_by_id: next.map(|it| it.id.uuid()),
            attestation: true,
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
            duties: shelf.duties(it.id),
        }
    }
}

impl Shelf<'_> {
    fn duties(&self, id: DeterminationId) -> Vec<DutyView> {
        let first = identifications(self.all).into_iter().find(|it| it.rows.contains(&id)).map(|it| it.first);
        let own = self.owed.iter().filter(|it| first.is_some() && it.cause.determination() == first);
        own.map(|it| DutyView::of(it, self.as_of)).collect()
    }
}

/// Record what a person concluded
///
/// Only a signed-in person can; no import, job or machine. A row is never changed: another one takes its place, and
/// `withdrawn` takes one back. An identified sex trafficking victim raises one duty, to law enforcement, within 24
/// hours of the receipt (42 U.S.C. 671(a)(34)(A)), whether or not the child is or was missing. Nothing else follows
/// from it.
#[utoipa::path(tag = "determinations", operation_id = "record_determination",
               params(("child_id" = Uuid, Path), ("Idempotency-Key" = String, Header, max_length = 255)),
               request_body = NewDetermination, responses((status = 201, body = DeterminationView)))]
#[post("/v1/children/{child_id}/determinations")]
pub(super) async fn record(request: OfChild<Determine>) -> Result<Created, Problem> {
    request
        .create(KeyRule::Required, async |tx, permit, body: NewDetermination| {
            let reader = tx.also::<ReadDeterminations>()?;
            determinations::hold(tx, permit).await?;
            let before = determinations::recorded(tx, &reader).await?;
            let recorded = determinations::insert(tx, permit, body.conclusion(&before, tx.at())?).await?;
            let entry = permit.did(Change::EntryRecorded { entry_id: recorded.id.uuid() });
            let view = after(tx, recorded).await?;
            let location = format!("/v1/children/{}/determinations", permit.child());
            Ok((Made { view, location, version: None }, entry))
        })
        .await
}

/// What was recorded just now, with what follows from it.
async fn after(tx: &WriteTx, recorded: Determination) -> Result<DeterminationView, Problem> {
    let reader = tx.also::<ReadDeterminations>()?;
    let owed = tx.plan().await?;
    let all = determinations::recorded(tx, &reader).await?;
    let shelf = Shelf { all: &all, owed: &owed, as_of: tx.at() };
    Ok(DeterminationView::of(recorded, reader.child().uuid(), &shelf))
}

/// What people concluded about a child, in the order recorded
///
/// An empty list says that none is recorded, and nothing about the child.
#[utoipa::path(tag = "determinations", operation_id = "list_determinations", params(("child_id" = Uuid, Path)),
               responses((status = 200, body = List<DeterminationView>)))]
#[get("/v1/children/{child_id}/determinations")]
pub(super) async fn list(request: OfChild<ReadDeterminations>) -> Result<Shown<List<DeterminationView>>, Problem> {
    let views = request
        .read(async |tx, permit| {
            let rows = determinations::of_child(tx, permit).await?;
            let all = determinations::recorded(tx, permit).await?;
            let owed = duties::of_determinations(tx, permit).await?;
            let shelf = Shelf { all: &all, owed: &owed, as_of: tx.at() };
            let child = permit.child().uuid();
            Ok(Seen(rows.into_iter().map(|it| DeterminationView::of(it, child, &shelf)).collect(), permit.saw()))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}
