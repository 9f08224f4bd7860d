drop table report_statements;
