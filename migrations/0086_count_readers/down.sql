drop table reading_budgets;
