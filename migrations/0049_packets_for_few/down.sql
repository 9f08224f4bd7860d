alter table packets
    drop column for_few,
    add unique (agency_id, episode_id, destination, version);
