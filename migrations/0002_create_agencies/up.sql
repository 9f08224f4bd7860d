create table agencies (
    id                    uuid primary key,
    name                  text not null unique,
    time_zone             text not null,
    jurisdiction          text not null,
    state_option_under_26 boolean not null,
    contact_user_id       uuid,
    created_at            timestamptz not null
);
alter table agencies enable row level security;
create policy agency_wall on agencies using (id = current_agency());
grant select on agencies to homeward_app;
