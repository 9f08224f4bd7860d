drop table primary_factors;
