 as key,
    count(*) as total,
    count(*) filter (where j.state = 'timely') as timely,
    count(*) filter (where j.state = 'late') as late,
    count(*) filter (where j.state = 'never') as never,
    count(*) filter (where j.state = 'overdue') as overdue,
    count(*) filter (where j.state = 'open') as open,
    round(percentile_cont(0.5) within group (order by j.hours)::numeric, 2)::float8 as median_hours,
    round(percentile_cont(0.9) within group (order by j.hours)::numeric, 2)::float8 as p90_hours
from judged j
join units u on u.agency_id = (select agency_id from p) and u.id = j.unit_id
group by 1
