-- What people are told by mail about a key of a program: that it ends (KY-03), or was presented from outside its networks
-- (KY-04). Nothing about a child.
create table machine_key_notices (
    agency_id   uuid not null,
    id          uuid not null,
    key_id      uuid not null,
    user_id     uuid not null,
    kind        text not null check (kind in ('expiring', 'outside_network')),
    happened_at timestamptz not null,
    -- Whoever takes it moves this on: it is its lease, too.
    next_try_at timestamptz not null,
    tries       integer not null,
    sent_at     timestamptz,
    primary key (agency_id, id),
    foreign key (agency_id, key_id) references machine_keys,
    foreign key (agency_id, user_id) references users
);
create index machine_key_notices_waiting on machine_key_notices (next_try_at) where sent_at is null;
create index machine_key_notices_of_key on machine_key_notices (agency_id, key_id, happened_at);
grant select, insert, update (next_try_at, tries, sent_at) on machine_key_notices to homeward_app;
alter table machine_key_notices enable row level security;
-- The worker sweeps all agencies, as with notices.
create policy agency_wall on machine_key_notices
    using (agency_id = current_agency() or current_setting('homeward.sweep', true) = 'on')
    with check (agency_id = current_agency() or current_setting('homeward.sweep', true) = 'on');
