-- A packet to law enforcement can hold what people concluded about the child (42 U.S.C. 671(a)(34)(A)). Fewer people
-- know of such a packet, so its versions count by themselves: a gap would tell the others.
alter table packets add column for_few boolean not null default false;
alter table packets
    alter column for_few drop default,
    drop constraint packets_agency_id_episode_id_destination_version_key,
    add constraint packets_number_once unique (agency_id, episode_id, destination, for_few, version),
    add constraint packets_for_few check (not for_few or destination = 'law_enforcement');
