with bound as (
    select ?::uuid as agency_id, ?::timestamptz as at
), owed as (
    select d.agency_id, d.id from duties d join bound b on d.agency_id = b.agency_id
    where d.done_at is null and d.closed_undone_at is null and d.superseded_at is null and not d.is_history
), spoken as (
    -- What came of trying to reach somebody inside the program: the last thing, and when it last reached nobody's eyes.
    select o.id, w.outcome, w.unseen_at from owed o cross join lateral (
        select (array_agg(a.outcome order by a.attempted_at desc, a.id desc))[1] as outcome,
            max(a.attempted_at) filter (where a.outcome = 'unseen') as unseen_at
        from rungs r
        join delivery_attempts a on a.agency_id = r.agency_id and a.rung_id = r.id and a.channel = 'inbox'
        where r.agency_id = o.agency_id and r.duty_id = o.id and r.sent_at is not null) w
), moments as (
    -- Who can be reached changes when an absence begins; what begins later than in 14 days is not looked at yet (H-14).
    select b.at from bound b
    union
    select n.starts_at from absences n join bound b on n.agency_id = b.agency_id
    where n.cancelled_at is null and b.at <= n.starts_at and n.starts_at < b.at + interval '14 days'
), reachable as (
    select u.id as unit_id, m.at, count(p.id) as people
    from units u join bound b on u.agency_id = b.agency_id cross join moments m
    left join users p on p.agency_id = u.agency_id and p.disabled_at is null
        and (p.id = (select a.contact_user_id from agencies a where a.id = u.agency_id)
            or (p.role in ('caseworker', 'supervisor', 'on_call') and (p.whole_agency or exists (
                select from user_units x where x.agency_id = u.agency_id and x.user_id = p.id and x.unit_id = u.id))))
        and not exists (select from absences n where n.agency_id = p.agency_id and n.user_id = p.id
            and n.cancelled_at is null and n.starts_at <= m.at and m.at < n.ends_at)
    where exists (select from children c where c.agency_id = u.agency_id and c.unit_id = u.id)
    group by u.id, m.at
)
select
    (select count(*) from owed o where not exists (select from rungs r where r.agency_id = o.agency_id
        and r.duty_id = o.id and r.sent_at is null and r.cancelled_at is null)) as without_rung,
    (select count(*) from spoken s where s.outcome = 'nobody') as for_nobody,
    (select count(*) from spoken s join bound b on true where s.unseen_at is not null and not exists (
        select from reminders m where m.agency_id = b.agency_id and m.duty_id = s.id
        and s.unseen_at <= m.acknowledged_at)) as unseen,
    (select count(*) from rungs r join bound b on r.agency_id = b.agency_id
        where r.held_until is not null and r.cancelled_at is null)
        + (select count(*) from deliveries d join bound b on d.agency_id = b.agency_id
        where d.ended_at is null and 5 <= d.failures) as held,
    (select count(distinct r.unit_id) from reachable r where r.people < 2) as roster_gaps
