//! What people are told by mail: of their own sign-in, of one they administer, of a restricted record that somebody
//! opened in an emergency, of a limit that somebody moved later, of endpoints and of keys. Nothing about a child.

use chrono::{DateTime, Utc};

use crate::reminder::wall_time;
use crate::vocabulary::vocabulary;
use crate::zone::Zone;

mod endpoint;
mod key;

pub use endpoint::EndpointNotice;
pub use key::{AboutKey, KeyNotice};

vocabulary! {
    /// What happened to a sign-in.
    Notice {
        /// It was locked after failures.
        Locked = "locked",
        /// A refresh token was used twice, so the session ended.
        RefreshTokenReused = "refresh_token_reused",
        /// Somebody got in after several failures.
        SignedInAfterFailures = "signed_in_after_failures",
        /// Somebody got in with a client not used of late.
        SignedInElsewhere = "signed_in_elsewhere",
        /// The password was changed by its owner.
        PasswordChanged = "password_changed",
        /// The password was chosen anew with a code.
        PasswordReset = "password_reset",
        /// A code to choose a password. It is made when the mail leaves.
        ResetLink = "reset_link",
        /// A second factor was set up or taken away.
        FactorChanged = "factor_changed",
        /// A recovery code was used.
        RecoveryCodeUsed = "recovery_code_used",
        /// Two administrators take the second factor away, after a delay.
        FactorResetAsked = "factor_reset_asked",
        /// They opened a restricted record in an emergency.
        RecordOpenedInEmergency = "record_opened_in_emergency",
        /// They corrected what a limit of law counts from, and it is later now (CK-04).
        LimitMovedLater = "limit_moved_later",
        /// They chose other rules for the agency (CK-04).
        RulesChosen = "rules_chosen",
        /// They opened more children than the work of their role asks for (LM-06).
        ManyChildrenOpened = "many_children_opened",
    }
}

/// How long a code to choose a password works (PW-10).
pub const RESET_MINUTES: i64 = 30;

impl Notice {
    /// Whether those who administer the person are told too.
    pub fn concerns_administrators(self) -> bool {
        matches!(self, Self::Locked | Self::RefreshTokenReused | Self::FactorResetAsked)
    }

    /// What the mail is headed.
    pub fn subject(self) -> &'static str {
        match self {
            Self::Locked => "A sign-in was locked",
            Self::RefreshTokenReused => "A session was ended: its token was used twice",
            Self::SignedInAfterFailures => "Signed in after several failures",
            Self::SignedInElsewhere => "Signed in with another device",
            Self::PasswordChanged => "The password was changed",
            Self::PasswordReset => "A new password was chosen",
            Self::ResetLink => "Choose a password",
            Self::FactorChanged => "The second factor was changed",
            Self::RecoveryCodeUsed => "A recovery code was used",
            Self::FactorResetAsked => "The second factor is to be taken away",
            Self::RecordOpenedInEmergency => "A restricted record was opened in an emergency",
            Self::LimitMovedLater => "A limit of law was moved later",
            Self::RulesChosen => "Other rules were chosen",
            Self::ManyChildrenOpened => "Somebody opens very many records",
        }
    }

    /// What the mail says about the sign-in `email`.
    pub fn text(self, email: &str, at: DateTime<Utc>, zone: Zone) -> String {
        let at = wall_time(at, zone);
        match self {
            Self::Locked => format!(
                "The sign-in {email} was locked on {at} after five failures. What they are reminded of goes on, and so do \
                 their sessions. An administrator can unlock it."
            ),
            Self::RefreshTokenReused => format!(
                "A session of {email} was ended on {at}: two clients used the same token, so one of them has a copy. If \
                 this is not explained by a fault of a client, choose another password."
            ),
            Self::ResetLink => format!(
                "An administrator had this sent to {email} on {at}. The code works once, for {RESET_MINUTES} minutes:"
            ),
            Self::FactorResetAsked => format!(
                "Two administrators agreed on {at} to take the second factor of {email} away. Until the delay is over, a \
                 sign-in with the factor stops it. If nobody asked for this, tell your privacy officer now."
            ),
            Self::RecordOpenedInEmergency => format!(
                "{email} opened a restricted record in an emergency on {at}, and can read it for an hour. A privacy officer \
                 judges within 72 hours whether that was justified; to judge it closes the record at once."
            ),
            Self::LimitMovedLater => format!(
                "{email} corrected an episode on {at}, and something the law asks for is due later by it. What it said \
                 before, what it says now and the reason are kept; sign in and look at the latest receipts that were moved."
            ),
            Self::RulesChosen => format!(
                "{email} chose other rules for the agency on {at}, and everything open was planned again by them. The rules \
                 before and the reason are kept."
            ),
            Self::ManyChildrenOpened => format!(
                "{email} has opened more records by {at} than the work of their role asks for. They are slowed down, and \
                 stopped at twice as many. It may be quite right: ask them, and review the unusual looks of this day."
            ),
            other => format!(
                "{} for {email} on {at}. If this was not you, tell an administrator now: they can end every session and \
                 have a new password chosen.",
                other.subject()
            ),
        }
    }
}
