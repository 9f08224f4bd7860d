//! When a recipient does not take a report: what the law says, and whom to call.

use serde::{Deserialize, Serialize};

use crate::notification::{NotificationStatus, Recipient};
use crate::vocabulary::vocabulary;

/// What forbids law enforcement to wait. 34 U.S.C. 41308(1).
pub const STATUTE: Statute = Statute {
    citation: "34 U.S.C. 41308(1)",
    text: "No policy of a law enforcement agency may require a waiting period before a report of a missing child is \
           accepted.",
};

vocabulary! {
    /// Who can help when a recipient does not take a report.
    EscalationKind {
        NcmecCallCenter = "ncmec_call_center",
        StateClearinghouse = "state_clearinghouse",
        LawEnforcement = "law_enforcement",
        Other = "other",
    }
}

/// A passage of law in plain words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statute {
    /// Where it stands.
    pub citation: &'static str,
    /// What it says.
    pub text: &'static str,
}

/// Someone to call when a recipient does not take a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscalationContact {
    /// What they are.
    pub kind: EscalationKind,
    /// What they are called.
    pub name: String,
    /// Their number.
    pub phone: Option<String>,
    /// Their e-mail.
    pub email: Option<String>,
    /// When to call them, in the agency's words.
    pub note: Option<String>,
}

/// The call centre of NCMEC, which helps where law enforcement or the entry in NCIC is the problem (domain 6.1).
pub fn ncmec_call_center() -> EscalationContact {
    EscalationContact {
        kind: EscalationKind::NcmecCallCenter,
        name: "National Center for Missing & Exploited Children".to_owned(),
        phone: Some("1-800-THE-LOST (1-800-843-5678)".to_owned()),
        email: None,
        note: Some("Day and night.".to_owned()),
    }
}

/// What forbids this recipient to refuse, if the law does.
pub fn statute(recipient: Recipient) -> Option<Statute> {
    matches!(recipient, Recipient::LawEnforcement | Recipient::TribalLawEnforcement).then_some(STATUTE)
}

/// Whether a contact with this outcome has to say why.
pub fn needs_reason(status: NotificationStatus) -> bool {
    status == NotificationStatus::RefusedByRecipient
}
