drop index delivery_attempts_of_rung;
drop index deliveries_taken;
drop index deliveries_left_waiting;
alter table canaries drop column leased_until;
alter table heartbeats drop column heard_at;
