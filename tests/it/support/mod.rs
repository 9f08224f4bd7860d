//! The world a test begins in: a database, a server with a clock of its own, and people.

mod app;
mod client;
mod clock;
mod contract;
mod db;
mod given;
mod mailbox;

pub use app::{CANARIES, TestApp};
pub use client::{Person, Reply};
pub use clock::at;
pub use contract::document;
pub use db::{Database, admin, rename};
pub use given::{Case, new_child, told};
pub use mailbox::{Letter, Mood, Relay};
