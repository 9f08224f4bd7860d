-- The columns come back empty: SQL cannot open what was sealed.
alter table duties add column undone_reason text;
alter table placement_versions alter column told drop not null;
alter table escalation_contacts
    alter column told drop not null,
    add column contacts jsonb;
alter table determinations
    alter column told drop not null,
    add column determined_by_name text,
    add column determined_by_role text,
    add column determined_by_agency text;
alter table screenings
    alter column told drop not null,
    add column instrument text,
    add column instrument_version text,
    add column given_by_name text,
    add column place_form_is_kept text,
    add column follow_up_decided_by_name text;
alter table factor_responses
    alter column told drop not null,
    add column responsible_name text;
alter table primary_factors
    alter column told drop not null,
    add column determined_by_name text;
alter table return_interviews
    alter column told drop not null,
    add column interviewer_name text;
alter table disclosures
    alter column told drop not null,
    add column recipient_name text,
    add column recipient_agency text,
    add column legal_basis_text text;
alter table whereabouts
    drop constraint whereabouts_are_verified,
    alter column told drop not null,
    add column verified_by_name text,
    add column how text;
alter table search_efforts
    drop constraint search_efforts_say_why,
    alter column told drop not null,
    add column made_by_name text,
    add column contacted text,
    add column place text,
    add column outcome text,
    add column next_step text,
    add column retraction_reason text;
alter table observations
    drop constraint observations_say_why,
    alter column told drop not null,
    add column observed_by_name text,
    add column observer_role text,
    add column context text,
    add column retraction_reason text;
alter table completions
    alter column told drop not null,
    add column completed_by_name text,
    add column note text;
alter table notifications
    drop constraint notifications_say_why,
    alter column told drop not null,
    add column agency_name text,
    add column person_contacted text,
    add column badge text,
    add column case_number text,
    add column ncic_number text,
    add column reference_number text,
    add column refusal_reason text,
    add column note text,
    add column retraction_reason text;
alter table missing_episode_versions
    alter column told drop not null,
    add column last_contact_place text,
    add column circumstances text,
    add column recovery_place text,
    add column recovery_circumstances text,
    add column closure_statement text,
    add column chosen_by_name text,
    add column change_reason text,
    add column told_law_enforcement_by text,
    add column told_ncmec_by text;
alter table missing_episodes
    alter column told drop not null,
    add column last_contact_place text,
    add column circumstances text,
    add column recovery_place text,
    add column recovery_circumstances text,
    add column closure_statement text,
    add column chosen_by_name text,
    add column change_reason text,
    add column told_law_enforcement_by text,
    add column told_ncmec_by text;
alter table placements
    alter column told drop not null,
    add column provider_name text;
alter table children
    add column given_name text,
    add column family_name text,
    add column date_of_birth date,
    add column hair_color text,
    add column eye_color text;
create index children_by_name on children (agency_id, lower(family_name), lower(given_name), id);
alter table child_versions alter column identity drop not null;
alter table children alter column identity drop not null;
