//! A contact with someone who has to be told.

use chrono::{DateTime, Utc};

use crate::id::NotificationId;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// Who is told.
    Recipient {
        LawEnforcement = "law_enforcement",
        Ncmec = "ncmec",
        Supervisor = "supervisor",
        Court = "court",
        ParentOrGuardian = "parent_or_guardian",
        AttorneyForChild = "attorney_for_child",
        GuardianAdLitem = "guardian_ad_litem",
        Casa = "casa",
        Tribe = "tribe",
        TribalLawEnforcement = "tribal_law_enforcement",
        StateClearinghouse = "state_clearinghouse",
        MissingChildUnit = "missing_child_unit",
        ProbationOrParole = "probation_or_parole",
        ProsecutorOrAgencyCounsel = "prosecutor_or_agency_counsel",
        Caregiver = "caregiver",
        School = "school",
        IcpcIcjOffice = "icpc_icj_office",
        Licensing = "licensing",
        Other = "other",
    }
}

vocabulary! {
    /// What the contact was for.
    NotificationKind {
        InitialReport = "initial_report",
        WrittenFollowup = "written_followup",
        UpdateShared = "update_shared",
        RecoveryNotice = "recovery_notice",
        Withdrawal = "withdrawal",
        NcicConfirmation = "ncic_confirmation",
        Record30DayUpdate = "record_30_day_update",
    }
}

vocabulary! {
    /// What came of it. Only `completed` discharges a duty.
    NotificationStatus {
        Attempted = "attempted",
        Completed = "completed",
        RefusedByRecipient = "refused_by_recipient",
        Superseded = "superseded",
        RetractedInError = "retracted_in_error",
    }
}

vocabulary! {
    /// How they were reached.
    NotificationMethod {
        Phone = "phone",
        InPerson = "in_person",
        SecureWebForm = "secure_web_form",
        SystemToSystem = "system_to_system",
        SecureEmail = "secure_email",
        Fax = "fax",
        WrittenLetter = "written_letter",
        CourtFiling = "court_filing",
    }
}

/// A completed contact that stands: what a duty can be discharged with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The record of it.
    pub id: NotificationId,
    /// Who was told. Only they: telling one recipient never counts for another (CLK-3).
    pub recipient: Recipient,
    /// What for.
    pub kind: NotificationKind,
    /// When they were told.
    pub made_at: DateTime<Utc>,
    /// When law enforcement confirmed the NCIC entry, if they did.
    pub ncic_confirmed_at: Option<DateTime<Utc>>,
}

/// Why a contact cannot be recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// Nobody can be told before the agency knew.
    #[error("made at {made_at}, before the agency received the information at {received_at}")]
    BeforeReceipt {
        /// When they were told.
        made_at: DateTime<Utc>,
        /// When the agency knew.
        received_at: DateTime<Utc>,
    },
    /// It has not happened yet.
    #[error("made at {made_at}, which is in the future")]
    InTheFuture {
        /// When they were told.
        made_at: DateTime<Utc>,
    },
    /// It was taken back before.
    #[error("already retracted")]
    AlreadyRetracted,
}

/// A contact lies between the receipt of the information and now.
pub fn check_made_at(
    made_at: DateTime<Utc>,
    received_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), NotificationError> {
    if now < made_at {
        return Err(NotificationError::InTheFuture { made_at });
    }
    if made_at < received_at {
        return Err(NotificationError::BeforeReceipt { made_at, received_at });
    }
    Ok(())
}
