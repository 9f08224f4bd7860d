//! The route table, and which routes report. Nothing else.

use utoipa_actix_web::service_config::ServiceConfig;

mod absences;
mod agency_rules;
mod audit;
mod calendars;
mod children;
mod choices;
mod closing;
mod compliance;
mod counts;
mod data_quality;
mod deliveries;
mod determinations;
mod duties;
mod emergencies;
mod episodes;
mod escalation;
mod factor_responses;
mod factors;
pub mod health;
mod indicators;
mod interviews;
mod looks;
mod machine_keys;
mod me;
mod notifications;
mod observations;
mod outcomes;
mod packets;
mod photos;
mod placements;
mod posters;
mod proof;
mod refusal;
mod reminders;
mod report;
mod restrictions;
mod rules;
mod screenings;
mod search_efforts;
mod sessions;
mod shifts;
mod status;
mod timeline;
mod users;
mod views;
mod webhooks;
mod whereabouts;

/// What is never held back by what else somebody asked for: adding a child, opening an episode, saying what was seen
/// and where a child is (H-30).
pub const REPORTING: [&str; 4] = [
    "/v1/children",
    "/v1/children/{child_id}/missing-episodes",
    "/v1/children/{child_id}/missing-episodes/{episode_id}/whereabouts",
    "/v1/children/{child_id}/observations",
];

/// Everything under `/v1`. Mounting a route is describing it: both happen here.
pub fn routes(at: &mut ServiceConfig) {
    for group in
        [signing_in, children, restricted, episodes, reports, contacts, returns, records, work, people, agency, audits]
    {
        group(at);
    }
}

fn signing_in(at: &mut ServiceConfig) {
    at.service(sessions::login)
        .service(sessions::refresh)
        .service(sessions::logout)
        .service(sessions::me)
        .service(me::sessions::list)
        .service(me::sessions::end)
        .service(me::password::change)
        .service(me::password::reset)
        .service(me::factor::show)
        .service(me::factor::enrol)
        .service(me::factor::confirm)
        .service(me::factor::renew_codes)
        .service(me::factor::prove_again);
}

fn children(at: &mut ServiceConfig) {
    at.service(children::create)
        .service(children::list)
        .service(children::search)
        .service(children::show)
        .service(children::change)
        .service(counts::show)
        .service(placements::record)
        .service(placements::list)
        .service(placements::show)
        .service(placements::change)
        .service(data_quality::placements);
}

fn episodes(at: &mut ServiceConfig) {
    at.service(episodes::open)
        .service(episodes::of_child)
        .service(episodes::show)
        .service(episodes::change)
        .service(episodes::list::list)
        .service(choices::record)
        .service(whereabouts::state)
        .service(whereabouts::list)
        .service(outcomes::recover)
        .service(outcomes::complete)
        .service(outcomes::finished_tasks)
        .service(outcomes::retract)
        .service(deliveries::list)
        .service(deliveries::file)
        .service(closing::close)
        .service(closing::reopen)
        .service(timeline::show);
}

fn restricted(at: &mut ServiceConfig) {
    at.service(emergencies::open)
        .service(emergencies::list)
        .service(emergencies::show)
        .service(emergencies::review)
        .service(restrictions::show)
        .service(restrictions::restrict)
        .service(restrictions::lift);
}

fn reports(at: &mut ServiceConfig) {
    at.service(report::show_description)
        .service(report::state_description)
        .service(report::show_endangerment)
        .service(report::state_endangerment)
        .service(report::show_contacts)
        .service(report::state_contacts)
        .service(report::show_particulars)
        .service(report::state_particulars)
        .service(report::history::of_description)
        .service(report::history::of_endangerment)
        .service(report::history::of_contacts)
        .service(report::history::of_particulars)
        .service(report::content::show)
        .service(photos::add)
        .service(photos::list)
        .service(photos::show)
        .service(photos::picture_of)
        .service(photos::consents::record)
        .service(photos::consents::list)
        .service(packets::make)
        .service(packets::list)
        .service(packets::show)
        .service(packets::show_content)
        .service(packets::show_document)
        .service(packets::compare)
        .service(packets::disclosures::record)
        .service(packets::disclosures::list)
        .service(posters::make)
        .service(posters::list)
        .service(posters::show)
        .service(posters::show_content)
        .service(posters::show_document)
        .service(packets::disclosures::record_of_poster)
        .service(packets::disclosures::list_of_poster);
}

