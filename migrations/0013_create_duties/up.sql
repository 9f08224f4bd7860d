-- Derived from facts and rules, in the transaction of the facts. Nobody else writes it.
create table duties (
    agency_id           uuid not null,
    id                  uuid not null,
    child_id            uuid not null,
    episode_id          uuid not null,
    unit_id             uuid not null,
    assigned_to         uuid,
    kind                text not null,
    recipient           text,
    sequence            integer not null,
    rule_code           text not null,
    starts_at           timestamptz not null,
    due_at              timestamptz,
    target_at           timestamptz not null,
    done_at             timestamptz,
    notification_id     uuid,
    closed_undone_at    timestamptz,
    superseded_at       timestamptz,
    returned_before_due boolean not null,
    is_history          boolean not null,
    undone_reason       text,
    primary key (agency_id, id),
    constraint duties_key unique nulls not distinct (agency_id, episode_id, kind, recipient, sequence),
    foreign key (agency_id, episode_id) references missing_episodes,
    -- 42 U.S.C. 671(a)(35)(B): nothing gives more than 24 hours.
    constraint duties_within_the_floor check (
        kind <> 'initial_report' or recipient not in ('law_enforcement', 'ncmec')
        or (due_at is not null and due_at <= starts_at + interval '24 hours')),
    check (num_nonnulls(done_at, closed_undone_at, superseded_at) <= 1)
);
create index duties_of_unit on duties (agency_id, unit_id, (coalesce(due_at, target_at)), id)
    where done_at is null and closed_undone_at is null and superseded_at is null;
create index duties_of_worker on duties (agency_id, assigned_to, (coalesce(due_at, target_at)), id)
    where done_at is null and closed_undone_at is null and superseded_at is null;
create index duties_of_agency on duties (agency_id, (coalesce(due_at, target_at)), id)
    where done_at is null and closed_undone_at is null and superseded_at is null;
create index duties_of_child on duties (agency_id, child_id)
    where done_at is null and closed_undone_at is null and superseded_at is null;
grant select, insert, update on duties to homeward_app;

alter table duties enable row level security;
create policy agency_wall on duties using (agency_id = current_agency()) with check (agency_id = current_agency());
