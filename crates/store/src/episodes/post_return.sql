select exists (select from duties d
    where d.agency_id = e.agency_id and d.episode_id = e.id
    and d.kind in ('recovery_notice', 'return_interview', 'screening')
    and d.done_at is null and d.closed_undone_at is null and d.superseded_at is null) as is_open
