-- A list shows many children at once and is everybody's daily work; what counts is whose record was opened.
with opened as (
    select l.actor_id, l.at, l.role, min(s.child_id::text)::uuid as child_id
    from looks l join look_children s on s.agency_id = l.agency_id and s.look_id = l.id
    where l.agency_id = ? and ? <= l.id and l.id < ? and ? <= l.at and l.at < ?
        and l.kind not in ('read_audit', 'read_access_log', 'review_looks')
    group by l.id, l.actor_id, l.at, l.role having count(*) = 1
), many as (
    select 'many_children'::text as rule, actor_id, min(at) as first_at, max(at) as last_at,
        array_agg(distinct child_id) as child_ids
    from opened group by actor_id, date_trunc('hour', at) having ?::integer <= count(distinct child_id)
), local as (
    select o.*, at at time zone ?::text as wall from opened o
), night as (
    select 'out_of_hours'::text, actor_id, min(at), max(at), array_agg(distinct child_id)
    from local l
    where l.role is distinct from 'on_call'
        and (?::integer <= extract(hour from wall) or extract(hour from wall) < ?::integer)
        and not exists (select from on_call_shifts s where s.agency_id = ? and s.user_id = l.actor_id
            and s.cancelled_at is null and s.starts_at <= l.at and l.at < s.ends_at)
    group by actor_id, (wall - interval '12 hours')::date having ?::integer <= count(distinct child_id)
), handed as (
    select 'no_longer_theirs'::text, o.actor_id, min(o.at), max(o.at), array_agg(distinct o.child_id)
    from opened o join children c on c.agency_id = ? and c.id = o.child_id and c.assigned_to is distinct from o.actor_id
    where exists (select from audit_entries e where e.agency_id = c.agency_id and e.child_id = o.child_id
        and e.action = 'child_handed_over' and e.detail ->> 'from' = o.actor_id::text
        and e.at + make_interval(days => ?::integer) <= o.at)
    group by o.actor_id, date_trunc('day', o.at)
), refused as (
    select 'refused_again'::text, actor_id, min(at), max(at), array_remove(array_agg(distinct child_id), null)
    from audit_entries
    where agency_id = ? and ? <= id and id < ? and ? <= at and at < ? and action = 'refused'
    group by actor_id, date_trunc('hour', at) having ?::integer <= count(distinct coalesce(request_id, id::text))
)
select t.*, u.name as actor_name, u.email as actor_email
from (select * from many union all select * from night union all select * from handed union all select * from refused) t
left join users u on u.agency_id = ? and u.id = t.actor_id
order by t.first_at, t.rule, t.actor_id limit 200
