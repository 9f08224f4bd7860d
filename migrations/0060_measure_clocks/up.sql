-- When the database heard a beat, by its own clock. A worker's clock may be wrong: the difference of the two is what is
-- watched (CK-09), and a beat from the future does not hide a death.
delete from heartbeats;
alter table heartbeats add column heard_at timestamptz not null;

-- A worker that dies with a canary in hand gives it back.
alter table canaries add column leased_until timestamptz;

-- Since when mail waits, and when any was last taken: a relay that takes nothing is told from one full mailbox.
create index deliveries_left_waiting on deliveries (channel, leaves_at) where ended_at is null;
create index deliveries_taken on deliveries (channel, ended_at) where ending = 'accepted';

-- The last word of a rung: nobody stands on it, or nobody saw it.
create index delivery_attempts_of_rung on delivery_attempts (agency_id, rung_id, attempted_at);
