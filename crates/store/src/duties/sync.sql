insert into duties
select * from json_populate_recordset(null::duties, ?::json)
on conflict (agency_id, id) do update set
    unit_id = excluded.unit_id,
    assigned_to = excluded.assigned_to,
    rule_code = excluded.rule_code,
    starts_at = excluded.starts_at,
    due_at = excluded.due_at,
    target_at = excluded.target_at,
    done_at = excluded.done_at,
    notification_id = excluded.notification_id,
    closed_undone_at = excluded.closed_undone_at,
    superseded_at = excluded.superseded_at,
    returned_before_due = excluded.returned_before_due
