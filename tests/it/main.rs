//! Every behaviour, over HTTP, against a real PostgreSQL.

mod support;

mod contract;

mod bad_input;
mod children;
mod compliance;
mod episodes;
mod import;
mod loss;
mod migrations;
mod neutral;
mod notifications;
mod observations;
mod outcomes;
mod packets;
mod paging;
mod photos;
mod posters;
mod reminders;
mod replicas;
mod report;
mod sealing;
mod sessions;
mod tidy;
mod timeline;
