-- Looking for a child: what someone did, and what came of it (42 U.S.C. 671(a)(35)(A)(i)).
create table search_efforts (
    agency_id         uuid not null,
    id                uuid not null,
    child_id          uuid not null,
    episode_id        uuid not null,
    kind              text not null,
    made_at           timestamptz not null,
    made_by_name      text not null,
    contacted         text,
    place             text,
    outcome           text not null,
    next_step         text,
    recorded_at       timestamptz not null,
    recorded_by       uuid not null,
    retracted_at      timestamptz,
    retracted_by      uuid,
    retraction_reason text,
    primary key (agency_id, id),
    foreign key (agency_id, episode_id) references missing_episodes,
    check ((retracted_at is null) = (retracted_by is null)),
    check ((retracted_at is null) = (retraction_reason is null))
);
create index search_efforts_of_episode on search_efforts (agency_id, episode_id, made_at, id);
grant select, insert on search_efforts to homeward_app;
-- What was said stays said: only a retraction can be added to it.
grant update (retracted_at, retracted_by, retraction_reason) on search_efforts to homeward_app;

alter table search_efforts enable row level security;
create policy agency_wall on search_efforts using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger search_efforts_are_audited
    after insert or update or delete on search_efforts
    deferrable initially deferred
    for each row execute function require_audit_entry();
