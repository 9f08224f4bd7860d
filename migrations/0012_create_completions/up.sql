create table completions (
    agency_id         uuid not null,
    id                uuid not null,
    child_id          uuid not null,
    episode_id        uuid not null,
    task              text not null check (task in ('return_interview', 'screening', 'birthday_review')),
    completed_at      timestamptz not null,
    completed_by_name text not null,
    note              text,
    recorded_at       timestamptz not null,
    recorded_by       uuid not null,
    primary key (agency_id, id),
    foreign key (agency_id, episode_id) references missing_episodes
);
create index completions_of_episode on completions (agency_id, episode_id);
grant select, insert on completions to homeward_app;

alter table completions enable row level security;
create policy agency_wall on completions using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger completions_are_audited
    after insert or update or delete on completions
    deferrable initially deferred
    for each row execute function require_audit_entry();
