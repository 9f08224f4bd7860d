-- What an older program does not know of cannot stay.
alter table completions disable trigger user;
delete from completions where task not in ('return_interview', 'screening', 'birthday_review');
alter table completions enable trigger user;
alter table completions drop constraint completions_task_check;
alter table completions add constraint completions_task_check
    check (task in ('return_interview', 'screening', 'birthday_review'));
drop table duty_limits;
alter table duties drop column rule_citation, drop column rule_jurisdiction, drop column planned_at;
