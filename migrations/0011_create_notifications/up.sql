create table notifications (
    agency_id               uuid not null,
    id                      uuid not null,
    child_id                uuid not null,
    episode_id              uuid not null,
    recipient               text not null,
    kind                    text not null,
    status                  text not null,
    method                  text not null,
    made_at                 timestamptz not null,
    agency_name             text,
    person_contacted        text,
    badge                   text,
    case_number             text,
    ncic_number             text,
    ncic_entry_confirmed_at timestamptz,
    reference_number        text,
    refusal_reason          text,
    note                    text,
    recorded_at             timestamptz not null,
    recorded_by             uuid not null,
    retracted_at            timestamptz,
    retracted_by            uuid,
    retraction_reason       text,
    primary key (agency_id, id),
    foreign key (agency_id, episode_id) references missing_episodes,
    check ((retracted_at is null) = (retracted_by is null)),
    check ((retracted_at is null) = (retraction_reason is null))
);
create index notifications_of_episode on notifications (agency_id, episode_id, made_at, id);
grant select, insert on notifications to homeward_app;
-- What was said stays said: only a retraction can be added to it.
grant update (retracted_at, retracted_by, retraction_reason) on notifications to homeward_app;

alter table notifications enable row level security;
create policy agency_wall on notifications using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger notifications_are_audited
    after insert or update or delete on notifications
    deferrable initially deferred
    for each row execute function require_audit_entry();
