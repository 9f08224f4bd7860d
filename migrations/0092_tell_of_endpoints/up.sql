-- A time in which an endpoint did not take all that it was sent. Nothing is switched off by it: people are told, once (WH-10).
create table webhook_outages (
    agency_id   uuid not null,
    id          uuid not null,
    webhook_id  uuid not null,
    began_at    timestamptz not null,
    -- When a message had waited for too long, or the endpoint said that it is gone; none where it was over before.
    told_at     timestamptz,
    ended_at    timestamptz,
    primary key (agency_id, id),
    foreign key (agency_id, webhook_id) references webhooks
);
create unique index webhook_outages_one_open on webhook_outages (agency_id, webhook_id) where ended_at is null;
grant select, insert, update on webhook_outages to homeward_app;
alter table webhook_outages enable row level security;
create policy agency_wall on webhook_outages
    using (agency_id = current_agency()) with check (agency_id = current_agency());

-- What people are told by mail about an endpoint: of its outages, and of every change of it (WH-08). Nothing about a child.
create table webhook_notices (
    agency_id   uuid not null,
    id          uuid not null,
    webhook_id  uuid not null,
    -- An administrator; none for the address that is kept with the endpoint.
    user_id     uuid,
    kind        text not null check (kind in
                ('failing', 'gone', 'takes_again', 'proposed', 'approved', 'approved_as_emergency', 'proven',
                 'secret_replaced', 'paused', 'resumed', 'removed')),
    -- Who changed it; none where nobody did.
    changed_by  uuid,
    happened_at timestamptz not null,
    -- Whoever takes it moves this on: it is its lease, too.
    next_try_at timestamptz not null,
    tries       integer not null,
    sent_at     timestamptz,
    primary key (agency_id, id),
    foreign key (agency_id, webhook_id) references webhooks,
    foreign key (agency_id, user_id) references users,
    foreign key (agency_id, changed_by) references users
);
create index webhook_notices_waiting on webhook_notices (next_try_at) where sent_at is null;
grant select, insert, update (next_try_at, tries, sent_at) on webhook_notices to homeward_app;
alter table webhook_notices enable row level security;
-- The worker sweeps all agencies, as with notices.
create policy agency_wall on webhook_notices
    using (agency_id = current_agency() or current_setting('homeward.sweep', true) = 'on')
    with check (agency_id = current_agency() or current_setting('homeward.sweep', true) = 'on');
