//! The reminder engine over months that never were: one thread, a clock of its own, a seed, and everything that can go
//! wrong. Every decision is the one that the program makes (`homeward_domain::{law, reminder, delivery}`); its storage is a
//! model, function by statement of the SQL.
//!
//! `make simulate` (SEEDS=10000), `SEED=123 make simulate` for one month again.

mod dice;
mod happened;
mod model;
mod months;
mod world;
mod year;
