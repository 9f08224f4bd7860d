-- Which packet it was that a recipient got.
alter table packets
    add constraint packets_of_episode unique (agency_id, episode_id, destination, id);
alter table notifications
    add column packet_id uuid,
    add constraint notifications_packet check (packet_id is null or episode_id is not null),
    -- The recipients of packets go by the same names: a packet to one never counts as told to the other.
    add constraint notifications_told_by foreign key (agency_id, episode_id, recipient, packet_id)
        references packets (agency_id, episode_id, destination, id);
