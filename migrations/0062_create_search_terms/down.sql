drop table search_terms;
drop table search_keys;
