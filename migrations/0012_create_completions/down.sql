drop table completions;
