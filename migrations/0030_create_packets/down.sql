drop table packets;
