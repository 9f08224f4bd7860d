-- The first answer to a create, kept 30 days and replayed to the same request.
create table idempotency_keys (
    agency_id   uuid not null,
    user_id     uuid not null,
    key         text not null,
    fingerprint bytea not null,
    claimed_at  timestamptz not null,
    status      smallint,
    location    text,
    etag        text,
    body        text,
    primary key (agency_id, user_id, key)
);
create index idempotency_keys_in_time on idempotency_keys (agency_id, claimed_at);
grant select, insert, update, delete on idempotency_keys to homeward_app;

alter table idempotency_keys enable row level security;
-- The worker forgets old answers of every agency.
create policy agency_wall on idempotency_keys
    using (agency_id = current_agency() or current_setting('homeward.sweep', true) = 'on')
    with check (agency_id = current_agency());
