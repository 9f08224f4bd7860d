-- What is to leave the program: one message on one way to one place, until it was taken (DL-02 to DL-07).
-- Who it is for and what it says are found when it leaves (DL-13).
create table deliveries (
    agency_id      uuid not null,
    id             uuid not null,
    channel        text not null check (channel in ('email', 'webhook')),
    rung_id        uuid not null,
    duty_id        uuid not null,
    episode_id     uuid,
    user_id        uuid,
    webhook_id     uuid,
    -- Which of the person's addresses, counted from the one they sign in with.
    position       integer not null,
    pressing       boolean not null,
    -- The same over every try, and shared by all that leave in one digest.
    message_id     uuid not null,
    queued_at      timestamptz not null,
    leaves_at      timestamptz not null,
    next_try_at    timestamptz not null,
    tries          integer not null,
    leased_until   timestamptz,
    fence          bigint not null,
    passed_on_at   timestamptz,
    ended_at       timestamptz,
    ending         text check (ending in ('accepted', 'refused', 'superseded', 'no_longer_owed')),
    primary key (agency_id, id),
    foreign key (agency_id, rung_id) references rungs,
    foreign key (agency_id, duty_id) references duties,
    foreign key (agency_id, user_id) references users,
    foreign key (agency_id, webhook_id) references webhooks,
    constraint deliveries_once unique nulls not distinct
        (agency_id, rung_id, channel, user_id, webhook_id, position),
    check ((channel = 'email') = (user_id is not null) and (channel = 'webhook') = (webhook_id is not null)),
    check ((ended_at is null) = (ending is null))
);
create index deliveries_waiting on deliveries (channel, pressing, next_try_at, id) where ended_at is null;
create index deliveries_of_duty on deliveries (agency_id, duty_id) where ended_at is null;
create index deliveries_together on deliveries (agency_id, message_id) where ended_at is null;
create index deliveries_of_episode on deliveries (agency_id, episode_id);
create index deliveries_of_webhook on deliveries (agency_id, webhook_id, next_try_at) where webhook_id is not null;
grant select, insert, update on deliveries to homeward_app;
alter table deliveries enable row level security;
-- The worker sweeps all agencies, as with rungs.
create policy agency_wall on deliveries
    using (agency_id = current_agency() or current_setting('homeward.sweep', true) = 'on')
    with check (agency_id = current_agency() or current_setting('homeward.sweep', true) = 'on');

-- Each try, beside those of the inbox: the class of the reply and a hash of it, never its text (DL-06, WH-04).
alter table delivery_attempts
    add column delivery_id uuid,
    add column reply_code integer,
    add column reply_hash text,
    add foreign key (agency_id, delivery_id) references deliveries;
create index delivery_attempts_of_delivery on delivery_attempts (agency_id, delivery_id) where delivery_id is not null;
