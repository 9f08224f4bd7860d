-- What people are told by mail about a sign-in, their own or one they administer (PW-08, PW-12). Nothing about a child.
create table notices (
    agency_id   uuid not null,
    id          uuid not null,
    user_id     uuid not null,
    about_id    uuid not null,
    kind        text not null check (kind in
                ('locked', 'refresh_token_reused', 'signed_in_after_failures', 'signed_in_elsewhere', 'password_changed',
                 'password_reset', 'reset_link', 'factor_changed', 'recovery_code_used', 'factor_reset_asked')),
    happened_at timestamptz not null,
    -- Whoever takes it moves this on: it is its lease, too.
    next_try_at timestamptz not null,
    tries       integer not null,
    sent_at     timestamptz,
    primary key (agency_id, id),
    foreign key (agency_id, user_id) references users,
    foreign key (agency_id, about_id) references users
);
create index notices_waiting on notices (next_try_at) where sent_at is null;
grant select, insert, update (next_try_at, tries, sent_at) on notices to homeward_app;
alter table notices enable row level security;
-- The worker sweeps all agencies, as with messages.
create policy agency_wall on notices
    using (agency_id = current_agency() or current_setting('homeward.sweep', true) = 'on')
    with check (agency_id = current_agency() or current_setting('homeward.sweep', true) = 'on');

-- A link to choose a password: made when its mail leaves, kept as a hash, good once and for half an hour (PW-10, PW-11).
create table password_resets (
    agency_id   uuid not null,
    id          uuid not null,
    user_id     uuid not null,
    secret_hash bytea not null,
    made_at     timestamptz not null,
    expires_at  timestamptz not null,
    used_at     timestamptz,
    primary key (agency_id, id),
    foreign key (agency_id, user_id) references users,
    check (made_at < expires_at and expires_at <= made_at + interval '30 minutes')
);
create index password_resets_of_user on password_resets (agency_id, user_id) where used_at is null;
grant select, insert, update (used_at) on password_resets to homeward_app;
alter table password_resets enable row level security;
create policy agency_wall on password_resets
    using (agency_id = current_agency()) with check (agency_id = current_agency());
