//! Sessions: from one refresh token to the next, and how long without anything happening.
//!
//! A session is one sign-in and all that is refreshed from it. Each refresh token works once: whoever sends it again
//! has a copy that somebody else used, so the session ends for both. One thing is let pass (SE-06): within
//! [`GRACE`], from the same client, while nobody has used the successor, it is the reply that was lost.

use chrono::{DateTime, TimeDelta, Utc};
use homeward_domain::id::{AgencyId, Id, SessionId, UserId};

use crate::tx::Store;

mod anew;
mod own;
mod provider;
mod record;
mod rotate;
mod start;
mod touch;

pub use own::{Live, end_all, end_others, end_own, own};
pub use provider::ProviderSignIn;
pub use rotate::{Presented, Rotation};
pub use start::Client;
pub(crate) use touch::Touch;

/// Names a refresh token.
pub type RefreshTokenId = Id<names::RefreshToken>;

/// What an id can name here. This type has no values.
pub mod names {
    /// See [`super::RefreshTokenId`].
    pub enum RefreshToken {}
}

/// How long a used refresh token is taken for a reply that was lost.
pub const GRACE: TimeDelta = TimeDelta::seconds(10);

/// How long sessions and access tokens last, and how many of one person stand at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// An access token.
    pub access: TimeDelta,
    /// A session that nobody uses.
    pub idle: TimeDelta,
    /// A session, however often it is used.
    pub lifetime: TimeDelta,
    /// So many of one person; one more ends the oldest.
    pub at_once: i64,
    /// After how long a locked sign-in opens by itself; none takes an administrator.
    pub unlock: Option<TimeDelta>,
    /// A sign-in that nobody has used for so long is closed (PW-13). What its owner is reminded of goes on.
    pub unused: TimeDelta,
    /// So long after somebody has proven who they are they may do what asks for a fresh proof (SE-09).
    pub fresh: TimeDelta,
}

impl Default for Limits {
    /// A quarter of an hour without a request, a long shift in all (SE-03, SE-04, SE-10).
    fn default() -> Self {
        let (access, idle) = (TimeDelta::minutes(5), TimeDelta::minutes(15));
        let (unlock, unused, fresh) = (Some(TimeDelta::minutes(15)), TimeDelta::days(90), TimeDelta::minutes(5));
        Self { access, idle, lifetime: TimeDelta::hours(12), at_once: 5, unlock, unused, fresh }
    }
}

/// The SHA-256 of a secret that somebody carries. The secret itself is never stored.
#[derive(Clone, Copy)]
pub struct SecretHash(pub [u8; 32]);

/// A session that stands, with its newest refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Of which agency.
    pub agency: AgencyId,
    /// Of whom.
    pub user: UserId,
    /// The session.
    pub id: SessionId,
    /// When it ends by itself.
    pub expires_at: DateTime<Utc>,
    /// The refresh token that works next.
    pub token: RefreshTokenId,
    /// Whether a second factor is all that can be set up in it (MF-01).
    pub enrolling: bool,
}

impl SecretHash {
    /// Takes the same time wherever the two differ.
    pub(crate) fn is(&self, stored: &[u8]) -> bool {
        let differing = self.0.iter().zip(stored).fold(0, |all, (ours, theirs)| all | (ours ^ theirs));
        stored.len() == self.0.len() && std::hint::black_box(differing) == 0
    }
}

impl Store {
    /// How long sessions last here.
    pub fn limits(&self) -> Limits {
        self.limits
    }
}
