with p as (select ?::uuid as agency_id, ?::timestamptz as as_of, ?::timestamptz as known_at, ?::text as zone),
versions as (
    select agency_id, id, child_id, number, unit_id, worker_id, care_status, agency_information_received_at,
        absence_began_at, recovered_at, returned_to_care_at, placed_elsewhere_at, closed_at, closure_reason
    from missing_episodes
    where recorded_at <= (select known_at from p)
    union all
    select agency_id, id, child_id, number, unit_id, worker_id, care_status, agency_information_received_at,
        absence_began_at, recovered_at, returned_to_care_at, placed_elsewhere_at, closed_at, closure_reason
    from missing_episode_versions
    where recorded_at <= (select known_at from p) and (select known_at from p) < superseded_at
),
told as (
    select agency_id, episode_id, id, recipient, made_at from notifications
    where kind = 'initial_report' and status = 'completed' and recorded_at <= (select known_at from p)
        and (retracted_at is null or (select known_at from p) < retracted_at)
)
