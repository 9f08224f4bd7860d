with bound as (
    select ?::uuid as agency_id, ?::uuid as child_id, ?::uuid as episode_id
), owed as (
    select d.* from duties d join bound b using (agency_id, child_id, episode_id)
), sent as (
    select m.rung_id, m.duty_id, m.user_id, null::uuid as webhook_id, 'inbox' as channel, m.sent_at as queued_at,
        1 as tries, m.sent_at as delivered_at, 'accepted' as ending, m.acknowledged_at as seen_at
    from reminders m join bound b using (agency_id, episode_id)
    union all
    select v.rung_id, v.duty_id, v.user_id, v.webhook_id, v.channel, v.queued_at,
        v.tries, case when v.ending = 'accepted' then v.ended_at end, v.ending, null
    from deliveries v join bound b using (agency_id, episode_id)
)
select s.duty_id, o.kind as duty_kind, o.recipient as duty_recipient, r.step as rung, r.fire_at as due_at, r.audience,
    r.reached, coalesce(r.went_up, false) as went_up, s.user_id,
    u.name, s.channel, s.queued_at, s.tries, s.delivered_at, s.ending, s.seen_at, o.done_at
from sent s join owed o on o.id = s.duty_id join rungs r on r.agency_id = o.agency_id and r.id = s.rung_id
left join users u on u.agency_id = o.agency_id and u.id = s.user_id
order by s.queued_at, o.kind, o.recipient, r.ordinal, u.name, s.channel
