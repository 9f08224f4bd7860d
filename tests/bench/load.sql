-- The synthetic data: a function of nothing but the two sizes. Run by the owner, on empty tables as they were before what
-- people tell was sealed; the program seals it then.
--
-- Variables: agencies, children (a multiple of 20 per agency).
-- One child in four has been missing: five times, 1.25 episodes for each child on average. One in four of these is
-- missing now. Each episode has its two initial reports, and each of these its contact and two rungs of its ladder.

\set ON_ERROR_STOP on
-- No trigger fires and no foreign key is checked: the rows are right by construction, and counted at the end.
set session_replication_role = replica;
set synchronous_commit = off;
set maintenance_work_mem = '1GB';
set max_parallel_maintenance_workers = 1;
set timezone = 'UTC';

create schema bench;
grant usage on schema bench to homeward_app;

-- Ids as the program makes them: ordered by time (UUID version 7), and here also by number.
create function bench.id(kind integer, number bigint, at timestamptz) returns uuid
    language sql immutable parallel safe as $$
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0')
        || '7' || lpad(to_hex(kind), 3, '0') || '8' || lpad(to_hex(number), 15, '0'))::uuid
$$;

-- The same for what is made up while measuring.
create function bench.new_id() returns uuid language sql volatile parallel safe as $$
    select encode(overlay(uuid_send(gen_random_uuid())
        placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 'hex')::uuid
$$;

-- A fixed beginning for what is fixed; everything that is owed counts back from today.
create table bench.settings as
    select :agencies::integer as agencies, 5 as units, 80 as workers, :children::integer as children,
        timestamptz '2019-01-01 00:00:00Z' as epoch, date_trunc('minute', now()) as now, now() as loaded_at;

create function bench.agency(number bigint) returns uuid language sql immutable parallel safe as
    $$ select bench.id(1, number, '2019-01-01Z') $$;
-- Units are numbered from 0 over all agencies, and workers over all units.
create function bench.unit(number bigint) returns uuid language sql immutable parallel safe as
    $$ select bench.id(2, number, '2019-01-01Z') $$;
create function bench.supervisor(unit bigint) returns uuid language sql immutable parallel safe as
    $$ select bench.id(3, unit, '2019-01-01Z') $$;
create function bench.worker(number bigint) returns uuid language sql immutable parallel safe as
    $$ select bench.id(4, number, '2019-01-01Z') $$;
-- Children come to all units in turn, one every 9 minutes, so that a unit's children are scattered over the table.
create function bench.child_at(number bigint) returns timestamptz language sql immutable parallel safe as
    $$ select timestamptz '2019-01-01Z' + number * interval '9 minutes' $$;
create function bench.child(number bigint) returns uuid language sql immutable parallel safe as
    $$ select bench.id(5, number, bench.child_at(number)) $$;

-- Every index that carries no key, primary or pointed to, goes, and comes back once the rows are there.
create table bench.dropped as
    select c.conrelid::regclass::text as of_table,
        format('alter table %s drop constraint %I', c.conrelid::regclass, c.conname) as drop_it,
        format('alter table %s add constraint %I %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) as make_it
    from pg_constraint c
    where c.connamespace = 'public'::regnamespace and c.contype in ('u', 'x')
        and not exists (select from pg_constraint f where f.contype = 'f' and f.conindid = c.conindid)
    union all
    select i.indrelid::regclass::text, format('drop index %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
    from pg_index i join pg_class t on t.oid = i.indrelid
    where t.relnamespace = 'public'::regnamespace and not i.indisprimary and t.relkind = 'r'
        and not exists (select from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('u', 'x', 'p'));
do $$
declare
    it record;
begin
    for it in select * from bench.dropped loop
        execute it.drop_it;
    end loop;
end $$;

insert into agencies (id, name, time_zone, jurisdiction, state_option_under_26, contact_user_id, created_at,
        rules_version)
    select bench.agency(a), 'Bench State ' || a, 'America/Chicago', 'US', false, null, epoch, 1
    from bench.settings, generate_series(0, agencies - 1) a;

-- One who stands for many reads more than one person does.
insert into reading_budgets (agency_id, role, an_hour, a_day)
    select bench.agency(a), role, 1000000, 1000000
    from bench.settings, generate_series(0, agencies - 1) a, unnest(array['caseworker', 'supervisor']) role;

insert into units (agency_id, id, code, name)
    select bench.agency(u / units), bench.unit(u), 'unit-' || u % units, 'Unit ' || u % units
    from bench.settings, generate_series(0, agencies * units - 1) u;

insert into users (agency_id, id, email, name, role, whole_agency, created_at, disabled_at, version)
    select bench.agency(u / units), bench.supervisor(u), 'supervisor-' || u || '@bench.homeward.test',
        'Supervisor ' || u, 'supervisor', false, epoch, null::timestamptz, 1
    from bench.settings, generate_series(0, agencies * units - 1) u
    union all
    select bench.agency(w / workers / units), bench.worker(w), 'worker-' || w || '@bench.homeward.test',
        'Worker ' || w, 'caseworker', false, epoch, null::timestamptz, 1
    from bench.settings, generate_series(0, agencies * units * workers - 1) w;

insert into user_units (agency_id, user_id, unit_id)
    select bench.agency(u / units), bench.supervisor(u), bench.unit(u)
    from bench.settings, generate_series(0, agencies * units - 1) u
    union all
    select bench.agency(w / workers / units), bench.worker(w), bench.unit(w / workers)
    from bench.settings, generate_series(0, agencies * units * workers - 1) w;

insert into sign_ins (email, agency_id, user_id, password_hash)
    select email, agency_id, id, '' from users where email like 'supervisor-%@bench.homeward.test';

-- Child n is the j-th of its unit, and every 20 of them have one worker.
create view bench.child_facts as
    select n, j, u, bench.agency(u / units) as agency_id, bench.child(n) as id, bench.unit(u) as unit_id,
        bench.worker(u * workers + j / 20 % workers) as worker_id, bench.child_at(n) as at
    from bench.settings, generate_series(0, children - 1) n,
        lateral (select n % (agencies * units) as u, n / (agencies * units) as j) p;

insert into children (agency_id, id, agency_person_id, given_name, family_name, date_of_birth, sex, race, ethnicity,
        height_inches, weight_pounds, hair_color, eye_color, unit_id, assigned_to, care_status, version, recorded_at,
        recorded_by, created_at)
    select agency_id, id, 'P' || lpad(n::text, 9, '0'),
        (array['Ada', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gia', 'Hal', 'Ivy', 'Jon', 'Kim', 'Leo'])[n % 12 + 1],
        'Sample' || n, date '2010-01-01' + (n % 4000)::integer,
        (array['female', 'male', 'unknown'])[n % 3 + 1], array[(array['asian', 'white', 'unknown'])[n % 3 + 1]],
        'unknown', 40 + (n % 30)::integer, 60 + (n % 120)::integer, 'brown', 'brown', unit_id, worker_id,
        'foster_care', 1, at, worker_id, at
    from bench.child_facts;

insert into placements (agency_id, id, child_id, setting, started_on, ended_on, provider_name, recorded_at, recorded_by,
        version)
    select agency_id, bench.id(6, n, at), id, 'foster_family_home', at::date, null, 'Provider ' || n % 997, at, worker_id,
        1
    from bench.child_facts;

-- Episode e of a child that has been missing: each lasts 60 hours, the last of every fourth such child still lasts.
-- The ends of history lie weeks back, the receipts of the open ones within the last ten days.
create table bench.episodes as
    select f.agency_id, f.id as child_id, f.unit_id, f.worker_id, i as number,
        (f.j / 4 * agencies * units + f.u) * 5 + i as e,
        case when is_open then now - (f.n / 16 % 14400) * interval '1 minute'
            else epoch + (n % 300000) * interval '9 minutes' + i * interval '60 days' end as received_at,
        is_open
    from bench.settings, bench.child_facts f, generate_series(1, 5) i,
        lateral (select i = 5 and f.j % 16 = 0 as is_open) o
    where f.j % 4 = 0
    order by e;
alter table bench.episodes add id uuid;
update bench.episodes set id = bench.id(7, e, received_at);

insert into missing_episodes (agency_id, id, child_id, number, unit_id, worker_id, care_status,
        agency_information_received_at, absence_began_at, first_suspected_at, determined_missing_at, missing_type,
        missing_from, located_at, recovered_at, returned_to_care_at, recovery_type, closed_at, closure_reason,
        closure_statement, is_history, version, recorded_at, recorded_by, created_at, material_changes, choices)
    select agency_id, id, child_id, number, unit_id, worker_id, 'foster_care',
        received_at, received_at - interval '2 hours', null, received_at, 'absent_without_permission',
        'foster_family_home', back_at, back_at, back_at, case when not is_open then 'returned_on_own' end,
        back_at + interval '5 days', case when not is_open then 'tasks_done' end,
        case when not is_open then 'Synthetic.' end, false, case when is_open then 1 else 3 end,
        received_at, worker_id, received_at, '{}', '{}'
    from bench.episodes, lateral (select case when not is_open then received_at + interval '60 hours' end as back_at) b;

create table bench.duties as
    select e.*, r as recipient_no, (array['law_enforcement', 'ncmec'])[r] as recipient,
        bench.id(8, e.e * 2 + r, e.received_at) as duty_id, bench.id(9, e.e * 2 + r, e.received_at) as told_id,
        -- One in eight was reported late.
        case when not e.is_open then e.received_at + case when e.e % 8 = 0 then interval '30 hours' else interval '3 hours' end
            end as done_at
    from bench.episodes e, generate_series(1, 2) r;

insert into notifications (agency_id, id, child_id, episode_id, recipient, kind, status, method, made_at, agency_name,
        person_contacted, case_number, recorded_at, recorded_by)
    select agency_id, told_id, child_id, id, recipient, 'initial_report', 'completed', 'phone', done_at,
        'Synthetic Police Department', 'Sgt. Sample', 'C-' || e, done_at, worker_id
    from bench.duties where done_at is not null;

insert into duties (agency_id, id, child_id, episode_id, unit_id, assigned_to, kind, recipient, sequence, rule_code,
        starts_at, due_at, target_at, done_at, notification_id, returned_before_due, is_history, rule_citation,
        rule_jurisdiction, planned_at)
    select agency_id, duty_id, child_id, id, unit_id, worker_id, 'initial_report', recipient, 0,
        'us-initial-report-' || replace(recipient, '_', '-'), received_at, received_at + interval '24 hours',
        received_at + interval '24 hours', done_at, case when not is_open then told_id end, false, false,
        '42 U.S.C. 671(a)(35)(B)', 'US', received_at
    from bench.duties;

-- The first rung was sent at once; the second was cancelled when the duty was done, or waits.
insert into rungs (agency_id, id, duty_id, episode_id, ordinal, step, audience, pressing, fire_at, fence, sent_at,
        cancelled_at)
    select agency_id, bench.id(10, (e * 2 + recipient_no) * 2 + rung, received_at), duty_id, id,
        case when rung = 0 then 0 when is_open then 30 else 1 end,
        case when rung = 0 then 'at_once' when is_open then 'past_240_hours' else 'after_1_hours' end,
        case when rung = 1 and is_open then 'agency_contact' else 'assigned_worker' end, true,
        case when rung = 0 then received_at when is_open then received_at + interval '20 days'
            else received_at + interval '1 hour' end,
        1, case when rung = 0 then received_at end, case when rung = 1 and not is_open then done_at end
    from bench.duties, generate_series(0, 1) rung;

insert into reminders (agency_id, id, user_id, duty_id, rung_id, child_id, episode_id, step, due_at, message, sent_at,
        acknowledged_at)
    select agency_id, bench.id(11, e * 2 + recipient_no, received_at), worker_id, duty_id,
        bench.id(10, (e * 2 + recipient_no) * 2, received_at), child_id, id, 'at_once', received_at + interval '24 hours',
        'Report the missing child now. The law''s outer limit is tomorrow.', received_at,
        case when not is_open then done_at end
    from bench.duties;

-- What was written and read before, so that the trail has its weight. Each entry has had a transaction of its own,
-- under a number that this cluster never comes to.
insert into audit_entries (agency_id, id, at, actor_id, child_id, action, detail, request_id, xact)
    select agency_id, bench.id(13, e, received_at), received_at, worker_id, child_id, 'episode_opened',
        jsonb_build_object('episode_id', id), null::text, ((1::bigint << 40) + e)::text::xid8
    from bench.episodes
    union all
    select agency_id, bench.id(14, e * 2 + recipient_no, done_at), done_at, worker_id, child_id, 'notified',
        jsonb_build_object('episode_id', id, 'notification_id', told_id), null, ((1::bigint << 41) + e * 2 + recipient_no)::text::xid8
    from bench.duties where done_at is not null;

-- The answers of the last month. An empty table would get plans for an empty table.
insert into idempotency_keys (agency_id, user_id, key, fingerprint, claimed_at, status, location, etag, body)
    select agency_id, worker_id, 'loaded-' || e, decode(md5(e::text) || md5(id::text), 'hex'),
        now - e % 40000 * interval '1 minute', 201, '/v1/children/' || child_id || '/missing-episodes/' || id, '"1"',
        convert_to(repeat(id::text, 40), 'UTF8')
    from bench.settings, bench.episodes where e % 4 = 0;

insert into looks (agency_id, id, at, actor_id, kind, request_id)
    select agency_id, bench.id(15, e, received_at), received_at, worker_id, 'read_child', null from bench.episodes;
insert into look_children (agency_id, child_id, look_id)
    select agency_id, child_id, bench.id(15, e, received_at) from bench.episodes;

do $$
declare
    it record;
begin
    for it in select * from bench.dropped order by of_table loop
        execute it.make_it;
    end loop;
end $$;

drop table bench.duties;
drop table bench.dropped;

reset session_replication_role;
