-- Rows of the demo agency as requests write them, with ids in the order of their instants.
create temporary table made as
select a.id as agency_id, n, timestamptz '2026-01-01' + n * interval '1 second' as at, u.id as actor_id,
    (lpad(to_hex((extract(epoch from timestamptz '2026-01-01') * 1000)::bigint + n * 1000), 12, '0') || '7'
        || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid as id
from (select id from agencies where name = 'Demo State') a,
    lateral (select id from users where agency_id = a.id order by email limit 1) u,
    generate_series(1, :rows) as n;
insert into audit_entries (agency_id, id, at, actor_id, child_id, action, detail, request_id)
    select agency_id, id, at, actor_id, md5((n % 5000)::text)::uuid, 'notification_recorded',
        jsonb_build_object('episode_id', md5(n::text), 'notification_id', id), gen_random_uuid()
    from made where n % 2 = 0;
insert into looks (agency_id, id, at, actor_id, kind, request_id)
    select agency_id, id, at, actor_id, 'read_child', gen_random_uuid() from made where n % 2 = 1;
insert into look_children (agency_id, child_id, look_id)
    select agency_id, md5((n % 5000 + k)::text)::uuid, id from made, generate_series(0, 1) as k where n % 2 = 1;
analyze;
