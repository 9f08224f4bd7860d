//! Silence is an alarm: how long the reminders may be quiet, and what is said when something is wrong with them.
//!
//! Everything here is about the program and its machines. No child, no duty and no person stands in an alarm: it leaves by
//! ways that more people read.

use chrono::TimeDelta;

use crate::vocabulary::vocabulary;

mod grounds;
mod judge;
mod ledger;
#[cfg(test)]
mod tests;

pub use grounds::{BACKUP, Ground, REPLICA, SeenGround, Sight, judge_grounds};
pub use judge::{
    Beat, Canary, Machine, Outbox, Owing, Queue, Trail, judge_machine, judge_owing, judge_queue, judge_trail,
};
pub use ledger::{Alarm, Ledger, Saying, Word};

/// What has to work may be unheard for this long. The watch looks every 15 seconds, so that people know of it within three
/// minutes (DM-01).
pub const QUIET: TimeDelta = TimeDelta::seconds(150);
/// A canary is home within this, from the watch through everything and back (DM-02).
pub const CANARY_HOME: TimeDelta = TimeDelta::seconds(150);
/// How often a canary is sung: whatever keeps canaries away is known within five minutes of its beginning.
pub const CANARY_EVERY: TimeDelta = TimeDelta::seconds(120);
/// A proof that is older than this proves nothing (DM-06).
pub const PROOF: TimeDelta = TimeDelta::minutes(10);
/// Clocks may differ by this much before an alarm (CK-09).
pub const SKEW: TimeDelta = TimeDelta::seconds(2);
/// A worker whose clock is wrong by more than this is not ready (CK-09).
pub const SKEW_UNREADY: TimeDelta = TimeDelta::seconds(30);
/// The trail is signed and verified at least this often (AD-07, AD-10).
pub const PROVEN: TimeDelta = TimeDelta::minutes(15);
/// An alarm that stands is said again this often.
pub const AGAIN: TimeDelta = TimeDelta::minutes(15);
/// Below this much free disk there is an alarm (OP-08).
pub const DISK_FREE_PERCENT: f64 = 10.0;

vocabulary! {
    /// The loops that have to be heard of.
    Task {
        /// Delivers rungs into inboxes.
        Rungs = "rungs",
        /// Sends mail.
        Email = "email",
        /// Posts to endpoints.
        Webhook = "webhook",
        /// Looks after all the others.
        Watch = "watch",
    }
}

vocabulary! {
    /// What an alarm is about. Each has a section of its own in the runbook.
    Condition {
        DatabaseUnreachable = "database_unreachable",
        TablesBehind = "tables_behind",
        RemindersSilent = "reminders_silent",
        MailSilent = "mail_silent",
        WebhooksSilent = "webhooks_silent",
        RemindersLate = "reminders_late",
        MessagesLate = "messages_late",
        MailStuck = "mail_stuck",
        CanaryMissing = "canary_missing",
        DutyWithoutRung = "duty_without_rung",
        DutiesDisagree = "duties_disagree",
        NobodyToTell = "nobody_to_tell",
        NobodySaw = "nobody_saw",
        ReminderHeld = "reminder_held",
        RosterGap = "roster_gap",
        ClockSkew = "clock_skew",
        DiskLow = "disk_low",
        KeyMissing = "key_missing",
        TrailTampered = "trail_tampered",
        TrailUnproven = "trail_unproven",
        BackupStale = "backup_stale",
        ArchivingFails = "archiving_fails",
        ReplicaLags = "replica_lags",
        CertificateEnds = "certificate_ends",
        WatchStuck = "watch_stuck",
    }
}

impl Condition {
    /// What cannot be judged while the database does not answer.
    pub fn is_of_the_database(self) -> bool {
        !matches!(
            self,
            Self::DatabaseUnreachable
                | Self::DiskLow
                | Self::KeyMissing
                | Self::BackupStale
                | Self::CertificateEnds
                | Self::WatchStuck
        )
    }

    /// What stands for weeks is said at each step, and not every quarter of an hour (H-28).
    pub fn is_said_by_steps(self) -> bool {
        self == Self::CertificateEnds
    }

    /// What is wrong, for whoever is woken.
    pub fn words(self) -> &'static str {
        match self {
            Self::DatabaseUnreachable => "The database does not answer. Nothing is recorded and nobody is reminded.",
            Self::TablesBehind => "The tables are not those of this program. Nothing can be trusted to work.",
            Self::RemindersSilent => "No worker has delivered reminders for minutes. Nobody is reminded.",
            Self::MailSilent => "No worker has looked after mail for minutes. Reminders stay in the inboxes.",
            Self::WebhooksSilent => "No worker has looked after webhooks for minutes.",
            Self::RemindersLate => "Reminders that are due are not being delivered.",
            Self::MessagesLate => "Messages that are due are not being sent.",
            Self::MailStuck => "Mail is sent, and the relay takes none of it.",
            Self::CanaryMissing => "A trial reminder did not come back. The reminders cannot be relied upon.",
            Self::DutyWithoutRung => "Something is owed of which nobody will be reminded.",
            Self::DutiesDisagree => "What is stored as owed is not what the rules say is owed.",
            Self::NobodyToTell => "A reminder has nobody to go to.",
            Self::NobodySaw => "A reminder went to everyone up to the agency's contact, and nobody has seen it.",
            Self::ReminderHeld => "A reminder or a message fails each time, and is tried more seldom now.",
            Self::RosterGap => "A unit has too few people to be reached in the next days.",
            Self::ClockSkew => "Two clocks disagree. Reminders may come too early or too late.",
            Self::DiskLow => "The disk is nearly full.",
            Self::KeyMissing => "The key file is gone. After a restart nothing that is sealed can be read.",
            Self::TrailTampered => {
                "The audit trail is not what was signed. Somebody changed it, or a copy was put back."
            }
            Self::TrailUnproven => "The audit trail is not signed or not verified. Changes to it would not show.",
            Self::BackupStale => "There is no backup of the last day. What is lost now is lost for good.",
            Self::ArchivingFails => {
                "PostgreSQL cannot archive its log. A backup can be restored to an old moment only."
            }
            Self::ReplicaLags => "A replica of the database is missing or behind. It cannot take over.",
            Self::CertificateEnds => "A certificate expires soon. After that nobody can connect, or no mail leaves.",
            Self::WatchStuck => "The watch itself is stuck. No other alarm can be relied upon.",
        }
    }
}

/// One thing that is wrong now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub condition: Condition,
    /// How much, since when.
    pub detail: String,
}
