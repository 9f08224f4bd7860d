-- Whether the public may be shown a child's name and photo: decided by a named person with authority, recorded by a
-- supervisor. The last record stands; without one, consent is not given.
create table publication_consents (
    agency_id   uuid not null,
    id          uuid not null,
    child_id    uuid not null,
    state       text not null check (state in ('given', 'withdrawn')),
    person_name bytea not null,
    authority   bytea not null,
    decided_at  timestamptz not null,
    recorded_at timestamptz not null,
    recorded_by uuid not null,
    primary key (agency_id, id),
    foreign key (agency_id, child_id) references children
);
create index publication_consents_of_child on publication_consents (agency_id, child_id, recorded_at, id);
grant select, insert on publication_consents to homeward_app;
create trigger publication_consents_stand before update or delete on publication_consents
    for each row execute function refuse_change();

alter table publication_consents enable row level security;
create policy agency_wall on publication_consents
    using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger publication_consents_are_audited
    after insert or update or delete on publication_consents
    deferrable initially deferred
    for each row execute function require_audit_entry();
