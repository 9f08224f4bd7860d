-- Children handed from one worker to another, and why. Each child has an entry of its own in the trail.
create table hand_overs (
    agency_id    uuid not null,
    id           uuid not null,
    from_user_id uuid not null,
    to_user_id   uuid not null,
    -- Sealed.
    reason       bytea not null,
    recorded_at  timestamptz not null,
    recorded_by  uuid not null,
    primary key (agency_id, id),
    foreign key (agency_id, from_user_id) references users,
    foreign key (agency_id, to_user_id) references users,
    foreign key (agency_id, recorded_by) references users,
    check (from_user_id <> to_user_id)
);
grant select, insert on hand_overs to homeward_app;
alter table hand_overs enable row level security;
create policy agency_wall on hand_overs using (agency_id = current_agency()) with check (agency_id = current_agency());

-- Nobody stood on the rung's own height when it fired, and the next one up who exists has it.
alter table rungs add column went_up boolean;
-- The duty has another worker since the rung was given: it is given once more, to whoever has not had it.
alter table rungs add column handed_over_at timestamptz;

-- A digest goes out under an id of its own, and a report of its failure names that.
alter table deliveries add column sent_as uuid;
create index deliveries_sent_as on deliveries (agency_id, sent_as) where sent_as is not null;
alter table deliveries drop constraint deliveries_ending_check;
alter table deliveries add constraint deliveries_ending_check
    check (ending in ('accepted', 'refused', 'superseded', 'no_longer_owed', 'handed_over'));

alter table delivery_attempts drop constraint delivery_attempts_outcome_check;
alter table delivery_attempts add constraint delivery_attempts_outcome_check check (outcome in
    ('delivered', 'nobody', 'no_longer_owed', 'widened', 'unseen', 'given_again', 'accepted', 'refused', 'later'));
