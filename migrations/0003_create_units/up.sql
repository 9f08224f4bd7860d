create table units (
    agency_id uuid not null references agencies,
    id        uuid not null unique,
    code      text not null,
    name      text not null,
    primary key (agency_id, id),
    constraint units_code_key unique (agency_id, code)
);
grant select on units to homeward_app;

alter table units enable row level security;
create policy agency_wall on units using (agency_id = current_agency()) with check (agency_id = current_agency());
