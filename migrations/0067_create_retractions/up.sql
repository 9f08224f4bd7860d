-- An interview, a screening or a finished task that was recorded in error. The record stays as it was said; this stands
-- beside it.
create table retractions (
    agency_id     uuid not null,
    record_id     uuid not null,
    child_id      uuid not null,
    episode_id    uuid not null,
    kind          text not null check (kind in ('return_interview', 'screening', 'completion')),
    retracted_at  timestamptz not null,
    retracted_by  uuid not null,
    -- Sealed.
    reason        bytea not null,
    primary key (agency_id, record_id),
    foreign key (agency_id, episode_id) references missing_episodes
);
create index retractions_of_episode on retractions (agency_id, episode_id);
grant select, insert on retractions to homeward_app;
create trigger retractions_stand before update or delete on retractions
    for each row execute function refuse_change();

alter table retractions enable row level security;
create policy agency_wall on retractions using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger retractions_are_audited
    after insert or update or delete on retractions
    deferrable initially deferred
    for each row execute function require_audit_entry();

-- What a finished task stands and falls with: the interview or the screening that it came with, or itself.
alter table completions add column record_id uuid;
set local homeward.rewrap = 'on';
update completions c set record_id = coalesce(
    (select i.id from return_interviews i
        where c.task = 'return_interview' and (i.agency_id, i.episode_id) = (c.agency_id, c.episode_id)
        and (i.recorded_at, i.recorded_by) = (c.recorded_at, c.recorded_by) limit 1),
    (select s.id from screenings s
        where c.task = 'screening' and (s.agency_id, s.episode_id) = (c.agency_id, c.episode_id)
        and (s.recorded_at, s.recorded_by) = (c.recorded_at, c.recorded_by) limit 1),
    c.id);
set constraints all immediate;
alter table completions alter column record_id set not null;
