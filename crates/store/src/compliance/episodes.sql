, episodes as (
    select e.id, e.child_id, e.number, e.unit_id, e.worker_id, e.closed_at,
        e.agency_information_received_at as received_at,
        coalesce(e.absence_began_at, e.agency_information_received_at) as began_at,
        least(e.recovered_at, e.returned_to_care_at, e.placed_elsewhere_at) as ended_at
    from versions e
    where e.agency_id = ? and ? <= e.agency_information_received_at and e.agency_information_received_at < ?
        -- What turned out to be no absence, or another record of the same one, is not an episode.
        and (e.closed_at is null or (select as_of from p) < e.closed_at
            or e.closure_reason not in ('not_missing_miscommunication', 'merged_duplicate'))
