//! Whom the agency calls when a report is refused.

use actix_web::{get, put};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::policy::{ChooseEscalation, ReadAgency};
use homeward_domain::refusal::{EscalationContact, ncmec_call_center};
use homeward_store::escalation::{self, Chosen};
use homeward_store::{Audited, Seen};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::refusal::EscalationContactView;
use crate::auth::Within;
use crate::problem::{Fault, Problem};
use crate::reply::Versioned;
use crate::wire::codes::EscalationKindCode;
use crate::wire::{self, Name, Reference};

/// As many as a person can call through.
const MOST: usize = 20;

/// Everyone the agency wants called, in its own order. The whole list is replaced; what it was is kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewEscalationContacts {
    #[schema(max_items = 20)]
    contacts: Vec<NewEscalationContact>,
}

/// Someone to call, with a number or an e-mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewEscalationContact {
    kind: EscalationKindCode,
    name: Name,
    phone: Option<Reference>,
    email: Option<Name>,
    /// When to call them, in the agency's words.
    note: Option<Name>,
}

/// Whom to call when a report is refused.
#[derive(Serialize, ToSchema)]
pub(super) struct EscalationContactsView {
    /// The call centre of NCMEC, which stands first in every agency.
    always: EscalationContactView,
    /// Whom the agency chose.
    contacts: Vec<EscalationContactView>,
    /// 0 while nothing was chosen.
    version: i32,
    recorded_at: Option<DateTime<Utc>>,
    recorded_by: Option<Uuid>,
}

impl From<NewEscalationContact> for EscalationContact {
    fn from(new: NewEscalationContact) -> Self {
        Self {
            kind: new.kind.0,
            name: new.name.into(),
            phone: wire::text(new.phone),
            email: wire::text(new.email),
            note: wire::text(new.note),
        }
    }
}

impl NewEscalationContacts {
    /// The contacts, or every fault that makes the list useless.
    fn contacts(self) -> Result<Vec<EscalationContact>, Problem> {
        let contacts: Vec<EscalationContact> = self.contacts.into_iter().map(EscalationContact::from).collect();
        let unreachable = |(at, it): (usize, &EscalationContact)| {
            let fault = || Fault::of(&format!("contacts/{at}/phone"), "is required where there is no email");
            (it.phone.is_none() && it.email.is_none()).then(fault)
        };
        let mut faults: Vec<Fault> = contacts.iter().enumerate().filter_map(unreachable).collect();
        if MOST < contacts.len() {
            faults.push(Fault::of("contacts", format!("must be {MOST} at most")));
        }
        if faults.is_empty() { Ok(contacts) } else { Err(Problem::Impossible(faults)) }
    }
}

impl EscalationContactsView {
    fn of(it: &Chosen) -> Versioned<Self> {
        let view = Self {
            always: EscalationContactView::of(&ncmec_call_center()),
            contacts: it.contacts.iter().map(EscalationContactView::of).collect(),
            version: it.version,
            recorded_at: it.recorded.map(|(at, _)| at),
            recorded_by: it.recorded.map(|(_, by)| by.uuid()),
        };
        Versioned(view, it.version)
    }
}

/// Whom to call when a recipient refuses a report
#[utoipa::path(tag = "agency", operation_id = "get_escalation_contacts",
               responses((status = 200, body = EscalationContactsView)))]
#[get("/v1/agency/escalation-contacts")]
pub(super) async fn show(request: Within<ReadAgency>) -> Result<Versioned<EscalationContactsView>, Problem> {
    request
        .list(async |tx, grant| {
            let chosen = escalation::chosen(tx).await?;
            Ok(Seen(EscalationContactsView::of(&chosen), grant.saw(Vec::new())))
        })
        .await
}

/// Choose whom to call when a recipient refuses a report
///
/// The State's missing-children clearinghouse, and whoever else helps. Administrators only.
#[utoipa::path(tag = "agency", operation_id = "set_escalation_contacts",
               params(("If-Match" = String, Header)), request_body = NewEscalationContacts,
               responses((status = 200, body = EscalationContactsView)))]
#[put("/v1/agency/escalation-contacts")]
pub(super) async fn choose(request: Within<ChooseEscalation>) -> Result<Versioned<EscalationContactsView>, Problem> {
    request
        .write(async |tx, grant, body: NewEscalationContacts| {
            let contacts = body.contacts()?;
            let chosen = escalation::choose(tx, grant, request.version()?, &contacts).await?;
            let change = Change::EscalationContactsChanged { version: chosen.version };
            Ok(Audited::new(EscalationContactsView::of(&chosen), grant.did(None, change)))
        })
        .await
}
