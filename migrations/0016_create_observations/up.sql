-- What a named person saw or was told. Listed by date; nothing counts, orders or searches it.
create table observations (
    agency_id         uuid not null,
    id                uuid not null,
    child_id          uuid not null,
    episode_id        uuid,
    indicator_code    text not null,
    observed_at       timestamptz,
    observed_by_name  text not null,
    observer_role     text not null,
    source            text not null,
    context           text not null,
    recorded_at       timestamptz not null,
    recorded_by       uuid not null,
    retracted_at      timestamptz,
    retracted_by      uuid,
    retraction_reason text,
    primary key (agency_id, id),
    foreign key (agency_id, child_id) references children,
    foreign key (agency_id, episode_id) references missing_episodes,
    check ((retracted_at is null) = (retracted_by is null)),
    check ((retracted_at is null) = (retraction_reason is null))
);
create index observations_of_child on observations (agency_id, child_id, recorded_at, id);
grant select, insert on observations to homeward_app;
grant update (retracted_at, retracted_by, retraction_reason) on observations to homeward_app;

alter table observations enable row level security;
create policy agency_wall on observations using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger observations_are_audited
    after insert or update or delete on observations
    deferrable initially deferred
    for each row execute function require_audit_entry();
