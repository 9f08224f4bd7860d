drop table delivery_attempts;
drop table reminders;
