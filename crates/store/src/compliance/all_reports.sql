),
reports as (
    select e.id, e.unit_id, e.worker_id, e.received_at, e.began_at, e.ended_at, e.closed_at, r.recipient,
        min(t.made_at) as reported_at,
        (extract(epoch from min(t.made_at) - e.received_at) / 3600)::float8 as hours
    from episodes e
    cross join unnest(?::text[]) as r (recipient)
    left join told t on t.agency_id = (select agency_id from p) and t.episode_id = e.id and t.recipient = r.recipient
        and t.made_at <= (select as_of from p)
    group by e.id, e.unit_id, e.worker_id, e.received_at, e.began_at, e.ended_at, e.closed_at, r.recipient
)
