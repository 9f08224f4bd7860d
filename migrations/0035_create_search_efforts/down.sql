drop table search_efforts;
