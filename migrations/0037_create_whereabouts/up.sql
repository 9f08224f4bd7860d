-- Whether someone knew where the child was, each time that was told. The latest is the episode's.
create table whereabouts (
    agency_id        uuid not null,
    id               uuid not null,
    child_id         uuid not null,
    episode_id       uuid not null,
    known            text not null check (known in ('no', 'yes_verified', 'yes_unverified')),
    verified_by_name text,
    verified_at      timestamptz,
    how              text,
    recorded_at      timestamptz not null,
    recorded_by      uuid not null,
    primary key (agency_id, id),
    foreign key (agency_id, episode_id) references missing_episodes,
    -- A correction of the episode itself can say that they are verified without saying by whom.
    check (known = 'yes_verified' or (verified_by_name is null and verified_at is null))
);
create index whereabouts_of_episode on whereabouts (agency_id, episode_id, recorded_at, id);
grant select, insert on whereabouts to homeward_app;
create trigger whereabouts_stand before update or delete on whereabouts
    for each row execute function refuse_change();

alter table whereabouts enable row level security;
create policy agency_wall on whereabouts using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger whereabouts_are_audited
    after insert or update or delete on whereabouts
    deferrable initially deferred
    for each row execute function require_audit_entry();
