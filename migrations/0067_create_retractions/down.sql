alter table completions drop column record_id;
drop table retractions;
