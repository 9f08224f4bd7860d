//! Every behaviour, over HTTP, against a real PostgreSQL.

mod support;

mod contract;

mod episodes;
mod neutral;
mod notifications;
mod outcomes;
mod reminders;
mod tidy;
