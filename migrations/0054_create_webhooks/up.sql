-- Where an agency's own systems want to hear that something is due. Secrets are sealed by the program.
create table webhooks (
    agency_id        uuid not null,
    id               uuid not null,
    url              text not null,
    contact_email    text not null,
    secret           bytea not null,
    previous_secret  bytea,
    previous_until   timestamptz,
    challenge        text not null,
    proposed_at      timestamptz not null,
    proposed_by      uuid not null,
    approved_at      timestamptz,
    approved_by      uuid,
    emergency_reason text,
    active_from      timestamptz,
    proven_at        timestamptz,
    paused_at        timestamptz,
    pause_reason     text,
    removed_at       timestamptz,
    removal_reason   text,
    version          integer not null,
    primary key (agency_id, id),
    foreign key (agency_id) references agencies,
    foreign key (agency_id, proposed_by) references users,
    -- Two people (WH-08).
    constraint webhooks_take_two check (approved_by is distinct from proposed_by or approved_by is null),
    check ((paused_at is null) = (pause_reason is null) and (removed_at is null) = (removal_reason is null)),
    check ((approved_at is null) = (approved_by is null) and (approved_at is null) = (active_from is null))
);
grant select, insert, update on webhooks to homeward_app;
alter table webhooks enable row level security;
create policy agency_wall on webhooks using (agency_id = current_agency()) with check (agency_id = current_agency());
