-- A placement ends after it was recorded. Rows that are there have version 1; the program gives it to new ones.
alter table placements
    add column afcars_living_arrangement text,
    add column version integer not null default 1;
alter table placements alter column version drop default;
grant update (ended_on, version, recorded_at, recorded_by) on placements to homeward_app;
-- Children who are in an arrangement of the absent, for the list of what two records tell differently.
create index placements_of_the_absent on placements (agency_id, child_id, started_on)
    where afcars_living_arrangement in ('runaway', 'whereabouts_unknown');

-- What a placement said before it was changed.
create table placement_versions (
    agency_id     uuid not null,
    placement_id  uuid not null,
    version       integer not null,
    superseded_at timestamptz not null,
    facts         jsonb not null,
    primary key (agency_id, placement_id, version),
    foreign key (agency_id, placement_id) references placements
);
grant select, insert on placement_versions to homeward_app;
create trigger placement_versions_stand before update or delete on placement_versions
    for each row execute function refuse_change();

alter table placement_versions enable row level security;
create policy agency_wall on placement_versions using (agency_id = current_agency()) with check (agency_id = current_agency());
