-- That a screening was given, by whom and where the form is (42 U.S.C. 671(a)(35)(A)(iii)). Never what it said.
create table screenings (
    agency_id                 uuid not null,
    id                        uuid not null,
    child_id                  uuid not null,
    episode_id                uuid not null,
    instrument                text not null,
    instrument_version        text,
    given_by_name             text not null,
    given_at                  timestamptz not null,
    place_form_is_kept        text not null,
    follow_up_decided_by_name text,
    -- Sealed.
    follow_up                 bytea,
    recorded_at               timestamptz not null,
    recorded_by               uuid not null,
    primary key (agency_id, id),
    foreign key (agency_id, episode_id) references missing_episodes,
    -- A follow-up is a person's decision.
    check (follow_up is null or follow_up_decided_by_name is not null)
);
create index screenings_of_episode on screenings (agency_id, episode_id, given_at, id);
grant select, insert on screenings to homeward_app;
create trigger screenings_stand before update or delete on screenings
    for each row execute function refuse_change();

alter table screenings enable row level security;
create policy agency_wall on screenings using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger screenings_are_audited
    after insert or update or delete on screenings
    deferrable initially deferred
    for each row execute function require_audit_entry();
