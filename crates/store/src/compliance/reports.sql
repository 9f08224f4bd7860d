),
reports as (
    select e.*, r.recipient, t.id as notification_id, t.made_at as reported_at,
        (extract(epoch from t.made_at - e.received_at) / 3600)::float8 as hours
    from episodes e
    cross join unnest(?::text[]) as r (recipient)
    left join lateral (
        select t.id, t.made_at from told t
        where t.agency_id = (select agency_id from p) and t.episode_id = e.id and t.recipient = r.recipient
            and t.made_at <= (select as_of from p)
        order by t.made_at, t.id
        limit 1
    ) t on true
)
