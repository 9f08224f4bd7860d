drop table password_resets;
drop table notices;
