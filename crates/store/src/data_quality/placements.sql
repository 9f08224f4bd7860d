with p as (select ?::uuid as agency_id, ?::text as zone, ?::date as today),
absences as (
    select e.id, e.child_id, coalesce(e.absence_began_at, e.agency_information_received_at) as began_at,
        least(e.recovered_at, e.returned_to_care_at, e.placed_elsewhere_at, e.closed_at) as ended_at
    from missing_episodes e
    where e.agency_id = (select agency_id from p)
        and coalesce(e.closure_reason, '') not in ('not_missing_miscommunication', 'merged_duplicate')
),
away as (
    select l.id, l.child_id, l.afcars_living_arrangement, l.started_on, l.ended_on from placements l
    where l.agency_id = (select agency_id from p)
        and l.afcars_living_arrangement in ('runaway', 'whereabouts_unknown')
),
found as (
    select l.child_id, l.id as placement_id, null::uuid as episode_id, l.afcars_living_arrangement,
        l.started_on as since_on, l.started_on::timestamp at time zone (select zone from p) as at, l.id
    from away l
    where not exists (select from absences e where e.child_id = l.child_id
        and (e.began_at at time zone (select zone from p))::date <= l.started_on
        and (e.ended_at is null or l.started_on <= (e.ended_at at time zone (select zone from p))::date))
    union all
    select e.child_id, null, e.id, null, (e.began_at at time zone (select zone from p))::date, e.began_at, e.id
    from absences e
    where e.ended_at is null and not exists (select from away l where l.child_id = e.child_id
        and l.started_on <= (select today from p) and (l.ended_on is null or (select today from p) <= l.ended_on))
)
select f.*, c.identity, c.version as child_version
from found f join children c on c.agency_id = (select agency_id from p) and c.id = f.child_id
where true
