with p as (select ?::uuid as agency_id, ?::timestamptz as as_of, ?::timestamptz as known_at, ?::text as zone),
versions as (select * from missing_episodes),
told as (
    select agency_id, episode_id, id, recipient, made_at from notifications
    where kind = 'initial_report' and status = 'completed' and retracted_at is null
)
