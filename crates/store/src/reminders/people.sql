with bound as (
    select ?::uuid as agency_id, ?::uuid as unit_id, ?::uuid as worker_id, ?::integer as height, ?::text[] as roles
), stands as (
    select u.id, 0 as height from users u, bound b
    where u.agency_id = b.agency_id and u.id = b.worker_id and u.disabled_at is null
    union all
    select u.id, 1 from users u, bound b
    where u.agency_id = b.agency_id and u.role = 'supervisor' and u.disabled_at is null
    and exists (select from user_units uu
        where uu.agency_id = u.agency_id and uu.user_id = u.id and uu.unit_id = b.unit_id)
    union all
    select u.id, 2 from users u, bound b
    where u.agency_id = b.agency_id and u.role = 'on_call' and u.disabled_at is null
    and (u.whole_agency or exists (select from user_units uu
        where uu.agency_id = u.agency_id and uu.user_id = u.id and uu.unit_id = b.unit_id))
    union all
    select u.id, 3 from users u join bound b on u.agency_id = b.agency_id
    join agencies a on a.id = u.agency_id and a.contact_user_id = u.id
    where u.disabled_at is null
), ladder as (
    -- Of what not everyone may know, only those hear whose role may and whose reach the child is in.
    select s.id, s.height from stands s, bound b join users u on u.agency_id = b.agency_id
    where u.id = s.id and (b.roles is null or (u.role = any(b.roles) and (u.whole_agency or u.id = b.worker_id
        or exists (select from user_units uu
            where uu.agency_id = u.agency_id and uu.user_id = u.id and uu.unit_id = b.unit_id))))
), reached as (
    -- Someone has to stand at the rung's own height or above it: the lowest such person is reached.
    select coalesce((select min(l.height) from ladder l where l.height >= b.height), b.height) as height from bound b
)
select distinct l.id from ladder l, reached r where l.height <= r.height order by l.id
