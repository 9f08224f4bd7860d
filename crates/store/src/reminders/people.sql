with bound as (
    select ?::uuid as agency_id, ?::uuid as unit_id, ?::uuid as worker_id, ?::integer as height, ?::text[] as roles,
        ?::timestamptz as at, ?::uuid as child_id
), wall as (
    select r.only_people, r.excluded from restrictions r
    join bound b on r.agency_id = b.agency_id and r.child_id = b.child_id where r.ended_at is null
), shifts as (
    select s.user_id from on_call_shifts s join bound b on s.agency_id = b.agency_id
    where s.cancelled_at is null and s.starts_at <= b.at and b.at < s.ends_at
    and (s.unit_id is null or s.unit_id = b.unit_id)
), named as (
    select b.worker_id as id, 0 as height from bound b where b.worker_id is not null
    union all
    (select bu.back_up_id, 1 from back_ups bu join bound b on bu.agency_id = b.agency_id and bu.user_id = b.worker_id
    order by bu.version desc limit 1)
    union all
    -- Those who alone may open the record stand beside the worker's back-up.
    select unnest(w.only_people), 1 from wall w
    union all
    select u.id, 2 from users u join bound b on u.agency_id = b.agency_id
    where u.role = 'supervisor' and exists (select from user_units uu
        where uu.agency_id = u.agency_id and uu.user_id = u.id and uu.unit_id = b.unit_id)
    union all
    select s.user_id, 3 from shifts s
    union all
    select u.id, 3 from users u join bound b on u.agency_id = b.agency_id
    where u.role = 'on_call' and not exists (select from shifts)
    and (u.whole_agency or exists (select from user_units uu
        where uu.agency_id = u.agency_id and uu.user_id = u.id and uu.unit_id = b.unit_id))
    union all
    select a.contact_user_id, 4 from agencies a join bound b on a.id = b.agency_id
), away as (
    select distinct on (n.user_id) n.user_id, n.substitute_id
    from absences n join bound b on n.agency_id = b.agency_id
    where n.cancelled_at is null and n.starts_at <= b.at and b.at < n.ends_at
    order by n.user_id, n.recorded_at desc
), stands as (
    -- Whoever is away is stood in for at the same height; a substitute who is away too stands nowhere.
    select coalesce(w.substitute_id, n.id) as id, n.height
    from named n left join away w on w.user_id = n.id
    where (w.user_id is null or w.substitute_id is not null)
    and not exists (select from away other where other.user_id = w.substitute_id)
), ladder as (
    -- Of what not everyone may know, only those hear whose role may and whose reach the child is in.
    select u.id, s.height from stands s join bound b on true join users u on u.agency_id = b.agency_id and u.id = s.id
    where u.disabled_at is null
    and not exists (select from wall w
        where u.id = any(w.excluded) or (w.only_people is not null and u.id <> all(w.only_people)))
    and (b.roles is null or (u.role = any(b.roles) and (u.whole_agency or u.id = b.worker_id
        or exists (select from user_units uu
            where uu.agency_id = u.agency_id and uu.user_id = u.id and uu.unit_id = b.unit_id))))
), reached as (
    -- Someone has to stand at the rung's own height or above it: the lowest such person is reached.
    select coalesce((select min(l.height) from ladder l where l.height >= b.height), b.height) as height from bound b
)
select distinct on (l.id) l.id, r.height as reached, p.digest_at, p.mail_for_aims
from ladder l cross join reached r cross join bound b
left join lateral (select p.digest_at, p.mail_for_aims from preferences p
    where p.agency_id = b.agency_id and p.user_id = l.id order by p.version desc limit 1) p on true
where l.height <= r.height order by l.id
