-- Photos of a child. The pictures are sealed in the object store; the key of each is here. None is ever deleted.
create table photos (
    agency_id   uuid not null,
    id          uuid not null,
    child_id    uuid not null,
    taken_on    date not null,
    source      bytea not null,
    width       integer not null check (0 < width),
    height      integer not null check (0 < height),
    content_key bytea not null,
    recorded_at timestamptz not null,
    recorded_by uuid not null,
    primary key (agency_id, id),
    foreign key (agency_id, child_id) references children
);
create index photos_of_child on photos (agency_id, child_id, taken_on, id);
grant select, insert on photos to homeward_app;
create trigger photos_stand before update or delete on photos
    for each row execute function refuse_change();

alter table photos enable row level security;
create policy agency_wall on photos using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger photos_are_audited
    after insert or update or delete on photos
    deferrable initially deferred
    for each row execute function require_audit_entry();
