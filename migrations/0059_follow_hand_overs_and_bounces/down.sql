-- The history of tries may not change: what the older tables do not know is not checked there.
alter table delivery_attempts drop constraint delivery_attempts_outcome_check;
alter table delivery_attempts add constraint delivery_attempts_outcome_check check (outcome in
    ('delivered', 'nobody', 'no_longer_owed', 'widened', 'unseen', 'accepted', 'refused', 'later')) not valid;
update deliveries set ending = 'superseded' where ending = 'handed_over';
alter table deliveries drop constraint deliveries_ending_check;
alter table deliveries add constraint deliveries_ending_check
    check (ending in ('accepted', 'refused', 'superseded', 'no_longer_owed'));
alter table deliveries drop column sent_as;
alter table rungs drop column handed_over_at;
alter table rungs drop column went_up;
drop table hand_overs;
