drop index delivery_attempts_of_delivery;
alter table delivery_attempts drop column delivery_id, drop column reply_code, drop column reply_hash;
drop table deliveries;
