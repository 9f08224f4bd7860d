drop table placements;
