-- The inbox: one message to one person. Written in the transaction that marks its rung as sent.
create table reminders (
    agency_id       uuid not null,
    id              uuid not null,
    user_id         uuid not null,
    duty_id         uuid not null,
    rung_id         uuid not null,
    child_id        uuid not null,
    episode_id      uuid not null,
    step            text not null,
    due_at          timestamptz not null,
    message         text not null,
    sent_at         timestamptz not null,
    acknowledged_at timestamptz,
    primary key (agency_id, id),
    constraint reminders_once unique (agency_id, rung_id, user_id),
    foreign key (agency_id, rung_id) references rungs,
    foreign key (agency_id, user_id) references users
);
create index reminders_of_user on reminders (agency_id, user_id, sent_at desc, id desc);
create index reminders_of_episode on reminders (agency_id, episode_id);
grant select, insert on reminders to homeward_app;
grant update (acknowledged_at) on reminders to homeward_app;

alter table reminders enable row level security;
create policy agency_wall on reminders using (agency_id = current_agency()) with check (agency_id = current_agency());

create constraint trigger reminders_are_audited
    after update on reminders
    deferrable initially deferred
    for each row execute function require_audit_entry();

-- Every try to deliver a rung, and what came of it.
create table delivery_attempts (
    agency_id    uuid not null,
    id           uuid not null,
    rung_id      uuid not null,
    episode_id   uuid not null,
    attempted_at timestamptz not null,
    channel      text not null,
    outcome      text not null check (outcome in ('delivered', 'nobody', 'no_longer_owed')),
    recipients   integer not null,
    worker       text not null,
    fence        bigint not null,
    primary key (agency_id, id),
    foreign key (agency_id, rung_id) references rungs
);
create index delivery_attempts_of_episode on delivery_attempts (agency_id, episode_id);
grant select, insert on delivery_attempts to homeward_app;
create trigger delivery_attempts_stand before update or delete on delivery_attempts
    for each row execute function refuse_change();

alter table delivery_attempts enable row level security;
create policy agency_wall on delivery_attempts using (agency_id = current_agency()) with check (agency_id = current_agency());
