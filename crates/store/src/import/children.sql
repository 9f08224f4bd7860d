with agency as (select ?::uuid as id),
names as (select unnest(?) as name),
asked as (
    select c.id from children c, agency a
        where c.agency_id = a.id and c.agency_person_id in (select name from names)
    union
    select v.child_id from child_versions v, agency a
        where v.agency_id = a.id and v.facts ->> 'agency_person_id' in (select name from names)
    union
    select e.child_id from missing_episodes e, agency a
        where e.agency_id = a.id and e.agency_episode_id in (select unnest(?))
),
-- What the record says now comes first, then what it said before people changed it.
forms as (
    select c.id, c.identity, c.version as child_version, 0 as age, c.agency_person_id, c.sex, c.race, c.ethnicity,
        c.height_inches, c.weight_pounds, c.unit_id, c.assigned_to, c.care_status
    from children c, agency a where c.agency_id = a.id and c.id in (select id from asked)
    union all
    select f.id, v.identity, v.version, 1, f.agency_person_id, f.sex, f.race, f.ethnicity,
        f.height_inches, f.weight_pounds, f.unit_id, f.assigned_to, f.care_status
    from child_versions v, agency a, jsonb_populate_record(null::children, v.facts) f
        where v.agency_id = a.id and v.child_id in (select id from asked)
)
select f.id, f.agency_person_id, f.identity, f.child_version, f.sex, f.race, f.ethnicity, f.height_inches,
    f.weight_pounds, f.unit_id, u.email as worker, f.care_status
from forms f cross join agency a left join users u on u.agency_id = a.id and u.id = f.assigned_to
order by f.age
