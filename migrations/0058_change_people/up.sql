-- People are added and changed by administrators. What a person was before is kept: who could see what, and when.
alter table users add column version integer;
update users set version = 1;
alter table users alter column version set not null;
grant insert, update (name, role, whole_agency, disabled_at, version) on users to homeward_app;
-- Where somebody works now. Where they worked before stands in the versions.
grant insert, delete on user_units to homeward_app;

create table user_versions (
    agency_id     uuid not null,
    user_id       uuid not null,
    version       integer not null,
    superseded_at timestamptz not null,
    superseded_by uuid not null,
    facts         jsonb not null,
    primary key (agency_id, user_id, version),
    foreign key (agency_id, user_id) references users,
    foreign key (agency_id, superseded_by) references users
);
grant select, insert on user_versions to homeward_app;
create trigger user_versions_stand before update or delete on user_versions
    for each row execute function refuse_change();
alter table user_versions enable row level security;
create policy agency_wall on user_versions
    using (agency_id = current_agency()) with check (agency_id = current_agency());

-- Whoever is disabled is signed out at once.
alter table sessions drop constraint sessions_end_reason_check;
alter table sessions add constraint sessions_end_reason_check
    check (end_reason in ('signed_out', 'refresh_token_reused', 'disabled'));

-- A message names an address by its place.
create unique index addresses_in_order on addresses (agency_id, user_id, position);
