-- Whether everyone of the agency needs a second factor (MF-01). The demo is there to be tried in a minute.
alter table agencies add column second_factor_required boolean;
update agencies set second_factor_required = name not in ('Demo State', 'Other State');
alter table agencies alter column second_factor_required set not null;

-- When whoever holds the session last proved who they are with all that is asked of them (SE-09), and whether a second
-- factor is all that they may set up in it.
alter table sessions add column proven_at timestamptz, add column enrolling boolean;
update sessions set proven_at = started_at, enrolling = false;
alter table sessions alter column proven_at set not null, alter column enrolling set not null;

-- Codes that an app counts by the clock. One is confirmed; what was not confirmed opens nothing.
create table second_factors (
    agency_id    uuid not null,
    id           uuid not null,
    user_id      uuid not null,
    -- Sealed.
    secret       bytea not null,
    made_at      timestamptz not null,
    confirmed_at timestamptz,
    -- The last time step whose code was taken: none of it or before it is taken again (MF-02).
    last_step    bigint,
    removed_at   timestamptz,
    primary key (agency_id, id),
    foreign key (agency_id, user_id) references users,
    check (confirmed_at is null or last_step is not null)
);
create unique index second_factors_one on second_factors (agency_id, user_id)
    where confirmed_at is not null and removed_at is null;
grant select, insert, update (confirmed_at, last_step, removed_at) on second_factors to homeward_app;
alter table second_factors enable row level security;
create policy agency_wall on second_factors
    using (agency_id = current_agency()) with check (agency_id = current_agency());

create table recovery_codes (
    agency_id   uuid not null,
    user_id     uuid not null,
    code_hash   bytea not null,
    made_at     timestamptz not null,
    used_at     timestamptz,
    replaced_at timestamptz,
    primary key (agency_id, user_id, code_hash),
    foreign key (agency_id, user_id) references users
);
grant select, insert, update (used_at, replaced_at) on recovery_codes to homeward_app;
alter table recovery_codes enable row level security;
create policy agency_wall on recovery_codes
    using (agency_id = current_agency()) with check (agency_id = current_agency());

-- Whoever has lost every factor gets in once two administrators agree and a delay is over (MF-07).
create table second_factor_resets (
    agency_id    uuid not null,
    id           uuid not null,
    user_id      uuid not null,
    asked_by     uuid not null,
    asked_at     timestamptz not null,
    agreed_by    uuid,
    agreed_at    timestamptz,
    effective_at timestamptz,
    cancelled_at timestamptz,
    done_at      timestamptz,
    primary key (agency_id, id),
    foreign key (agency_id, user_id) references users,
    foreign key (agency_id, asked_by) references users,
    foreign key (agency_id, agreed_by) references users,
    check (agreed_by <> asked_by and asked_by <> user_id and agreed_by <> user_id),
    check ((agreed_by is null) = (agreed_at is null) and (agreed_by is null) = (effective_at is null)),
    check (agreed_at + interval '15 minutes' <= effective_at)
);
create unique index second_factor_resets_one on second_factor_resets (agency_id, user_id)
    where cancelled_at is null and done_at is null;
grant select, insert, update (agreed_by, agreed_at, effective_at, cancelled_at, done_at)
    on second_factor_resets to homeward_app;
alter table second_factor_resets enable row level security;
create policy agency_wall on second_factor_resets
    using (agency_id = current_agency()) with check (agency_id = current_agency());
