create table missing_episodes (
    agency_id                      uuid not null,
    id                             uuid not null,
    child_id                       uuid not null,
    number                         integer not null,
    agency_episode_id              text,
    unit_id                        uuid not null,
    worker_id                      uuid,
    care_status                    text not null,
    agency_information_received_at timestamptz not null,
    absence_began_at               timestamptz,
    last_contact_at                timestamptz,
    last_contact_place             text,
    caregiver_learned_at           timestamptz,
    first_suspected_at             timestamptz,
    determined_missing_at          timestamptz,
    missing_type                   text not null,
    missing_from                   text,
    whereabouts_known              text,
    circumstances                  text,
    located_at                     timestamptz,
    recovered_at                   timestamptz,
    returned_to_care_at            timestamptz,
    placed_elsewhere_at            timestamptz,
    recovery_type                  text,
    recovery_place                 text,
    recovery_circumstances         text,
    closed_at                      timestamptz,
    closure_reason                 text,
    closure_statement              text,
    merged_into                    uuid,
    -- Came with an import after it had ended: it raises no reminders.
    is_history                     boolean not null,
    material_change_at             timestamptz,
    birthday_at                    timestamptz,
    -- Why this version replaced the one before, where that needs a reason.
    change_reason                  text,
    version                        integer not null,
    recorded_at                    timestamptz not null,
    recorded_by                    uuid not null,
    created_at                     timestamptz not null,
    primary key (agency_id, id),
    constraint missing_episodes_agency_episode_id_key unique (agency_id, agency_episode_id),
    constraint missing_episodes_number_key unique (agency_id, child_id, number),
    foreign key (agency_id, child_id) references children,
    foreign key (agency_id, unit_id) references units,
    foreign key (agency_id, merged_into) references missing_episodes,
    check ((closed_at is null) = (closure_reason is null)),
    check ((closure_reason = 'merged_duplicate') = (merged_into is not null)),
    constraint missing_episodes_end_after_begin check (
        coalesce(absence_began_at, '-infinity') <= coalesce(located_at, 'infinity')
        and coalesce(absence_began_at, '-infinity')
            <= least(recovered_at, returned_to_care_at, placed_elsewhere_at, 'infinity')),
    -- Two absences of one child cannot overlap. What turned out not to be one does not count.
    constraint missing_episodes_do_not_overlap exclude using gist (
        child_id with =,
        tstzrange(
            least(coalesce(absence_began_at, agency_information_received_at),
                  recovered_at, returned_to_care_at, placed_elsewhere_at, closed_at),
            least(recovered_at, returned_to_care_at, placed_elsewhere_at, closed_at)) with &&
    ) where (closure_reason is null or closure_reason not in ('not_missing_miscommunication', 'merged_duplicate'))
);
-- One open episode for each child: the answer to a second one is the id of the first.
create unique index missing_episodes_one_open on missing_episodes (agency_id, child_id)
    where recovered_at is null and returned_to_care_at is null and placed_elsewhere_at is null and closed_at is null;
create index missing_episodes_of_unit on missing_episodes
    (agency_id, unit_id, agency_information_received_at desc, id desc);
create index missing_episodes_in_time on missing_episodes
    (agency_id, agency_information_received_at desc, id desc);
grant select, insert, update on missing_episodes to homeward_app;

alter table missing_episodes enable row level security;
create policy agency_wall on missing_episodes using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger missing_episodes_are_audited
    after insert or update or delete on missing_episodes
    deferrable initially deferred
    for each row execute function require_audit_entry();

-- Every version that was replaced, with the instant it was. Reports as of a past knowledge read it.
create table missing_episode_versions (
    agency_id                      uuid not null,
    id                             uuid not null,
    child_id                       uuid not null,
    number                         integer not null,
    agency_episode_id              text,
    unit_id                        uuid not null,
    worker_id                      uuid,
    care_status                    text not null,
    agency_information_received_at timestamptz not null,
    absence_began_at               timestamptz,
    last_contact_at                timestamptz,
    last_contact_place             text,
    caregiver_learned_at           timestamptz,
    first_suspected_at             timestamptz,
    determined_missing_at          timestamptz,
    missing_type                   text not null,
    missing_from                   text,
    whereabouts_known              text,
    circumstances                  text,
    located_at                     timestamptz,
    recovered_at                   timestamptz,
    returned_to_care_at            timestamptz,
    placed_elsewhere_at            timestamptz,
    recovery_type                  text,
    recovery_place                 text,
    recovery_circumstances         text,
    closed_at                      timestamptz,
    closure_reason                 text,
    closure_statement              text,
    merged_into                    uuid,
    -- Came with an import after it had ended: it raises no reminders.
    is_history                     boolean not null,
    material_change_at             timestamptz,
    birthday_at                    timestamptz,
    -- Why this version replaced the one before, where that needs a reason.
    change_reason                  text,
    version                        integer not null,
    recorded_at                    timestamptz not null,
    recorded_by                    uuid not null,
    created_at                     timestamptz not null,
    superseded_at                  timestamptz not null,
    primary key (agency_id, id, version),
    foreign key (agency_id, id) references missing_episodes
);
grant select, insert on missing_episode_versions to homeward_app;
create trigger missing_episode_versions_stand before update or delete on missing_episode_versions
    for each row execute function refuse_change();

alter table missing_episode_versions enable row level security;
create policy agency_wall on missing_episode_versions using (agency_id = current_agency()) with check (agency_id = current_agency());
