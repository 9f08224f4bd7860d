//! What people are told by mail of a key of a program: that it ends (KY-03), and that somebody presented it from where it may
//! not be used (KY-04).

use chrono::{DateTime, Utc};

use crate::id::MachineKeyId;
use crate::reminder::wall_time;
use crate::vocabulary::vocabulary;
use crate::zone::Zone;

vocabulary! {
    /// What happened to a key.
    KeyNotice {
        /// It ends soon.
        Expiring = "expiring",
        /// It was presented from outside its networks.
        OutsideNetwork = "outside_network",
    }
}

/// The key that a mail is about. What its owner calls it stays inside.
#[derive(Clone, Debug)]
pub struct AboutKey {
    /// The key.
    pub id: MachineKeyId,
    /// Who made it, by their e-mail.
    pub owner: String,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// From where it was last presented outside its networks.
    pub refused_from: Option<String>,
}

impl KeyNotice {
    /// Whether administrators hear of it too: they can revoke every key.
    pub fn concerns_administrators(self) -> bool {
        self == Self::OutsideNetwork
    }

    /// What the mail is headed.
    pub fn subject(self) -> &'static str {
        match self {
            Self::Expiring => "A key of a program ends soon",
            Self::OutsideNetwork => "A key of a program was presented from outside its networks",
        }
    }

    /// What the mail says.
    pub fn text(self, key: &AboutKey, at: DateTime<Utc>, zone: Zone) -> String {
        let (id, owner) = (key.id, &key.owner);
        match self {
            Self::Expiring => format!(
                "The key {id}, which {owner} made for a program, works until {}; after that the program is refused. {owner} \
                 can renew it before: the secret in use works for seven days beside the new one.",
                wall_time(key.expires_at, zone)
            ),
            Self::OutsideNetwork => format!(
                "On {} the key {id}, which {owner} made for a program, was presented from {}, which is in none of its \
                 networks. It was refused. Whoever presented it has its secret: if you do not know why, revoke the key now.",
                wall_time(at, zone),
                key.refused_from.as_deref().unwrap_or("an unknown address")
            ),
        }
    }
}
