case
    when e.closure_reason = 'tasks_done' then 'closed'
    when e.closure_reason = 'not_missing_miscommunication' then 'closed_not_missing'
    when e.closure_reason = 'merged_duplicate' then 'merged_duplicate'
    when e.closure_reason is not null then 'closed_' || e.closure_reason
    when p.is_open and least(e.recovered_at, e.returned_to_care_at, e.placed_elsewhere_at) is not null
        then 'post_return_tasks_open'
    when e.returned_to_care_at is not null then 'returned_to_care'
    when e.placed_elsewhere_at is not null then 'placed_elsewhere'
    when e.recovered_at is not null and e.recovery_type in ('detained', 'located_at_hospital_or_shelter')
        then 'detained_or_hospitalized'
    when e.recovered_at is not null then 'recovered'
    when e.located_at is not null then 'located_not_recovered'
    when e.first_suspected_at is not null and e.determined_missing_at is null then 'suspected'
    else 'open_missing'
end
