-- What a named person concluded (domain 12.2). Appended to; a withdrawal is a row of its own.
create table determinations (
    agency_id                      uuid not null,
    id                             uuid not null,
    child_id                       uuid not null,
    determination_type             text not null,
    determination_source           text not null,
    determined_by_name             text not null,
    determined_by_role             text not null,
    determined_by_agency           text not null,
    determined_at                  timestamptz not null,
    agency_information_received_at timestamptz not null,
    basis                          bytea not null,
    sources_consulted              bytea not null,
    supersedes_id                  uuid,
    attested                       boolean not null check (attested),
    recorded_at                    timestamptz not null,
    recorded_by                    uuid not null,
    primary key (agency_id, id),
    constraint determinations_of_child unique (agency_id, child_id, id),
    constraint determinations_superseded_once unique (agency_id, supersedes_id),
    foreign key (agency_id, child_id) references children,
    foreign key (agency_id, child_id, supersedes_id) references determinations (agency_id, child_id, id),
    check (determination_type <> 'withdrawn' or supersedes_id is not null)
);
grant select, insert on determinations to homeward_app;

alter table determinations enable row level security;
create policy agency_wall on determinations using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger determinations_are_audited
    after insert or update or delete on determinations
    deferrable initially deferred
    for each row execute function require_audit_entry();

create trigger determinations_stand before update or delete on determinations
    for each row execute function refuse_change();
create trigger determinations_are_kept before truncate on determinations
    for each statement execute function refuse_change();
