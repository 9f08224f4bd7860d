//! What the reminders stand on beside the program itself (DM-04, H-28). What nobody set up to be watched says so.

use chrono::{DateTime, TimeDelta, Utc};

use super::judge::{finding, said};
use super::{Condition, Finding};
use crate::vocabulary::vocabulary;

/// A nightly backup may be so old: it takes its time, and not the same each night.
pub const BACKUP: TimeDelta = TimeDelta::hours(26);
/// A replica may be so far behind, or unheard for so long.
pub const REPLICA: TimeDelta = TimeDelta::minutes(5);
/// A certificate is told of when so many days are left (H-28).
const DAYS_LEFT: [i64; 4] = [1, 7, 14, 30];

vocabulary! {
    /// One of the things that can fail without a word.
    Ground {
        /// The operator's backups, by a file that they touch.
        Backups = "backups",
        /// The archive of the database's write-ahead log.
        Archive = "archive",
        /// The database's replicas.
        Replicas = "replicas",
        /// What this server shows those who connect.
        ServerCertificate = "server_certificate",
        /// What the mail relay shows.
        RelayCertificate = "relay_certificate",
    }
}

/// What was seen of one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It is not there, or nobody said where it is.
    NotWatched,
    /// It should be there and cannot be seen.
    Unseen(String),
    /// The age of a backup, for how long archiving has failed, how far a replica is behind, how long a certificate lasts.
    Seen(TimeDelta),
}

/// What the watch last saw of one of them, for the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenGround {
    /// Which.
    pub ground: Ground,
    /// Whether anything is looked at.
    pub is_watched: bool,
    /// What was seen, in words.
    pub detail: String,
    /// When.
    pub looked_at: DateTime<Utc>,
}

impl Ground {
    /// What it is called.
    pub fn words(self) -> &'static str {
        match self {
            Self::Backups => "Backups",
            Self::Archive => "The archive of the write-ahead log",
            Self::Replicas => "Replicas of the database",
            Self::ServerCertificate => "The server's certificate",
            Self::RelayCertificate => "The mail relay's certificate",
        }
    }

    fn condition(self) -> Condition {
        match self {
            Self::Backups => Condition::BackupStale,
            Self::Archive => Condition::ArchivingFails,
            Self::Replicas => Condition::ReplicaLags,
            Self::ServerCertificate | Self::RelayCertificate => Condition::CertificateEnds,
        }
    }

    /// What is wrong with it, if anything is.
    fn fault(self, sight: &Sight) -> Option<String> {
        match (self, sight) {
            (_, Sight::NotWatched) => None,
            (Self::ServerCertificate | Self::RelayCertificate, Sight::Seen(left)) => {
                step(*left).map(|step| format!("{} {step}", self.words().to_lowercase()))
            }
            (Self::Backups, Sight::Seen(age)) if *age <= BACKUP => None,
            (Self::Archive, Sight::Seen(failing)) if *failing <= TimeDelta::zero() => None,
            (Self::Replicas, Sight::Seen(behind)) if *behind <= REPLICA => None,
            (_, sight) => Some(self.detail(sight)),
        }
    }

    /// What was seen, in words.
    pub fn detail(self, sight: &Sight) -> String {
        match (self, sight) {
            (_, Sight::NotWatched) => "not watched".to_owned(),
            (_, Sight::Unseen(why)) => why.clone(),
            (Self::Backups, Sight::Seen(age)) => format!("the last was {} ago", said(*age)),
            (Self::Archive, Sight::Seen(failing)) if *failing <= TimeDelta::zero() => "nothing fails".to_owned(),
            (Self::Archive, Sight::Seen(failing)) => format!("it has failed for {}", said(*failing)),
            (Self::Replicas, Sight::Seen(behind)) => format!("the last is {} behind", said(*behind)),
            (_, Sight::Seen(left)) if *left <= TimeDelta::zero() => "it has expired".to_owned(),
            (_, Sight::Seen(left)) => format!("{} days are left", left.num_days()),
        }
    }
}

/// It changes at each of the days on which people are told, and at no other.
fn step(left: TimeDelta) -> Option<String> {
    if left <= TimeDelta::zero() {
        return Some("has expired".to_owned());
    }
    let days = DAYS_LEFT.into_iter().find(|days| left <= TimeDelta::days(*days))?;
    Some(format!("expires within {days} days"))
}

/// What is wrong with the grounds. Two with one condition are one finding.
pub fn judge_grounds(seen: &[(Ground, Sight)]) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for (ground, sight) in seen {
        let Some(fault) = ground.fault(sight) else { continue };
        let condition = ground.condition();
        match found.iter_mut().find(|it| it.condition == condition) {
            Some(finding) => finding.detail = format!("{}; {fault}", finding.detail),
            None => found.push(finding(condition, fault)),
        }
    }
    found
}
