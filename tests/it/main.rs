//! Every behaviour, over HTTP, against a real PostgreSQL.

mod support;

mod contract;

mod addresses;
mod bad_input;
mod bounces;
mod calendars;
mod children;
mod closing;
mod compliance;
mod demo;
mod determinations;
mod episodes;
mod factors;
mod hand_overs;
mod import;
mod interviews;
mod loss;
mod mail;
mod migrations;
mod neutral;
mod notifications;
mod observations;
mod outcomes;
mod packets;
mod paging;
mod photos;
mod placements;
mod posters;
mod refusal;
mod reminders;
mod replicas;
mod report;
mod rosters;
mod rules;
mod screenings;
mod sealing;
mod search_efforts;
mod sessions;
mod silence;
mod tidy;
mod timeline;
mod users;
mod webhooks;
mod whereabouts;
