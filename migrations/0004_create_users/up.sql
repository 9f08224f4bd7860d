create table users (
    agency_id   uuid not null references agencies,
    id          uuid not null unique,
    email       text not null check (email = lower(email)),
    name        text not null,
    role        text not null check (role in
                ('caseworker', 'supervisor', 'on_call', 'auditor', 'privacy_officer', 'administrator')),
    whole_agency boolean not null,
    created_at  timestamptz not null,
    disabled_at timestamptz,
    primary key (agency_id, id),
    constraint users_email_key unique (agency_id, email)
);
grant select on users to homeward_app;

alter table users enable row level security;
create policy agency_wall on users using (agency_id = current_agency()) with check (agency_id = current_agency());

create table user_units (
    agency_id uuid not null,
    user_id   uuid not null,
    unit_id   uuid not null,
    primary key (agency_id, user_id, unit_id),
    foreign key (agency_id, user_id) references users,
    foreign key (agency_id, unit_id) references units
);
create index user_units_by_unit on user_units (agency_id, unit_id);
grant select on user_units to homeward_app;

alter table user_units enable row level security;
create policy agency_wall on user_units using (agency_id = current_agency()) with check (agency_id = current_agency());

alter table agencies add foreign key (id, contact_user_id) references users;
