drop index deliveries_failing;
drop index rungs_held;
alter table deliveries drop column failures;
alter table rungs drop column held_until, drop column failures;
