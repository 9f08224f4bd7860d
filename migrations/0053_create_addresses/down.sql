drop function addresses_of(uuid, uuid);
drop table preferences;
drop table bounces;
drop table addresses;
