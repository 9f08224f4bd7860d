-- The queue: for every duty that is owed, the next rung of its ladder.
create table rungs (
    agency_id    uuid not null,
    id           uuid not null,
    duty_id      uuid not null,
    episode_id   uuid not null,
    ordinal      integer not null,
    step         text not null,
    audience     text not null,
    fire_at      timestamptz not null,
    leased_until timestamptz,
    leased_by    text,
    fence        bigint not null,
    sent_at      timestamptz,
    cancelled_at timestamptz,
    primary key (agency_id, id),
    constraint rungs_key unique (agency_id, duty_id, ordinal),
    foreign key (agency_id, duty_id) references duties,
    check (num_nonnulls(sent_at, cancelled_at) <= 1)
);
create index rungs_waiting on rungs (fire_at, id) where sent_at is null and cancelled_at is null;
create index rungs_of_episode on rungs (agency_id, episode_id);
grant select, insert, update on rungs to homeward_app;
alter table rungs enable row level security;
-- The worker sweeps all agencies; it says so for the transaction, and can then see this table only.
create policy agency_wall on rungs
    using (agency_id = current_agency() or current_setting('homeward.sweep', true) = 'on')
    with check (agency_id = current_agency() or current_setting('homeward.sweep', true) = 'on');

-- A duty that is owed cannot be committed without a rung that waits (DL-01).
create function require_waiting_rung() returns trigger language plpgsql as $$
begin
    perform from duties where agency_id = new.agency_id and id = new.id
        and done_at is null and closed_undone_at is null and superseded_at is null and not is_history;
    if found then
        perform from rungs where agency_id = new.agency_id and duty_id = new.id
            and sent_at is null and cancelled_at is null;
        if not found then
            raise exception 'duty % is owed and has no rung', new.id using errcode = 'HW002';
        end if;
    end if;
    return null;
end $$;
create constraint trigger duties_have_a_rung
    after insert or update on duties
    deferrable initially deferred
    for each row execute function require_waiting_rung();

create function require_next_rung() returns trigger language plpgsql as $$
begin
    perform from duties where agency_id = new.agency_id and id = new.duty_id
        and done_at is null and closed_undone_at is null and superseded_at is null and not is_history;
    if found then
        perform from rungs where agency_id = new.agency_id and duty_id = new.duty_id
            and sent_at is null and cancelled_at is null;
        if not found then
            raise exception 'duty % is owed and has no rung', new.duty_id using errcode = 'HW002';
        end if;
    end if;
    return null;
end $$;
create constraint trigger rungs_follow_on
    after update of sent_at, cancelled_at on rungs
    deferrable initially deferred
    for each row execute function require_next_rung();
