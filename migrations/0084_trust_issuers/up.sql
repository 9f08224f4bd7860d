-- Who else may say who somebody is: a provider that the agency signs its people in with. Set by whoever runs the program.
create table issuers (
    agency_id            uuid not null references agencies,
    id                   uuid not null,
    -- Exactly as tokens say it, and what they have to be made for.
    issuer               text not null,
    audience             text not null,
    -- Where its keys are; where null, its discovery document says so.
    jwks_url             text,
    algorithms           text[] not null check (0 < cardinality(algorithms)
                         and algorithms <@ array['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384',
                                                 'EdDSA']),
    clients              text[] not null check (0 < cardinality(clients)),
    acr                  text[] not null,
    amr                  text[] not null,
    -- A sign-in that is older is none. No session lasts longer than twelve hours anyway.
    auth_seconds         integer check (60 <= auth_seconds and auth_seconds <= 43200),
    takes_plain_jwt      boolean not null,
    version              integer not null,
    set_at               timestamptz not null,
    removed_at           timestamptz,
    -- Its public keys as they were last read, for every replica and for days on which they cannot be read.
    keys                 jsonb,
    keys_at              timestamptz,
    -- Whoever moves this on asks for them: once a minute, whatever the number of replicas (OI-04).
    asked_at             timestamptz,
    primary key (agency_id, id),
    check ((keys is null) = (keys_at is null))
);
create unique index issuers_one on issuers (issuer, audience) where removed_at is null;
grant select, update (keys, keys_at, asked_at) on issuers to homeward_app;
alter table issuers enable row level security;
-- A token names its issuer before the agency is known.
create policy agency_wall on issuers
    using (agency_id = current_agency() or current_setting('homeward.sweep', true) = 'on')
    with check (agency_id = current_agency() or current_setting('homeward.sweep', true) = 'on');

-- Whom an issuer means by a subject. Two administrators link one, and neither is the person: whoever could do it alone
-- could come as anybody (OI-01).
create table identities (
    agency_id  uuid not null,
    id         uuid not null,
    issuer_id  uuid not null,
    subject    text not null check (subject <> ''),
    user_id    uuid not null,
    asked_by   uuid not null,
    asked_at   timestamptz not null,
    linked_by  uuid,
    linked_at  timestamptz,
    removed_by uuid,
    removed_at timestamptz,
    primary key (agency_id, id),
    foreign key (agency_id, issuer_id) references issuers,
    foreign key (agency_id, user_id) references users,
    foreign key (agency_id, asked_by) references users,
    foreign key (agency_id, linked_by) references users,
    foreign key (agency_id, removed_by) references users,
    check (linked_by <> asked_by and asked_by <> user_id and linked_by <> user_id),
    check ((linked_by is null) = (linked_at is null)),
    check ((removed_by is null) = (removed_at is null))
);
create unique index identities_subject_once on identities (agency_id, issuer_id, subject) where removed_at is null;
create unique index identities_person_once on identities (agency_id, issuer_id, user_id) where removed_at is null;
grant select, insert, update (linked_by, linked_at, removed_by, removed_at) on identities to homeward_app;
alter table identities enable row level security;
create policy agency_wall on identities
    using (agency_id = current_agency()) with check (agency_id = current_agency());

-- A session that a provider answers for, and which sign-in at the provider it stands for: one session for each.
alter table sessions add column identity_id uuid, add column sign_in bytea,
    add foreign key (agency_id, identity_id) references identities,
    add check ((identity_id is null) = (sign_in is null));
create unique index sessions_of_sign_in on sessions (agency_id, identity_id, sign_in) where identity_id is not null;
