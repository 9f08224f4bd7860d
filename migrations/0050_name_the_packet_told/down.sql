alter table notifications
    drop column packet_id;
alter table packets
    drop constraint packets_of_episode;
