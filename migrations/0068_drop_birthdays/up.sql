-- A birthday is told by the sealed record of the child alone. Reviews that nobody was reminded of yet go: the worker
-- plans each again when its day is near.
create temporary table unspoken on commit drop as
    select d.agency_id, d.id from duties d
    where d.kind = 'birthday_review' and d.done_at is null and d.closed_undone_at is null
    and not exists (select from rungs r where (r.agency_id, r.duty_id) = (d.agency_id, d.id)
        and (r.sent_at is not null or exists (
            select from delivery_attempts a where (a.agency_id, a.rung_id) = (r.agency_id, r.id))));
alter table duty_limits disable trigger duty_limits_stand;
delete from duty_limits e using unspoken u where (e.agency_id, e.duty_id) = (u.agency_id, u.id);
delete from rungs r using unspoken u where (r.agency_id, r.duty_id) = (u.agency_id, u.id);
delete from duties d using unspoken u where (d.agency_id, d.id) = (u.agency_id, u.id);
alter table duty_limits enable trigger duty_limits_stand;
set constraints all immediate;

alter table missing_episodes drop column birthday_at;
alter table missing_episode_versions drop column birthday_at;