fn contacts(at: &mut ServiceConfig) {
    at.service(notifications::record)
        .service(notifications::list)
        .service(notifications::retract)
        .service(search_efforts::record)
        .service(search_efforts::list)
        .service(search_efforts::retract);
}

fn returns(at: &mut ServiceConfig) {
    at.service(interviews::record)
        .service(interviews::list)
        .service(interviews::retract)
        .service(screenings::record)
        .service(screenings::list)
        .service(screenings::retract)
        .service(factors::catalogue)
        .service(factors::choose)
        .service(factors::show)
        .service(factor_responses::record)
        .service(factor_responses::list)
        .service(factor_responses::show)
        .service(factor_responses::finish)
        .service(factor_responses::of_child);
}

/// What people saw, and what people concluded.
fn records(at: &mut ServiceConfig) {
    at.service(indicators::show)
        .service(observations::record)
        .service(observations::list)
        .service(observations::retract)
        .service(determinations::record)
        .service(determinations::list)
        .service(determinations::reports::record)
        .service(determinations::reports::list)
        .service(determinations::reports::retract)
        .service(determinations::count::show);
}

fn work(at: &mut ServiceConfig) {
    at.service(duties::list)
        .service(reminders::list)
        .service(reminders::show)
        .service(reminders::acknowledge)
        .service(calendars::make)
        .service(calendars::list)
        .service(calendars::revoke)
        .service(calendars::read)
        .service(rules::list)
        .service(proof::show);
}

/// Who works where, who stands in for whom, and how each is reached.
fn people(at: &mut ServiceConfig) {
    at.service(users::units)
        .service(users::list)
        .service(users::change::add)
        .service(users::show)
        .service(users::change::change)
        .service(users::sign_ins::unlock)
        .service(users::sign_ins::start_reset)
        .service(users::sign_ins::ask_factor_reset)
        .service(users::sign_ins::end_sessions)
        .service(users::identities::trusted)
        .service(users::identities::list)
        .service(users::identities::link)
        .service(users::identities::remove)
        .service(users::back_ups::show)
        .service(users::back_ups::choose)
        .service(users::hand_overs::hand_over)
        .service(users::hand_overs::list)
        .service(shifts::list)
        .service(shifts::add)
        .service(shifts::show)
        .service(shifts::cancel)
        .service(absences::list)
        .service(absences::record)
        .service(absences::show)
        .service(absences::cancel)
        .service(me::preferences::show)
        .service(me::preferences::choose)
        .service(me::addresses::list)
        .service(me::addresses::add)
        .service(me::addresses::remove)
        .service(me::addresses::clear);
}

fn agency(at: &mut ServiceConfig) {
    at.service(agency_rules::show)
        .service(agency_rules::choose)
        .service(agency_rules::history)
        .service(escalation::show)
        .service(escalation::choose)
        .service(webhooks::propose)
        .service(webhooks::list)
        .service(webhooks::show)
        .service(webhooks::approve)
        .service(webhooks::prove)
        .service(webhooks::rotate)
        .service(webhooks::pause)
        .service(webhooks::remove)
        .service(webhooks::messages::list)
        .service(webhooks::messages::resend)
        .service(machine_keys::make)
        .service(machine_keys::list)
        .service(machine_keys::show)
        .service(machine_keys::renew)
        .service(machine_keys::revoke);
}

fn audits(at: &mut ServiceConfig) {
    at.service(compliance::summary).service(compliance::duties).service(audit::entries).service(audit::access_log);
    at.service(looks::unusual).service(looks::record).service(looks::reviews);
}
