    order by received_at, id, recipient
    limit ?
)
select d.id as duty_id, j.child_id, j.id as episode_id, j.number as episode_number, u.code as unit_code, j.worker_id,
    j.recipient, j.received_at, j.reported_at, j.notification_id, j.state, round(j.hours::numeric, 2)::float8 as hours
from page j
join units u on u.agency_id = (select agency_id from p) and u.id = j.unit_id
left join duties d on d.agency_id = (select agency_id from p) and d.episode_id = j.id and d.kind = 'initial_report'
    and d.recipient = j.recipient and d.sequence = 0
order by j.received_at, j.id, j.recipient
