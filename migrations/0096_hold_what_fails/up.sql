-- What fails again and again is tried on more seldom, and people are told (DL-12): since when it waits for that.
alter table rungs add column failures integer, add column held_until timestamptz;
alter table deliveries add column failures integer;
create index rungs_held on rungs (agency_id) where held_until is not null;
create index deliveries_failing on deliveries (agency_id) where ended_at is null and failures is not null;
