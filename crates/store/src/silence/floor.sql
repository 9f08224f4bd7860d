-- What the federal floor asks of every unclosed episode, said a second time and in another language (CK-07). It shares
-- nothing with the rules in `domain::law` and `rules/federal.toml`: hours, days and citations are written out again. Two
-- ways to count that agree are no proof; two that differ are an alarm.
with asked as (
    select ?::uuid as agency_id
), absent as (
    select e.id, e.agency_information_received_at as received_at, e.recovery_type, e.material_changes,
        least(e.recovered_at, e.returned_to_care_at, e.placed_elsewhere_at) as safe_at
    from missing_episodes e
    join agencies a on a.id = e.agency_id
    where e.agency_id = (select agency_id from asked) and e.closed_at is null and not e.is_history
        and (e.care_status <> 'state_option_under_26' or a.state_option_under_26)
), federal as (
    select unnest(array['law_enforcement', 'ncmec']) as recipient
), contacts as (
    select a.id as episode_id, n.id, n.recipient, n.kind, n.made_at, n.ncic_entry_confirmed_at, a.safe_at
    from absent a
    join notifications n on n.agency_id = (select agency_id from asked) and n.episode_id = a.id
    where n.status = 'completed' and n.retracted_at is null and n.recipient in ('law_enforcement', 'ncmec')
), firsts as (
    select episode_id, recipient, min(made_at) filter (where kind = 'initial_report') as reported_at,
        min(made_at) filter (where kind = 'recovery_notice') as recovery_told_at,
        min(made_at) filter (where kind = 'record_30_day_update') as updated_at,
        min(coalesce(ncic_entry_confirmed_at, made_at))
            filter (where kind = 'ncic_confirmation' or ncic_entry_confirmed_at is not null) as entry_confirmed_at,
        min(made_at) as contacted_at
    from contacts
    group by episode_id, recipient
), tasks as (
    select c.episode_id, c.task, min(c.completed_at) as done_at
    from absent a
    join completions c on c.agency_id = (select agency_id from asked) and c.episode_id = a.id
    where not exists (select from retractions t where t.agency_id = c.agency_id and t.record_id = c.record_id)
    group by c.episode_id, c.task
), shared as (
    -- Changes that the same contact follows are shared with it. What came before the first contact is part of the report.
    select a.id as episode_id, f.recipient, c.changed_at, (
        select min(n.made_at) from contacts n
        where n.episode_id = a.id and n.recipient = f.recipient and c.changed_at < n.made_at) as shared_at
    from absent a
    cross join unnest(a.material_changes) as c (changed_at)
    join firsts f on f.episode_id = a.id and f.contacted_at <= c.changed_at
    where a.safe_at is null or c.changed_at < a.safe_at
), owed (episode_id, kind, recipient, sequence, starts_at, limit_at, done_at, ends_at) as (
    -- 42 U.S.C. 671(a)(35)(B): 24 elapsed hours from receipt, to each of the two.
    select a.id, 'initial_report', f.recipient, 0::bigint, a.received_at, a.received_at + interval '24 hours',
        t.reported_at, null::timestamptz
    from absent a
    cross join federal f
    left join firsts t on t.episode_id = a.id and t.recipient = f.recipient
    where timestamptz '2016-09-29 00:00Z' <= a.received_at
    union all
    -- Ibid.: the recovery and its circumstances, to each of the two.
    select a.id, 'recovery_notice', f.recipient, 0, a.safe_at, null, t.recovery_told_at, null
    from absent a
    cross join federal f
    left join firsts t on t.episode_id = a.id and t.recipient = f.recipient
    where timestamptz '2023-01-05 00:00Z' <= a.safe_at
    union all
    -- Ibid.: regular communication, from each contact to the next, until the child is safe.
    select c.episode_id, 'regular_communication', c.recipient, c.number, c.made_at, null, c.next_at, c.safe_at
    from (
        select *, row_number() over w - 1 as number, lead(made_at) over w as next_at
        from contacts
        where safe_at is null or made_at < safe_at
        window w as (partition by episode_id, recipient order by made_at, id)
    ) c
    where timestamptz '2023-01-05 00:00Z' <= c.made_at
    union all
    -- Ibid.: what changed after they were told.
    select s.episode_id, 'share_update', s.recipient,
        row_number() over (partition by s.episode_id, s.recipient order by min(s.changed_at)) - 1,
        min(s.changed_at), null, s.shared_at, min(a.safe_at)
    from shared s
    join absent a on a.id = s.episode_id
    group by s.episode_id, s.recipient, s.shared_at
    having timestamptz '2023-01-05 00:00Z' <= min(s.changed_at)
    union all
    -- 34 U.S.C. 41308(3): the entry in NCIC is confirmed.
    select a.id, 'ncic_confirmation', t.recipient, 0, t.reported_at, null, t.entry_confirmed_at, a.safe_at
    from absent a
    join firsts t on t.episode_id = a.id and t.recipient = 'law_enforcement'
    where timestamptz '2016-09-29 00:00Z' <= t.reported_at
    union all
    -- 34 U.S.C. 41308(4)(A): verified and updated within 30 days.
    select a.id, 'record_update', t.recipient, 0, t.reported_at, t.reported_at + interval '720 hours', t.updated_at,
        a.safe_at
    from absent a
    join firsts t on t.episode_id = a.id and t.recipient = 'law_enforcement'
    where timestamptz '2016-09-29 00:00Z' <= t.reported_at
    union all
    -- 42 U.S.C. 671(a)(35)(A)(ii), (iii): asked and screened on return. Who died, or was never away, is asked nothing.
    select a.id, k.kind, '', 0, a.safe_at, null, t.done_at, null
    from absent a
    cross join unnest(array['return_interview', 'screening']) as k (kind)
    left join tasks t on t.episode_id = a.id and t.task = k.kind
    where timestamptz '2015-09-29 00:00Z' <= a.safe_at
        and coalesce(a.recovery_type, '') not in ('deceased', 'never_missing')
), stored as (
    select d.* from absent a
    join duties d on d.agency_id = (select agency_id from asked) and d.episode_id = a.id
)
select
    (select count(*) from owed o
    left join stored d on d.episode_id = o.episode_id and d.kind = o.kind and coalesce(d.recipient, '') = o.recipient
        and d.sequence = o.sequence
    where d.id is null or d.starts_at <> o.starts_at
        -- A State may give less time, never more.
        or (o.limit_at is not null and (d.due_at is null or o.limit_at < d.due_at))
        or d.done_at is distinct from o.done_at or d.closed_undone_at is not null
        or d.superseded_at is distinct from case when o.done_at is null then o.ends_at end)
    + (select count(*) from stored d
    -- Read from the birthday, which is sealed; a person is asked, nothing is due to anyone.
    where d.rule_jurisdiction = 'US' and d.kind <> 'birthday_review' and d.superseded_at is null
        and not exists (select from owed o where o.episode_id = d.episode_id and o.kind = d.kind
            and o.recipient = coalesce(d.recipient, '') and o.sequence = d.sequence)) as differing
