-- What people state for a report, sealed. The last statement of an item stands; the ones before stay.
create table report_statements (
    agency_id   uuid not null,
    id          uuid not null,
    child_id    uuid not null,
    episode_id  uuid,
    item_group  text not null check (item_group in ('description', 'endangerment', 'contacts', 'event')),
    item        text not null,
    version     integer not null check (0 < version),
    status      text not null check (status in ('provided', 'not_known_after_asking', 'withheld_with_reason')),
    value       bytea,
    reason      bytea,
    origin      text not null check (origin in ('none', 'part2', 'ferpa')),
    recorded_at timestamptz not null,
    recorded_by uuid not null,
    primary key (agency_id, id),
    foreign key (agency_id, child_id) references children,
    foreign key (agency_id, episode_id) references missing_episodes,
    check ((episode_id is not null) = (item_group = 'event')),
    check ((value is not null) = (status = 'provided')),
    check (reason is null or status <> 'provided'),
    check (reason is not null or status <> 'withheld_with_reason')
);
create unique index report_statements_of_child on report_statements
    (agency_id, child_id, item, coalesce(episode_id, child_id), version);
grant select, insert on report_statements to homeward_app;
create trigger report_statements_stand before update or delete on report_statements
    for each row execute function refuse_change();

alter table report_statements enable row level security;
create policy agency_wall on report_statements
    using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger report_statements_are_audited
    after insert or update or delete on report_statements
    deferrable initially deferred
    for each row execute function require_audit_entry();
