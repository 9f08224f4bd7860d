alter table agencies drop constraint agencies_id_contact_user_id_fkey;
drop table user_units;
drop table users;
