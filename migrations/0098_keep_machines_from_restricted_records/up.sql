-- Whether the request of a transaction is a program's.
create function is_machine() returns boolean language sql stable parallel safe as $$
    select coalesce(current_setting('homeward.machine', true) = 'on', false)
$$;

-- Where only named people may open a record, no program may, whoever made its key and whatever they opened (KY-06).
create or replace view hidden_children with (security_invoker = true) as
    select r.child_id from restrictions r
    where r.agency_id = current_agency() and r.ended_at is null
    and (current_person() = any(r.excluded) or (r.only_people is not null and (is_machine()
        or (current_person() <> all(r.only_people)
        and not exists (select from emergency_accesses g
            join sessions s on s.agency_id = g.agency_id and s.id = g.session_id
            where g.agency_id = r.agency_id and g.user_id = current_person() and g.child_id = r.child_id
            and current_instant() < g.expires_at and g.reviewed_at is null and s.ended_at is null)))));
