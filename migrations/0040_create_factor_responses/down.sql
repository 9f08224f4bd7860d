drop table factor_responses;
