-- What was put together for a recipient, as it was: the content and the document, sealed. A later version stands beside.
create table packets (
    agency_id      uuid not null,
    id             uuid not null,
    child_id       uuid not null,
    episode_id     uuid not null,
    destination    text not null check (destination in ('law_enforcement', 'ncmec', 'poster')),
    version        integer not null check (0 < version),
    made_at        timestamptz not null,
    made_by        uuid not null,
    photo_id       uuid,
    photo_taken_on date,
    consent_id     uuid,
    open_items     text[] not null,
    left_out       text[] not null,
    content        bytea not null,
    document       bytea not null,
    sha256_json    text not null check (sha256_json ~ '^[0-9a-f]{64}$'),
    sha256_pdf     text not null check (sha256_pdf ~ '^[0-9a-f]{64}$'),
    primary key (agency_id, id),
    unique (agency_id, episode_id, destination, version),
    foreign key (agency_id, episode_id) references missing_episodes,
    foreign key (agency_id, photo_id) references photos,
    foreign key (agency_id, consent_id) references publication_consents,
    check ((photo_id is null) = (photo_taken_on is null)),
    -- Nothing is made public without the consent that it rests on.
    check ((destination = 'poster') = (consent_id is not null))
);
grant select, insert on packets to homeward_app;
create trigger packets_stand before update or delete on packets
    for each row execute function refuse_change();

alter table packets enable row level security;
create policy agency_wall on packets using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger packets_are_audited
    after insert or update or delete on packets
    deferrable initially deferred
    for each row execute function require_audit_entry();
