drop table look_children;
drop table looks;
