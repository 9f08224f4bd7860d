-- What a program of the agency's presents in place of a sign-in: scopes, in the name of whoever made it (KY-01, KY-02).
create table machine_keys (
    agency_id         uuid not null,
    id                uuid not null,
    owner_id          uuid not null,
    label             text not null,
    scopes            text[] not null check (cardinality(scopes) between 1 and 5 and scopes <@ array[
                      'statistics:read', 'compliance:read', 'children:write', 'episodes:write', 'events:read']),
    -- Where it may be used from; null is anywhere (KY-04).
    networks          text[],
    -- Keyed hashes: nothing in this table opens anything.
    secret_hash       bytea not null check (octet_length(secret_hash) = 32),
    previous_hash     bytea check (octet_length(previous_hash) = 32),
    previous_until    timestamptz,
    made_at           timestamptz not null,
    renewed_at        timestamptz,
    expires_at        timestamptz not null,
    used_at           timestamptz,
    used_from         text,
    uses              bigint not null,
    -- When and from where it was last presented outside its networks.
    refused_at        timestamptz,
    refused_from      text,
    -- So many days before its end its people were told last (KY-03).
    warned_days       smallint not null,
    revoked_at        timestamptz,
    revoked_by        uuid,
    primary key (agency_id, id),
    foreign key (agency_id, owner_id) references users,
    foreign key (agency_id, revoked_by) references users,
    constraint machine_keys_end check (expires_at <= coalesce(renewed_at, made_at) + interval '365 days'),
    constraint machine_keys_overlap check (previous_until <= renewed_at + interval '7 days'),
    check (num_nulls(previous_hash, previous_until) in (0, 2)),
    check (num_nulls(revoked_at, revoked_by) in (0, 2))
);
create index machine_keys_of_owner on machine_keys (agency_id, owner_id);
create index machine_keys_that_end on machine_keys (expires_at) where revoked_at is null;
grant select, insert on machine_keys to homeward_app;
grant update (secret_hash, previous_hash, previous_until, renewed_at, expires_at, used_at, used_from, uses, refused_at,
    refused_from, warned_days, revoked_at, revoked_by) on machine_keys to homeward_app;
alter table machine_keys enable row level security;
-- The worker looks in all agencies for those that end.
create policy agency_wall on machine_keys
    using (agency_id = current_agency() or current_setting('homeward.sweep', true) = 'on')
    with check (agency_id = current_agency() or current_setting('homeward.sweep', true) = 'on');
