create table children (
    agency_id        uuid not null,
    id               uuid not null unique,
    agency_person_id text not null,
    given_name       text not null,
    family_name      text not null,
    date_of_birth    date not null,
    sex              text,
    race             text[] not null,
    ethnicity        text,
    height_inches    integer check (height_inches between 1 and 120),
    weight_pounds    integer check (weight_pounds between 1 and 1500),
    hair_color       text,
    eye_color        text,
    unit_id          uuid not null,
    assigned_to      uuid,
    care_status      text not null,
    version          integer not null,
    recorded_at      timestamptz not null,
    recorded_by      uuid not null,
    created_at       timestamptz not null,
    primary key (agency_id, id),
    constraint children_agency_person_id_key unique (agency_id, agency_person_id),
    foreign key (agency_id, unit_id) references units,
    foreign key (agency_id, assigned_to) references users
);
create index children_of_unit on children (agency_id, unit_id, id);
create index children_of_worker on children (agency_id, assigned_to, id);
create index children_by_name on children (agency_id, lower(family_name), lower(given_name), id);
grant select, insert, update on children to homeward_app;

alter table children enable row level security;
create policy agency_wall on children using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger children_are_audited
    after insert or update or delete on children
    deferrable initially deferred
    for each row execute function require_audit_entry_of_child();

-- What a record said before it was changed.
create table child_versions (
    agency_id     uuid not null,
    child_id      uuid not null,
    version       integer not null,
    superseded_at timestamptz not null,
    facts         jsonb not null,
    primary key (agency_id, child_id, version),
    foreign key (agency_id, child_id) references children
);
grant select, insert on child_versions to homeward_app;
create trigger child_versions_stand before update or delete on child_versions
    for each row execute function refuse_change();

alter table child_versions enable row level security;
create policy agency_wall on child_versions using (agency_id = current_agency()) with check (agency_id = current_agency());
