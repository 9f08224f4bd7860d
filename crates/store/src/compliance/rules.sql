-- By the limit that the duty had, as far as it was known: the earliest that law or the agency's rules set.
, judged as (
    select *, case
        when reported_at <= due_at then 'timely'
        when reported_at is not null then 'late'
        when closed_at <= (select as_of from p) then 'never'
        when due_at < (select as_of from p) then 'overdue'
        else 'open'
    end as state
    from (
        select r.*, coalesce(l.due_at, r.received_at + interval '24 hours') as due_at
        from reports r
        left join lateral (
            select x.due_at from (
                select d.due_at, d.planned_at from duties d
                where d.agency_id = (select agency_id from p) and d.episode_id = r.id and d.kind = 'initial_report'
                    and d.recipient = r.recipient and d.sequence = 0
                union all
                select b.due_at, b.planned_at from duties d
                join duty_limits b on b.agency_id = d.agency_id and b.duty_id = d.id
                where d.agency_id = (select agency_id from p) and d.episode_id = r.id and d.kind = 'initial_report'
                    and d.recipient = r.recipient and d.sequence = 0
            ) x
            where x.planned_at <= (select known_at from p)
            order by x.planned_at desc
            limit 1
        ) l on true
    ) limits
)
