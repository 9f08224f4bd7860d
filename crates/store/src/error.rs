//! What the database did, in the words of the program.

use diesel::result::{DatabaseErrorKind, Error as Diesel};
use homeward_domain::policy::Denied;

/// What the database did.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The caller's session has ended, or never was.
    #[error("the session has ended")]
    SignedOut,
    /// The policy said no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such row within reach.
    #[error("there is no such record")]
    NotFound,
    /// The row has changed since the client read it.
    #[error("the record has changed since it was read")]
    Stale,
    /// A constraint was met.
    #[error("taken: {0:?}")]
    Taken(Taken),
    /// The idempotency key was used for another request.
    #[error("the idempotency key belongs to another request")]
    KeyReused,
    /// A row holds what the domain does not know.
    #[error("a row holds an impossible value in {0}")]
    Corrupt(&'static str),
    /// A sealed value does not open: it was moved or changed, or its key is not there.
    #[error("alarm: a sealed value does not open in {table}.{column}")]
    Unopened {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// No connection could be had in time.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// Another transaction was in the way, and the database ended this one: nothing of it was done.
    #[error("another request was in the way")]
    Conflict(#[source] Diesel),
    /// Anything else.
    #[error("the database failed")]
    Broken(#[source] Diesel),
}

/// Which constraint was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The agency already knows a child by this person id.
    AgencyPersonId,
    /// The child is missing already.
    OpenEpisode,
    /// Two absences of one child overlap.
    OverlappingEpisode,
    /// The episode ended before it began.
    EndBeforeBegin,
    /// Two requests took the same number at the same moment.
    EpisodeNumber,
    /// Another determination has taken the place of the one named.
    SupersededBefore,
    /// Somebody of the agency has this e-mail.
    Email,
    /// The person gave this address before.
    Address,
    /// The issuer's subject means somebody already, or the issuer knows the person by another.
    Identity,
}

/// A result of the store.
pub type StoreResult<T> = Result<T, StoreError>;

impl From<Diesel> for StoreError {
    fn from(error: Diesel) -> Self {
        match &error {
            Diesel::NotFound => Self::NotFound,
            Diesel::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => Self::Conflict(error),
            Diesel::DatabaseError(_, info) if info.message() == DEADLOCK => Self::Conflict(error),
            Diesel::DatabaseError(_, info) if has_gone(info.message()) || is_full(info.details()) => {
                Self::Unavailable(info.message().to_owned())
            }
            Diesel::DatabaseError(_, info) => match info.constraint_name().and_then(taken) {
                Some(taken) => Self::Taken(taken),
                None => Self::Broken(error),
            },
            _ => Self::Broken(error),
        }
    }
}

/// What the driver and the server say when the connection has ended or the time is over: there is no code for it.
const GONE: [&str; 4] = [
    "connection closed",
    "error communicating with the server",
    "terminating connection",
    "canceling statement due to",
];

/// There is no code for it either.
const DEADLOCK: &str = "deadlock detected";

/// The disk of the server is full: nothing was written, and nothing will be until there is room (OP-08).
const FULL: &str = "No space left on device";

fn has_gone(message: &str) -> bool {
    GONE.iter().any(|it| message.starts_with(it)) || is_full(Some(message))
}

/// Where what failed was something of the server's own, the reason stands in the details.
fn is_full(text: Option<&str>) -> bool {
    text.is_some_and(|it| it.contains(FULL))
}

fn taken(constraint: &str) -> Option<Taken> {
    Some(match constraint {
        "children_agency_person_id_key" => Taken::AgencyPersonId,
        "missing_episodes_one_open" => Taken::OpenEpisode,
        "missing_episodes_do_not_overlap" => Taken::OverlappingEpisode,
        "missing_episodes_end_after_begin" => Taken::EndBeforeBegin,
        "missing_episodes_number_key" => Taken::EpisodeNumber,
        "users_email_key" => Taken::Email,
        "addresses_once" => Taken::Address,
        "identities_subject_once" | "identities_person_once" => Taken::Identity,
        "determinations_superseded_once" => Taken::SupersededBefore,
        _ => return None,
    })
}
