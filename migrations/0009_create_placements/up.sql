create table placements (
    agency_id     uuid not null,
    id            uuid not null,
    child_id      uuid not null,
    setting       text not null,
    started_on    date not null,
    ended_on      date check (started_on <= ended_on),
    provider_name text,
    recorded_at   timestamptz not null,
    recorded_by   uuid not null,
    primary key (agency_id, id),
    foreign key (agency_id, child_id) references children
);
create index placements_of_child on placements (agency_id, child_id, started_on, id);
grant select, insert on placements to homeward_app;

alter table placements enable row level security;
create policy agency_wall on placements using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger placements_are_audited
    after insert or update or delete on placements
    deferrable initially deferred
    for each row execute function require_audit_entry();
