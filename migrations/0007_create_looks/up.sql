-- Who looked. One row for each act of reading, and one for each child it showed.
create table looks (
    agency_id  uuid not null,
    id         uuid not null,
    at         timestamptz not null,
    actor_id   uuid not null,
    kind       text not null,
    request_id text,
    primary key (agency_id, id)
);
create index looks_of_actor on looks (agency_id, actor_id, at, id);
grant select, insert on looks to homeward_app;
create trigger looks_stand before update or delete on looks
    for each row execute function refuse_change();
create trigger looks_are_kept before truncate on looks
    for each statement execute function refuse_change();

alter table looks enable row level security;
create policy agency_wall on looks using (agency_id = current_agency()) with check (agency_id = current_agency());

create table look_children (
    agency_id uuid not null,
    child_id  uuid not null,
    look_id   uuid not null,
    primary key (agency_id, child_id, look_id)
);
create index look_children_of_look on look_children (agency_id, look_id);
grant select, insert on look_children to homeward_app;
create trigger look_children_stand before update or delete on look_children
    for each row execute function refuse_change();
create trigger look_children_are_kept before truncate on look_children
    for each statement execute function refuse_change();

alter table look_children enable row level security;
create policy agency_wall on look_children using (agency_id = current_agency()) with check (agency_id = current_agency());
