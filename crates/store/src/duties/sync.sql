with planned as (
    select * from json_populate_recordset(null::duties, ?::json)
),
replaced as (
    insert into duty_limits (agency_id, duty_id, planned_at, replaced_at, rule_code, rule_citation, rule_jurisdiction,
        starts_at, due_at, target_at)
    select d.agency_id, d.id, d.planned_at, p.planned_at, d.rule_code, d.rule_citation, d.rule_jurisdiction,
        d.starts_at, d.due_at, d.target_at
    from planned p join duties d on d.agency_id = p.agency_id and d.id = p.id
    where (d.rule_code, d.rule_citation, d.starts_at, d.due_at, d.target_at)
        is distinct from (p.rule_code, p.rule_citation, p.starts_at, p.due_at, p.target_at)
    on conflict do nothing
)
insert into duties
select * from planned
on conflict (agency_id, id) do update set
    -- As the child is now: whoever waited for a hand-over has read it before.
    (unit_id, assigned_to) = (select c.unit_id, c.assigned_to from children c
        where c.agency_id = excluded.agency_id and c.id = excluded.child_id),
    rule_code = excluded.rule_code,
    rule_citation = excluded.rule_citation,
    rule_jurisdiction = excluded.rule_jurisdiction,
    planned_at = case
        when (duties.rule_code, duties.rule_citation, duties.starts_at, duties.due_at, duties.target_at)
            is distinct from (excluded.rule_code, excluded.rule_citation, excluded.starts_at, excluded.due_at, excluded.target_at)
        then excluded.planned_at else duties.planned_at end,
    starts_at = excluded.starts_at,
    due_at = excluded.due_at,
    target_at = excluded.target_at,
    done_at = excluded.done_at,
    notification_id = excluded.notification_id,
    closed_undone_at = excluded.closed_undone_at,
    superseded_at = excluded.superseded_at,
    returned_before_due = excluded.returned_before_due
