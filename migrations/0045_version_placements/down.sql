drop table placement_versions;
drop index placements_of_the_absent;
revoke update (ended_on, version, recorded_at, recorded_by) on placements from homeward_app;
alter table placements drop column afcars_living_arrangement, drop column version;
