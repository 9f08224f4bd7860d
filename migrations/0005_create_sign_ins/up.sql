-- Found by e-mail before the agency is known, so this one table stands outside the agency wall.
create table sign_ins (
    email         text primary key check (email = lower(email)),
    agency_id     uuid not null,
    user_id       uuid not null,
    password_hash text not null,
    foreign key (agency_id, user_id) references users
);
grant select on sign_ins to homeward_app;

create table sessions (
    agency_id  uuid not null,
    id         uuid not null,
    user_id    uuid not null,
    started_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at   timestamptz,
    end_reason text check (end_reason in ('signed_out', 'refresh_token_reused')),
    primary key (agency_id, id),
    foreign key (agency_id, user_id) references users,
    check ((ended_at is null) = (end_reason is null))
);
grant select, insert, update on sessions to homeward_app;

alter table sessions enable row level security;
create policy agency_wall on sessions using (agency_id = current_agency()) with check (agency_id = current_agency());

-- One row for each refresh token ever given out; a second use of one ends the session.
create table refresh_tokens (
    agency_id   uuid not null,
    id          uuid not null,
    session_id  uuid not null,
    secret_hash bytea not null,
    issued_at   timestamptz not null,
    used_at     timestamptz,
    primary key (agency_id, id),
    foreign key (agency_id, session_id) references sessions
);
grant select, insert, update on refresh_tokens to homeward_app;

alter table refresh_tokens enable row level security;
create policy agency_wall on refresh_tokens using (agency_id = current_agency()) with check (agency_id = current_agency());
