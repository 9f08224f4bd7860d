drop table second_factor_resets;
drop table recovery_codes;
drop table second_factors;
alter table sessions drop column proven_at, drop column enrolling;
alter table agencies drop column second_factor_required;
