drop table alarms;
drop table canaries;
drop table heartbeats;
