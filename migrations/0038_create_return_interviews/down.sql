drop table return_interviews;
