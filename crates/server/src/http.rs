//! The route table, and nothing else.

use utoipa_actix_web::service_config::ServiceConfig;

mod agency_rules;
mod audit;
mod children;
mod choices;
mod closing;
mod compliance;
mod counts;
mod data_quality;
mod determinations;
mod duties;
mod episodes;
pub mod health;
mod indicators;
mod notifications;
mod observations;
mod outcomes;
mod placements;
mod reminders;
mod rules;
mod sessions;
mod timeline;
mod views;

/// Everything under `/v1`. Mounting a route is describing it: both happen here.
pub fn routes(at: &mut ServiceConfig) {
    at.service(sessions::login)
        .service(sessions::refresh)
        .service(sessions::logout)
        .service(sessions::me)
        .service(children::create)
        .service(children::list)
        .service(children::search)
        .service(children::show)
        .service(children::change)
        .service(counts::show)
        .service(placements::record)
        .service(placements::list)
        .service(placements::show)
        .service(placements::change)
        .service(episodes::open)
        .service(episodes::of_child)
        .service(episodes::show)
        .service(episodes::change)
        .service(choices::record)
        .service(episodes::list::list)
        .service(notifications::record)
        .service(notifications::list)
        .service(notifications::retract)
        .service(outcomes::recover)
        .service(outcomes::complete)
        .service(outcomes::finished_tasks)
        .service(closing::close)
        .service(closing::reopen)
        .service(timeline::show)
        .service(indicators::show)
        .service(observations::record)
        .service(observations::list)
        .service(observations::retract)
        .service(determinations::record)
        .service(determinations::list)
        .service(determinations::reports::record)
        .service(determinations::reports::list)
        .service(determinations::reports::retract)
        .service(determinations::count::show)
        .service(data_quality::placements)
        .service(duties::list)
        .service(reminders::list)
        .service(reminders::acknowledge)
        .service(rules::list)
        .service(agency_rules::show)
        .service(agency_rules::choose)
        .service(agency_rules::history)
        .service(compliance::summary)
        .service(compliance::duties)
        .service(audit::entries)
        .service(audit::access_log);
}
