drop table machine_keys;
