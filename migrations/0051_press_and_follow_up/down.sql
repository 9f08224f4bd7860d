alter table delivery_attempts drop constraint delivery_attempts_outcome_check;
alter table delivery_attempts add constraint delivery_attempts_outcome_check check (outcome in
    ('delivered', 'nobody', 'no_longer_owed')) not valid;
drop index rungs_to_follow_up;
drop index rungs_waiting;
alter table rungs drop column pressing, drop column reached, drop column follow_up_at;
create index rungs_waiting on rungs (fire_at, id) where sent_at is null and cancelled_at is null;
