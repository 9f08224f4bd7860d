-- How much a rung presses, how far it got, and when to look whether anybody saw it (DL-08, DL-11).
alter table rungs
    add column pressing boolean not null default true,
    add column reached text,
    add column follow_up_at timestamptz;
alter table rungs alter column pressing drop default;
drop index rungs_waiting;
create index rungs_waiting on rungs (pressing, fire_at, id) where sent_at is null and cancelled_at is null;
create index rungs_to_follow_up on rungs (follow_up_at, id) where follow_up_at is not null;

-- A rung that is widened reaches people of the same rung: the inbox stays one message to one person.
alter table delivery_attempts drop constraint delivery_attempts_outcome_check;
alter table delivery_attempts add constraint delivery_attempts_outcome_check check (outcome in
    ('delivered', 'nobody', 'no_longer_owed', 'widened', 'unseen', 'accepted', 'refused', 'later'));
