update deliveries set ending = 'superseded' where ending = 'handed_over';
alter table deliveries drop constraint deliveries_ending_check;
alter table deliveries add constraint deliveries_ending_check
    check (ending in ('accepted', 'refused', 'superseded', 'no_longer_owed'));
alter table deliveries drop column sent_as;
alter table rungs drop column handed_over_at;
alter table rungs drop column went_up;
drop table hand_overs;
