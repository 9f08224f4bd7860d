drop policy agency_wall on agencies;
create policy agency_wall on agencies using (id = current_agency());
revoke update (jurisdiction, own_pack, rules_version, planned_with) on agencies from homeward_app;
alter table agencies drop column own_pack, drop column rules_version, drop column planned_with;
drop table agency_rules;
