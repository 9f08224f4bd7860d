drop trigger duties_have_a_rung on duties;
drop table rungs;
drop function require_next_rung();
drop function require_waiting_rung();
