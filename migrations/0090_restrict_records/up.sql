-- Records that only named people may open, or that certain people may not: a worker's own relative, a child who fled from
-- somebody on the staff (SR-01). One row stands for a child; what it replaced is kept.
create table restrictions (
    agency_id    uuid not null,
    id           uuid not null,
    child_id     uuid not null,
    -- The people who alone may open the record; null where everyone may but those excluded.
    only_people  uuid[],
    -- The people who may not, whatever else they may: a conflict of interest.
    excluded     uuid[] not null,
    -- Sealed.
    reason       bytea not null,
    recorded_at  timestamptz not null,
    recorded_by  uuid not null,
    ended_at     timestamptz,
    ended_by     uuid,
    -- Sealed; none where another restriction took its place.
    why_ended    bytea,
    primary key (agency_id, id),
    foreign key (agency_id, child_id) references children,
    check (cardinality(only_people) > 0 or (only_people is null and cardinality(excluded) > 0)),
    check ((ended_at is null) = (ended_by is null))
);
create unique index restrictions_that_stand on restrictions (agency_id, child_id) where ended_at is null;
create index restrictions_of_child on restrictions (agency_id, child_id, recorded_at);
grant select, insert, update (ended_at, ended_by, why_ended) on restrictions to homeward_app;
alter table restrictions enable row level security;
create policy agency_wall on restrictions using (agency_id = current_agency()) with check (agency_id = current_agency());
create constraint trigger restrictions_are_audited
    after insert or update or delete on restrictions
    deferrable initially deferred
    for each row execute function require_audit_entry();

-- A restricted record that somebody opened in an emergency: for that record, that person and that session, for an hour
-- (SR-05, SR-06). Somebody else judges it afterwards (SR-08).
create table emergency_accesses (
    agency_id    uuid not null,
    id           uuid not null,
    child_id     uuid not null,
    -- Where the child was then: who may judge it sees it without seeing the child.
    unit_id      uuid not null,
    user_id      uuid not null,
    session_id   uuid not null,
    category     text not null check (category in
                 ('child_in_danger', 'law_enforcement_request', 'court_order', 'nobody_named_can_be_reached', 'other')),
    -- Sealed.
    reason       bytea not null,
    granted_at   timestamptz not null,
    expires_at   timestamptz not null,
    reviewed_at  timestamptz,
    reviewed_by  uuid,
    is_justified boolean,
    -- Sealed.
    review_note  bytea,
    primary key (agency_id, id),
    foreign key (agency_id, child_id) references children,
    foreign key (agency_id, user_id) references users,
    foreign key (agency_id, session_id) references sessions,
    constraint emergencies_end check (granted_at < expires_at and expires_at <= granted_at + interval '3 hours'),
    check (num_nulls(reviewed_at, reviewed_by, is_justified, review_note) in (0, 4)),
    constraint emergencies_are_judged_by_another check (reviewed_by <> user_id)
);
create index emergency_accesses_of_user on emergency_accesses (agency_id, user_id, child_id, expires_at);
create index emergency_accesses_to_review on emergency_accesses (agency_id, granted_at, id) where reviewed_at is null;
grant select, insert, update (reviewed_at, reviewed_by, is_justified, review_note) on emergency_accesses to homeward_app;
alter table emergency_accesses enable row level security;
create policy agency_wall on emergency_accesses
    using (agency_id = current_agency()) with check (agency_id = current_agency());
create constraint trigger emergency_accesses_are_audited
    after insert or update or delete on emergency_accesses
    deferrable initially deferred
    for each row execute function require_audit_entry();

-- The person whose request a transaction is, and its instant; none in a worker's.
create function current_person() returns uuid language sql stable parallel safe as $$
    select nullif(current_setting('homeward.user_id', true), '')::uuid
$$;
create function current_instant() returns timestamptz language sql stable parallel safe as $$
    select nullif(current_setting('homeward.at', true), '')::timestamptz
$$;

-- The records that the person may not know of.
create view hidden_children with (security_invoker = true) as
    select r.child_id from restrictions r
    where r.agency_id = current_agency() and r.ended_at is null
    and (current_person() = any(r.excluded) or (r.only_people is not null and current_person() <> all(r.only_people)
        and not exists (select from emergency_accesses g
            join sessions s on s.agency_id = g.agency_id and s.id = g.session_id
            where g.agency_id = r.agency_id and g.user_id = current_person() and g.child_id = r.child_id
            and current_instant() < g.expires_at and g.reviewed_at is null and s.ended_at is null)));
grant select on hidden_children to homeward_app;

-- In every table that is about a child: no list, count, search or export can forget it (AZ-06).
do $$
declare
    it record;
begin
    for it in
        select c.table_name, c.column_name from information_schema.columns c
        join pg_class k on k.relname = c.table_name and k.relkind = 'r' and k.relrowsecurity
            and k.relnamespace = 'public'::regnamespace
        where c.table_schema = 'public' and c.table_name not in ('restrictions', 'emergency_accesses')
        and (c.column_name = 'child_id' or (c.table_name = 'children' and c.column_name = 'id'))
    loop
        execute format('create policy restricted_wall on %I as restrictive for select using '
            '(%I is null or %I <> all (array(select h.child_id from hidden_children h)))',
            it.table_name, it.column_name, it.column_name);
    end loop;
end $$;

alter table notices drop constraint notices_kind_check;
alter table notices add constraint notices_kind_check check (kind in
    ('locked', 'refresh_token_reused', 'signed_in_after_failures', 'signed_in_elsewhere', 'password_changed',
     'password_reset', 'reset_link', 'factor_changed', 'recovery_code_used', 'factor_reset_asked',
     'record_opened_in_emergency'));
