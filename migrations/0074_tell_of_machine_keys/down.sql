drop table machine_key_notices;
