-- Before this, `homeward migrate` has sealed every row. Where one is not sealed, nothing is dropped.
set local homeward.rewrap = 'on';

alter table children alter column identity set not null;
alter table child_versions alter column identity set not null;
alter table children
    drop column given_name,
    drop column family_name,
    drop column date_of_birth,
    drop column hair_color,
    drop column eye_color;
update child_versions
    set facts = facts - '{identity, given_name, family_name, date_of_birth, hair_color, eye_color}'::text[];

alter table placements
    alter column told set not null,
    drop column provider_name;
alter table missing_episodes
    alter column told set not null,
    drop column last_contact_place,
    drop column circumstances,
    drop column recovery_place,
    drop column recovery_circumstances,
    drop column closure_statement,
    drop column chosen_by_name,
    drop column change_reason,
    drop column told_law_enforcement_by,
    drop column told_ncmec_by;
alter table missing_episode_versions
    alter column told set not null,
    drop column last_contact_place,
    drop column circumstances,
    drop column recovery_place,
    drop column recovery_circumstances,
    drop column closure_statement,
    drop column chosen_by_name,
    drop column change_reason,
    drop column told_law_enforcement_by,
    drop column told_ncmec_by;
alter table notifications
    alter column told set not null,
    drop column agency_name,
    drop column person_contacted,
    drop column badge,
    drop column case_number,
    drop column ncic_number,
    drop column reference_number,
    drop column refusal_reason,
    drop column note,
    drop column retraction_reason,
    add constraint notifications_say_why check ((retracted_at is null) = (why_retracted is null));
alter table completions
    alter column told set not null,
    drop column completed_by_name,
    drop column note;
alter table observations
    alter column told set not null,
    drop column observed_by_name,
    drop column observer_role,
    drop column context,
    drop column retraction_reason,
    add constraint observations_say_why check ((retracted_at is null) = (why_retracted is null));
alter table search_efforts
    alter column told set not null,
    drop column made_by_name,
    drop column contacted,
    drop column place,
    drop column outcome,
    drop column next_step,
    drop column retraction_reason,
    add constraint search_efforts_say_why check ((retracted_at is null) = (why_retracted is null));
alter table whereabouts
    alter column told set not null,
    drop column verified_by_name,
    drop column how,
    add constraint whereabouts_are_verified check (known = 'yes_verified' or verified_at is null);
alter table disclosures
    alter column told set not null,
    drop column recipient_name,
    drop column recipient_agency,
    drop column legal_basis_text;
alter table return_interviews
    alter column told set not null,
    drop column interviewer_name;
alter table primary_factors
    alter column told set not null,
    drop column determined_by_name;
alter table factor_responses
    alter column told set not null,
    drop column responsible_name;
alter table screenings
    alter column told set not null,
    drop column instrument,
    drop column instrument_version,
    drop column given_by_name,
    drop column place_form_is_kept,
    drop column follow_up_decided_by_name;
alter table determinations
    alter column told set not null,
    drop column determined_by_name,
    drop column determined_by_role,
    drop column determined_by_agency;
alter table escalation_contacts
    alter column told set not null,
    drop column contacts;
alter table placement_versions alter column told set not null;
update placement_versions set facts = facts - '{told, provider_name}'::text[];

do $$
begin
    perform from duties where undone_reason is not null and why_undone is null;
    if found then
        raise exception 'not every duty is sealed: run `homeward migrate`';
    end if;
end $$;
alter table duties drop column undone_reason;
