//! The world a test begins in: a database, a server with a clock of its own, and people.

mod app;
mod client;
mod clock;
mod contract;
mod db;
mod endpoint;
mod given;
mod mailbox;
mod running;

pub use app::{CANARIES, TestApp, program};
pub use client::{Person, Reply};
pub use clock::at;
pub use contract::document;
pub use db::{Database, KEYS, PASSWORD, admin, keyring, rename};
pub use endpoint::{Endpoint, Heard};
pub use given::{Case, new_child, told};
pub use mailbox::{Letter, Mood, Relay};
pub use running::Program;

/// A length of a test that a longer run of it asks for.
#[expect(clippy::disallowed_methods, reason = "a length of a test, and no setting of the program")]
pub fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|it| it.parse().ok())
}
