drop table absences;
drop table on_call_shifts;
drop table back_ups;
