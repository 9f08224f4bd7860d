//! What to do when a recipient refuses: what the law says, and whom to call.

use homeward_domain::refusal::{self, EscalationContact, Statute, ncmec_call_center};
use homeward_store::notifications::{Contact, Notification};
use homeward_store::{ReadTx, escalation};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Fault, Problem};
use crate::wire::Code;
use crate::wire::codes::EscalationKindCode;

/// What to do when a recipient refused. What is owed stays owed.
#[derive(Serialize, ToSchema)]
pub(super) struct RefusalView {
    /// What forbids them to refuse; null where this law does not bind them.
    statute: Option<StatuteView>,
    /// Whom to call: the call centre of NCMEC first, then whom the agency chose.
    escalation_contacts: Vec<EscalationContactView>,
}

/// A passage of law in plain words.
#[derive(Serialize, ToSchema)]
pub(super) struct StatuteView {
    citation: &'static str,
    text: &'static str,
}

/// Someone to call.
#[derive(Serialize, ToSchema)]
pub(super) struct EscalationContactView {
    kind: EscalationKindCode,
    name: String,
    phone: Option<String>,
    email: Option<String>,
    note: Option<String>,
}

impl From<Statute> for StatuteView {
    fn from(it: Statute) -> Self {
        Self { citation: it.citation, text: it.text }
    }
}

impl EscalationContactView {
    pub(super) fn of(it: &EscalationContact) -> Self {
        Self {
            kind: Code(it.kind),
            name: it.name.clone(),
            phone: it.phone.clone(),
            email: it.email.clone(),
            note: it.note.clone(),
        }
    }
}

/// Whom to call, looked up once for all that were refused.
pub(super) struct Help(Vec<EscalationContact>);

impl Help {
    /// For these contacts. Where none was refused, nothing is looked up.
    pub(super) async fn with(tx: &ReadTx, all: impl IntoIterator<Item = &Notification>) -> Result<Self, Problem> {
        if !all.into_iter().any(|it| refusal::needs_reason(it.contact.status)) {
            return Ok(Self(Vec::new()));
        }
        let chosen = escalation::chosen(tx).await?;
        Ok(Self([vec![ncmec_call_center()], chosen.contacts].concat()))
    }

    /// For one of them, if it was refused.
    pub(super) fn for_refused(&self, contact: &Contact) -> Option<RefusalView> {
        refusal::needs_reason(contact.status).then(|| RefusalView {
            statute: refusal::statute(contact.recipient).map(StatuteView::from),
            escalation_contacts: self.0.iter().map(EscalationContactView::of).collect(),
        })
    }
}

/// A refusal without its reason is none.
pub(super) fn refuse_unexplained(contact: &Contact) -> Result<(), Problem> {
    if refusal::needs_reason(contact.status) && contact.refusal_reason.is_none() {
        return Err(Problem::Impossible(vec![Fault::of("refusal_reason", "is required where the recipient refused")]));
    }
    Ok(())
}
